"""The networks between pictures and the latents of Stable Cascade, built as large as the shapes of their files say.

Stage A is the autoencoder of Paella (Rampas et al., 2022, "A Novel Sampling Scheme for Text- and Image-Conditional
Image Synthesis in Quantized Latent Spaces"); latents of stage C come from an EfficientNetV2 (Tan and Le, 2021,
"EfficientNetV2: Smaller Models and Faster Training", table 4) and become small pictures by a few convolutions. Every
weight has the name that files give it.
"""

import re
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import Shapes

STRIDES = (2, 1, 2, 2, 2, 1, 2, 1)
"""By how much each stage of the EfficientNet shrinks a picture, in its first layer."""
EPSILON = 1e-3
"""Of the EfficientNet's normalisations."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours (0..1) that the EfficientNet was trained with."""


class MixingBlock(nn.Module):
    """A residual block of stage A: first within channels, then across them, each part scaled by learnt numbers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, elementwise_affine=False, eps=1e-6)
        self.depthwise = nn.Sequential(nn.ReplicationPad2d(1), nn.Conv2d(channels, channels, 3, groups=channels))
        self.norm2 = nn.LayerNorm(channels, elementwise_affine=False, eps=1e-6)
        self.channelwise = nn.Sequential(
            nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels)
        )
        self.gammas = nn.Parameter(torch.zeros(6))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape: (batch, channels, height, width)."""
        scale1, shift1, share1, scale2, shift2, share2 = self.gammas.unbind()
        normed = self.norm1(x.movedim(1, -1)).movedim(-1, 1) * (1 + scale1) + shift1
        x = x + self.depthwise(normed) * share1
        normed = self.norm2(x.movedim(1, -1)) * (1 + scale2) + shift2
        return x + self.channelwise(normed).movedim(-1, 1) * share2


class StageA(nn.Module):
    """The autoencoder whose latents stage B makes: a cell for 4 by 4 pixels; pictures are (batch, 3, ...) in 0..1.

    Args:
        narrow: channels beside the pixels.
        wide: channels beside the latents.
        latent: channels of the latents.
        blocks: how many blocks the decoder has beside the latents.
    """

    def __init__(self, narrow: int = 192, wide: int = 384, latent: int = 4, blocks: int = 12) -> None:
        super().__init__()
        self.in_block = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, narrow, 1))
        self.down_blocks = nn.Sequential(
            MixingBlock(narrow),
            nn.Conv2d(narrow, wide, 4, stride=2, padding=1),
            MixingBlock(wide),
            nn.Sequential(nn.Conv2d(wide, latent, 1, bias=False), nn.BatchNorm2d(latent)),
        )
        self.up_blocks = nn.Sequential(
            nn.Sequential(nn.Conv2d(latent, wide, 1)),
            *(MixingBlock(wide) for _ in range(blocks)),
            nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1),
            MixingBlock(narrow),
        )
        self.out_block = nn.Sequential(nn.Conv2d(narrow, 12, 1), nn.PixelShuffle(2))

    @classmethod
    def like(cls, shapes: Shapes) -> "StageA":
        """One as large as the shapes of a file say."""
        wide, latent = shapes["up_blocks.0.0.weight"][:2]
        blocks = sum(bool(re.fullmatch(r"up_blocks\.\d+\.gammas", key)) for key in shapes) - 1
        return cls(shapes["in_block.1.weight"][0], wide, latent, blocks)

    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (batch, latent channels, height / 4, width / 4), not quantised."""
        latents: Tensor = self.down_blocks(self.in_block(pixels))
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """The inverse of `encode`."""
        pixels: Tensor = self.out_block(self.up_blocks(latents))
        return pixels


@dataclass(frozen=True)
class LayerSizes:
    """How large one layer of the EfficientNet is: its channels, those within, and those of its gate (0: no gate)."""

    inputs: int
    inner: int
    outputs: int
    gate: int = 0
    stride: int = 1


class Gate(nn.Module):
    """Scales channels by what the whole picture says (Hu et al., 2018, "Squeeze-and-Excitation Networks")."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape: (batch, channels, height, width)."""
        seen = self.fc1(x.mean((2, 3), keepdim=True))
        return x * self.fc2(nn.functional.silu(seen)).sigmoid()


class EfficientLayer(nn.Module):
    """One layer of the EfficientNet: more channels, a look around, fewer channels, beside the way past it."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        inner, stride = sizes.inner, sizes.stride
        if sizes.gate:
            steps = [_step(sizes.inputs, inner, 1), _step(inner, inner, 3, stride, groups=inner)]
            steps += [Gate(inner, sizes.gate), _step(inner, sizes.outputs, 1, is_bent=False)]
        elif inner != sizes.outputs:
            steps = [_step(sizes.inputs, inner, 3, stride), _step(inner, sizes.outputs, 1, is_bent=False)]
        else:
            steps = [_step(sizes.inputs, inner, 3, stride)]
        self.block = nn.Sequential(*steps)
        self._is_residual = stride == 1 and sizes.inputs == sizes.outputs

    def forward(self, x: Tensor) -> Tensor:
        """As many channels as it puts out (batch, outputs, height / stride, width / stride)."""
        changed: Tensor = self.block(x)
        return x + changed if self._is_residual else changed


class EfficientEncoder(nn.Module):
    """What makes latents of stage C: a cell for 32 by 32 pixels (batch, 3, height, width) in -1..1."""

    def __init__(self, stages: list[list[LayerSizes]], last: int, latent: int) -> None:
        super().__init__()
        self.backbone = efficient_net(stages, last)
        self.mapper = nn.Sequential(nn.Conv2d(last, latent, 1, bias=False), nn.BatchNorm2d(latent, affine=False))

    @classmethod
    def like(cls, shapes: Shapes) -> "EfficientEncoder":
        """One as large as the shapes of a file say."""
        latent, last = shapes["mapper.0.weight"][:2]
        return cls(efficient_stages(shapes), last, latent)

    def forward(self, pixels: Tensor) -> Tensor:
        """Latents (batch, latent channels, height / 32, width / 32)."""
        mean, deviation = (pixels.new_tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
        latents: Tensor = self.mapper(self.backbone((pixels * 0.5 + 0.5 - mean) / deviation))
        return latents


class Previewer(nn.Module):
    """What makes a small picture of latents of stage C: 8 by 8 pixels for each cell, in -1..1.

    Args:
        latent: channels of the latents.
        widths: channels of the three sizes of the picture, the smallest first, beside the latents.
    """

    def __init__(self, latent: int = 16, widths: tuple[int, int, int] = (512, 256, 128)) -> None:
        super().__init__()
        small, middle, large = widths
        layers: list[nn.Conv2d | nn.ConvTranspose2d] = [
            nn.Conv2d(latent, small, 1),
            nn.Conv2d(small, small, 3, padding=1),
        ]
        for before, after in ((small, middle), (middle, large), (large, large)):
            layers += [nn.ConvTranspose2d(before, after, 2, stride=2), nn.Conv2d(after, after, 3, padding=1)]
        bent = [part for layer in layers for part in (layer, nn.GELU(), nn.BatchNorm2d(layer.out_channels))]
        self.blocks = nn.Sequential(*bent, nn.Conv2d(large, 3, 1))

    @classmethod
    def like(cls, shapes: Shapes) -> "Previewer":
        """One as large as the shapes of a file say."""
        small, latent = shapes["blocks.0.weight"][:2]
        return cls(latent, (small, shapes["blocks.9.weight"][0], shapes["blocks.15.weight"][0]))

    def forward(self, latents: Tensor) -> Tensor:
        """Pixels (batch, 3, 8 * height, 8 * width)."""
        pixels: Tensor = self.blocks(latents) * 2 - 1
        return pixels


class StageCCoder(nn.Module):
    """What is between pictures and the latents of stage C; files may hold one half only."""

    def __init__(self, encoder: EfficientEncoder | None, previewer: Previewer | None) -> None:
        super().__init__()
        self.encoder, self.previewer = encoder, previewer


def efficient_net(stages: list[list[LayerSizes]], last: int, colours: int = 3) -> nn.Sequential:
    """The layers of an EfficientNet before it judges: a cell for 32 by 32 pixels.

    Args:
        stages: its layers, stage by stage.
        last: channels that it puts out.
        colours: channels of the pictures.
    """
    return nn.Sequential(
        _step(colours, stages[0][0].inputs, 3, STRIDES[0]),
        *(nn.Sequential(*map(EfficientLayer, stage)) for stage in stages),
        _step(stages[-1][-1].outputs, last, 1, STRIDES[-1]),
    )


def efficient_stages(shapes: Shapes) -> list[list[LayerSizes]]:
    """How large the layers of the EfficientNet `backbone` of a file are, stage by stage."""
    return [_stage(shapes, number) for number in range(1, block_count(shapes, "backbone") - 1)]


def _step(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1, is_bent: bool = True) -> nn.Module:
    """A convolution, normalised over the pictures of its training, and bent unless it only projects."""
    convolution = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, groups=groups, bias=False)
    normed = nn.BatchNorm2d(outputs, eps=EPSILON)
    return nn.Sequential(convolution, normed, *([nn.SiLU()] if is_bent else []))


def _stage(shapes: Shapes, number: int) -> list[LayerSizes]:
    """The layers of one stage of the EfficientNet."""
    layers = []
    for layer in range(block_count(shapes, f"backbone.{number}")):
        block = f"backbone.{number}.{layer}.block"
        inner, inputs = shapes[f"{block}.0.0.weight"][:2]
        gate = shapes.get(f"{block}.2.fc1.weight", (0,))[0]
        last = shapes.get(f"{block}.{3 if gate else 1}.0.weight", (inner,))
        layers.append(LayerSizes(inputs, inner, last[0], gate, 1 if layer else STRIDES[number]))
    return layers
