"""Things in their places: a UNet that is told which words belong into which boxes.

Li et al., 2023, "GLIGEN: Open-Set Grounded Text-to-Image Generation", section 4: between attention to the picture and
to the text, a gated attention looks at the boxes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nodes.diffusion.control.grounding_network import GroundingHandle, GroundingNetwork
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.types import Conditioning, DiffusionModel, Start

GROUNDING = "gligen"
"""The option of a conditioning that holds its places: ("position", a handle, a list of `Place`)."""
INPUT = "gligen places:{}"
"""The input that holds them, by the file: (1, most places, 4 corners + whether there is one + numbers of the text)."""
MOST = 30
"""How many places a network was trained with; the others are told to be empty."""
CELL = 8
"""Picture pixels per latent cell."""


class Place(NamedTuple):
    """Words and where they belong, in latent cells; in the order of the ecosystem."""

    text: Tensor
    """(1, width): the words as one vector."""
    height: int
    width: int
    y: int
    x: int


class GroundedModel:
    """A UNet whose conditionings may say where things belong; otherwise as it was.

    Args:
        network: the UNet as sampling sees it.
        unet: the module inside.
        grounding: what attends to places.
        handle: of its file.
    """

    def __init__(
        self, network: DiffusionModel, unet: nn.Module, grounding: GroundingNetwork, handle: GroundingHandle
    ) -> None:
        self._network, self._grounding, self._handle = network, grounding, handle
        self._input = INPUT.format(handle.path.name)
        modules = dict(unet.named_modules())
        names = block_names(unet)
        self._blocks = {name: modules[own] for own, name in names.items() if name.replace(".", "/") in grounding.layers}

    def __getattr__(self, name: str) -> Any:  # whatever the network has
        return getattr(self._network, name)

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the network is told, and the places of the conditioning."""
        told = dict(self._network.inputs(options, role, start))
        if options.get(GROUNDING) and options[GROUNDING][1] == self._handle:
            told[self._input] = table(options[GROUNDING][2], (start.latent.shape[-2], start.latent.shape[-1]))
        return told

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's output, which keeps to the places."""
        if self._input not in extra:
            return self._network.predict(x, timestep, context, extra)
        told = {name: value for name, value in extra.items() if name != self._input}
        places = self._grounding.encoded(extra[self._input])
        with ExitStack() as stack:
            for handle in self._hooks(places):
                stack.callback(handle.remove)
            return self._network.predict(x, timestep, context, told)

    def _hooks(self, places: Tensor) -> Iterator[torch.utils.hooks.RemovableHandle]:
        for name, block in self._blocks.items():
            entered = _Entered(self._grounding.layer(name), places)
            yield block.register_forward_pre_hook(entered.note)
            yield block.attn1.register_forward_hook(entered.look)


class _Entered:
    """One call of one block: what entered it is needed when its first attention is done."""

    def __init__(self, layer: nn.Module, places: Tensor) -> None:
        self._layer, self._places = layer, places
        self._x = places

    def note(self, block: nn.Module, arguments: tuple[Any, ...]) -> None:
        """What enters the block."""
        self._x = arguments[0]

    def look(self, attention: nn.Module, arguments: object, output: Tensor) -> Tensor:
        """What the block adds to what entered: the result of its own attention, and of attention to places."""
        x = (self._x + output).to(self._places.dtype)
        return self._layer(x, self._places).to(output.dtype) - self._x


def table(places: Sequence[Place], size: tuple[int, int]) -> Tensor:
    """Places as `INPUT` has them.

    Args:
        places: at most `MOST`.
        size: rows and columns of the latent.

    Raises:
        ModelError: there are more.
    """
    if len(places) > MOST:
        raise ModelError(f"A GLIGEN model knows {MOST} places at most; the conditioning has {len(places)}.")
    rows, columns = size
    found = torch.zeros(1, MOST, 5 + places[0].text.shape[-1])
    for number, each in enumerate(places):
        corners = [each.x / columns, each.y / rows, (each.x + each.width) / columns, (each.y + each.height) / rows]
        found[0, number, :5] = torch.tensor([*corners, 1.0])
        found[0, number, 5:] = each.text[0].float()
    return found


def block_names(unet: nn.Module) -> dict[str, str]:
    """The transformer blocks of a UNet: by name, what original files call them."""
    names = unet_keys(unet.state_dict())
    first = ".attn1.to_q.weight"
    return {key.removesuffix(first): name.removesuffix(first) for key, name in names.items() if key.endswith(first)}


def blocks_of(unet: nn.Module) -> dict[str, tuple[int, int]]:
    """The channels and attention heads of each transformer block of a UNet, by the names of original files."""
    modules: dict[str, Any] = dict(unet.named_modules())
    found = {name: modules[own] for own, name in block_names(unet).items()}
    return {name: (len(block.norm1.weight), int(block.attn1.heads)) for name, block in found.items()}


def handles_of(conditionings: Mapping[str, Conditioning]) -> set[GroundingHandle]:
    """What the conditionings of all roles need."""
    return {
        options[GROUNDING][1]
        for conditioning in conditionings.values()
        for _, options in conditioning
        if options.get(GROUNDING)
    }
