"""Values whose coarse and fine parts are scaled apart."""

import torch
from torch import Tensor


def filtered(values: Tensor, low: float, high: float, cutoff: int) -> Tensor:
    """Values (…, height, width) whose frequencies are scaled: by `low` those up to `cutoff` periods a side, by `high`
    the others.
    """
    dims = (-2, -1)
    spectrum = torch.fft.fftshift(torch.fft.fftn(values.float(), dim=dims), dim=dims)
    scales = torch.full(values.shape[-2:], high, device=values.device)
    rows, columns = (_middle(side, cutoff) for side in values.shape[-2:])
    scales[rows, columns] = low
    return torch.fft.ifftn(torch.fft.ifftshift(spectrum * scales, dim=dims), dim=dims).real.to(values.dtype)


def _middle(side: int, reach: int) -> slice:
    centre = side // 2
    reach = min(reach, centre)
    return slice(centre - reach, centre + max(1, reach))
