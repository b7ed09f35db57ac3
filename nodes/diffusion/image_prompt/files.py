"""IP-Adapter files: recognised by their keys, checked against the UNet that is to listen, and built."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import nn

from nodes.diffusion.errors import ModelError, UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import unchanged, weight_count
from nodes.diffusion.image_prompt.network import (
    IMAGE,
    LAYERS,
    IpAdapterNetwork,
    SummedUp,
    layer_numbers,
    projection_of,
)
from nodes.diffusion.image_prompt.weighing import WeightType, layer_weights
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.encoder import VisionHandle
from nodes.diffusion.weights.statefile import StateFile

CROSS = ".attn2"
"""How the name of a layer ends that listens to a text."""


@dataclass(frozen=True)
class IpAdapterHandle:
    """What IPADAPTER links carry: which adapter; its weights stay in the registry."""

    path: Path
    digest: str = ""
    vision: VisionHandle | None = None
    """The encoder that it looks through, where that was found with it."""

    @property
    def key(self) -> tuple[str, str]:
        """Two equal keys are the same network."""
        return "ip_adapter", self.digest or str(self.path)


@dataclass(frozen=True)
class IpAdapterFile:
    """The file of an IP-Adapter, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight of the adapter."""
        return {key: shape for key, shape in self.file.shapes.items() if key.startswith((IMAGE, LAYERS))}

    @property
    def is_known(self) -> bool:
        """Whether it is an adapter that looks through CLIP; those that recognise faces are others."""
        is_face = any("_lora." in key for key in self.shapes)
        return bool(layer_numbers(self.shapes)) and self.makes is not None and not is_face

    @property
    def makes(self) -> type[nn.Module] | None:
        """What makes its words; None if that is not known."""
        return projection_of({key.removeprefix(IMAGE): shape for key, shape in self.shapes.items()})

    @property
    def sums_up(self) -> bool:
        """Whether it reads the one vector that sums a picture up; otherwise the last but one layer."""
        return self.makes is SummedUp

    @property
    def seen_width(self) -> int:
        """How many numbers of a picture, or of each of its positions, it reads."""
        first = next(name for name in ("proj_in", "proj.0", "proj") if f"{IMAGE}{name}.weight" in self.shapes)
        return self.shapes[f"{IMAGE}{first}.weight"][1]

    @property
    def widths(self) -> list[int]:
        """How wide each layer of the UNet must be."""
        return [self.shapes[f"{LAYERS}{number}.to_k_ip.weight"][0] for number in layer_numbers(self.shapes)]

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)


def open_ip_adapter(path: Path, digest: str = "") -> IpAdapterHandle:
    """A handle of the IP-Adapter in a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    file = IpAdapterFile(path)
    if any(key.startswith((IMAGE, LAYERS)) for key in file.file.shapes) and not file.is_known:
        raise UnsupportedModel(
            f"{path.name} is an IP-Adapter that recognises faces, or is made for another kind of model; those that can "
            "be used look at pictures through CLIP: base, light, plus and full face, for Stable Diffusion 1.5 and XL."
        )
    if not file.is_known:
        raise UnsupportedModel(f"{path.name} looks like {look_at(SingleFile(path))}; choose a file with an IP-Adapter.")
    return IpAdapterHandle(path, digest)


def cross_layers(unet: nn.Module) -> list[str]:
    """The names of the layers that listen to a text, in the order in which adapters number them."""
    return [name for name, _ in unet.named_modules() if name.endswith(CROSS)]


def widths_of(unet: object, model: str) -> list[int]:
    """How wide each layer of a UNet is that listens to a text, in the order in which adapters number them.

    Args:
        unet: the network; it may be without memory.
        model: the name of its file.

    Raises:
        ModelError: it is no UNet.
    """
    if not isinstance(unet, nn.Module) or not hasattr(unet, "up_blocks"):
        raise ModelError(f"IP-Adapters are for models with a UNet; {model} is built differently.")
    return [unet.get_parameter(f"{name}.to_k.weight").shape[0] for name in cross_layers(unet)]


def check_fit(handle: IpAdapterHandle, unet: object, model: str, weight_type: WeightType = "linear") -> None:
    """Refuse an adapter of another kind of model.

    Args:
        handle: of the adapter.
        unet: the network that is to listen; it may be without memory.
        model: the name of its file.
        weight_type: which layers shall listen.

    Raises:
        ModelError: the two do not belong together.
        DiffusionError: that way is not known for this kind of model.
    """
    own = widths_of(unet, model)
    layer_weights(cross_layers(unet), weight_type)  # type: ignore[arg-type]  # a UNet, or the line above had raised
    wanted = IpAdapterFile(handle.path).widths
    if own != wanted:
        raise ModelError(
            f"{handle.path.name} does not fit {model}: it has {_described(wanted)}, the model {_described(own)}. "
            "Choose an IP-Adapter that was made for this kind of model."
        )


def load_ip_adapter(handle: IpAdapterHandle, placement: Placement) -> IpAdapterNetwork:
    """Build an adapter.

    Raises:
        ModelError: the weights do not fit.
    """
    file = IpAdapterFile(handle.path)
    network = skeleton(lambda: IpAdapterNetwork(file.shapes))
    names = unchanged(network.state_dict())
    return fill(network, gather(network, names, file.shapes, file.file.tensor), placement)


def _described(widths: Iterable[int]) -> str:
    widths = list(widths)
    return f"{len(widths)} layers of {'/'.join(map(str, sorted(set(widths))))} channels"
