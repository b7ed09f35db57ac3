"""From the file of a ControlNet or T2I-Adapter to the network on its device."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.computing.attention import AttentionProcessor
from nodes.diffusion.control import layout, transformer_layout
from nodes.diffusion.control.adapter import AdapterNetwork, T2IAdapter, adapter_keys, is_adapter
from nodes.diffusion.control.cascade import CascadeControl, CascadeControlNetwork, is_cascade_control
from nodes.diffusion.control.libraries import (
    new_controlnet,
    new_flux_controlnet,
    new_qwen_controlnet,
    new_sd3_controlnet,
    new_union,
)
from nodes.diffusion.control.low_rank import MARK, is_low_rank, low_rank_config, low_rank_weights
from nodes.diffusion.control.network import ControlNet
from nodes.diffusion.control.types import TRANSFORMERS, ControlHandle, ControlKind
from nodes.diffusion.errors import ModelError, UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, read_json, said_in
from nodes.diffusion.families.qwen_image import restore_positions
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, unchanged, weight_count
from nodes.diffusion.memory.placing import Placement, in_wide
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.types import ModelHandle
from nodes.diffusion.weights.statefile import StateFile

SETTINGS = (
    "attention_head_dim",
    "num_attention_heads",
    "norm_num_groups",
    "upcast_attention",
    "global_pool_conditions",
)
"""What shapes do not tell: read from a `config.json` beside the file, from the file's header as JSON under
`latentloom.controlnet`, or taken over from the UNet that is steered, of which a ControlNet is a copy."""
FROM_UNET = ("attention_head_dim", "num_attention_heads", "norm_num_groups", "upcast_attention")
_OF_TRANSFORMERS = {"flux": new_flux_controlnet, "sd3": new_sd3_controlnet, "qwen_image": new_qwen_controlnet}


@dataclass(frozen=True)
class ControlFile:
    """A file that steers, looked at without reading weights.

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
        """What stands before the keys of the network."""
        return layout.prefix_of(self.file.shapes) or ""

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight, without prefix."""
        found = {key.removeprefix(self.prefix): shape for key, shape in self.file.shapes.items()}
        return {key: shape for key, shape in found.items() if key not in (layout.DIFFERENCE, MARK)}

    @cached_property
    def kind(self) -> ControlKind:
        """What it is.

        Raises:
            UnsupportedModel: it steers nothing, or is of a kind that is not known.
        """
        if is_low_rank(self.file.shapes):
            return "control_lora"
        if is_cascade_control(self.file.shapes):
            return "cascade"
        if (kind := transformer_layout.kind_of(self.file.shapes)) is not None:
            return kind
        if layout.prefix_of(self.file.shapes) is not None:
            return layout.kind_of(self.shapes)
        if is_adapter(self.adapter_shapes):
            return "t2i_adapter"
        raise UnsupportedModel(
            f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what steers are ControlNets of Stable "
            "Diffusion 1.x, 2.x, XL and 3, of Flux and of Stable Cascade, Control-LoRAs and T2I-Adapters."
        )

    @cached_property
    def is_original(self) -> bool:
        """Whether a ControlNet is in the original layout."""
        return layout.ORIGINAL in self.shapes

    @property
    def is_difference(self) -> bool:
        """Whether the weights are differences to those of a model."""
        return self.prefix + layout.DIFFERENCE in self.file or layout.DIFFERENCE in self.file

    @cached_property
    def original_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of a ControlNet by the names of the original layout."""
        if self.is_original:
            return self.shapes
        names = layout.control_keys(self.shapes)
        return {names[key]: shape for key, shape in self.shapes.items()}

    @cached_property
    def adapter_names(self) -> dict[str, str]:
        """What an original file would call each key of an adapter."""
        return adapter_keys(self.shapes)

    @cached_property
    def adapter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of an adapter by the names of the original layout."""
        return {self.adapter_names[key]: shape for key, shape in self.shapes.items()}

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration of a ControlNet, as far as the file and what lies beside it tell."""
        beside = {} if self.is_original else read_json(self.path.with_name("config.json"))
        return {**layout.control_config(self.original_shapes), **_settings(beside), **_settings(self._said)}

    @property
    def sees_latents(self) -> bool:
        """Whether it looks at the latents of pictures."""
        return self.kind in TRANSFORMERS and not transformer_layout.sees_pixels(self.shapes)

    @property
    def sees_mask(self) -> bool:
        """Whether it looks at a mask beside the latents."""
        return self.kind in TRANSFORMERS and transformer_layout.sees_mask(self.transformer_config)

    @cached_property
    def transformer_config(self) -> dict[str, Any]:
        """The configuration of a ControlNet of a transformer, as far as the file and what lies beside it tell."""
        if self.kind == "flux":
            return transformer_layout.flux_control_config(self.shapes)
        if self.kind == "qwen_image":
            return transformer_layout.qwen_control_config(self.shapes)
        beside = transformer_layout.settings_of(read_json(self.path.with_name("config.json")))
        usual = {"force_zeros_for_pooled_projection": False}
        return {**transformer_layout.sd3_control_config(self.shapes), **usual, **beside}

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    def tensor(self, key: str) -> Tensor:
        """A weight by its key without prefix."""
        return self.file.tensor(self.prefix + key)

    @property
    def _said(self) -> Mapping[str, Any]:
        return said_in(self.file.metadata, "latentloom.controlnet")


def open_control(path: Path, digest: str = "", base: ModelHandle | None = None) -> ControlHandle:
    """A handle of the ControlNet or T2I-Adapter in a file; its weights are not read.

    Args:
        path: of the file.
        digest: of its content.
        base: the model that the weights may be differences to.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
        ModelError: its weights are differences, and there is no model.
    """
    file = ControlFile(path)
    kind = file.kind
    if file.is_difference and base is None:
        raise ModelError(
            f"The weights of {path.name} are differences to those of a model; load it with DiffControlNetLoader, "
            "which takes the model."
        )
    if base is None or not file.is_difference:
        return ControlHandle(path, kind, digest)
    return ControlHandle(path, kind, digest, base=base.source, base_patches=base.patches)


def check_fit(handle: ControlHandle, unet: Mapping[str, Any], model: str) -> None:
    """Refuse a ControlNet of another kind of model.

    Args:
        handle: of what steers.
        unet: the configuration of the UNet that is steered.
        model: the name of its file.

    Raises:
        ModelError: the two do not belong together.
    """
    if handle.kind == "control_lora":
        return  # its shapes are compared with the model's weight by weight
    file = ControlFile(handle.path)
    if handle.kind == "t2i_adapter":
        outs = [shape[0] for key, shape in file.adapter_shapes.items() if key.endswith(".block2.weight")]
        fits = set(outs) == set(unet["block_out_channels"])
    else:
        same = ("block_out_channels", "cross_attention_dim")
        fits = all(_plain(file.config.get(key, unet[key])) == _plain(unet[key]) for key in same)
        fits = fits and (unet.get("addition_embed_type") == file.config.get("addition_embed_type"))
    if not fits:
        raise ModelError(
            f"{handle.path.name} does not fit {model}: its layers are {_described(file, handle.kind)}, those of the "
            f"model {_sizes(unet)}. Choose one that was made for this kind of model."
        )


def load_control(
    handle: ControlHandle, unet: Mapping[str, Any], placement: Placement, downscale: int, base: Recipe | None = None
) -> ControlNet | T2IAdapter:
    """Build what steers.

    Args:
        handle: of the file.
        unet: the configuration of the UNet that is steered.
        placement: device and precision.
        downscale: picture pixels per latent cell.
        base: the weights that those of the file are differences to.

    Raises:
        ModelError: the weights do not fit.
    """
    file = ControlFile(handle.path)
    if handle.kind == "control_lora" and base is not None:
        return _load_low_rank(file, unet, placement, downscale, base)
    if handle.kind == "t2i_adapter":
        adapter = skeleton(lambda: AdapterNetwork(file.adapter_shapes))
        names = {original: key for key, original in file.adapter_names.items()}
        weights = gather(adapter, renamed(names), file.shapes, file.tensor)
        return T2IAdapter(fill(adapter, weights, placement), placement.device, placement.dtype, downscale)
    config = {**{key: unet[key] for key in FROM_UNET if unet.get(key) is not None}, **file.config}
    network = skeleton(lambda: (new_union if handle.kind == "union" else new_controlnet)(config))
    keys = layout.control_keys(network.state_dict())
    names = keys if file.is_original else {key: key for key in keys}
    found: Mapping[str, Tensor] = gather(network, renamed(names), file.shapes, file.tensor)
    if base is not None:
        found = {key: _with_base(base, key, value) for key, value in found.items()}
    network = fill(network, found, placement)
    network.set_attn_processor(AttentionProcessor())
    averaged = bool(config.get("global_pool_conditions"))
    return ControlNet(network, placement.device, placement.dtype, downscale, averaged)


def load_cascade_control(handle: ControlHandle, placement: Placement) -> CascadeControl:
    """Build a ControlNet of Stable Cascade.

    Raises:
        ModelError: the weights do not fit.
    """
    file = ControlFile(handle.path)
    network = skeleton(lambda: CascadeControlNetwork(file.shapes))
    names = unchanged(network.state_dict())
    fill(network, gather(network, names, file.shapes, file.tensor), placement)
    return CascadeControl(network, placement.device, placement.dtype)


def load_transformer_control(handle: ControlHandle, placement: Placement) -> nn.Module:
    """Build the network of a ControlNet of a transformer.

    Raises:
        ModelError: the weights do not fit, or it is of a kind that is not known.
    """
    file = ControlFile(handle.path)
    new = _OF_TRANSFORMERS[handle.kind]
    network: nn.Module = skeleton(lambda: new(file.transformer_config))
    if handle.kind == "qwen_image":
        restore_positions(network, file.transformer_config["axes_dims_rope"])
    names = transformer_layout.key_map(file.shapes, state_shapes(network))
    return fill(network, gather(network, names, file.shapes, file.tensor), in_wide(placement))


def _load_low_rank(
    file: ControlFile, unet: Mapping[str, Any], placement: Placement, downscale: int, base: Recipe
) -> ControlNet:
    network = skeleton(lambda: new_controlnet(low_rank_config(file.shapes, unet)))
    names = layout.control_keys(network.state_dict())
    try:
        pairs = low_rank_weights(network, names, file.shapes, file.tensor, base)
        found = {key: value.to(placement.dtype) for key, value in pairs}
    except ModelError as error:
        raise ModelError(f"{file.path.name} does not fit the model that it shall steer: {error}.") from error
    network = fill(network, found, placement)
    network.set_attn_processor(AttentionProcessor())
    return ControlNet(network, placement.device, placement.dtype, downscale)


def _with_base(base: Recipe, key: str, value: Tensor) -> Tensor:
    """A difference with the model's weight of the same name, where there is one."""
    place = ("model", key)
    return base.weight(place).reshape(value.shape) + value.float() if place in set(base.places()) else value


def _settings(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: said[key] for key in SETTINGS if said.get(key) is not None}


def _plain(value: Any) -> Any:  # a tuple here is a list there
    return list(value) if isinstance(value, tuple | list) else value


def _described(file: ControlFile, kind: ControlKind) -> str:
    if kind == "t2i_adapter":
        widths = sorted({shape[0] for key, shape in file.adapter_shapes.items() if key.endswith(".block2.weight")})
        return "/".join(map(str, widths)) + " channels wide"
    return _sizes(file.config)


def _sizes(config: Mapping[str, Any]) -> str:
    """The facts by which people know models apart."""
    widths = "/".join(map(str, config["block_out_channels"]))
    text = f", reading texts of width {config['cross_attention_dim']}" if config.get("cross_attention_dim") else ""
    return f"{widths} channels wide{text}"
