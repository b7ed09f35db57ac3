"""Files that draw pictures between the pictures of a video, and videos made smoother by them: FILM and RIFE."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.vision.film import Film, Sizes
from nodes.diffusion.vision.rife import Rife, RifeSizes
from nodes.diffusion.weights.statefile import StateFile

_FIRST = "extract.extract_sublevels.convs.0.0"
_SPELLINGS = (".conv", ".0", "")
"""What FILM files have between the name of a layer and that of its weight."""
_BLOCKS = (("", "blocks."), ("", "block"), ("module.", "block"))
"""What RIFE files have before all names, and before the number of a block."""


@dataclass(frozen=True)
class InterpolationHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class InterpolationFile:
    """A file of FILM or RIFE, looked at without reading weights.

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
    def sizes(self) -> Sizes | RifeSizes:
        """How large the network is, and so which one it is."""
        shapes = self.file.shapes
        if (name := self._spelt(f"{_FIRST}.conv.weight")) in shapes:
            return self._film_sizes(shapes[name][0])
        if self._spelt_rife("encode.cnn3.weight") in shapes and self._spelt_rife("blocks.0.lastconv.0.bias") in shapes:
            return self._rife_sizes()
        raise UnsupportedModel(
            f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what draws pictures between others here "
            "are files of FILM and of RIFE since 4.22."
        )

    def _film_sizes(self, width: int) -> Sizes:
        shapes = self.file.shapes
        count = block_count(shapes, "predict_flow._predictors")
        motions = [f"predict_flow._predictors.{count - 1 - level}" for level in range(count)] + [
            "predict_flow._predictor"
        ]
        return Sizes(
            width=width,
            depth=block_count(shapes, "extract.extract_sublevels.convs"),
            fused=block_count(shapes, "fuse.convs") + 1,
            motion=tuple(shapes[self._spelt(f"{each}._convs.0.conv.weight")][0] for each in motions),
            motion_layers=tuple(block_count(shapes, f"{each}._convs") - 2 for each in motions),
        )

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.file.shapes)

    def _rife_sizes(self) -> RifeSizes:
        shapes = self.file.shapes
        widths: list[int] = []
        while (name := self._spelt_rife(f"blocks.{len(widths)}.conv0.1.0.weight")) in shapes:
            widths.append(shapes[name][0])
        inner, seen = shapes[self._spelt_rife("encode.cnn3.weight")][:2]
        (given,) = shapes[self._spelt_rife("blocks.0.lastconv.0.bias")]
        layers = block_count(shapes, self._spelt_rife("blocks.0.convblock"))
        return RifeSizes(inner, seen, tuple(widths), layers, given // 4 - 5)

    def load(self, placement: Placement) -> Film | Rife:
        """Build the network.

        Raises:
            ModelError: the weights do not fit.
        """
        sizes, held = self.sizes, self.file.shapes
        network: Film | Rife
        if isinstance(sizes, RifeSizes):
            network = skeleton(lambda: Rife(sizes))
            names = {key: self._spelt_rife(key) for key in network.state_dict()}
            held = {name: held[name] for name in names.values() if name in held}  # some files hold its teacher too
        else:
            network = skeleton(lambda: Film(sizes))
            names = {key: self._spelt(key) for key in network.state_dict()}
        exact = replace(placement, dtype=torch.float32)  # motion is counted in pixels, of which there are thousands
        return fill(network, gather(network, renamed(names), held, self.file.tensor), exact)

    def _spelt(self, key: str) -> str:
        """What the file calls a weight."""
        layer, _, parameter = key.rpartition(".")
        layer = layer.removesuffix(".conv")
        names = (f"{layer}{spelling}.{parameter}" for spelling in _SPELLINGS)
        return next((name for name in names if name in self.file), key)

    def _spelt_rife(self, key: str) -> str:
        """What the file calls a weight of RIFE, or a part."""
        names = (before + key.replace("blocks.", block) for before, block in _BLOCKS)
        return next((name for name in names if any(each.startswith(name) for each in self.file.shapes)), key)


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


def _looked(network: Film | Rife, image: Tensor) -> Any:  # each network sees in a way of its own
    weight = next(network.parameters())
    picture = image[..., :3].movedim(-1, 1).to(weight)
    height, width = picture.shape[-2:]
    filled = functional.pad(picture, (0, -width % network.side, 0, -height % network.side), mode="replicate")
    return network.look(filled)


def _cut(picture: Tensor, images: Tensor) -> Tensor:
    """A drawn picture as the others are."""
    height, width = images.shape[1:3]
    return picture[..., :height, :width].float().cpu().clamp(0, 1).movedim(1, -1)
