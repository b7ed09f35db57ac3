"""Nodes that measure pictures: against each other, and against a prompt."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion.files.picture_files import to_picture
from nodes.diffusion.teaching import measures
from nodes.diffusion.teaching.asking import adherence
from nodes.sockets import Image

CATEGORY = "learning/measures"


class Quality(NamedTuple):
    """How alike pictures are."""

    psnr: Annotated[float, Field(description="In decibels; 100 stands for no difference at all.")]
    ssim: Annotated[float, Field(description="1 where they are the same.")]
    error_map: Annotated[Image, Field(description="Black where they are the same, then red, yellow and white.")]
    text: Annotated[str, Field(description="Both figures.")]


class Score(NamedTuple):
    """How well a picture follows its prompt."""

    score: Annotated[float, Field(description="0 to 1: the share of what was asked for that is there.")]
    text: Annotated[str, Field(description="The score, and what is missing.")]


LARGEST_PSNR = 100.0


@node("CompareQuality", title="PSNR and SSIM", category=CATEGORY)
def compare_quality(
    image: Annotated[Image, Field(description="What is judged.")],
    reference: Annotated[Image, Field(description="What it should be; of the same size.")],
    gain: Annotated[
        float, Field(ge=0.1, le=100.0, multiple_of=0.1, description="How much differences are exaggerated in the map.")
    ] = 4.0,
) -> Quality:
    """Compare pictures with what they should be, and show where they differ."""
    psnr = min(LARGEST_PSNR, measures.psnr(image, reference))
    ssim = measures.ssim(image, reference)
    text = f"PSNR {psnr:.1f} dB, SSIM {ssim:.3f}"
    return Quality(psnr, ssim, measures.error_map(image, reference, gain), text)


@node("PromptAdherence", title="Prompt adherence", category=CATEGORY)
def prompt_adherence(
    image: Annotated[Image, Field(description="The picture; of a batch, the mean counts.")],
    prompt: Annotated[str, Field(description="What it should show."), Widget(multiline=True)] = "",
) -> Score:
    """Score how much of what a prompt asks for a picture shows, by looking for colours, shapes and places.

    Nothing is learnt, and only the embedded model's world is known: coloured shapes on a background, and the colours of
    scenes.
    """
    found = [adherence(to_picture(each), prompt) for each in image]
    score = sum(share for share, _ in found) / len(found)
    missing = list(dict.fromkeys(name for _, verdict in found for name, is_there in verdict.items() if not is_there))
    return Score(score, f"adherence {score:.2f}" + (f"\nmissing: {', '.join(missing)}" if missing else "\nall there"))
