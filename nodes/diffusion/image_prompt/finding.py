"""Finding an IP-Adapter for a model, and the encoder that it looks through, among the files that somebody has.

Files are told apart by what is in them. Only where that is the same (light or not, for faces or not) does a word in the
name decide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import nn

from nodes.diffusion.errors import ModelError
from nodes.diffusion.image_prompt.files import IpAdapterFile, widths_of
from nodes.diffusion.image_prompt.network import EveryPosition, Resampler, SummedUp
from nodes.diffusion.vision.encoder import VisionFile

Preset = Literal[
    "LIGHT - SD1.5 only (low strength)",
    "STANDARD (medium strength)",
    "VIT-G (medium strength)",
    "PLUS (high strength)",
    "PLUS FACE (portraits)",
    "FULL FACE - SD1.5 only (portraits stronger)",
]
SEEN_BY_G = 1280
"""Numbers in which ViT-bigG sums a picture up."""


@dataclass(frozen=True)
class _Wanted:
    """What a preset means.

    Attributes:
        makes: how words are made.
        word: what its files are called, beside those that are built alike.
        by_g: whether it looks through ViT-bigG.
    """

    makes: type[nn.Module]
    word: str = ""
    by_g: bool = False


_PRESETS: Mapping[str, _Wanted] = {
    "LIGHT - SD1.5 only (low strength)": _Wanted(SummedUp, "light"),
    "STANDARD (medium strength)": _Wanted(SummedUp),
    "VIT-G (medium strength)": _Wanted(SummedUp, by_g=True),
    "PLUS (high strength)": _Wanted(Resampler),
    "PLUS FACE (portraits)": _Wanted(Resampler, "face"),
    "FULL FACE - SD1.5 only (portraits stronger)": _Wanted(EveryPosition),
}
_WORDS = ("light", "face")


def find_adapter(
    unet: object, model: str, preset: Preset, adapters: Iterable[Path], encoders: Iterable[Path]
) -> tuple[Path, Path]:
    """The first adapter of a kind that fits a model, and the encoder that it looks through.

    Args:
        unet: that shall listen; it may be without memory.
        model: the name of its file.
        preset: the kind.
        adapters: files to choose from.
        encoders: of pictures, to choose from.

    Raises:
        ModelError: there is none.
    """
    wanted, own = _PRESETS[preset], widths_of(unet, model)
    for file in map(IpAdapterFile, adapters):
        if file.is_known and file.widths == own and _is(file, wanted):
            return file.path, _encoder(file, encoders)
    raise ModelError(
        f"None of the files in the folder ipadapter is a {preset} for {model}; put one there, as .safetensors."
    )


def _is(file: IpAdapterFile, wanted: _Wanted) -> bool:
    name = file.path.name.lower()
    if file.makes is not wanted.makes or wanted.by_g != (file.sums_up and file.seen_width == SEEN_BY_G):
        return False
    if wanted.makes is EveryPosition:
        return True
    return (wanted.word in name) if wanted.word else not any(word in name for word in _WORDS)


def _encoder(adapter: IpAdapterFile, encoders: Iterable[Path]) -> Path:
    for file in map(VisionFile, encoders):
        if file.is_known and file.is_clip:
            width = file.config.get("projection_dim") if adapter.sums_up else file.config["hidden_size"]
            if width == adapter.seen_width:
                return file.path
    raise ModelError(
        f"None of the files in the folder clip_vision gives the {adapter.seen_width} numbers that {adapter.path.name} "
        "reads; put the CLIP vision model there that belongs to it."
    )
