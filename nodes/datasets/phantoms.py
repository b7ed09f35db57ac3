"""Nodes that draw phantoms: a table of classes, masks, and grey pictures of the masks. Nothing clinical."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from graph.values import AsList
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.phantoms import drawing, texture
from nodes.diffusion.phantoms.drawing import KINDS, LARGEST, REGIONS, SMALLEST
from nodes.diffusion.phantoms.table import COLUMNS, balanced
from nodes.sampling.denoising import LARGEST_SEED
from nodes.sockets import Image, Mask

CATEGORY = "dataset/phantoms"
TABLE = "class,kind,size,contrast\nnothing,none,,\nbright disc,disc,0.1..0.2,0.35\ndark ring,ring,0.12..0.2,-0.2"
LARGEST_TABLE = 2**20
"""Bytes of a file."""
Texts = Annotated[Sequence[str], Socket("STRING"), AsList()]
Numbers = Annotated[Sequence[float], Socket("FLOAT"), AsList()]
Seeds = Annotated[Sequence[int], Socket("INT"), AsList()]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED), Widget(control_after_generate=True)]


class WantedPhantoms(NamedTuple):
    """What to draw, a list of as many of each as there are to be pictures."""

    classes: Annotated[Texts, Field(description="The class of each picture.")]
    kinds: Annotated[Texts, Field(description="What is inside of it.")]
    sizes: Numbers
    contrasts: Numbers
    prompts: Annotated[Texts, Field(description="For pictures that a model draws; empty where the table has none.")]
    seeds: Annotated[Seeds, Field(description="A seed for each picture.")]
    summary: Annotated[str, Field(description="How many pictures of each class.")]


class Phantom(NamedTuple):
    """A phantom as masks."""

    masks: Annotated[Mask, Field(description=f"A batch of {len(REGIONS)}: {', '.join(REGIONS)}.")]
    inclusion: Annotated[Mask, Field(description="The last of them alone: the truth that a method is to find.")]


@node("LoadTable", title="Load table (CSV)", category=CATEGORY, occupies="io")
def load_table(
    table: Annotated[str, Files("input"), Field(description="A text file of the input folder.")], *, folders: Folders
) -> str:
    """Read the text of a table from a file."""
    path = folders.path("input", table)
    if path.stat().st_size > LARGEST_TABLE:
        raise DiffusionError(f'"{path.name}" has more than {LARGEST_TABLE // 2**20} MiB; that is no table of classes.')
    return path.read_text(encoding="utf-8-sig", errors="replace")


@node("PhantomTable", title="Class-balanced phantoms", category=CATEGORY)
def phantom_table(
    table: Annotated[
        str,
        Widget(multiline=True),
        Field(
            description=f"CSV with the columns {', '.join(COLUMNS)}; only class is needed. 0.1..0.2 is a range, from "
            "which each picture draws."
        ),
    ] = TABLE,
    per_class: Annotated[int, Field(ge=1, le=10000, description="How many pictures of each class.")] = 4,
    seed: Annotated[Seed, Field(description="Of the first picture; those after it have the next ones.")] = 0,
) -> WantedPhantoms:
    """Plan a set that has as many pictures of each class, from a table of classes.

    Link the outputs to what draws: it then runs once for each picture.
    """
    wanted = balanced(table, per_class, seed)
    names = dict.fromkeys(each.name for each in wanted)
    return WantedPhantoms(
        [each.name for each in wanted],
        [each.kind for each in wanted],
        [each.size for each in wanted],
        [each.contrast for each in wanted],
        [each.prompt for each in wanted],
        [each.seed for each in wanted],
        "\n".join(f"{name}: {per_class}" for name in names),
    )


@node("DrawPhantom", title="Draw phantom", category=CATEGORY)
def draw_phantom(
    kind: Annotated[str, Field(description=f"What is inside: {', '.join(KINDS)}.")] = "disc",
    size: Annotated[
        float,
        Field(ge=SMALLEST, le=LARGEST, multiple_of=0.01, description="Its radius; half the picture's width is 1."),
    ] = 0.15,
    seed: Annotated[Seed, Field(description="Of the body and its parts; the same whatever is inside.")] = 0,
    side: Annotated[int, Field(ge=32, le=2048, multiple_of=8, description="Of the picture, in pixels.")] = 128,
) -> Phantom:
    """Draw a body with a rim, two lobes and something inside, as one mask for each.

    A drawing, not an organ: it is for trying out methods on pictures whose truth is known.
    """
    masks = drawing.draw(kind, size, seed, side)
    return Phantom(masks, masks[drawing.INCLUSION :])


@node("PhantomTexture", title="Phantom from masks", category=CATEGORY)
def phantom_texture(
    masks: Annotated[Mask, Field(description="As they are drawn; changed ones are followed, too.")],
    contrast: Annotated[
        float,
        Field(ge=-1.0, le=1.0, multiple_of=0.01, description="How much brighter the inclusion is than its lobe."),
    ] = 0.3,
    noise: Annotated[float, Field(ge=0.0, le=0.5, multiple_of=0.005, description="Its deviation; white is 1.")] = 0.02,
    blur: Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.1, description="Its deviation, in pixels.")] = 0.8,
    unevenness: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How much the light varies over the picture.")
    ] = 0.15,
    seed: Annotated[Seed, Field(description="Of greys, grain, light and noise.")] = 0,
) -> Image:
    """Make a grey picture that follows masks: a grey for each region, grain, uneven light, blur and noise.

    Nothing is learnt: it is computed by the recipe of Billot et al., 2023 ("SynthSeg"). The picture has one channel of
    floats; save it with 16 bits.
    """
    return texture.textured(masks, texture.Look(contrast, noise, blur, unevenness), seed)
