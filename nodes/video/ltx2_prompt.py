"""The node that lets a language model write prompts for LTX-2."""

from typing import Annotated

from pydantic import Field

from graph.context import Context
from graph.node import Widget, node
from nodes.conditioning.text_encoding import Prompt
from nodes.conditioning.text_generation import FRAMES_PER_SECOND, MaybeImage, SamplingMode
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.generation import Request, parted, write
from nodes.diffusion.weights.libraries import ltx2_instructions
from nodes.sockets import Clip
from nodes.video.video_files import Audio


@node("TextGenerateLTX2Prompt", title="Generate prompt (LTX-2)", category="text", occupies="gpu")
def generate_ltx2_prompt(
    clip: Annotated[Clip, Field(description="The text encoder of LTX-2, or another language model that answers.")],
    prompt: Annotated[Prompt, Field(description="What the video is to show, in a few words.", default="")],
    max_length: Annotated[int, Field(ge=1, le=32768, description="How many tokens it writes at most.", default=512)],
    sampling_mode: SamplingMode,
    image: Annotated[MaybeImage, Field(description="What the video begins with.")] = None,
    video: Annotated[MaybeImage, Field(description="Frames, 24 a second, of which it sees one a second.")] = None,
    audio: Annotated[
        Audio | None, Widget(optional=True), Field(description="Kept for workflows that have it; nothing hears it yet.")
    ] = None,
    thinking: Annotated[
        bool, Widget(optional=True), Field(description="Whether it may think before it writes, where it can.")
    ] = False,
    use_default_template: Annotated[
        bool,
        Widget(optional=True),
        Field(description="Kept for workflows that say it; it is always told how to write."),
    ] = True,
    *,
    models: ModelRegistry,
    ctx: Context,
) -> Annotated[str, Field(description="The prompt.")]:
    """Make a few words into a prompt as LTX-2 was trained with: what is seen and heard, in its order."""
    frames = () if video is None else video[::FRAMES_PER_SECOND].split(1)
    shown = [*(() if image is None else image[:1].split(1)), *frames]
    told = ltx2_instructions(sees=bool(shown))
    request = Request(
        f"User Raw Input Prompt: {prompt}.", max_length, sampling_mode.drawing(), told, shown, thinks=thinking
    )
    answer, _ = parted(write(models, clip, request, lambda count: ctx.progress(count, max_length)))
    return answer
