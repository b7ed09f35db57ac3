"""The transformer of Wan with the parts that its relatives have besides, and one pass through it.

VACE has a second row of blocks that reads what is to be followed and hints to the first (Jiang et al., 2025, "VACE").
Models of the kind Fun read a picture to look like as one frame before the first, and the way of a camera as numbers
that are added to the tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.wan_layout import CAMERA, REFERENCE
from nodes.diffusion.weights.libraries import new_wan_transformer, new_wan_vace_transformer

CELL = 8
"""Pixels a side of a latent cell, as cameras are told."""


class CameraAdapter(nn.Module):
    """Reads the way of a camera: rays through each pixel become numbers for each token."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.folded = nn.PixelUnshuffle(CELL)
        self.conv = nn.Conv2d(channels, width, kernel_size=2, stride=2)
        self.residual_blocks = nn.ModuleList([_Residual(width)])

    def forward(self, rays: Tensor) -> Tensor:
        """From (batch, channels, frames, height, width) to (batch, width, frames, rows of tokens, columns)."""
        frames = rays.movedim(2, 1)
        found = self.conv(self.folded(frames.flatten(0, 1)))
        for block in self.residual_blocks:
            found = block(found)
        return found.unflatten(0, frames.shape[:2]).movedim(1, 2)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The picture with what two convolutions find in it."""
        return x + self.conv2(self.conv1(x).relu())


def new_wan_network(config: Mapping[str, Any]) -> nn.Module:
    """The transformer that a configuration describes."""
    shared = {key: value for key, value in config.items() if key not in (REFERENCE, CAMERA)}
    network: Any = (new_wan_vace_transformer if "vace_layers" in shared else new_wan_transformer)(shared)
    width = shared["num_attention_heads"] * shared["attention_head_dim"]
    if REFERENCE in config:
        network.ref_conv = nn.Conv2d(config[REFERENCE], width, kernel_size=2, stride=2)
    if CAMERA in config:
        network.control_adapter = CameraAdapter(config[CAMERA], width)
    built: nn.Module = network
    return built


@dataclass(frozen=True)
class Beside:
    """What a transformer is shown besides latent, time and text.

    Attributes:
        seen: what CLIP sees (batch, positions, width).
        reference: a picture to look like (batch, channels, height, width).
        camera: (batch, channels, frames, height, width) in pixels.
        controls: what is to be followed, each (batch, channels, frames, height, width).
        strengths: of each of them (batch, controls).
    """

    seen: Tensor | None = None
    reference: Tensor | None = None
    camera: Tensor | None = None
    controls: Sequence[Tensor] = ()
    strengths: Tensor | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the network of diffusers can be called as it is."""
        return self.reference is None and self.camera is None and not self.controls


def run(network: Any, x: Tensor, timestep: Tensor, text: Tensor, beside: Beside) -> Tensor:
    """One pass.

    Args:
        network: as `new_wan_network` builds it.
        x: (batch, channels, frames, height, width), sides in whole tokens.
        timestep: (batch,), or one for each token of `x` (batch, tokens).
        text: (batch, tokens, width).
        beside: what else it is shown.
    """
    if beside.is_plain:
        return network(x, timestep, text, beside.seen, return_dict=False)[0]
    tokens = network.patch_embedding(x)
    if beside.camera is not None:
        tokens = tokens + network.control_adapter(beside.camera)
    grid, tokens = tokens.shape[2:], tokens.flatten(2).transpose(1, 2)
    places, before = network.rope(x), 0
    if beside.reference is not None:
        looked = network.ref_conv(beside.reference).flatten(2).transpose(1, 2)
        before = looked.shape[1]
        tokens = torch.cat([looked, tokens], dim=1)
        places = network.rope(torch.cat([x[:, :, :1], x], dim=2))
        if timestep.dim() == 2:
            timestep = torch.cat([timestep.amax(1, keepdim=True).expand(-1, before), timestep], dim=1)
    time, context, six = _conditions(network, timestep, text, beside.seen)
    tokens = _through(network, tokens, context, six, places, _hints(network, tokens, beside, context, six, places))
    return _video(network, tokens[:, before:], time[:, before:] if time.dim() == 3 else time, grid)


def _conditions(network: Any, timestep: Tensor, text: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Time as one vector, text with what CLIP sees before it, and the six vectors that modulate blocks."""
    count = timestep.shape[1] if timestep.dim() == 2 else None
    time, six, context, looked = network.condition_embedder(timestep.flatten(), text, seen, timestep_seq_len=count)
    return time, context if looked is None else torch.cat([looked, context], dim=1), six.unflatten(-1, (6, -1))


def _hints(network: Any, tokens: Tensor, beside: Beside, context: Tensor, six: Tensor, places: Any) -> Iterator[Tensor]:
    """What the second row of blocks says, one block after the other."""
    if not beside.controls or beside.strengths is None:
        return
    followed = [network.vace_patch_embedding(each).flatten(2).transpose(1, 2) for each in beside.controls]
    for block in network.vace_blocks:
        hint = torch.zeros_like(tokens)
        for number, strength in enumerate(beside.strengths.unbind(1)):
            said, followed[number] = block(tokens, context, followed[number], six, places)
            hint = hint + said * strength[:, None, None].to(said)
        yield hint


def _through(
    network: Any, tokens: Tensor, context: Tensor, six: Tensor, places: Any, hints: Iterator[Tensor]
) -> Tensor:
    """Tokens after all blocks; the hint for a block is taken when its turn comes."""
    hinted = set(network.config.get("vace_layers", ()))
    for number, block in enumerate(network.blocks):
        tokens = block(tokens, context, six, places)
        if number in hinted:
            hint = next(hints, None)
            tokens = tokens if hint is None else tokens + hint
    return tokens


def _video(network: Any, tokens: Tensor, time: Tensor, grid: Sequence[int]) -> Tensor:
    """Tokens as a latent again."""
    moved = time.unsqueeze(-2) + network.scale_shift_table.to(time)
    shift, scale = moved.unbind(-2) if time.dim() == 3 else moved.chunk(2, dim=1)
    normed = (network.norm_out(tokens.float()) * (1 + scale) + shift).type_as(tokens)
    cells = network.proj_out(normed).unflatten(1, grid).unflatten(-1, (2, 2, -1))
    return cells.permute(0, 6, 1, 2, 4, 3, 5).flatten(5, 6).flatten(3, 4)
