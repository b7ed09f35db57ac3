"""Latents that are sampled together, as a video and its sound are: one latent to everybody but the network.

Samplers, guidance and masks are formulas over numbers; what the numbers mean, only the network knows. So while a run
lasts, everything stands side by side in one row (batch, 1, 1, numbers), and the network takes it apart again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import torch
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.rules import FIRST_NUMBERS
from nodes.diffusion.noise import noise_from
from nodes.diffusion.types import DiffusionModel, Guider, Latent, LatentFormat, OnStep, Start

SOUND: Final = "sound"
"""The key of a latent that holds what is sampled along with it."""
OF_PICTURES = ("noise_mask", "downscale_ratio_spacial")
"""What a latent says of its cells, which a row has not."""
PACKING = "packing"
"""What a network is told under this name takes its latent apart."""
ROW = LatentFormat(channels=1, scale=1.0, downscale=1)
"""Of packed latents: the families that make several normalise each in its autoencoder."""


@dataclass(frozen=True)
class Packing:
    """How latents stand side by side.

    Attributes:
        shapes: of each, without the batch.
    """

    shapes: tuple[torch.Size, ...]

    def packed(self, latents: Sequence[Tensor]) -> Tensor:
        """Latents (batch, …) as one row (batch, 1, 1, numbers)."""
        return torch.cat([each.flatten(1) for each in latents], dim=1)[:, None, None]

    def unpacked(self, row: Tensor) -> list[Tensor]:
        """The latents of a row."""
        parts = row.flatten(1).split([shape.numel() for shape in self.shapes], dim=1)
        return [part.reshape(len(part), *shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def noise(self, shape: Sequence[int], seed: int, batch_index: Sequence[int] | None = None) -> Tensor:
        """Noise for a row: drawn for one latent after the other, each whole batch at once; see `initial_noise`."""
        generator = torch.Generator().manual_seed(seed)
        return self.packed([noise_from(generator, (shape[0], *each), batch_index) for each in self.shapes])


@dataclass(frozen=True)
class WithSound:
    """A run over a video and its sound.

    Attributes:
        latent: the video's, which holds the sound's.
        packing: of both.
    """

    latent: Latent
    packing: Packing

    @classmethod
    def of(cls, latent: Latent, network: DiffusionModel) -> "WithSound":
        """A run of a network that makes both, as its `sound_format` says.

        Raises:
            DiffusionError: it does not, or the sound is of another kind or number.
        """
        sound = latent["sound"]["samples"]
        wanted: LatentFormat | None = getattr(network, "sound_format", None)
        if wanted is None:
            raise DiffusionError(
                "The latent holds a video and its sound, but the model makes no sound. Take them apart with "
                "LTXVSeparateAVLatent."
            )
        if sound.dim() != 4 or sound.shape[1] != wanted.channels:
            raise DiffusionError(
                f"The sound of the latent is {list(sound.shape)}; the model wants {wanted.channels} channels of steps "
                "and tones. Make it with LTXVEmptyLatentAudio or LTXVAudioVAEEncode."
            )
        if len(sound) != len(latent["samples"]):
            raise DiffusionError(
                f"The latent holds {len(latent['samples'])} video(s) and {len(sound)} sound(s); make as many of both."
            )
        return cls(latent, Packing((latent["samples"].shape[1:], sound.shape[1:])))

    def network(self, network: DiffusionModel) -> DiffusionModel:
        """A network, as those see it who know only the row."""
        return cast(DiffusionModel, RowModel(network, self.packing))

    def guider(self, guider: Guider) -> Guider:
        """A guider that knows where in the row the sound begins."""
        return replace(guider, options={**guider.options, FIRST_NUMBERS: float(self.packing.shapes[0].numel())})

    def row(self, masks: Sequence[Tensor | None]) -> Latent:
        """The latent as one row.

        Args:
            masks: what of the video and of the sound may change, fitted to them; None: all of it.
        """
        both = self.latent["samples"].float(), self.latent["sound"]["samples"].float()
        kept = {key: value for key, value in self.latent.items() if key not in (SOUND, *OF_PICTURES)}
        row = cast(Latent, {**kept, "samples": self.packing.packed(both)})
        if any(mask is not None for mask in masks):
            filled = [
                torch.ones_like(each) if mask is None else mask.expand_as(each)
                for each, mask in zip(both, masks, strict=True)
            ]
            row["noise_mask"] = self.packing.packed(filled)
        return row

    def unpacked(self, row: Latent) -> Latent:
        """The latent with the samples of a row."""
        video, sound = self.packing.unpacked(row["samples"])
        found: Latent = {**self.latent, "samples": video, "sound": {**self.latent["sound"], "samples": sound}}
        found.pop("downscale_ratio_spacial", None)
        return found

    def reporting(self, on_step: OnStep) -> OnStep:
        """Steps of a row, told to somebody who looks at the video."""

        def report(step: int, steps: int, x: Tensor, denoised: Tensor) -> None:
            on_step(step, steps, self.packing.unpacked(x)[0], self.packing.unpacked(denoised)[0])

        return report


class RowModel:
    """A diffusion network whose latents stand side by side; otherwise as it was.

    Args:
        network: takes them apart by the packing that it is told.
        packing: of its latents.
    """

    latent_format = ROW

    def __init__(self, network: DiffusionModel, packing: Packing) -> None:
        self._network = network
        self._packing = packing

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, which knows video and sound apart.

        Raises:
            DiffusionError: the conditioning is for a part of the picture.
        """
        if "area" in options or "mask" in options:
            raise DiffusionError(
                f"The {role} conditioning is for a part of the picture, which videos with sound do not know. Leave its "
                "area and its mask away."
            )
        latents = self._packing.unpacked(start.latent)
        masks = [None, None] if start.mask is None else [each[:, :1] for each in self._packing.unpacked(start.mask)]
        video, sound = (Start(*both, start.seed) for both in zip(latents, masks, strict=True))
        return self._network.inputs(options, role, replace(video, sound=sound))

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, as a row."""
        return self._network.predict(x, timestep, context, {**extra, PACKING: self._packing})
