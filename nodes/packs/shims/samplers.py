"""`comfy.samplers`: the names of samplers and schedules."""

from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.schedules.named import SCHEDULES

SAMPLER_NAMES = list(SAMPLERS)
KSAMPLER_NAMES = list(SAMPLERS)
SCHEDULER_NAMES = list(SCHEDULES)


class KSampler:
    """Where packs look for the names."""

    SAMPLERS = SAMPLER_NAMES
    SCHEDULERS = SCHEDULER_NAMES
    DISCARD_PENULTIMATE_SIGMA_SAMPLERS = frozenset({"dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"})
