"""Every node type of this house in one registry. Only workers import this: it brings torch with it."""

from collections.abc import Mapping

from graph.registry import Registry
from nodes.conditioning import (
    clip_vision,
    combining,
    conditioning_families,
    control,
    editing_texts,
    grounding,
    image_prompts,
    lotus,
    person,
    stable_cascade,
    stable_zero123,
    text_encoding,
    text_generation,
    upscaling_diffusion,
)
from nodes.datasets import phantoms, set_checks, synthetic_sets, training_sets
from nodes.images import (
    arranging,
    background,
    basics,
    batches,
    compositing,
    filters,
    game_assets,
    interpolation,
    masks,
    opening,
    saving,
    sizing,
)
from nodes.latents import autoencoding, editing, empty_latents, latent_arithmetic, latent_families
from nodes.learning import measuring, processes, sheets
from nodes.models import (
    control_patches,
    gguf_loaders,
    guidance_changes,
    loaders,
    lora,
    merging,
    model_patches,
    model_sampling,
    placement,
    upscaling,
)
from nodes.sampling import denoising, flow_schedulers, guiders, samplers, schedulers
from nodes.training import inversions, lora_training
from nodes.values import lists, logic, loops, numbers, primitives, regex, text
from nodes.video import (
    animation,
    hunyuan_video,
    latent_upscaling,
    ltx_guides,
    ltx_video,
    sound,
    sound_files,
    sound_latents,
    stable_video,
    timed_conditioning,
    video_conditioning,
    video_files,
    wan_camera,
    wan_control,
    wan_latents,
    wan_subjects,
)

MODULES = (
    clip_vision,
    combining,
    conditioning_families,
    control,
    editing_texts,
    grounding,
    image_prompts,
    lotus,
    person,
    stable_cascade,
    stable_zero123,
    text_encoding,
    text_generation,
    upscaling_diffusion,
    phantoms,
    set_checks,
    synthetic_sets,
    training_sets,
    arranging,
    background,
    basics,
    batches,
    compositing,
    filters,
    game_assets,
    interpolation,
    masks,
    opening,
    saving,
    sizing,
    autoencoding,
    editing,
    empty_latents,
    latent_arithmetic,
    latent_families,
    measuring,
    processes,
    sheets,
    control_patches,
    gguf_loaders,
    guidance_changes,
    loaders,
    lora,
    merging,
    model_patches,
    model_sampling,
    placement,
    upscaling,
    denoising,
    flow_schedulers,
    guiders,
    samplers,
    schedulers,
    inversions,
    lora_training,
    lists,
    logic,
    loops,
    numbers,
    primitives,
    regex,
    text,
    animation,
    latent_upscaling,
    ltx_guides,
    ltx_video,
    sound,
    sound_files,
    sound_latents,
    stable_video,
    timed_conditioning,
    video_conditioning,
    video_files,
    hunyuan_video,
    wan_camera,
    wan_control,
    wan_latents,
    wan_subjects,
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
