"""ControlNets of Z-Image by VideoX-Fun: a copy of some layers looks at a picture and adds to the layers of the model.

As in VACE (Jiang et al., 2025, section 3.2): the tokens of the picture begin as the model's own and go through layers
of their own; after each, something is added to the model's layer of the same place. Tokens of the text take part, as in
training. Since version 2.0 the layers that refine the noisy picture are steered as well, and the network can look at a
second picture and a mask, for inpainting.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.effects.base import NETWORK, Moment, Numbers
from nodes.diffusion.effects.model_patch import ModelPatch
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.references import REFERENCE
from nodes.diffusion.pictures.resizing import crop_to_aspect, resize

GREY = 0.5
"""What stands where there is no picture."""


class ZImageFun(ModelPatch):
    """The effect; the network is that of diffusers."""

    family = "z_image"

    def __init__(self, numbers: Numbers, unet: Any, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        network = numbers[NETWORK]
        own, model = network.config, unet.config
        self._sees_mask = own["control_in_dim"] > model["in_channels"]
        self.check_fit((own["dim"], model["n_layers"]), (model["dim"], model["n_layers"]))

    def hooks(self, moment: Moment) -> Iterator[torch.utils.hooks.RemovableHandle]:
        """What is added after the layers that the network is for."""
        if any(name.startswith(REFERENCE) for name in moment.told):
            name = self.numbers["patch"].path.name
            raise ModelError(f"{name} cannot steer Z-Image where it looks at pictures among the words; leave one out.")
        control = _Control(self.numbers[NETWORK], self.unet, self.shown(moment), float(self.numbers["strength"]))
        model: Any = self.unet
        yield model.noise_refiner[0].register_forward_pre_hook(control.refine)
        yield model.layers[0].register_forward_pre_hook(control.begin)
        for number, layer in enumerate(model.noise_refiner):
            yield layer.register_forward_hook(partial(control.add, control.refining, number))
        for number, layer in enumerate(model.layers[:: control.distance]):
            yield layer.register_forward_hook(partial(control.add, control.hints, number))

    def tokens(self, latents: Tensor) -> Tensor:
        """Each cell of a token with all its channels, one cell after the other."""
        return super().tokens(latents).unflatten(-1, (latents.shape[1], -1)).transpose(-1, -2).flatten(-2)

    def latents(self, told: Mapping[str, Tensor | None], shape: torch.Size) -> Tensor:
        """The latent of the picture; for inpainting also the mask, 1 where something is kept, and what is kept.

        The ecosystem's: without a mask its channel is empty; what is missing of the pictures is grey.
        """
        picture, kept, mask = told["image"], told["inpaint"], told["mask"]
        found = None if picture is None else self.seen_as_latents(self.fitted(picture, shape))
        if not self._sees_mask:
            return cast(Tensor, found)  # the node has a picture for certain
        given = next(each for each in (kept, picture) if each is not None)
        grey = torch.full_like(self.fitted(given, shape), GREY)
        pixels = grey if kept is None else self.fitted(kept, shape)
        if mask is not None:
            seen = resize(mask, pixels.shape[-1], pixels.shape[-2], "bilinear", "center").round()
            pixels = (pixels - GREY) * seen.to(pixels) + GREY
        found = self.seen_as_latents(grey) if found is None else found
        beside = self.seen_as_latents(pixels)
        channel = torch.zeros_like(beside[:, :1])
        if mask is not None:
            height, width = beside.shape[-2:]
            channel = functional.interpolate(crop_to_aspect(mask, width, height), size=(height, width)).to(beside)
        return torch.cat([found, channel, beside], dim=1)


class _Control:
    """What happens in one call of the model.

    Args:
        network: of the file.
        model: the transformer.
        tokens: of the pictures.
        strength: what everything that is added is multiplied by.
    """

    def __init__(self, network: Any, model: Any, tokens: Tensor, strength: float) -> None:
        self._network, self._model, self._strength = network, model, strength
        self._tokens = tokens
        self.refining: list[Tensor] = []
        """What is added after each of the layers that refine the noisy picture."""
        self.hints: list[Tensor] = []
        """What is added after each of the model's layers that are steered."""
        self.distance = max(1, round(len(model.layers) / len(network.control_layers)))
        """Every so many layers one is steered."""

    @torch.no_grad()
    def refine(self, layer: nn.Module, told: tuple[Any, ...]) -> None:
        """Before the model refines the noisy picture: make tokens of the pictures, and refine those."""
        x, mask, places, time = told[:4]
        own = self._network.control_all_x_embedder["2-1"](self._tokens)
        dtype = own.dtype
        filling = self._model.x_pad_token.to(dtype).expand(len(own), x.shape[1] - own.shape[1], -1)
        own = torch.cat([own, filling], dim=1)
        x, time = x.to(dtype), time.to(dtype)
        mode = self._network.add_control_noise_refiner
        if mode is None:
            for each in self._network.control_noise_refiner:
                own = each(own, mask, places, time)
        else:
            layers = self._network.control_noise_refiner if mode == "control_noise_refiner" else None
            *hints, own = _through(layers or self._network.control_layers, own, x, mask, places, time)
            self.refining += hints
        self._tokens = own

    @torch.no_grad()
    def begin(self, layer: nn.Module, told: tuple[Any, ...]) -> None:
        """Before the first of the layers in which picture and text are one row of tokens."""
        x, mask, places, time = told[:4]
        own = self._tokens
        x, time = x.to(own.dtype), time.to(own.dtype)
        whole = torch.cat([own, x[:, own.shape[1] :]], dim=1)
        *hints, _ = _through(self._network.control_layers, whole, x, mask, places, time)
        self.hints += hints

    def add(self, hints: list[Tensor], number: int, layer: nn.Module, told: object, output: Tensor) -> Tensor:
        """After a layer: add what there is for it."""
        if number >= len(hints):
            return output
        return output + hints[number].to(output.dtype) * self._strength


def _through(layers: Any, own: Tensor, x: Tensor, *others: Any) -> tuple[Tensor, ...]:
    """What each layer has to add, and last the tokens behind all of them."""
    for layer in layers:
        own = layer(own, x, *others)
    return own.unbind()
