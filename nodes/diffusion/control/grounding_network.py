"""GLIGEN files for boxes and words, and the network in them: attention to places for each block of a UNet.

Li et al., 2023, "GLIGEN: Open-Set Grounded Text-to-Image Generation", section 4. The layers are those of diffusers, by
the names of the files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor, nn

from nodes.diffusion.control.libraries import new_grounded_attention, new_place_encoder
from nodes.diffusion.errors import ModelError, UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.statefile import StateFile

_FUSER, _POSITION = ".fuser.", "position_net."
_TEXT, _OUT = "null_positive_feature", "linears.4.weight"


@dataclass(frozen=True)
class GroundingHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class GroundingFile:
    """A GLIGEN file for boxes and words, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def blocks(self) -> dict[str, str]:
        """What stands before its keys, by the names that original files have for the blocks of a UNet."""
        found = {key.partition(_FUSER)[0] for key in self.file.shapes if _FUSER in key}
        prefixed = {re.sub(r"^.*?(?=(input_blocks|middle_block|output_blocks)\.)", "", each): each for each in found}
        if not prefixed or _POSITION + _TEXT not in self.file:
            raise UnsupportedModel(
                f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what is loaded here are GLIGEN files "
                "for boxes and words."
            )
        return prefixed

    @property
    def text_width(self) -> int:
        """Numbers of the text of a place."""
        return self.file.shapes[_POSITION + _TEXT][0]

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.file.shapes)

    def load(self, blocks: Mapping[str, tuple[int, int]], placement: Placement) -> "GroundingNetwork":
        """Build the network.

        Args:
            blocks: the channels and attention heads of each block of the UNet, by the names of `blocks`.
            placement: device and precision.

        Raises:
            ModelError: the weights do not fit, or the UNet lacks a block, or has it in another size.
        """
        shapes = self.file.shapes
        widths = {name: shapes[f"{key}{_FUSER}linear.weight"][0] for name, key in self.blocks.items()}
        odd = sorted(name for name, width in widths.items() if blocks.get(name, (0, 0))[0] != width)
        if odd:
            raise ModelError(
                f"{self.path.name} is for another kind of model: it has attention of {widths[odd[0]]} channels for "
                f"{odd[0]}, where the model has no such block. Choose one that was made for this kind of model."
            )
        told = self.file.shapes[_POSITION + _OUT][0]
        sizes = [(name, width, told, blocks[name][1]) for name, width in widths.items()]
        network = skeleton(lambda: GroundingNetwork(sizes, self.text_width, told))
        own = network.state_dict()
        names = {key: self._key(key) for key in own}
        held = {name: shapes[name] for name in names.values() if name in shapes}  # some files hold the whole model
        return fill(network, gather(network, renamed(names), held, self.file.tensor), placement)

    def _key(self, own: str) -> str:
        """What the file calls a weight."""
        if own.startswith(_POSITION):
            return own
        _, name, rest = own.split(".", 2)
        return f"{self.blocks[name.replace('/', '.')]}{_FUSER}{rest}"


class GroundingNetwork(nn.Module):
    """Attention to places for each block, and what encodes places.

    Args:
        sizes: for each block its name, its channels, the numbers of a place, and its heads.
        text: numbers of the text of a place.
        told: numbers of a place.
    """

    def __init__(self, sizes: Sequence[tuple[str, int, int, int]], text: int, told: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(
            {name.replace(".", "/"): new_grounded_attention(*size) for name, *size in sizes}  # no dots in such names
        )
        self.position_net = new_place_encoder(text, told)

    def layer(self, name: str) -> nn.Module:
        """The attention of a block, as original files call it."""
        return self.layers[name.replace(".", "/")]

    def encoded(self, places: Tensor) -> Tensor:
        """What the layers are told of places (batch, places, 4 corners + whether there is one + numbers of text)."""
        weight = next(self.parameters())
        boxes, is_there, texts = places.to(weight).split((4, 1, places.shape[-1] - 5), dim=-1)
        return self.position_net(boxes, is_there[..., 0], texts)


def open_grounding(path: Path, digest: str = "") -> GroundingHandle:
    """A handle of a GLIGEN file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    _ = GroundingFile(path).blocks
    return GroundingHandle(path, digest)
