"""Operations on sound: cutting, putting together, mixing, and changing the sample rate.

Waveforms are (batch, channels, samples) in -1..1.
"""

from collections.abc import Callable, Mapping
from math import ceil, gcd, pi
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.files.media import Audio
from nodes.diffusion.guidance.conditions import to_batch

Mixing = Literal["add", "mean", "subtract", "multiply"]
MIXED: Mapping[Mixing, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "mean": lambda one, other: (one + other) / 2,
    "subtract": torch.sub,
    "multiply": torch.mul,
}
Order = Literal["after", "before"]
ZERO_CROSSINGS = 6
"""How far the filter reaches to either side, in zero crossings; the ecosystem's figure, as the next."""
ROLL_OFF = 0.99
"""Where the filter begins to cut off, as a share of the highest frequency that the lower rate can hold."""
AT_ONCE = 1 << 18
"""New samples that are computed together, so that long sounds take little memory."""


def resampled(waveform: Tensor, rate: int, wanted: int) -> Tensor:
    """A waveform in another sample rate.

    Band-limited interpolation with a windowed sinc (Smith, "Digital Audio Resampling", sections 2 and 3): each new
    sample is a weighted sum of the old ones around it, and the weights repeat after `wanted` / gcd samples.

    Args:
        waveform: (batch, channels, samples)
        rate: samples per second.
        wanted: samples per second of the result.
    """
    if rate == wanted:
        return waveform
    shared = gcd(rate, wanted)
    old, new = rate // shared, wanted // shared
    share = min(1.0, new / old) * ROLL_OFF  # of the old rate's frequencies that stay
    reach = ceil(ZERO_CROSSINGS / share)
    begins = torch.arange(new) * old
    rest = (begins % new).double() / new
    distance = (torch.arange(-reach, reach + 2) - rest[:, None]) * share
    distance = distance.clamp(-ZERO_CROSSINGS, ZERO_CROSSINGS)
    window = torch.cos(distance * pi / ZERO_CROSSINGS / 2) ** 2
    weights = (torch.sinc(distance) * window * share).to(waveform.dtype)  # (new, old samples around)
    around = functional.pad(waveform, (reach, reach + old + 1)).unfold(-1, weights.shape[1], 1)
    parts = []
    for at in torch.arange(ceil(waveform.shape[-1] * new / old)).split(AT_ONCE):
        places = begins[at % new] // new + at // new * old
        parts.append((around[..., places, :] * weights[at % new]).sum(-1))
    return torch.cat(parts, dim=-1) if parts else waveform


def trimmed(audio: Audio, start: float, duration: float) -> Audio:
    """A part of a sound.

    Args:
        audio: the sound.
        start: in seconds; negative numbers count from the end.
        duration: in seconds; what reaches beyond the end is left out.

    Raises:
        DiffusionError: nothing would be left.
    """
    rate, length = audio["sample_rate"], audio["waveform"].shape[-1]
    first = round(start * rate) + (length if start < 0 else 0)
    first = max(0, min(first, length - 1))
    last = min(first + round(duration * rate), length)
    if first >= last:
        raise DiffusionError(
            f"Nothing is left of the sound: it is {length / rate:g} seconds long, and {duration:g} seconds from "
            f"{first / rate:g} on were asked for."
        )
    return {"waveform": audio["waveform"][..., first:last], "sample_rate": rate}


def joined(first: Audio, second: Audio, order: Order) -> Audio:
    """Two sounds one after the other, in stereo: `second` after or before `first`."""
    one, other, rate = _alike(first, second)
    both = [each.expand(-1, 2, -1) if each.shape[1] == 1 else each for each in (one, other)]
    return {"waveform": torch.cat(both if order == "after" else both[::-1], dim=-1), "sample_rate": rate}


def mixed(first: Audio, second: Audio, how: Mixing) -> Audio:
    """Two sounds at once, as long as the first; made softer where they would be too loud together."""
    one, other, rate = _alike(first, second)
    missing = one.shape[-1] - other.shape[-1]
    other = functional.pad(other, (0, missing))  # negative numbers cut
    both = MIXED[how](one, other)
    peak = float(both.abs().max()) if both.numel() else 0.0
    return {"waveform": both / peak if peak > 1 else both, "sample_rate": rate}


def louder(audio: Audio, decibels: float) -> Audio:
    """A sound made louder, or softer by negative decibels; 6 decibels are twice the amplitude."""
    return {"waveform": audio["waveform"] * 10 ** (decibels / 20), "sample_rate": audio["sample_rate"]}


def silence(seconds: float, rate: int, channels: int) -> Audio:
    """No sound, for a while."""
    return {"waveform": torch.zeros(1, channels, round(seconds * rate)), "sample_rate": rate}


def channels_of(audio: Audio) -> tuple[Audio, Audio]:
    """Left and right by themselves.

    Raises:
        DiffusionError: the sound is not stereo.
    """
    count = audio["waveform"].shape[1]
    if count != 2:
        raise DiffusionError(f"The sound has {count} channel(s), not left and right.")
    left, right = audio["waveform"].split(1, dim=1)
    rate = audio["sample_rate"]
    return {"waveform": left, "sample_rate": rate}, {"waveform": right, "sample_rate": rate}


def stereo(left: Audio, right: Audio) -> Audio:
    """One sound on the left and one on the right, as long as the shorter of them.

    Raises:
        DiffusionError: one of them has several channels.
    """
    for side, audio in (("left", left), ("right", right)):
        if audio["waveform"].shape[1] != 1:
            raise DiffusionError(
                f"The sound on the {side} has {audio['waveform'].shape[1]} channels; take one of them with "
                "SplitAudioChannels."
            )
    one, other, rate = _alike(left, right)
    length = min(one.shape[-1], other.shape[-1])
    return {"waveform": torch.cat([one[..., :length], other[..., :length]], dim=1), "sample_rate": rate}


def _alike(first: Audio, second: Audio) -> tuple[Tensor, Tensor, int]:
    """Both waveforms in the higher of their rates, and as many of each."""
    rate = max(first["sample_rate"], second["sample_rate"])
    batch = max(len(first["waveform"]), len(second["waveform"]))
    one, other = (to_batch(resampled(each["waveform"], each["sample_rate"], rate), batch) for each in (first, second))
    return one, other, rate
