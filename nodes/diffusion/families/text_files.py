"""CLIP text encoders in files and folders: where each of a family's encoders is, and how it is built."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nodes.diffusion.families.clip_text import bare, build_clip, clip_config, clip_width, is_clip, is_open
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, TextFiles, View
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle, ClipTextEncoder
from nodes.diffusion.text.vocabulary import bundled_vocabulary, read_vocabulary

ALONE = (
    "",
    "text_model.",
    "text_encoder.",
    "text_encoders.clip_l.transformer.",
    "text_encoders.clip_g.transformer.",
    "clip_l.transformer.",
    "clip_g.transformer.",
    "cond_stage_model.transformer.",
    "cond_stage_model.model.",
)
"""Where the text encoder is in a file that holds nothing else."""
H_WIDTH, G_WIDTH = 1024, 1280
"""Channels of OpenCLIP's ViT-H and ViT-bigG."""
FIRST_WORD = 0
"""What OpenCLIP's encoders were trained to see after the end of a text."""


@dataclass(frozen=True)
class ClipPart:
    """One of a family's CLIP text encoders.

    Attributes:
        style: how it is read.
        is_openclip: whether it was trained by OpenCLIP.
        prefixes: where it may be in a file with the whole model.
        folder: where it is in a diffusers folder, with `tokenizer` in place of `text_encoder` for its vocabulary.
        pads_with_end: whether texts are filled up with end marks, although OpenCLIP's usually are not.
    """

    style: ClipStyle
    is_openclip: bool
    prefixes: Sequence[str]
    folder: str = "text_encoder"
    pads_with_end: bool = False


def find_clip(contents: Contents, part: ClipPart) -> View | None:
    """The weights of one of a model's text encoders; None if they are not there."""
    if isinstance(contents, ModelFolder):
        return contents.part(part.folder).view() if contents.has(part.folder) else None
    if not isinstance(contents, SingleFile):
        return None
    return next((view for view in map(contents.view, part.prefixes) if is_clip(view)), None)


def lone_clip(contents: SingleFile) -> View | None:
    """The CLIP text encoder of a file that holds nothing else; None if that is something else."""
    if any(key.startswith(("model.diffusion_model.", "first_stage_model.")) for key in contents.shapes):
        return None
    return next((view for view in map(contents.view, ALONE) if is_clip(view)), None)


def lone_clips(contents: Contents) -> list[View]:
    """The CLIP text encoders of files that hold one each, the narrowest first; empty if a file holds something else."""
    files: Sequence[SingleFile] = ()
    if isinstance(contents, SingleFile):
        files = (contents,)
    elif isinstance(contents, TextFiles):
        files = contents.files
    views = [view for view in map(lone_clip, files) if view is not None]
    return sorted(views, key=clip_width) if len(views) == len(files) else []


def clip_kind(view: View) -> str:
    """Which of the published encoders this is most like: `clip_l`, `clip_h` or `clip_g`; a header may say it."""
    said = view.metadata.get("latentloom.clip", "")
    if said:
        return said
    width = clip_width(view)
    if width == G_WIDTH:
        return "clip_g"
    return "clip_h" if width == H_WIDTH or is_open(view.shapes) else "clip_l"


def load_clip(contents: Contents, view: View, part: ClipPart, placement: Placement) -> ClipTextEncoder:
    """Build a CLIP text encoder with its vocabulary.

    Raises:
        UnsupportedModel: the weights do not fit, or the vocabulary is missing.
    """
    config = dict(view.config)
    if not config:
        config = clip_config(view, is_openclip=part.is_openclip)
    has_matrix = any(bare(key).startswith("text_projection") for key in view.shapes)
    network = build_clip(view, config, placement, projects=part.style.projects and has_matrix)
    style = replace(part.style, projects=part.style.projects and has_matrix)
    size = network.config.vocab_size
    tokenizer = contents.path / part.folder.replace("text_encoder", "tokenizer")
    if isinstance(contents, ModelFolder) and tokenizer.is_dir():
        vocabulary = read_vocabulary(tokenizer, size)
    else:
        vocabulary = bundled_vocabulary(size)
        pads_with_word = part.is_openclip and not part.pads_with_end
        vocabulary = replace(vocabulary, pad=FIRST_WORD) if pads_with_word else vocabulary
    positions = network.config.max_position_embeddings
    if positions > vocabulary.window:  # trained on with longer texts, such as those of HiDream
        vocabulary = replace(vocabulary, window=positions)
    return ClipTextEncoder(network, vocabulary, placement.device, placement.dtype, style)
