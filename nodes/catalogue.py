"""Every node type of this house in one registry. Only workers import this: it brings torch with it."""

from collections.abc import Mapping

from graph.registry import Registry
from nodes import (
    animation,
    arranging,
    autoencoding,
    batches,
    clip_vision,
    compositing,
    conditioning,
    conditioning_families,
    control,
    datasets,
    empty_latents,
    filters,
    flow_schedulers,
    game_assets,
    guidance_changes,
    guiders,
    image_prompts,
    images,
    inversions,
    latent_arithmetic,
    latent_families,
    latents,
    learning,
    lists,
    loaders,
    logic,
    loops,
    lora,
    masks,
    measuring,
    merging,
    model_patches,
    model_sampling,
    numbers,
    opening,
    phantoms,
    primitives,
    regex,
    samplers,
    sampling,
    saving,
    schedulers,
    set_checks,
    sheets,
    sizing,
    synthetic_sets,
    text,
    text_encoding,
    timed_conditioning,
    training,
    upscaling,
    video,
)

MODULES = (
    animation,
    arranging,
    autoencoding,
    batches,
    clip_vision,
    compositing,
    conditioning,
    conditioning_families,
    control,
    datasets,
    empty_latents,
    filters,
    flow_schedulers,
    game_assets,
    guidance_changes,
    guiders,
    image_prompts,
    images,
    inversions,
    latent_arithmetic,
    latent_families,
    latents,
    learning,
    lists,
    loaders,
    logic,
    loops,
    lora,
    masks,
    measuring,
    merging,
    model_patches,
    model_sampling,
    numbers,
    opening,
    phantoms,
    primitives,
    regex,
    samplers,
    sampling,
    saving,
    schedulers,
    set_checks,
    sheets,
    sizing,
    synthetic_sets,
    text,
    text_encoding,
    timed_conditioning,
    training,
    upscaling,
    video,
)
"""Where nodes are declared; a new module of nodes is added here and nowhere else."""

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
    registry = Registry.from_modules(MODULES)
    known = registry.catalogue.specs
    return Registry.from_modules(MODULES, {old: new for old, new in REPLACEMENTS.items() if new in known})
