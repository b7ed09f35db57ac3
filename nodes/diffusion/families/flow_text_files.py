"""The text encoders of flow models in files and folders: which is which, and how each is built."""

from collections.abc import Mapping, Sequence

from nodes.diffusion.families.clip_text import clip_width, is_clip
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, TextFiles, View
from nodes.diffusion.families.t5_text import MULTILINGUAL, T5, T5Kind, build_t5, is_multilingual, is_t5
from nodes.diffusion.families.text_files import ClipPart, clip_kind, load_clip, lone_clip
from nodes.diffusion.families.vocabularies import vocabulary_of
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle, ClipTextEncoder
from nodes.diffusion.text.t5 import T5TextEncoder

INSIDE = "text_encoders.{}.transformer."
"""Where a file with the whole model has a text encoder."""
T5_ALONE = (
    "",
    "text_encoder.",
    "text_encoders.t5xxl.transformer.",
    "t5xxl.transformer.",
    "text_encoders.umt5xxl.transformer.",
    "text_encoders.pile_t5xl.transformer.",
)
"""Where T5 is in a file that holds nothing else."""
NAMES = ("clip_l", "clip_g", "t5xxl")
FOLDERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


def find_texts(contents: Contents) -> dict[str, View]:
    """The text encoders of a flow model by name: `clip_l`, `clip_g` and `t5xxl`, as far as they are there."""
    if isinstance(contents, ModelFolder):
        return _named([contents.part(name).view() for name in FOLDERS if contents.has(name)], is_sorted=True)
    if isinstance(contents, TextFiles):
        views = [lone_text(file) for file in contents.files]
        return _named([view for view in views if view is not None]) if all(views) else {}
    inside = {name: contents.view(INSIDE.format(name)) for name in NAMES}
    found = {name: view for name, view in inside.items() if is_clip(view) or is_t5(view)}
    if found:
        return found
    alone = lone_text(contents)
    return _named([alone]) if alone is not None else {}


def lone_text(file: SingleFile) -> View | None:
    """The text encoder of a file that holds nothing else; None if it is something else."""
    found = lone_clip(file)
    return found or next((view for view in map(file.view, T5_ALONE) if is_t5(view)), None)


def load_flow_clip(
    contents: Contents, name: str, view: View, placement: Placement, style: ClipStyle
) -> ClipTextEncoder:
    """Build one of the CLIP text encoders.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    folder = "text_encoder_2" if name == "clip_g" else "text_encoder"
    return load_clip(contents, view, ClipPart(style, name == "clip_g", (), folder), placement)


def load_t5(
    contents: Contents,
    view: View,
    placement: Placement,
    shortest: int,
    *,
    masks: bool = False,
    kind: T5Kind | None = None,
) -> T5TextEncoder:
    """Build T5 with its vocabulary.

    Args:
        contents: the file or folder, or the files.
        view: its weights.
        placement: where it goes.
        shortest: how many tokens a text has at least.
        masks: whether what fills a text up is hidden.
        kind: which T5; one of Google's unless told otherwise.

    Raises:
        UnsupportedModel: the weights do not fit.
        ModelFileError: the vocabulary is nowhere.
    """
    kind = kind or (MULTILINGUAL if is_multilingual(view) else T5)
    network = build_t5(view, placement)
    vocabulary = vocabulary_of(contents, view, kind.vocabulary)
    place = placement.device, placement.dtype
    return T5TextEncoder(network, vocabulary, *place, shortest, kind.name, masks, end=kind.end, pad=kind.pad)


def text_sizes(views: Mapping[str, View]) -> int:
    """How many numbers all of them hold."""
    return sum(view.size for view in views.values())


def _named(views: Sequence[View], *, is_sorted: bool = False) -> dict[str, View]:
    """Views by the name of the encoder that each is; empty if there are two of a kind."""
    languages = [view for view in views if is_t5(view)]
    found = {"t5xxl": languages[0]} if languages else {}
    clips = [view for view in views if not is_t5(view)]
    clips = clips if is_sorted else sorted(clips, key=clip_width)
    if len(clips) + len(found) != len(views) or len(clips) > 2:
        return {}
    if len(clips) == 2:
        return {"clip_l": clips[0], "clip_g": clips[1], **found}
    kinds = {"clip_g" if clip_kind(view) == "clip_g" else "clip_l": view for view in clips}
    return {**kinds, **found}
