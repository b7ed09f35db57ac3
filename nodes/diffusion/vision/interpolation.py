"""Files that draw pictures between the pictures of a video, and videos made smoother by them: FILM."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.vision.film import SIDE, Film, Looked, Sizes
from nodes.diffusion.weights.statefile import StateFile

_FIRST = "extract.extract_sublevels.convs.0.0"
_SPELLINGS = (".conv", ".0", "")
"""What files have between the name of a layer and that of its weight."""


@dataclass(frozen=True)
class InterpolationHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class InterpolationFile:
    """A FILM file, looked at without reading weights.

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
    def sizes(self) -> Sizes:
        """How large the network is."""
        shapes = self.file.shapes
        name = self._spelt(f"{_FIRST}.conv.weight")
        if name not in shapes:
            raise UnsupportedModel(
                f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what draws pictures between others "
                "here are FILM files."
            )
        count = block_count(shapes, "predict_flow._predictors")
        motions = [f"predict_flow._predictors.{count - 1 - level}" for level in range(count)] + [
            "predict_flow._predictor"
        ]
        return Sizes(
            width=shapes[name][0],
            depth=block_count(shapes, "extract.extract_sublevels.convs"),
            fused=block_count(shapes, "fuse.convs") + 1,
            motion=tuple(shapes[self._spelt(f"{each}._convs.0.conv.weight")][0] for each in motions),
            motion_layers=tuple(block_count(shapes, f"{each}._convs") - 2 for each in motions),
        )

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return sum(prod(shape) for shape in self.file.shapes.values())

    def load(self, placement: Placement) -> Film:
        """Build the network.

        Raises:
            ModelError: the weights do not fit.
        """
        network = skeleton(lambda: Film(self.sizes))
        names = {key: self._spelt(key) for key in network.state_dict()}
        exact = replace(placement, dtype=torch.float32)  # motion is counted in pixels, of which there are thousands
        return fill(network, gather(network, renamed(names), self.file.shapes, self.file.tensor), exact)

    def _spelt(self, key: str) -> str:
        """What the file calls a weight."""
        layer, _, parameter = key.rpartition(".")
        layer = layer.removesuffix(".conv")
        names = (f"{layer}{spelling}.{parameter}" for spelling in _SPELLINGS)
        return next((name for name in names if name in self.file), key)


def interpolated(
    networks: Networks,
    handle: InterpolationHandle,
    images: Tensor,
    multiplier: int,
    on_picture: Callable[[int, int], None] = lambda done, count: None,
) -> Tensor:
    """A video with `multiplier - 1` more pictures between each two (frames, height, width, channels).

    Args:
        networks: keeps the network.
        handle: of its file.
        images: the pictures (frames, height, width, channels) in 0..1.
        multiplier: how many times as many there are, but for the last.
        on_picture: told how many gaps are filled, and how many there are.

    Raises:
        ModelError: the network cannot be loaded.
    """
    file = InterpolationFile(handle.path)
    moments = [step / multiplier for step in range(1, multiplier)]
    found = [images[:1, ..., :3]]
    key = ("interpolation", handle.digest or str(handle.path))
    with networks.use_other(key, handle.path.name, file.parameters, file.load) as network:
        before = _looked(network, images[:1])
        for number in range(1, len(images)):
            after = _looked(network, images[number : number + 1])
            found += [_cut(each, images) for each in network.between(before, after, moments)]
            found.append(images[number : number + 1, ..., :3])
            before = after
            on_picture(number, len(images) - 1)
    return torch.cat(found)


def open_interpolation(path: Path, digest: str = "") -> InterpolationHandle:
    """A handle of a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    _ = InterpolationFile(path).sizes
    return InterpolationHandle(path, digest)


def _looked(network: Film, image: Tensor) -> Looked:
    weight = next(network.parameters())
    picture = image[..., :3].movedim(-1, 1).to(weight)
    height, width = picture.shape[-2:]
    filled = functional.pad(picture, (0, -width % SIDE, 0, -height % SIDE), mode="replicate")
    return network.look(filled)


def _cut(picture: Tensor, images: Tensor) -> Tensor:
    """A drawn picture as the others are."""
    height, width = images.shape[1:3]
    return picture[..., :height, :width].float().cpu().clamp(0, 1).movedim(1, -1)
