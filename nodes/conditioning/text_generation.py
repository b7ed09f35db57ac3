"""The node that lets a language model write."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.context import Context
from graph.node import Grow, Variants, Widget, node
from nodes.conditioning.text_encoding import Prompt
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.drawing import Drawing
from nodes.diffusion.text.generation import Request, parted, write
from nodes.sockets import Clip, Image

PICTURES = tuple(f"image_{number}" for number in range(10))
FRAMES_PER_SECOND = 24
"""Of videos that the model looks at; it sees one frame a second."""
Share = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01)]


@dataclass(frozen=True)
class Drawn:
    """Tokens are drawn from those that are likely."""

    temperature: Annotated[
        float,
        Field(ge=0.01, le=2.0, description="More is bolder; 1 writes as the model was trained."),
        Widget(step=1e-6),
    ] = 0.7
    top_k: Annotated[
        int, Field(ge=0, le=1000, description="Only the likeliest so many tokens are drawn; 0 allows all.")
    ] = 64
    top_p: Annotated[Share, Field(description="Only the likeliest that together have this probability are drawn.")] = (
        0.95
    )
    min_p: Annotated[
        Share, Field(description="Only tokens are drawn that are at least this share as likely as the likeliest.")
    ] = 0.05
    repetition_penalty: Annotated[
        float, Field(ge=0.0, le=5.0, multiple_of=0.01, description="Above 1, words that are there already are rarer.")
    ] = 1.05
    seed: Annotated[int, Field(ge=0, le=2**64 - 1, description="The same seed writes the same text.")] = 0
    presence_penalty: Annotated[
        float,
        Widget(optional=True),
        Field(ge=0.0, le=5.0, multiple_of=0.01, description="What words that are there already lose."),
    ] = 0.0

    def drawing(self) -> Drawing:
        """As the workshop takes it.

        Raises:
            DiffusionError: scores would be divided by nothing.
        """
        if self.repetition_penalty == 0:
            raise DiffusionError("repetition_penalty must be above 0, got 0; 1 changes nothing.")
        return Drawing(
            self.seed,
            self.temperature,
            self.top_k,
            self.top_p,
            self.min_p,
            self.repetition_penalty,
            self.presence_penalty,
        )


@dataclass(frozen=True)
class Likeliest:
    """Always the likeliest token: no seed is needed."""

    def drawing(self) -> None:
        """Nothing is drawn."""
        return


SamplingMode = Annotated[
    Drawn | Likeliest,
    Variants({"on": Drawn, "off": Likeliest}),
    Field(description="Whether words are drawn by chance, or the likeliest are taken."),
]
MaybeImage = Annotated[Image | None, Widget(optional=True)]


class Answer(NamedTuple):
    """What a language model wrote."""

    generated_text: Annotated[str, Field(description="The answer.")]
    thinking: Annotated[str, Field(description="What it thought before, if it did.")]


@node("TextGenerate", title="Generate text", category="text", occupies="gpu")
def generate_text(
    clip: Annotated[Clip, Field(description="A language model that answers, such as Qwen3, loaded by CLIPLoader.")],
    prompt: Annotated[Prompt, Field(description="What it is asked.", default="")],
    max_length: Annotated[int, Field(ge=1, le=32768, description="How many tokens it writes at most.", default=512)],
    sampling_mode: SamplingMode,
    image: Annotated[MaybeImage, Field(description="What it looks at, where it sees.")] = None,
    images: Annotated[
        dict[str, Image] | None, Grow(PICTURES), Field(description="More pictures that it looks at.")
    ] = None,
    video: Annotated[MaybeImage, Field(description="Frames, 24 a second, of which it sees one a second.")] = None,
    thinking: Annotated[
        bool, Widget(optional=True), Field(description="Whether it may think before it answers, where it can.")
    ] = False,
    use_default_template: Annotated[
        bool,
        Widget(optional=True),
        Field(description="Whether it is asked in a conversation, as it was trained; else it goes on with the prompt."),
    ] = True,
    mtp: Annotated[
        Literal["auto", "off", "2", "3", "4", "5"],
        Widget(optional=True),
        Field(description="Kept for workflows that say it: tokens are written one at a time."),
    ] = "auto",
    system_prompt: Annotated[
        str,
        Widget(optional=True, socket_only=True),
        Field(description="Says how to answer, in a conversation; in place of what is usual."),
    ] = "",
    *,
    models: ModelRegistry,
    ctx: Context,
) -> Answer:
    """Let a language model answer a prompt, about a picture if there is one: to write prompts, or captions."""
    frames = None if video is None else video[::FRAMES_PER_SECOND]
    shown = [each for each in (image, *(images or {}).values(), frames) if each is not None]
    request = Request(
        prompt,
        max_length,
        sampling_mode.drawing(),
        system_prompt if use_default_template else "",
        [picture for each in shown for picture in each.split(1)],
        use_default_template,
        thinking,
    )
    text = write(models, clip, request, lambda count: ctx.progress(count, max_length))
    return Answer(*parted(text, prompt))
