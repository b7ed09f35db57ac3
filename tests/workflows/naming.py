"""Which stand-in a workflow means: guessed from the names that people give to files, as only people read them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph.registry import Catalogue
from graph.spec import InputSpec
from tests.workflows.standins import KINDS, UNKNOWN, StandIn

Nodes = Mapping[str, Mapping[str, Any]]

FAMILIES: Sequence[tuple[str, str]] = (
    (r"stable.?audio.?3", "stable_audio 3"),
    (r"stable.?audio", "stable_audio"),
    (r"ltx.?2.?19b", "ltx2 of the first version"),
    (r"lotus", "lotus"),
    (r"ltx.?2", "ltx2"),
    (r"ltx", "ltxv"),
    (r"svd|stable.?video", "svd"),
    (r"cascade.*stage.?b", "cascade b"),
    (r"cascade", "cascade c"),
    (r"zero123", "zero123"),
    (r"pixart.*sigma", "pixart sigma"),
    (r"pixart", "pixart alpha"),
    (r"x4.?upscal", "sd2 x4"),
    (r"lumina|netayume", "lumina2"),
    (r"hunyuan.?dit", "hunyuan dit"),
    (r"hunyuan.*1\.5|capybara", "hunyuan 1.5"),
    (r"hunyuan", "hunyuan"),
    (r"hidream", "hidream"),
    (r"aura.?flow", "aura_flow"),
    (r"krea.?2", "krea2"),
    (r"cosmos", "cosmos"),
    (r"omnigen", "omnigen"),
    (r"mochi", "mochi"),
    (r"unclip", "sd2 unclip"),
    (r"refiner", "sdxl_refiner"),
    (r"chroma", "chroma"),
    (r"flux.?2.*klein|klein", "flux2 klein"),
    (r"flux.?2", "flux2"),
    (r"flux.*fill", "flux fill"),
    (r"flux.*schnell", "flux schnell"),
    (r"flux", "flux"),
    (r"z.?image", "z_image"),
    (r"qwen.?image", "qwen_image"),
    (r"wan.*vace", "wan vace"),
    (r"wan.*flf2v", "wan first and last"),
    (r"wan.*control.*5b", "wan 5 billion control"),
    (r"wan.*inp.*5b", "wan 5 billion inpaint"),
    (r"wan.*5b", "wan 5 billion"),
    (r"wan.?2\.?1.*camera", "wan 2.1 camera"),
    (r"wan.*camera", "wan camera"),
    (r"wan.?2\.?2.*control", "wan 2.2 control"),
    (r"wan.*control", "wan control"),
    (r"wan.?2\.?1.*(i2v|inp)", "wan 2.1 from pictures"),
    (r"wan.*(i2v|inp)", "wan 2.2 from pictures"),
    (r"wan.?2|wan_|phantom", "wan text"),
    (r"sd.?3", "sd3"),
    (r"(xl|pony|illustrious|noob|animagine).*inpaint", "sdxl inpainting"),
    (r"xl|pony|illustrious|noob|animagine", "sdxl"),
    (r"v2-1|v2\.1|768-v|512-base-ema", "sd2"),
    (r"inpaint", "sd1 inpainting"),
)
"""What names say: a regular expression and the family; where none fits, it is Stable Diffusion 1."""
TEXTS: Sequence[tuple[str, str]] = (
    (r"clip.?l|vit.?l", "clip_l"),
    (r"clip.?g|big.?g", "clip_g"),
    (r"t5", "t5xxl"),
    (r"llama", "llama"),
)
WRITERS = r"qwen.?3"
"""Language models that graphs without a diffusion model name: they write."""
MODELS = ("checkpoints", "diffusion_models")
UNETS = ("sd1", "sd2", "sdxl")
HELPERS = ("lotus",)
"""Families whose models make pictures for others to look at."""
BESIDE = {
    "audio_encoders": "hearing",
    "background_removal": "background",
    "frame_interpolation": "interpolation",
    "clip_vision": "clip_vision",
}
"""Folders whose files belong to no family."""


def family_of(name: str) -> str:
    """The family that the name of a model says."""
    return next((family for pattern, family in FAMILIES if re.search(pattern, name.lower())), "sd1")


def files_of(nodes: Nodes, catalogue: Catalogue) -> Iterator[tuple[str, InputSpec, str]]:
    """Every file that a graph names: (id of the node, the input, the name)."""
    for node_id, node in nodes.items():
        spec = catalogue.find(str(node.get("class_type")))
        for each in spec.inputs if spec is not None else ():
            value = node.get("inputs", {}).get(each.name)
            if each.files is not None and isinstance(value, str) and value not in each.extra_choices:
                yield node_id, each, value


def main_family(nodes: Nodes, catalogue: Catalogue) -> str:
    """The family of the first diffusion model of a graph: what else it names belongs to that."""
    names = [name for _, spec, name in files_of(nodes, catalogue) if spec.files in MODELS]
    families = [family_of(name) for name in names]
    if families:
        return next((family for family in families if family not in HELPERS), families[0])
    spoken = [name for _, spec, name in files_of(nodes, catalogue) if spec.files == "text_encoders"]
    return "z_image" if any(re.search(WRITERS, name.lower()) for name in spoken) else "any"


def stand_in(folder: str, name: str, family: str) -> StandIn:
    """The file that stands for `name` in a folder, in a graph of a family; `UNKNOWN` where there is none."""
    lower = name.lower()
    family = family_of(name) if folder in MODELS else family
    if family not in KINDS:
        return UNKNOWN
    if folder in MODELS:
        return StandIn(family, "checkpoint" if folder == "checkpoints" else "model")
    if folder == "text_encoders":
        return StandIn(family, next((part for pattern, part in TEXTS if re.search(pattern, lower)), "text"))
    if folder == "upscale_models":
        return StandIn("any", "upscale x2" if re.search(r"x2|2x", lower) else "upscale x4")
    if folder == "latent_upscale_models":
        return StandIn("any", "latent upscaler in time" if "temporal" in lower else "latent upscaler")
    if folder == "clip_vision" and "llava" in lower:
        return StandIn("hunyuan", "eyes")
    if folder in BESIDE:
        return StandIn("any", BESIDE[folder])
    if folder == "vae" and re.search(r"vae-ft-mse", lower):
        return StandIn("sd1", "vae")
    inpainting = " for inpainting" if "inpaint" in lower else ""
    parts = {
        "vae": _autoencoder(lower, family),
        "loras": "lora",
        "controlnet": f"controlnet{inpainting}" if inpainting and family not in UNETS else _steering(lower),
        "model_patches": f"model patch{inpainting}",
        "gligen": "gligen",
        "photomaker": "photomaker",
        "ipadapter": "ip-adapter plus" if "plus" in lower else "ip-adapter",
    }
    return StandIn(family, parts[folder]) if folder in parts else UNKNOWN


def _autoencoder(name: str, family: str) -> str:
    if "audio" in name and family.startswith("ltx2"):
        return "vae of sound"
    return "vae with a small decoder" if "small_decoder" in name else "vae"


def _steering(name: str) -> str:
    if "cascade" in name:
        return "controlnet for inpainting" if "inpaint" in name else "controlnet"
    if re.search(r"adapter|t2i", name):
        return "adapter"
    if "union" in name:
        return "controlnet union"
    return "controlnet in diffusers' layout" if "diffus" in name else "controlnet"
