"""From the file of an upscaler to the network on its device."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.upscaling import zoo
from nodes.diffusion.upscaling.compact import Compact, is_compact
from nodes.diffusion.upscaling.rrdb import RRDBNet, is_rrdb, rrdb_keys
from nodes.diffusion.weights.statefile import StateFile

PREFIXES = ("params_ema.", "params.", "module.")
"""What tools put before all keys."""


@dataclass(frozen=True)
class UpscalerHandle:
    """What UPSCALE_MODEL links carry: which network; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class UpscalerFile:
    """The file of an upscaler, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def prefix(self) -> str:
        """What stands before the keys."""
        keys = list(self.file.shapes)
        return next((each for each in PREFIXES if keys and all(key.startswith(each) for key in keys)), "")

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight, without prefix."""
        return {key.removeprefix(self.prefix): shape for key, shape in self.file.shapes.items()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What our network calls each key; empty if it is none of ours."""
        if is_rrdb(self.shapes):
            return rrdb_keys(self.shapes)
        return {key: key for key in self.shapes} if is_compact(self.shapes) else {}

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    def tensor(self, key: str) -> Tensor:
        """A weight by its key without prefix."""
        return self.file.tensor(self.prefix + key)


@dataclass(frozen=True, eq=False)
class Upscaler:
    """An upscaler on its device."""

    network: nn.Module
    device: torch.device
    dtype: torch.dtype

    @property
    def scale(self) -> int:
        """How many times longer each side becomes."""
        return int(self.network.scale)  # type: ignore[arg-type]  # an integer of ours

    @torch.no_grad()
    def enlarge(self, pictures: Tensor) -> Tensor:
        """Enlarge (batch, 3, height, width) in 0..1; float32 on the device of the pictures."""
        seen = pictures.to(self.device, self.dtype)
        if self.network.channels == 1:  # each colour by itself
            found = self.network(seen.flatten(0, 1)[:, None])
            return found.reshape(*seen.shape[:2], *found.shape[-2:]).to(pictures.device, torch.float32)
        return self.network(seen).to(pictures.device, torch.float32)

    def bytes_per_pixel(self) -> int:
        """About how much memory enlarging takes at its peak, for each pixel of what comes in."""
        return int(4 * self.network.width * self.scale**2 * self.dtype.itemsize)  # type: ignore[operator]  # as above


def open_upscaler(path: Path, digest: str = "") -> UpscalerHandle:
    """A handle of the upscaler in a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    file = UpscalerFile(path)
    if not file.names and not zoo.is_installed():
        raise UnsupportedModel(
            f"{path.name} looks like {look_at(SingleFile(path))}: it is none of the upscalers that are known here "
            "(ESRGAN, Real-ESRGAN and their compact form). Many more are known to the package spandrel: install it "
            "with torchvision."
        )
    return UpscalerHandle(path, digest)


def load_upscaler(handle: UpscalerHandle, placement: Placement) -> Upscaler:
    """Build an upscaler.

    Raises:
        ModelError: the weights do not fit.
    """
    file = UpscalerFile(handle.path)
    if not file.names:
        weights = {key: file.tensor(key) for key in file.shapes}
        stranger = zoo.build_stranger(weights, handle.path.name)
        return _checked(handle, stranger.to(placement.device, placement.dtype).eval(), placement)
    shapes = {file.names[key]: shape for key, shape in file.shapes.items()}
    network = skeleton(lambda: Compact(shapes) if is_compact(shapes) else RRDBNet(shapes))
    key_map = renamed({name: key for key, name in file.names.items()})
    return _checked(handle, fill(network, gather(network, key_map, file.shapes, file.tensor), placement), placement)


def _checked(handle: UpscalerHandle, network: nn.Module, placement: Placement) -> Upscaler:
    if network.channels not in (1, 3):
        raise UnsupportedModel(f"{handle.path.name} enlarges pictures of {network.channels} channels, not colours.")
    return Upscaler(network, placement.device, placement.dtype)
