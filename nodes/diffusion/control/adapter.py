"""T2I-Adapters: small networks that look at a picture once and steer every step of a UNet.

Mou et al., 2024, "T2I-Adapter: Learning Adapters to Dig out More Controllable Ability for Text-to-Image Diffusion
Models", section 3.3. The layers carry the names of the original files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.control.types import Residuals

Shapes = Mapping[str, tuple[int, ...]]

FIRST = "conv_in.weight"


class Residual(nn.Module):
    """Two convolutions around a ReLU, added to what came in; may begin with a halving and a change of channels.

    Args:
        into: channels that come in.
        out: channels that go out.
        halves: whether each side is halved by averaging first.
        middle_size: kernel of the first convolution.
        out_size: kernel of the second convolution, and of the one that changes channels.
        changes: whether there is such a convolution.
    """

    def __init__(self, into: int, out: int, *, halves: bool, middle_size: int, out_size: int, changes: bool) -> None:
        super().__init__()
        self.halve = nn.AvgPool2d(2, ceil_mode=True) if halves else nn.Identity()
        self.in_conv = nn.Conv2d(into, out, out_size, padding=out_size // 2) if changes else nn.Identity()
        self.block1 = nn.Conv2d(out, out, middle_size, padding=middle_size // 2)
        self.block2 = nn.Conv2d(out, out, out_size, padding=out_size // 2)

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        x = self.in_conv(self.halve(x))
        return self.block2(torch.relu(self.block1(x))) + x


class AdapterNetwork(nn.Module):
    """A full adapter.

    Args:
        shapes: of the file, by key: they tell all that varies.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        first, seen = shapes[FIRST][:2]
        kernel = shapes["body.0.block2.weight"][2]
        self.conv_in = nn.Conv2d(seen, first, 3, padding=1)
        self.unshuffle = unshuffle_of(seen)
        count = 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("body."))
        widths = [first, *(shapes[f"body.{number}.block1.weight"][0] for number in range(count))]
        is_xl = self.unshuffle == 16
        self.levels = 4
        layers = count // self.levels
        # For Stable Diffusion XL the second and the last level keep their size: the UNet has three sizes only.
        halving = {2 * layers} if is_xl else {layers, 2 * layers, 3 * layers}
        self.body = nn.ModuleList(
            Residual(
                into,
                out,
                halves=number in halving,
                middle_size=3,
                out_size=kernel,
                changes=f"body.{number}.in_conv.weight" in shapes,
            )
            for number, (into, out) in enumerate(pairwise(widths))
        )
        self.layers = layers

    def forward(self, picture: Tensor) -> list[Tensor]:
        """What is added to each level of the UNet, from (batch, channels, height, width) in 0..1."""
        x = self.conv_in(nn.functional.pixel_unshuffle(picture, self.unshuffle))
        features = []
        for number, block in enumerate(self.body, start=1):
            x = block(x)
            if number % self.layers == 0:
                features.append(x)
        return features


@dataclass(frozen=True, eq=False)
class T2IAdapter:
    """A T2I-Adapter on its device; used as a `ControlNet` is."""

    network: AdapterNetwork
    device: torch.device
    dtype: torch.dtype
    downscale: int = 8

    changes_with_time = False

    @property
    def channels(self) -> int:
        """Channels of the pictures that it sees: 3 for colours, 1 for sketches."""
        return self.network.conv_in.in_channels // self.network.unshuffle**2

    @torch.no_grad()
    def residuals(
        self, x: Tensor, hint: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any], task: int | None
    ) -> Residuals:
        """What steers the UNet towards a picture; depends on nothing but `hint`, see `ControlNet.residuals`."""
        picture = hint.to(self.device, self.dtype)
        if self.channels == 1:
            picture = picture.mean(dim=1, keepdim=True)
        return Residuals(inside=tuple(self.network(picture)))


def is_adapter(shapes: Shapes) -> bool:
    """Whether shapes, in the original layout, are those of a full adapter."""
    return "body.0.block1.weight" in shapes and len(shapes.get(FIRST, ())) == 4


def adapter_keys(shapes: Shapes) -> dict[str, str]:
    """What an original file would call each key of an adapter file in either layout.

    Files of diffusers say `adapter.body.1.resnets.0.block1.weight` where original ones say `body.2.block1.weight`.
    """
    plain = {key: key.removeprefix("adapter.") for key in shapes}
    layers = len({key.split(".")[3] for key in plain.values() if key.startswith("body.0.resnets.")})
    return {key: _original(name, layers) if layers else name for key, name in plain.items()}


def unshuffle_of(channels: int) -> int:
    """Into how many cells each side of a picture is folded: 8 for Stable Diffusion 1.x, 16 for XL."""
    return 16 if channels in (256, 768) else 8


def _original(name: str, layers: int) -> str:
    words = name.split(".")
    if words[0] != "body":
        return name
    level = int(words[1])
    if words[2] == "resnets":
        return ".".join(["body", str(level * layers + int(words[3])), *words[4:]])
    return ".".join(["body", str(level * layers), *words[2:]])
