"""Latents as tokens, as transformers read them: a token for each square of cells."""

import torch
from torch import Tensor
from torch.nn import functional


def padded(x: Tensor, patch: int) -> Tensor:
    """A latent whose sides are multiples of `patch`; what is missing is taken from the opposite edge."""
    down, right = (-side % patch for side in x.shape[-2:])
    if not down and not right:
        return x
    flat = x.flatten(1, -3)  # frames count as channels
    return functional.pad(flat, (0, right, 0, down), mode="circular").unflatten(1, x.shape[1:-2])


def packed(x: Tensor, patch: int) -> Tensor:
    """Squares of a latent (batch, channels, height, width) as tokens (batch, squares, channels * patch^2)."""
    batch, channels, height, width = x.shape
    squares = x.view(batch, channels, height // patch, patch, width // patch, patch)
    return squares.permute(0, 2, 4, 1, 3, 5).reshape(batch, -1, channels * patch**2)


def unpacked(tokens: Tensor, rows: int, columns: int, patch: int) -> Tensor:
    """The inverse of `packed`."""
    batch, _, numbers = tokens.shape
    channels = numbers // patch**2
    squares = tokens.view(batch, rows, columns, channels, patch, patch)
    return squares.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, rows * patch, columns * patch)


def positions(rows: int, columns: int, device: torch.device) -> Tensor:
    """Index 0, row and column of each token (rows * columns, 3)."""
    grid = torch.zeros(rows, columns, 3, device=device)
    grid[..., 1] = torch.arange(rows, device=device)[:, None]
    grid[..., 2] = torch.arange(columns, device=device)[None, :]
    return grid.reshape(-1, 3)
