"""What an effect is, and what it may reach: blocks and attention of a network, and what guidance made of them."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor, nn

from nodes.diffusion.computing.attention import Around, ContextChange
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, ModelHandle, VaeHandle

EFFECTS = "effects"
"""The option of a handle that holds its effects: pairs of a name and its numbers, in the order of application."""
Numbers = Mapping[str, Any]
"""The settings of an effect: numbers, texts, handles of files."""
NETWORK = "network"
"""The setting under which an effect finds the network of its own that it needs."""
SIGHT = "sight"
"""The setting under which an effect that looks at pictures finds how to: a `Sight`."""


@dataclass(frozen=True)
class Need:
    """A network that an effect needs beside the model, kept and dropped as models are.

    Attributes:
        key: two equal keys are the same network.
        name: of its file, for errors.
        parameters: how many weights it has.
        build: makes it where it is told to.
    """

    key: Hashable
    name: str
    parameters: int
    build: Callable[[Placement], nn.Module]


@dataclass(frozen=True)
class Sight:
    """How a network sees pictures: as latents, in its own scale.

    Attributes:
        encode: from an autoencoder and pictures (batch, 3, height, width) in 0..1 to latents as it gives them.
        latent_format: of the network.
    """

    encode: Callable[[VaeHandle, Tensor], Tensor]
    latent_format: LatentFormat

    def latents(self, vae: VaeHandle, pictures: Tensor) -> Tensor:
        """Latents (batch, channels, height, width) of pictures (batch, 3, height, width) in 0..1."""
        return self.latent_format.to_network(self.encode(vae, pictures))


@dataclass(frozen=True)
class Moment:
    """One call of the network.

    Attributes:
        sigma: the noise level.
        shape: of the latents: (batch, channels, height, width).
        told: what the network is told besides the text, the inputs of effects included, by name.
        words: tokens of the text.
    """

    sigma: float
    shape: torch.Size
    told: Mapping[str, Any] = field(default_factory=dict)
    words: int = 0


@dataclass(frozen=True)
class Asked:
    """What a network is asked in one call, row by row; see `DiffusionModel.predict`.

    Attributes:
        x: the noisy latents, scaled as the network wants them.
        timestep: in the units of the network.
        context: the texts.
        told: what else it is told, the inputs of effects included.
        sigma: the noise level.
        is_usual: whether nothing is disturbed on purpose during the call.
    """

    x: Tensor
    timestep: Tensor
    context: Tensor
    told: Mapping[str, Any]
    sigma: float
    is_usual: bool = True

    def rows(self, chosen: Tensor) -> "Asked":
        """The same for some of the rows."""
        told = {name: each[chosen] if isinstance(each, Tensor) else each for name, each in self.told.items()}
        x, timestep, context = (each[chosen] for each in (self.x, self.timestep, self.context))
        return replace(self, x=x, timestep=timestep, context=context, told=told)


NetworkCall = Callable[[Asked], Tensor]
"""A call of the network, with all that stands around it."""
Predict = Callable[[Tensor, Tensor], Tensor]
"""From a noisy latent and its noise level to the guided prediction of the clean one."""


@dataclass(frozen=True)
class Guidance:
    """What guidance had, for effects that look at it afterwards.

    Attributes:
        denoised: the clean latents by role.
        x: the noisy latent.
        sigma: its noise level.
        predict: the clean latent of one role, from another noisy latent if need be; computed anew.
    """

    denoised: Mapping[str, Tensor]
    x: Tensor
    sigma: Tensor
    predict: Callable[[str, Tensor], Tensor]


class Attending(Protocol):
    """A network that can be changed for a while."""

    def attending(self, around: Around) -> AbstractContextManager[None]:
        """Inside the `with` block, attention goes through `around` as well."""
        ...

    def disturbed(self, by: AbstractContextManager[None]) -> AbstractContextManager[None]:
        """Inside the `with` block, `by` holds, and what it gives is taken for no usual prediction."""
        ...


class Effect:
    """An effect that changes nothing; each kind overrides what it changes.

    Args:
        numbers: its settings.
        unet: the network that it is for.
        percent_to_sigma: tells moments of the sampling.
    """

    family: ClassVar[str | None] = None
    """The only model family that it changes; None changes all that are built as `works_on` says."""
    works_on: ClassVar[Literal["unet", "transformer", "any"]] = "unet"
    """Which kind of network it changes."""
    needs_negative: ClassVar[bool] = False
    """Whether it needs the negative side in the batch even where guidance does not."""
    tells_parts: ClassVar[bool] = False
    """Whether it must tell the rows of a batch apart, by the input `PART`."""

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        self.numbers = numbers
        self.unet = unet
        self.percent_to_sigma = percent_to_sigma

    @classmethod
    def need(cls, numbers: Numbers) -> Need | None:  # noqa: ARG003 - most need nothing
        """The network of its own that it needs; it is found among its numbers as `NETWORK`."""
        return None

    def inputs(self, role: str) -> Mapping[str, Tensor]:
        """What it must know of each row of a batch, (1 or batch, …) by a name of its own; asked once for each run.

        Args:
            role: of the conditioning that the row follows: `positive`, `negative`, ….
        """
        return {}

    def hooks(self, moment: Moment) -> Iterator[torch.utils.hooks.RemovableHandle]:
        """Hook into the network for one call."""
        return iter(())

    def around(self, moment: Moment) -> Sequence[Around]:
        """What attention goes through in one call."""
        return ()

    def contexts(self, moment: Moment) -> Sequence[ContextChange]:
        """What the text goes through on its way into attention in one call."""
        return ()

    def around_call(self, call: NetworkCall, asked: Asked) -> Tensor:
        """The output of the network, from a call, several or none."""
        return call(asked)

    def around_guided(self, predict: Predict, x: Tensor, sigma: Tensor) -> Tensor:
        """The guided prediction, computed or not; not asked by samplers that need the negative side alone."""
        return predict(x, sigma)

    def notes(self) -> Sequence[str]:
        """What people are told after a run."""
        return ()

    def after_guidance(self, guided: Tensor, guidance: Guidance, network: Attending) -> Tensor:
        """The prediction after guidance, changed."""
        return guided


def with_effect(model: ModelHandle, name: str, **numbers: Any) -> ModelHandle:
    """The same model with one more effect."""
    return model.with_options(**{EFFECTS: (*model.options.get(EFFECTS, ()), (name, numbers))})


def without_effect(model: ModelHandle, name: str) -> ModelHandle:
    """The same model without the effects of a name."""
    kept = tuple(each for each in model.options.get(EFFECTS, ()) if each[0] != name)
    return model.with_options(**{EFFECTS: kept})
