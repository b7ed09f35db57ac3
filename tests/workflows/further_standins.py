"""Tiny random networks in place of what stands beside models: what steers them, and what looks at pictures."""

from collections.abc import Callable, Mapping

from torch import Tensor

from tests.nodes.diffusion import hearings
from tests.nodes.diffusion.control import model_patches, transformer_controls
from tests.nodes.diffusion.families import lotuses
from tests.nodes.diffusion.vision import backgrounds, films, persons

Part = tuple[Mapping[str, Tensor], Mapping[str, str]]
"""What a file holds, and its header."""


def further(family: str) -> dict[str, Part]:
    """The files that belong to a family beside its model."""
    return FURTHER[family]() if family in FURTHER else {}


def _qwen_image() -> dict[str, Part]:
    controls = _controls("qwen")
    patches = {"model patch": "qwen", "model patch for inpainting": "qwen inpaint"}
    return controls | {name: (model_patches.tensors(kind), {}) for name, kind in patches.items()}


def _controls(kind: str) -> dict[str, Part]:
    """The ControlNets of a transformer, for any task and for inpainting."""
    whole = transformer_controls.build(kind).state_dict()
    inpainting = transformer_controls.build(f"{kind}_inpaint").state_dict()
    found = dict.fromkeys(("controlnet", "controlnet in diffusers' layout", "controlnet union"), whole)
    return {name: (tensors, {}) for name, tensors in {**found, "controlnet for inpainting": inpainting}.items()}


def _z_image() -> dict[str, Part]:
    patches = {"model patch": "fun 1", "model patch for inpainting": "fun 2.1"}
    return {name: (model_patches.tensors(kind), {}) for name, kind in patches.items()}


def _any() -> dict[str, Part]:
    return {
        "hearing": (hearings.tensors("large"), {}),
        "background": (backgrounds.tensors(), backgrounds.HEADER),
        "interpolation": (films.tensors(), {}),
    }


FURTHER: Mapping[str, Callable[[], dict[str, Part]]] = {
    "qwen_image": _qwen_image,
    "z_image": _z_image,
    "sd3": lambda: _controls("sd3"),
    "flux": lambda: _controls("flux"),
    "sdxl": lambda: {"photomaker": (persons.tensors(), {})},
    "lotus": lambda: {"model": (lotuses.tensors(), {})},
    "any": _any,
}
