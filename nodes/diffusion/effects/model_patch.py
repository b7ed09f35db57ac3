"""What steers a transformer from inside by a picture: how it sees the picture, whatever it then does with it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from nodes.diffusion.control.model_patches import ModelPatchFile, ModelPatchHandle
from nodes.diffusion.effects.base import NETWORK, SIGHT, Effect, Moment, Need, Numbers, Sight
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.tokens import packed, padded
from nodes.diffusion.pictures.resizing import resize

PATCH = 2
"""Latent cells along the side of a token."""
PARTS = ("image", "inpaint", "mask")
"""The pictures among its numbers, each (batch, channels, height, width) or None; a mask is 1 where it is kept."""


class ModelPatch(Effect, ABC):
    """Shared by all kinds. Its numbers: `patch` (a handle), `vae`, `strength`, and the pictures of `PARTS`."""

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._name = f"model_patch:{id(self)}"
        self._seen: dict[tuple[int, ...], Tensor] = {}

    @classmethod
    def need(cls, numbers: Numbers) -> Need:
        """The network of the file."""
        handle: ModelPatchHandle = numbers["patch"]
        file = ModelPatchFile(handle.path)
        return Need((handle.digest or str(handle.path), handle.kind), handle.path.name, file.parameters, file.load)

    def inputs(self, role: str) -> Mapping[str, Tensor]:
        """The pictures, which every side of the guidance is shown."""
        return {f"{self._name}:{part}": self.numbers[part] for part in PARTS if self.numbers.get(part) is not None}

    def shown(self, moment: Moment) -> Tensor:
        """What the network sees, as tokens (batch, tokens, numbers) where it computes."""
        told = {part: moment.told.get(f"{self._name}:{part}") for part in PARTS}
        key = (*moment.shape, *(0 if each is None else each.data_ptr() for each in told.values()))
        if key not in self._seen:
            weight = next(self.numbers[NETWORK].parameters())
            latents = self.latents(told, moment.shape).to(weight.device, weight.dtype)
            self._seen[key] = self.tokens(padded(latents, PATCH))
        return self._seen[key]

    def tokens(self, latents: Tensor) -> Tensor:
        """Latents as tokens, in the order in which the model has their numbers."""
        return packed(latents, PATCH)

    @abstractmethod
    def latents(self, told: Mapping[str, Tensor | None], shape: torch.Size) -> Tensor:
        """What the network sees, cell by cell.

        Args:
            told: the pictures of `PARTS`.
            shape: of the latents that are sampled: (batch, channels, height, width).
        """

    def seen_as_latents(self, picture: Tensor) -> Tensor:
        """The latents of a picture, in the scale of the network."""
        sight: Sight = self.numbers[SIGHT]
        return sight.latents(self.numbers["vae"], picture)

    def fitted(self, picture: Tensor, shape: torch.Size) -> Tensor:
        """A picture in the size of what is sampled, cut to its aspect ratio."""
        cell = self.numbers[SIGHT].latent_format.downscale
        return resize(picture, shape[-1] * cell, shape[-2] * cell, "area", "center")

    def check_fit(self, own: tuple[int, ...], model: tuple[int, ...]) -> None:
        """Refuse a network for a model of another size.

        Args:
            own: channels of its layers, and blocks of the transformer that it is for.
            model: the same of the model.

        Raises:
            ModelError: they differ.
        """
        if own != model:
            raise ModelError(
                f"{self.numbers['patch'].path.name} does not fit the model: it is for {own[1]} blocks of {own[0]} "
                f"channels, the model has {model[1]} of {model[0]}. Choose one that was made for this kind of model."
            )
