"""From pictures, as an encoder saw them, to what a model listens to."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.image_prompt.files import IpAdapterFile, IpAdapterHandle, load_ip_adapter
from nodes.diffusion.vision.encoder import Networks, Seen, VisionHandle, see

Combine = Literal["concat", "add", "subtract", "average", "norm average"]
"""How several pictures become one prompt: one after the other, or as one picture."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """Pictures as words for a model.

    Attributes:
        words: (1, words, width) float32 on the CPU.
        away: as `words`, for the side that a guidance moves away from.
    """

    words: Tensor
    away: Tensor


@dataclass(frozen=True)
class Reader:
    """An adapter and the encoder that it looks through.

    Attributes:
        adapter: makes words.
        vision: sees.
        combine: how several pictures become one prompt.
    """

    adapter: IpAdapterHandle
    vision: VisionHandle
    combine: Combine = "concat"

    def read(self, networks: Networks, images: Tensor, negative: Tensor | None = None) -> Prompt:
        """The words of pictures (batch, height, width, channels).

        Args:
            networks: keeps both networks.
            images: what to listen to.
            negative: what to stay away from. Without it: nothing, where a picture is summed up as one vector, and
                black pictures, where every position is read.

        Raises:
            ModelError: a network cannot be loaded.
            DiffusionError: they do not belong together.
        """
        shown = self._features(see(networks, self.vision, images, "center"))
        if negative is None and IpAdapterFile(self.adapter.path).sums_up:
            away = torch.zeros_like(shown)
        else:
            unseen = torch.zeros_like(images) if negative is None else negative
            away = self._features(see(networks, self.vision, unseen, "center"))
        parameters = IpAdapterFile(self.adapter.path).parameters
        with networks.use_other(
            self.adapter.key,
            self.adapter.path.name,
            parameters,
            lambda placement: load_ip_adapter(self.adapter, placement),
        ) as network:
            words, avoided = (network.words(combined(each, self.combine)).flatten(0, 1)[None] for each in (shown, away))
        return Prompt(words, avoided)

    def _features(self, seen: Seen) -> Tensor:
        """What the adapter reads of pictures: (batch, channels), or (batch, positions, channels)."""
        file = IpAdapterFile(self.adapter.path)
        found = seen.image_embeds if file.sums_up else seen.penultimate_hidden_states
        width = 0 if found is None else found.shape[-1]
        if found is None or width != file.seen_width:
            raise DiffusionError(
                f"{self.adapter.path.name} reads pictures in {file.seen_width} numbers, but {self.vision.path.name} "
                f"gives {width}. Choose the CLIP vision model that belongs to it: ViT-H for most files, ViT-bigG for "
                "the base one of XL."
            )
        return found


def combined(found: Tensor, combine: Combine) -> Tensor:
    """Features of all pictures (batch, …) as those of one, unless they follow one another."""
    if combine == "concat" or len(found) == 1:
        return found
    if combine == "add":
        return found.sum(0, keepdim=True)
    if combine == "subtract":
        return found[:1] - found[1:].mean(0, keepdim=True)
    if combine == "norm average":
        found = found / found.norm(dim=0, keepdim=True)
    return found.mean(0, keepdim=True)
