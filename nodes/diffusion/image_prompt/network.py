"""The network of an IP-Adapter: from what a picture encoder saw to words, and from words to keys and values.

Ye et al., 2023, "IP-Adapter: Text Compatible Image Prompt Adapter for Text-to-Image Diffusion Models", section 3.2; the
resampler of the "plus" files is the Perceiver of Alayrac et al., 2022, "Flamingo", section 3.1. The layers carry the
names of the published files.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nodes.diffusion.computing.attention import attend
from nodes.diffusion.errors import UnsupportedModel

Shapes = Mapping[str, tuple[int, ...]]
HEAD_WIDTH = 64
"""Of the resampler's attention, in every published file."""
IMAGE, LAYERS = "image_proj.", "ip_adapter."


class SummedUp(nn.Module):
    """A few words from the one vector that sums a picture up."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        (out, into), (width,) = shapes["proj.weight"], shapes["norm.weight"]
        self.proj, self.norm = nn.Linear(into, out), nn.LayerNorm(width)

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, channels) to (batch, words, width)."""
        return self.norm(self.proj(seen).unflatten(-1, (-1, self.norm.normalized_shape[0])))


class EveryPosition(nn.Module):
    """A word from each position that the encoder saw."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        (middle, into), (out, _) = shapes["proj.0.weight"], shapes["proj.2.weight"]
        self.proj = nn.Sequential(nn.Linear(into, middle), nn.GELU(), nn.Linear(middle, out), nn.LayerNorm(out))

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, positions, channels) to (batch, positions, width)."""
        return self.proj(seen)


class Asking(nn.Module):
    """Attention of words to what the encoder saw, and to each other."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_q = nn.Linear(width, inner, bias=False)
        self.to_kv = nn.Linear(width, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, width, bias=False)

    def forward(self, seen: Tensor, words: Tensor) -> Tensor:
        """What the words (batch, words, width) hear."""
        seen, words = self.norm1(seen), self.norm2(words)
        key, value = self.to_kv(torch.cat([seen, words], dim=1)).chunk(2, dim=-1)
        heads = (each.unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2) for each in (self.to_q(words), key, value))
        return self.to_out(attend(*heads).transpose(1, 2).flatten(2))


class Resampler(nn.Module):
    """A fixed number of words that ask, layer by layer, what the encoder saw."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        _, words, width = shapes["latents"]
        out, inner = shapes["proj_out.weight"][0], shapes["layers.0.0.to_q.weight"][0]
        middle = shapes["layers.0.1.1.weight"][0]
        depth = 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("layers."))
        self.latents = nn.Parameter(torch.empty(1, words, width))
        self.proj_in = nn.Linear(shapes["proj_in.weight"][1], width)
        self.proj_out, self.norm_out = nn.Linear(width, out), nn.LayerNorm(out)
        self.layers = nn.ModuleList(
            nn.ModuleList([Asking(width, inner), _thinking(width, middle)]) for _ in range(depth)
        )

    def forward(self, seen: Tensor) -> Tensor:
        """From (batch, positions, channels) to (batch, words, width)."""
        seen, words = self.proj_in(seen), self.latents.expand(len(seen), -1, -1)
        for layer in self.layers:
            asking, thinking = layer.children()
            words = words + asking(seen, words)
            words = words + thinking(words)
        return self.norm_out(self.proj_out(words))


class IpAdapterNetwork(nn.Module):
    """An IP-Adapter as its file has it.

    Args:
        shapes: of the file, by key: they tell all that varies.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        below = {key.removeprefix(IMAGE): shape for key, shape in shapes.items() if key.startswith(IMAGE)}
        kind = projection_of(below)
        if kind is None:
            raise UnsupportedModel("The IP-Adapter makes words in a way that is not known.")
        self.image_proj = kind(below)
        numbers = layer_numbers(shapes)
        self.ip_adapter = nn.ModuleDict({str(number): _listening(shapes, number) for number in numbers})

    @torch.no_grad()
    def words(self, seen: Tensor) -> Tensor:
        """The words (batch, words, width) of what an encoder saw, in float32 on the CPU."""
        weight = next(self.parameters())
        return self.image_proj(seen.to(weight.device, weight.dtype)).float().cpu()


def projection_of(shapes: Shapes) -> type[SummedUp] | type[EveryPosition] | type[Resampler] | None:
    """What makes words in a file with these keys below `image_proj.`; None if it is of another kind."""
    if "latents" in shapes:
        return Resampler
    if "proj.3.weight" in shapes:
        return EveryPosition
    return SummedUp if "proj.weight" in shapes and "norm.weight" in shapes else None


def layer_numbers(shapes: Shapes) -> list[int]:
    """The numbers of the layers that listen: of all attention of a UNet every second."""
    return sorted({int(key.split(".")[1]) for key in shapes if key.startswith(LAYERS) and key.endswith("_ip.weight")})


def _listening(shapes: Shapes, number: int) -> nn.ModuleDict:
    """The two matrices of one layer of the UNet."""
    names = ("to_k_ip", "to_v_ip")
    sides = {name: shapes[f"{LAYERS}{number}.{name}.weight"] for name in names}
    return nn.ModuleDict({name: nn.Linear(into, out, bias=False) for name, (out, into) in sides.items()})


def _thinking(width: int, middle: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, middle, bias=False), nn.GELU(), nn.Linear(middle, width, bias=False)
    )
