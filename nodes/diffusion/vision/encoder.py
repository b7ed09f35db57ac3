"""CLIP and SigLIP picture encoders: recognised by their keys, built, and given pictures.

Radford et al., 2021, "Learning Transferable Visual Models From Natural Language Supervision"; Zhai et al., 2023,
"Sigmoid Loss for Language Image Pre-Training".
"""

import re
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, number_positions, skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import KeyMap, renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.libraries import new_clip_vision, new_siglip_vision
from nodes.diffusion.vision.open_layout import OPEN_PATCHES, vision_keys, vision_shapes
from nodes.diffusion.weights.statefile import StateFile, shapes_below

Crop = Literal["center", "none"]
"""Whether what is too wide or too high is cut, or everything is squeezed into a square."""

PATCHES = "embeddings.patch_embedding.weight"
POSITIONS = "embeddings.position_embedding.weight"
CLASS = "embeddings.class_embedding"
PROJECTION = "visual_projection.weight"
PROJECTOR = "multi_modal_projector."
"""Before the keys of what turns what LLaVA sees into words."""
KINDS = ("weight", "bias")
PREFIX = "vision_model."
OPEN_PREFIXES = (
    "embedder.model.visual.",
    "conditioner.embedders.0.open_clip.model.visual.",
    "cond_stage_model.model.visual.",
    "clip_l_vision.",
    "visual.",
)
"""Before the keys of encoders in OpenCLIP's layout: in models that are told of pictures, and beside a text encoder."""
INSIDE = "clip_l_vision."
"""Before the keys of the encoder that Stable Cascade holds, where they are in the layout of transformers."""
HEADS = 16
"""Of attention in every published encoder, whatever its width."""
OPENAI_WIDTH = 1024
"""Of CLIP ViT-L, whose activation is another than that of OpenCLIP's."""
CLIP_MEAN, CLIP_DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_BESIDE = ("embeddings.position_ids", "head.")
"""What files hold besides, without prefix."""
_OTHERS = ("text_model.", "text_projection", "logit_scale", "logit_bias", PROJECTOR)
"""What files with a text encoder hold too, and those of LLaVA."""


@dataclass(frozen=True)
class VisionHandle:
    """What CLIP_VISION links carry: which encoder; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True, eq=False)
class Seen:
    """What CLIP_VISION_OUTPUT links carry: pictures as an encoder sees them, float32 on the CPU."""

    last_hidden_state: Tensor
    """(batch, positions, width)"""
    penultimate_hidden_states: Tensor
    """(batch, positions, width): one layer before."""
    image_embeds: Tensor | None
    """(batch, width of the projection): each picture as one vector; None for encoders that have none."""
    mm_projected: Tensor | None = None
    """(batch, positions, width of words): pictures as words; None for encoders other than that of LLaVA."""


class Networks(Protocol):
    """Who keeps networks that stand beside models; the model registry is one."""

    def use_other(
        self, key: Hashable, name: str, parameters: int, build: Callable[[Placement], Any]
    ) -> AbstractContextManager[Any]:
        """See `ModelRegistry.use_other`."""
        ...


@dataclass(frozen=True)
class VisionFile:
    """The file of a picture encoder, looked at without reading weights.

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
        """The shape of each weight, without the prefix that most files have."""
        if self.open_prefix is not None:
            return shapes_below(self.file.shapes, self.open_prefix)
        held = shapes_below(self.file.shapes, self._inside)
        found = {key.removeprefix(PREFIX): shape for key, shape in held.items()}
        return {key: shape for key, shape in found.items() if not key.startswith((*_BESIDE, *_OTHERS))}

    @cached_property
    def open_prefix(self) -> str | None:
        """What stands before the keys in OpenCLIP's layout; None if the layout is that of transformers."""
        return next((each for each in OPEN_PREFIXES if each + OPEN_PATCHES in self.file), None)

    @cached_property
    def _inside(self) -> str:
        """What stands before the keys in the layout of transformers, before its own prefix."""
        return INSIDE if INSIDE + PREFIX + CLASS in self.file else ""

    @cached_property
    def _named(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes under the names of transformers, as far as they tell the size."""
        return self.shapes if self.open_prefix is None else vision_shapes(self.shapes)

    @property
    def is_known(self) -> bool:
        """Whether it holds a picture encoder."""
        return PATCHES in self._named and POSITIONS in self._named

    @property
    def is_clip(self) -> bool:
        """Whether it is one of CLIP; otherwise of SigLIP."""
        return CLASS in self._named

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration, as transformers wants it."""
        shapes = self._named
        width, channels, patch = shapes[PATCHES][:3]
        positions = shapes[POSITIONS][0] - int(self.is_clip)
        numbers = (re.match(r"encoder\.layers\.(\d+)\.", key) for key in shapes)
        is_openai = self.is_clip and width <= OPENAI_WIDTH
        return {
            "hidden_size": width,
            "intermediate_size": shapes["encoder.layers.0.mlp.fc1.weight"][0],
            "num_hidden_layers": 1 + max(int(match[1]) for match in numbers if match),
            "num_attention_heads": HEADS,
            "num_channels": channels,
            "patch_size": patch,
            "image_size": patch * isqrt(positions),
            "hidden_act": ("quick_gelu" if is_openai else "gelu") if self.is_clip else "gelu_pytorch_tanh",
            **({"projection_dim": shapes[PROJECTION][0]} if PROJECTION in shapes else {}),
        }

    def key_map(self, network: nn.Module) -> KeyMap:
        """Where each weight of a network is, without prefix."""
        if self.open_prefix is not None:
            return vision_keys(state_shapes(network))
        return renamed({key: key.removeprefix(PREFIX) for key in network.state_dict()})

    def tensor(self, key: str) -> Tensor:
        """A weight by its key without prefix."""
        if self.open_prefix is not None:
            return self.file.tensor(self.open_prefix + key)
        name = self._inside + PREFIX + key
        return self.file.tensor(name if name in self.file else self._inside + key)


@dataclass(frozen=True, eq=False)
class VisionEncoder:
    """A picture encoder on its device."""

    network: nn.Module
    device: torch.device
    dtype: torch.dtype
    size: int
    """Pixels along a side of what it looks at."""
    is_clip: bool
    projector: nn.Module | None = None
    """Turns what is seen into words of a language model."""

    @torch.no_grad()
    def look(self, images: Tensor, crop: Crop = "center") -> Seen:
        """See pictures (batch, height, width, channels) in 0..1."""
        pictures = prepared(images, self.size, crop, is_clip=self.is_clip).to(self.device, self.dtype)
        found = self.network(pixel_values=pictures, output_hidden_states=True)
        embeds = getattr(found, "image_embeds", None)
        words = None if self.projector is None else self.projector(found.hidden_states[-2][:, 1:])
        return Seen(
            found.last_hidden_state.float().cpu(),
            found.hidden_states[-2].float().cpu(),
            None if embeds is None else embeds.float().cpu(),
            None if words is None else words.float().cpu(),
        )


def prepared(images: Tensor, size: int, crop: Crop, *, is_clip: bool) -> Tensor:
    """Pictures as encoders were trained to see them: square, of eight bits, around zero; (batch, 3, size, size)."""
    pictures = images[..., :3].expand(*images.shape[:-1], 3).movedim(-1, 1)
    height, width = pictures.shape[-2:]
    if (height, width) != (size, size):
        scale = size / min(height, width)
        target = (round(scale * height), round(scale * width)) if crop == "center" else (size, size)
        pictures = functional.interpolate(pictures, size=target, mode="bicubic", antialias=True)
        top, left = ((side - size) // 2 for side in pictures.shape[-2:])
        pictures = pictures[..., top : top + size, left : left + size]
    pictures = (255.0 * pictures).clamp(0, 255).round() / 255.0
    mean, deviation = (CLIP_MEAN, CLIP_DEVIATION) if is_clip else ((0.5,) * 3, (0.5,) * 3)
    return (pictures - pictures.new_tensor(mean)[:, None, None]) / pictures.new_tensor(deviation)[:, None, None]


def see(networks: Networks, handle: VisionHandle, images: Tensor, crop: Crop) -> Seen:
    """See pictures (batch, height, width, channels) in 0..1 through the encoder behind a handle.

    Raises:
        ModelError: it cannot be loaded.
    """
    key = ("vision", handle.digest or str(handle.path))
    parameters = VisionFile(handle.path).parameters
    with networks.use_other(key, handle.path.name, parameters, lambda placement: load_vision(handle, placement)) as it:
        seen: Seen = it.look(images, crop)
    return seen


def open_vision(path: Path, digest: str = "") -> VisionHandle:
    """A handle of the picture encoder in a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    if not VisionFile(path).is_known:
        raise UnsupportedModel(
            f"{path.name} looks like {look_at(SingleFile(path))}; encoders of pictures are those of CLIP and SigLIP in "
            "the layout of transformers."
        )
    return VisionHandle(path, digest)


def load_vision(handle: VisionHandle, placement: Placement) -> VisionEncoder:
    """Build a picture encoder.

    Raises:
        ModelError: the weights do not fit.
    """
    file = VisionFile(handle.path)
    network: Any = skeleton(lambda: (new_clip_vision if file.is_clip else new_siglip_vision)(file.config))
    number_positions(network)
    held = {key: shape for key, shape in file.shapes.items() if file.is_clip or key != PROJECTION}
    if file.is_clip and PROJECTION not in held and file.open_prefix is None:
        network.visual_projection = nn.Identity()
    network = fill(network, gather(network, file.key_map(network), held, file.tensor), placement)
    side, projector = file.config["image_size"], _load_projector(file.file, placement)
    return VisionEncoder(network, placement.device, placement.dtype, side, file.is_clip, projector)


def _load_projector(file: StateFile, placement: Placement) -> nn.Module | None:
    """What turns what LLaVA sees into words; None if the file has none."""
    shapes = shapes_below(file.shapes, PROJECTOR)
    if not shapes:
        return None
    inside, width = shapes["linear_1.weight"]
    outside = shapes["linear_2.weight"][0]
    network = skeleton(lambda: nn.Sequential(nn.Linear(width, inside), nn.GELU(), nn.Linear(inside, outside)))
    names = {f"{place}.{kind}": f"linear_{number}.{kind}" for place, number in ((0, 1), (2, 2)) for kind in KINDS}
    return fill(network, gather(network, renamed(names), shapes, lambda key: file.tensor(PROJECTOR + key)), placement)
