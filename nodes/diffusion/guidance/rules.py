"""How the predictions of several conditionings become one: a rule for each kind of guider, and one line to add it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from nodes.diffusion.errors import DiffusionError

Options = Mapping[str, float]
"""The numbers of a guider, such as `cfg`."""
FIRST_NUMBERS = "first_numbers"
"""The option that says how many numbers of a row are the video's, where a sound follows it; see `several`."""


@dataclass(frozen=True)
class Rule:
    """A kind of guidance.

    Attributes:
        roles: which conditionings it needs, given its options; the others are not computed.
        combine: from the denoised latents by role to one.
    """

    roles: Callable[[Options], tuple[str, ...]]
    combine: Callable[[Mapping[str, Tensor], Options], Tensor]


def cfg_roles(options: Options) -> tuple[str, ...]:
    """Without a scale other than 1 the negative side would cancel out, so it is left away."""
    return ("positive",) if math.isclose(options["cfg"], 1.0) else ("positive", "negative")


def classifier_free(denoised: Mapping[str, Tensor], options: Options) -> Tensor:
    """Move away from the negative prediction (Ho and Salimans, 2022, "Classifier-Free Diffusion Guidance").

    `negative + (positive - negative) * cfg` of the denoised latents; 1 is the positive alone.
    """
    if "negative" not in denoised:
        return denoised["positive"]
    return denoised["negative"] + (denoised["positive"] - denoised["negative"]) * options["cfg"]


def dual_roles(options: Options) -> tuple[str, ...]:
    """What a scale of 1 cancels out is left away."""
    if not math.isclose(options["cfg_cond2_negative"], 1.0):
        return ("positive", "middle", "negative")
    return ("positive",) if math.isclose(options["cfg_conds"], 1.0) else ("positive", "middle")


def dual(denoised: Mapping[str, Tensor], options: Options) -> Tensor:
    """Away from the negative prediction towards a middle one, and from there towards the positive one.

    Brooks et al., 2023, "InstructPix2Pix", equation 3: each way has a scale of its own.
    """
    if "middle" not in denoised:
        return denoised["positive"]
    middle = denoised["middle"]
    negative = denoised.get("negative", middle)
    base = negative + (middle - negative) * options["cfg_cond2_negative"]
    return base + (denoised["positive"] - middle) * options["cfg_conds"]


def dual_nested(denoised: Mapping[str, Tensor], options: Options) -> Tensor:
    """Away from the negative prediction towards what guidance from the middle to the positive one gives."""
    inner = denoised["middle"] + (denoised["positive"] - denoised["middle"]) * options["cfg_conds"]
    return denoised["negative"] + (inner - denoised["negative"]) * options["cfg_cond2_negative"]


def perpendicular(denoised: Mapping[str, Tensor], options: Options) -> Tensor:
    """Away from that part of the negative prediction that the positive one does not hold.

    Armandpour et al., 2023, "Re-imagine the Negative Prompt Algorithm", section 3: both are taken relative to an empty
    conditioning, and for each picture the negative side counts only where it is perpendicular to the positive one.
    """
    empty = denoised["empty"]
    positive, negative = denoised["positive"] - empty, denoised["negative"] - empty
    dims = tuple(range(1, empty.dim()))
    along = (negative * positive).sum(dims, keepdim=True) / (positive**2).sum(dims, keepdim=True)
    return empty + options["cfg"] * (positive - options["neg_scale"] * (negative - along * positive))


def sound_roles(options: Options) -> tuple[str, ...]:
    """As for plain guidance, unless one of the scales counts."""
    scales = (options["video_cfg"], options["audio_cfg"] if FIRST_NUMBERS in options else options["video_cfg"])
    return ("positive",) if all(math.isclose(scale, 1.0) for scale in scales) else ("positive", "negative")


def with_sound(denoised: Mapping[str, Tensor], options: Options) -> Tensor:
    """Classifier-free guidance with a scale for the video and one for its sound."""
    if "negative" not in denoised:
        return denoised["positive"]
    difference = denoised["positive"] - denoised["negative"]
    if FIRST_NUMBERS not in options:
        return denoised["negative"] + difference * options["video_cfg"]
    scales = difference.new_full((difference.shape[-1],), options["audio_cfg"])
    scales[: int(options[FIRST_NUMBERS])] = options["video_cfg"]
    return denoised["negative"] + difference * scales


RULES: Mapping[str, Rule] = {
    "basic": Rule(lambda options: ("positive",), lambda denoised, options: denoised["positive"]),
    "cfg": Rule(cfg_roles, classifier_free),
    "dual_cfg": Rule(dual_roles, dual),
    "dual_cfg_nested": Rule(lambda options: ("positive", "middle", "negative"), dual_nested),
    "cfg_with_sound": Rule(sound_roles, with_sound),
    "perp_neg": Rule(lambda options: ("positive", "negative", "empty"), perpendicular),
}
"""Every kind of guider by name."""


def rule_of(kind: str) -> Rule:
    """The rule of a kind of guider.

    Raises:
        DiffusionError: there is none.
    """
    if kind not in RULES:
        raise DiffusionError(f'There is no guider "{kind}"; there are {", ".join(RULES)}.')
    return RULES[kind]


def rescaled(guided: Tensor, positive: Tensor, x: Tensor, sigma: Tensor, multiplier: float) -> Tensor:
    """Guidance that keeps the contrast of the positive prediction.

    Lin et al., 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", section 3.4: the deviation of the
    guided velocity is brought to that of the positive one, and the two are mixed by `multiplier`.
    """
    scale, level = (sigma**2 + 1) ** 0.5, sigma / (sigma**2 + 1) ** 0.5

    def velocity(denoised: Tensor) -> Tensor:
        return (x / scale**2 - denoised) / level

    v_guided, v_positive = velocity(guided), velocity(positive)
    dims = tuple(range(1, x.dim()))
    ratio = v_positive.std(dim=dims, keepdim=True) / v_guided.std(dim=dims, keepdim=True)
    return x / scale**2 - v_guided * (multiplier * ratio + 1 - multiplier) * level
