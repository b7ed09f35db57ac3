"""Listening to a picture: every layer that attends to the text attends to a picture's words as well.

Ye et al., 2023, "IP-Adapter: Text Compatible Image Prompt Adapter for Text-to-Image Diffusion Models", equation 5: both
are attended to with the same queries, and what they give is added.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.computing.attention import Around, Layer, Mix
from nodes.diffusion.effects.base import NETWORK, Effect, Moment, Need, Numbers
from nodes.diffusion.image_prompt.files import IpAdapterFile, IpAdapterHandle, cross_layers, load_ip_adapter
from nodes.diffusion.image_prompt.prompting import Prompt
from nodes.diffusion.image_prompt.weighing import layer_weights

Scaling = Literal["V only", "K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty"]
"""What a weight scales; with a penalty, layers with fewer channels listen less."""
WIDEST = 1280
"""Channels of the layers that no penalty makes weaker."""
AWAY = frozenset({"negative", "empty"})
"""Roles that see no picture, or the one to stay away from."""


class ImagePrompt(Effect):
    """Adds `weight` times what the model hears of a picture.

    Its numbers: `adapter` (a handle), `prompt` (its words), `weight`, `weight_type`, `scaling`, `start`,
    `end` (0..1), `mask` (batch, height, width) or None.
    """

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        names = cross_layers(unet)
        self._layers = dict(zip(names, numbers[NETWORK].ip_adapter.values(), strict=True))
        self._weights = layer_weights(names, numbers["weight_type"])
        self._name = f"image_prompt:{id(self)}"

    @classmethod
    def need(cls, numbers: Numbers) -> Need:
        """Its adapter."""
        handle: IpAdapterHandle = numbers["adapter"]
        parameters = IpAdapterFile(handle.path).parameters
        return Need(handle.key, handle.path.name, parameters, lambda placement: load_ip_adapter(handle, placement))

    def inputs(self, role: str) -> Mapping[str, Tensor]:
        """The words of the picture, or what stands for no picture."""
        prompt: Prompt = self.numbers["prompt"]
        return {self._name: prompt.away if role in AWAY else prompt.words}

    def around(self, moment: Moment) -> Sequence[Around]:
        """Attention to the picture, where a layer attends to the text."""
        if not self._lowest <= moment.sigma <= self._highest:
            return ()
        words: Tensor = moment.told[self._name]

        @torch.no_grad()
        def listening(layer: Layer, query: Tensor, key: Tensor, value: Tensor, mix: Mix) -> Tensor:
            heard = mix(query, key, value)
            weight = float(self.numbers["weight"]) * self._weights.get(layer.name, 0.0)
            if layer.is_self or weight == 0:
                return heard
            matrices: Any = self._layers[layer.name]  # a dict of two
            told = words.to(query.device, matrices["to_k_ip"].weight.dtype)
            keys, values = (matrices[name](told).to(query.dtype) for name in ("to_k_ip", "to_v_ip"))
            keys, values, factor = scaled(keys, values, weight, self.numbers["scaling"])
            seen = mix(query, keys, values) * factor
            mask = self.numbers["mask"]
            return heard + (seen if mask is None else seen * fitted_mask(mask, moment.shape, query))

        return (listening,)

    @cached_property
    def _highest(self) -> float:
        return self.percent_to_sigma(float(self.numbers["start"]))

    @cached_property
    def _lowest(self) -> float:
        return self.percent_to_sigma(float(self.numbers["end"]))


def scaled(key: Tensor, value: Tensor, weight: float, scaling: Scaling) -> tuple[Tensor, Tensor, float]:
    """Keys and values under a weight, and what attention to them is multiplied by.

    Args:
        key: (batch, words, channels)
        value: as `key`.
        weight: how strongly.
        scaling: what the weight scales.
    """
    if scaling == "V only":
        return key, value, weight
    if scaling.endswith("w/ C penalty"):
        weight *= key.shape[-1] / WIDEST
    if scaling.startswith("K+mean(V)"):
        mean = value.mean(dim=1, keepdim=True)
        return key * weight, value - mean + mean * weight, 1.0
    return key * weight, value * weight, 1.0


def fitted_mask(mask: Tensor, shape: torch.Size, query: Tensor) -> Tensor:
    """A mask (batch, height, width) for each position of a layer: (rows, positions, 1).

    Args:
        mask: 1 where the picture counts.
        shape: of the latents: (rows, channels, height, width).
        query: (rows, positions, channels), which may be at a lower resolution than the latents.
    """
    height, width = shape[-2:]
    shrink = math.sqrt(height * width / query.shape[1])
    rows = min(max(1, math.ceil(height / shrink - 1e-6)), query.shape[1])
    columns = max(1, query.shape[1] // rows)
    fitted = functional.interpolate(mask[:, None].float(), size=(rows, columns), mode="bilinear").flatten(2)
    fitted = functional.interpolate(fitted, size=query.shape[1]) if fitted.shape[-1] != query.shape[1] else fitted
    repeats = -(-len(query) // len(fitted))
    return fitted.movedim(1, 2).repeat(repeats, 1, 1)[: len(query)].to(query)
