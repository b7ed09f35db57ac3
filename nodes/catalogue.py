"""Every node type of this house in one registry. Only workers import this: it brings torch with it."""

from collections.abc import Mapping
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules

from graph.registry import Registry
from nodes import conditioning, datasets, images, latents, learning, models, sampling, training, values, video

FOLDERS = (models, conditioning, latents, sampling, images, video, learning, training, datasets, values)
"""Where nodes are declared: every module in these folders is read, and nothing else has to know of a new one."""

REPLACEMENTS: Mapping[str, str] = {
    "ConditioningAverage ": "ConditioningAverage",  # the space was part of the old name
    "Load3DAnimation": "Load3D",
    "Preview3DAnimation": "Preview3D",
    "SDV_img2vid_Conditioning": "SVD_img2vid_Conditioning",
    "T2IAdapterLoader": "ControlNetLoader",
}
"""Names that the ecosystem gave up -> what took their place, with the same inputs.

`ImageBatch` and `ImageScaleBy` were given up too, but what took their place has other inputs; both stay as they are.
"""


def build_registry() -> Registry:
    """Every node type, and the old names of those that have one."""
    modules = [
        import_module(f"{folder.__name__}.{module.name}")
        for folder in FOLDERS
        for module in sorted(iter_modules(folder.__path__), key=attrgetter("name"))
    ]
    known = Registry.from_modules(modules).catalogue.specs
    return Registry.from_modules(modules, {old: new for old, new in REPLACEMENTS.items() if new in known})
