"""The stages of Stable Cascade as sampling sees them: what each is told, and how its network is called."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.transformer_models import pooled_of
from nodes.diffusion.families.unclip import PICTURES
from nodes.diffusion.families.weights import KeyMap, Part
from nodes.diffusion.types import LatentFormat, Prediction, Start

if TYPE_CHECKING:
    from diffusers.models.unets.unet_stable_cascade import StableCascadeUNet

PRIOR = "stable_cascade_prior"
"""The option of a conditioning that holds what stage C drew, for stage B."""
COMPRESSION = 42
"""Pixels along a cell of stage C, usually: 24 by 24 cells for 1024 by 1024 pixels."""
SHIFT = "cosine_shift"
"""The option of a model that says how far its noise levels are moved; see `prediction.CosineParameterisation`."""
STEERED = (0, 4, 8, 12, 51, 55, 59, 63)
"""The residual blocks of stage C that ControlNets add to, counted on the way down and up."""
FORMAT_C = LatentFormat(
    channels=16,
    scale=1.0,
    downscale=COMPRESSION,
    rgb_factors=(
        (-0.0326, -0.0204, -0.0127),
        (-0.1592, -0.0427, 0.0216),
        (0.0873, 0.0638, -0.0020),
        (-0.0602, 0.0442, 0.1304),
        (0.0800, -0.0313, -0.1796),
        (-0.0810, -0.0638, -0.1581),
        (0.1791, 0.1180, 0.0967),
        (0.0740, 0.1416, 0.0432),
        (-0.1745, -0.1888, -0.1373),
        (0.2412, 0.1577, 0.0928),
        (0.1908, 0.0998, 0.0682),
        (0.0209, 0.0365, -0.0092),
        (0.0448, -0.0650, -0.1728),
        (-0.1658, -0.1045, -0.1308),
        (0.0542, 0.1545, 0.1325),
        (-0.0352, -0.1672, -0.2541),
    ),
)
FORMAT_B = LatentFormat(
    scale=1 / 0.43,
    downscale=4,
    rgb_factors=(
        (0.1121, 0.2006, 0.1023),
        (-0.2093, -0.0222, -0.0195),
        (-0.3087, -0.1535, 0.0366),
        (0.0290, -0.1574, -0.4078),
    ),
)


@dataclass(frozen=True)
class CascadeModel(ABC):
    """A stage on its device; see `nodes.diffusion.types.DiffusionModel`. Its timesteps are 0..1."""

    network: "StableCascadeUNet"
    names: KeyMap
    latent_format: LatentFormat
    sampling: Mapping[str, Any]
    device: torch.device
    dtype: torch.dtype
    prediction: Prediction = "epsilon"
    betas: Tensor = field(default_factory=lambda: betas_of({}))
    repeats_text: ClassVar[bool] = False
    """A text is seen beside other tokens: repeated, it would weigh more."""

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {"model": Part(self.network, self.names)}

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.network.config["clip_text_pooled_in_channels"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The text as one vector, and what the stage sees besides."""
        return {"pooled": pooled_of(options, self.context_width), **self.seen(options, start)}

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The noise in latents (batch, channels, height, width), in the precision of `x`."""
        told = {name: value.to(self.device, self.dtype) for name, value in extra.items() if isinstance(value, Tensor)}
        steering = extra["residuals"].moved(self.device, self.dtype).blocks if "residuals" in extra else ()
        with _added(self.network, steering):
            output = self.network(
                x.to(self.device, self.dtype),
                timestep.to(self.device, torch.float32),
                clip_text_pooled=told.pop("pooled").unsqueeze(1),
                return_dict=False,
                **self.arguments(context.to(self.device, self.dtype), told),
            )[0]
        return output.to(x.device, x.dtype)

    @abstractmethod
    def seen(self, options: Mapping[str, Any], start: Start) -> Mapping[str, Tensor]:
        """What the stage sees besides the text, from the options of a conditioning."""

    @abstractmethod
    def arguments(self, context: Tensor, told: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What its network is called with, from a text (batch, tokens, width) and what `seen` gave."""


class StageCModel(CascadeModel):
    """Stage C, which reads a text and may be shown pictures."""

    def seen(self, options: Mapping[str, Any], start: Start) -> Mapping[str, Tensor]:
        """Pictures as CLIP saw them (1, pictures, width); one of zeros where there are none.

        Raises:
            DiffusionError: they were seen by another encoder than the model was trained with.
        """
        width = int(self.network.config["clip_image_in_channels"])
        pictures = []
        for each in options.get(PICTURES) or ():
            embeds = each["clip_vision_output"].image_embeds
            if embeds is None or embeds.shape[-1] != width:
                raise DiffusionError(
                    f"The model is told of pictures in {width} numbers; encode them with the encoder that "
                    "unCLIPCheckpointLoader gives."
                )
            pictures.append(embeds * float(each["strength"]))
        return {"pictures": torch.cat(pictures)[None] if pictures else torch.zeros(1, 1, width)}

    def arguments(self, context: Tensor, told: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The text and the pictures."""
        return {"clip_text": context, "clip_img": told["pictures"]}


class StageBModel(CascadeModel):
    """Stage B, which enlarges what stage C drew; of the text it reads the sum only."""

    def seen(self, options: Mapping[str, Any], start: Start) -> Mapping[str, Tensor]:
        """What stage C drew (1 or batch, channels, height, width); zeros where there is nothing.

        Raises:
            DiffusionError: it is a latent of another kind.
        """
        channels = int(self.network.config["effnet_in_channels"])
        drawn: Tensor | None = options.get(PRIOR)
        if drawn is None:
            height, width = (max(1, side * FORMAT_B.downscale // COMPRESSION) for side in start.latent.shape[-2:])
            return {"drawn": torch.zeros(1, channels, height, width)}
        if drawn.shape[1] != channels:
            raise DiffusionError(
                f"Stage B enlarges latents of stage C, which have {channels} channels; the one that it was given has "
                f"{drawn.shape[1]}. Give StableCascade_StageB_Conditioning what stage C drew."
            )
        return {"drawn": FORMAT_C.to_network(drawn.float())}

    def arguments(self, context: Tensor, told: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What stage C drew."""
        return {"effnet": told["drawn"]}


@contextmanager
def _added(network: "StableCascadeUNet", steering: Sequence[Tensor]) -> Iterator[None]:
    """Add what steers to the pictures that go into some of the residual blocks, while the `with` block lasts."""
    blocks = [block for level in (*network.down_blocks, *network.up_blocks) for block in level if _is_residual(block)]
    hooks = [
        blocks[place].register_forward_pre_hook(partial(_with, each))
        for place, each in zip(STEERED, steering, strict=False)  # lite stages have fewer blocks
        if place < len(blocks)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _is_residual(block: nn.Module) -> bool:
    return hasattr(block, "depthwise")


def _with(added: Tensor, _block: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a block is given, with something added at the size of its picture."""
    x, *others = given
    return (x + functional.interpolate(added, size=x.shape[-2:], mode="bilinear", align_corners=True), *others)
