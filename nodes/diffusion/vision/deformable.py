"""Deformable convolution: at each position, the kernel looks where the features tell it to.

Zhu et al., 2019, "Deformable ConvNets v2: More Deformable, Better Results", equation 1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Deformable(nn.Module):
    """A convolution whose points move, and count, as the features say; the size stays.

    Args:
        into: channels that come in.
        out: channels that go out.
        kernel: points along a side.
    """

    def __init__(self, into: int, out: int, kernel: int) -> None:
        super().__init__()
        self.kernel = kernel
        padding = kernel // 2
        self.offset_conv = nn.Conv2d(into, 2 * kernel**2, kernel, padding=padding)
        self.modulator_conv = nn.Conv2d(into, kernel**2, kernel, padding=padding)
        self.regular_conv = nn.Conv2d(into, out, kernel, padding=padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features (batch, out, height, width)."""
        return deformed(x, self.offset_conv(x), 2.0 * self.modulator_conv(x).sigmoid(), self.regular_conv.weight)


def deformed(x: Tensor, offsets: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    """A convolution with moved points; beyond the edges there is nothing.

    Args:
        x: (batch, into, height, width)
        offsets: (batch, 2 · points, height, width): how far down and to the right each point moves.
        counts: (batch, points, height, width): how much each point counts.
        weight: (out, into, side, side)
    """
    height, width = x.shape[-2:]
    out, into, side, _ = weight.shape
    down, right = (torch.arange(length, device=x.device, dtype=torch.float32) for length in (height, width))
    exact = x.float()  # the places between cells need more digits than bfloat16 has
    total = x.new_zeros(len(x), out, height, width)
    for point in range(side**2):
        row, column = divmod(point, side)
        rows = down[:, None] + (row - side // 2) + offsets[:, 2 * point].float()
        columns = right[None, :] + (column - side // 2) + offsets[:, 2 * point + 1].float()
        grid = torch.stack([_scaled(columns, width), _scaled(rows, height)], dim=-1)
        seen = functional.grid_sample(exact, grid, padding_mode="zeros", align_corners=True).to(x)
        seen = seen * counts[:, point, None]
        total += functional.conv2d(seen, weight[:, :, row, column].reshape(out, into, 1, 1))
    return total


def _scaled(positions: Tensor, length: int) -> Tensor:
    """Positions in cells as those of `grid_sample`: -1 is the first, 1 the last."""
    return positions * (2 / max(1, length - 1)) - 1
