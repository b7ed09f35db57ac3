"""Which model families there are, and which of them a file belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nodes.diffusion.errors import IncompleteModel, UnsupportedModel
from nodes.diffusion.families.aura_flow import AuraFlow
from nodes.diffusion.families.autoencoder_files import KL_AUTOENCODERS
from nodes.diffusion.families.cascade import STAGE_B, STAGE_C, Cascade
from nodes.diffusion.families.cascade_autoencoders import BESIDE_STAGE_C, STAGE_A
from nodes.diffusion.families.chroma import Chroma
from nodes.diffusion.families.contents import Contents, TextFiles
from nodes.diffusion.families.family import Family
from nodes.diffusion.families.flux import Flux
from nodes.diffusion.families.flux2 import Flux2
from nodes.diffusion.families.flux2_autoencoder import FLUX2_AUTOENCODERS
from nodes.diffusion.families.hidream import HiDream
from nodes.diffusion.families.hunyuan import HunyuanVideo
from nodes.diffusion.families.hunyuan15 import FusedHunyuanVideo15, HunyuanVideo15
from nodes.diffusion.families.hunyuan_autoencoder import HUNYUAN_AUTOENCODERS
from nodes.diffusion.families.hunyuan_dit import HunyuanDit
from nodes.diffusion.families.krea2 import Krea2
from nodes.diffusion.families.language_models import LanguageModels
from nodes.diffusion.families.lotus import Lotus
from nodes.diffusion.families.ltx2 import Ltx2
from nodes.diffusion.families.ltx2_autoencoder import LTX2_AUTOENCODERS
from nodes.diffusion.families.ltx2_sound import Ltx2Sounds
from nodes.diffusion.families.ltxv import Ltxv
from nodes.diffusion.families.ltxv_autoencoder import LTXV_AUTOENCODERS
from nodes.diffusion.families.lumina2 import Lumina2
from nodes.diffusion.families.pixart import PixArtAlpha, PixArtSigma
from nodes.diffusion.families.qwen_image import QwenImage
from nodes.diffusion.families.sd1 import StableDiffusion1
from nodes.diffusion.families.sd2 import StableDiffusion2
from nodes.diffusion.families.sd2_unclip import StableDiffusion2Unclip
from nodes.diffusion.families.sd3 import StableDiffusion3
from nodes.diffusion.families.sd_x4 import StableDiffusionX4
from nodes.diffusion.families.sdxl import StableDiffusionXL
from nodes.diffusion.families.sdxl_refiner import StableDiffusionXLRefiner
from nodes.diffusion.families.stable_audio import StableAudio
from nodes.diffusion.families.stable_audio_autoencoder import OOBLECK_AUTOENCODERS
from nodes.diffusion.families.svd import StableVideo
from nodes.diffusion.families.tiny_autoencoder import FORMATS, TinyFamily
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.wan import Wan
from nodes.diffusion.families.wan_autoencoder import WAN_AUTOENCODERS
from nodes.diffusion.families.z_image import ZImage
from nodes.diffusion.families.zero123 import StableZero123
from nodes.diffusion.types import Component

FAMILIES: Sequence[Family] = (
    StableVideo(),
    StableDiffusion2Unclip(),  # before XL, which is told as many numbers
    Lotus(),
    StableZero123(),  # before the model for editing that it is made of
    StableDiffusion1(),
    StableDiffusion2(),
    StableDiffusionX4(),
    StableDiffusionXL(),
    StableDiffusionXLRefiner(),
    Cascade(STAGE_C),
    Cascade(STAGE_B),
    StableDiffusion3(),
    Flux(),
    Chroma(),
    Flux2(),
    ZImage(),
    Lumina2(),
    AuraFlow(),
    HiDream(),
    Krea2(),
    QwenImage(),
    PixArtSigma(),
    PixArtAlpha(),
    HunyuanDit(),
    Wan(),
    HunyuanVideo(),
    HunyuanVideo15(),
    FusedHunyuanVideo15(),
    Ltxv(),
    Ltx2(),
    StableAudio(),
    WAN_AUTOENCODERS,
    HUNYUAN_AUTOENCODERS,
    LTX2_AUTOENCODERS,  # before those of LTX-Video, whose marks they have
    LTXV_AUTOENCODERS,
    Ltx2Sounds(),
    OOBLECK_AUTOENCODERS,
    FLUX2_AUTOENCODERS,
    STAGE_A,
    BESIDE_STAGE_C,
    KL_AUTOENCODERS,
    LanguageModels(),
    *(TinyFamily(name) for name in FORMATS),
)
"""In the order in which they are asked."""

PART_NAMES: Mapping[Component, str] = {"model": "diffusion model", "clip": "text encoder", "vae": "autoencoder"}


@dataclass(frozen=True)
class Recognised:
    """A file, the family that it belongs to, and how many weights each of its parts has."""

    contents: Contents
    family: Family
    parts: Mapping[Component, int]


def families_named(name: str) -> Sequence[Family]:
    """The family of that name; all of them where there is none."""
    return tuple(family for family in FAMILIES if family.name == name) or FAMILIES


def recognise_text(contents: Contents, names: Sequence[str]) -> Recognised:
    """Find the family that reads text encoders in files of their own.

    Args:
        contents: the files.
        names: of the families that are asked, in order.

    Raises:
        UnsupportedModel: none of them reads such text encoders.
    """
    families = [family for name in names for family in FAMILIES if family.name == name]
    for family in families:
        parts = family.parts(contents)
        if "clip" in parts:
            return Recognised(contents, family, parts)
    held = " and ".join(file.path.name for file in contents.files) if isinstance(contents, TextFiles) else None
    titles = " or ".join(family.title for family in families)
    raise UnsupportedModel(
        f"{held or contents.path.name} cannot be read as the text encoder of {titles}: it looks like "
        f"{look_at(contents)}. Choose the files and the type that belong to your diffusion model."
    )


def recognise(contents: Contents, wanted: Component, families: Sequence[Family] = FAMILIES) -> Recognised:
    """Find the family that can build the `wanted` part of a model.

    Raises:
        UnsupportedModel: there is none; the message says what the model looks like.
        IncompleteModel: the model is known, but lacks that part.
    """
    found = [(family, family.parts(contents)) for family in families]
    for family, parts in found:
        if wanted in parts:
            return Recognised(contents, family, parts)
    name, part = contents.path.name, PART_NAMES[wanted]
    known = next((family for family, parts in found if "model" in parts), None)
    if known is not None:
        raise IncompleteModel(f"{name} is a model of the family {known.title} without {part}; load one by itself.")
    titles = " and ".join(family.title for family in families)
    raise UnsupportedModel(
        f"{name} looks like {look_at(contents)}: not supported yet as a {part}. What can be loaded is {titles}."
    )
