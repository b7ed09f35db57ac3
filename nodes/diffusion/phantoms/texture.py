"""Pictures of masks: each region gets a grey of its own, grain, uneven light, blur and noise.

Nothing is learnt. The recipe is that of SynthSeg's generator (Billot et al., 2023, "SynthSeg: Segmentation of brain MRI
scans of any contrast and resolution without retraining", section 3.1), with the noise of magnitude pictures
(Gudbjartsson and Patz, 1995, "The Rician Distribution of Noisy MRI Data").
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.phantoms.drawing import INCLUSION, REGIONS

LEVELS = (0.45, 0.75, 0.25, 0.25, 0.25)
"""The grey of each region before it varies; the inclusion's contrast is added to that of the lobes."""
_VARIES = 0.04
_GRAIN, _GRAIN_PIXELS = 0.03, 1.5
_LIGHT_CELLS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks."""

    contrast: float = 0.3
    """How much brighter the inclusion is than the lobes, -1..1."""
    noise: float = 0.02
    """Deviation of the noise, where white is 1."""
    blur: float = 0.8
    """Deviation of the blur, in pixels."""
    unevenness: float = 0.15
    """How much the light varies over the picture."""


def textured(masks: Tensor, look: Look, seed: int) -> Tensor:
    """A grey picture (1, height, width, 1) in 0..1 of the masks (regions, height, width) that `draw` gives.

    Raises:
        DiffusionError: there are not as many masks as regions.
    """
    if len(masks) != len(REGIONS):
        raise DiffusionError(f"masks: needs the {len(REGIONS)} masks of a phantom, got {len(masks)}.")
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    levels = torch.tensor(LEVELS, dtype=torch.float64) + _VARIES * noise(len(LEVELS))
    levels[INCLUSION] = levels[INCLUSION - 2 : INCLUSION].mean() + look.contrast
    height, width = masks.shape[1:]
    plain = torch.einsum("r,rhw->hw", levels.clamp(min=0), masks.double())
    grain = _blurred(noise(height, width), _GRAIN_PIXELS)
    grain = _GRAIN * grain / grain.std() * masks.double().sum(0)
    light = functional.interpolate(
        noise(1, 1, _LIGHT_CELLS, _LIGHT_CELLS), (height, width), mode="bicubic", align_corners=True
    )[0, 0]
    seen = _blurred((plain + grain) * torch.exp(look.unevenness * light), look.blur)
    real, imaginary = (look.noise * noise(height, width) for _ in range(2))
    return torch.hypot(seen + real, imaginary).clamp(0, 1).float()[None, ..., None]


def _blurred(picture: Tensor, sigma: float) -> Tensor:
    """A Gaussian blur; its edge is repeated outwards."""
    if sigma <= 0:
        return picture
    reach = max(1, round(3 * sigma))
    line = torch.exp(-torch.arange(-reach, reach + 1, dtype=picture.dtype).square() / (2 * sigma**2))
    line = line / line.sum()
    padded = functional.pad(picture[None, None], (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))[0, 0]
