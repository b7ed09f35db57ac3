"""The kinds of diffusion model that loaders of text encoders ask for, and the families here that are meant."""

from collections.abc import Mapping
from typing import Literal

from nodes.diffusion.errors import UnsupportedModel

SingleType = Literal[
    "stable_diffusion",
    "stable_cascade",
    "sd3",
    "stable_audio",
    "mochi",
    "ltxv",
    "pixart",
    "cosmos",
    "lumina2",
    "wan",
    "hidream",
    "chroma",
    "ace",
    "omnigen2",
    "qwen_image",
    "hunyuan_image",
    "flux2",
    "ovis",
    "longcat_image",
    "cogvideox",
    "lens",
    "pixeldit",
    "ideogram4",
    "boogu",
    "krea2",
]
"""What `CLIPLoader` may be told, as the ecosystem writes it."""
DualType = Literal[
    "sdxl",
    "sd3",
    "flux",
    "hunyuan_video",
    "hidream",
    "hunyuan_image",
    "hunyuan_video_15",
    "kandinsky5",
    "kandinsky5_image",
    "ltxv",
    "newbie",
    "ace",
]
"""What `DualCLIPLoader` may be told."""

SINGLE_TYPES: Mapping[str, tuple[str, ...]] = {
    "stable_diffusion": ("sd1", "sd2", "sdxl_refiner", "aura_flow"),
    "stable_cascade": ("cascade_c",),
    "sd3": ("sd3",),
    "chroma": ("chroma",),
    "lumina2": ("z_image", "lumina2"),
    "qwen_image": ("qwen_image",),
    "flux2": ("flux2",),
    "wan": ("wan",),
    "stable_audio": ("stable_audio",),
    "ltxv": ("ltxv", "ltx2"),
    "pixart": ("pixart_sigma",),
    "hidream": ("hidream",),
    "krea2": ("krea2",),
}
"""By type: the families that may read the text encoder; those that are missing have no family here."""
DUAL_TYPES: Mapping[str, tuple[str, ...]] = {
    "sdxl": ("sdxl",),
    "sd3": ("sd3",),
    "flux": ("flux",),
    "hunyuan_video": ("hunyuan_video",),
    "hunyuan_video_15": ("hunyuan_video_15",),
    "hidream": ("hidream",),
    "ltxv": ("ltx2",),
}
TRIPLE_FAMILIES = ("sd3",)
QUADRUPLE_FAMILIES = ("hidream",)


def readers(kind: str, types: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The families that read text encoders of a type.

    Raises:
        UnsupportedModel: there is none here.
    """
    if kind not in types:
        raise UnsupportedModel(
            f'Text encoders of the type "{kind}" belong to models that cannot be loaded here; the types that can are '
            f"{', '.join(types)}."
        )
    return types[kind]
