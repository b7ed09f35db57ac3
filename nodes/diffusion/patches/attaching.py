"""Giving a model a LoRA: a new handle, once it is clear that the two belong together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.known import FAMILIES
from nodes.diffusion.families.weights import Part
from nodes.diffusion.patches.contents import PatchContents, read_contents
from nodes.diffusion.patches.fitting import Side, fit
from nodes.diffusion.patches.names import flat, text_mark
from nodes.diffusion.types import ClipHandle, Merge, ModelHandle, ModelSource, Patch
from nodes.diffusion.weights.statefile import StateFile

Outline = Callable[[ModelSource], Mapping[str, Part]]

_WIDTHS = {
    768: "Stable Diffusion 1.x",
    1024: "Stable Diffusion 2.x",
    2048: "Stable Diffusion XL",
    1280: "the Stable Diffusion XL refiner",
}
"""Width of the text that a UNet listens to -> what has it."""
_MARKS = (
    ("img_mod", "Qwen-Image"),
    ("joint_blocks", "Stable Diffusion 3"),
    ("context_block", "Stable Diffusion 3"),
    ("double_blocks", "Flux"),
    ("single_blocks", "Flux"),
    ("single_transformer_blocks", "Flux"),
    ("cross_attn", "Wan"),
    ("adaLN_modulation", "Z-Image"),
    ("transformer_blocks_0_attn_add_k_proj", "Stable Diffusion 3"),
)
"""Part of a layer's name -> what has such layers."""


@dataclass(frozen=True)
class PatchFile:
    """A file of weight changes, with the digest of its content where it is known."""

    path: Path
    digest: str = ""


class Attached(NamedTuple):
    """What comes of giving a LoRA to a model."""

    model: ModelHandle
    clip: ClipHandle | None
    unused: tuple[str, ...]
    """Names of layers and keys of the file that nothing was found for."""


def attach(
    file: PatchFile,
    model: ModelHandle,
    clip: ClipHandle | None,
    outline: Outline,
    strength_model: float = 1.0,
    strength_clip: float = 1.0,
) -> Attached:
    """Give a LoRA, or another file of weight changes, to a diffusion model and its text encoder.

    Args:
        file: what is added to the weights.
        model: what it is for.
        clip: what else it is for; without it, the changes of text encoders are left aside.
        outline: finds the networks of a model, without loading weights.
        strength_model: how much of it for the diffusion model; 0 leaves it as it is, -1 does the opposite.
        strength_clip: the same for the text encoder.

    Raises:
        ModelFileError: the file cannot be read.
        ModelError: the file holds no changes, or changes for another kind of model.
    """
    contents = read_contents(StateFile(file.path))
    if not contents.changes:
        raise ModelError(
            f"{file.path.name} holds no changes of weights that are known here (LoRA, LoCon, LoHa, LoKr, DoRA or "
            "differences); choose a LoRA."
        )
    unused = list(contents.strangers)
    unused += _check(file, contents, model.source, outline, "model")
    if clip is not None:
        unused += _check(file, contents, clip.source, outline, "clip")
    return Attached(
        replace(model, patches=_with(model.patches, file, strength_model)),
        None if clip is None else replace(clip, patches=_with(clip.patches, file, strength_clip)),
        tuple(unused),
    )


def looks_like(contents: PatchContents) -> str:
    """What a file of changes was made for, as far as its layers tell, such as `Stable Diffusion XL`."""
    names = {flat(change.name): change for change in contents.changes if text_mark(change.name) is None}
    for name, change in names.items():
        if name.endswith(("attn2_to_k", "attn2_to_v")):
            return _WIDTHS.get(change.shape[1], f"a model that reads texts of width {change.shape[1]}")
    for mark, title in _MARKS:
        if any(mark in name for name in names):
            return title
    return "another kind of model"


def _check(
    file: PatchFile, contents: PatchContents, source: ModelSource, outline: Outline, side: Side
) -> tuple[str, ...]:
    """The layers that the model has not; raises where the file is for another kind of model."""
    found = fit(contents, outline(source), side)
    total = len({change.name for change in contents.changes if (text_mark(change.name) is None) == (side == "model")})
    if found.misshapen or (total and not found.hits):
        example = (*found.misshapen, *found.missing)[0]
        raise ModelError(
            f"The LoRA {file.path.name} does not fit {source.path.name}: it was made for {looks_like(contents)}, and "
            f"{source.path.name} is {_title(source.architecture)}. "
            f"{len({*found.misshapen, *found.missing})} of its {total} layers have no counterpart, such as {example}. "
            "Choose a LoRA that was trained for this kind of model."
        )
    return found.missing


def _with(patches: tuple[Patch | Merge, ...], file: PatchFile, strength: float) -> tuple[Patch | Merge, ...]:
    return (*patches, Patch(file.path, "lora", strength, file.digest)) if strength else patches


def _title(architecture: str) -> str:
    return next((family.title for family in FAMILIES if family.name == architecture), architecture)
