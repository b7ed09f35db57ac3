"""The values that travel between diffusion steps: pictures, latents, conditionings, and handles of models.

Shapes: pictures `(batch, height, width, channels)` float32 in 0..1; masks `(batch, height, width)` float32 in 0..1,
where 1 is the part to be changed; latents `(batch, channels, height, width)`, unscaled as the autoencoder gives them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, NotRequired, Protocol, TypedDict

import torch
from torch import Tensor

Component = Literal["model", "clip", "vae"]
Prediction = Literal["epsilon", "v_prediction", "sample", "flow", "edm", "lcm"]
"""What a diffusion network was trained to predict: the noise, the velocity, the clean latent, the direction from the
clean latent to the noise along a straight line (rectified flow), EDM's mixture of clean latent and noise, or the noise
by a network that was distilled to do without most steps (latent consistency)."""


class Latent(TypedDict):
    """What LATENT links carry. A dict, so that node packs can add keys of their own."""

    samples: Tensor
    """(batch, channels, height, width)"""
    noise_mask: NotRequired[Tensor]
    """(batch, height, width) or (batch, 1, height, width) at picture size; 1 is sampled anew, 0 is kept."""
    batch_index: NotRequired[list[int]]
    """Which item of a noise batch each sample takes its noise from."""
    own_seeds: NotRequired[bool]
    """Whether each sample draws all its noise from a seed of its own: that of the run plus its `batch_index`."""
    downscale_ratio_spacial: NotRequired[int]
    """Picture pixels per cell that an empty latent was made for; the spelling is the ecosystem's."""
    sound: NotRequired["Latent"]
    """The sound of a video that is sampled along with it: (batch, channels, steps, tones)."""


Conditioning = Sequence[tuple[Tensor, Mapping[str, Any]]]
"""What CONDITIONING links carry: pairs of an encoded text `(batch, tokens, width)` and options, keyed as the ecosystem
does: `pooled_output`, `area` (height, width, y, x in latent cells, or ("percentage", h, w, y, x)), `strength`, `mask`,
`mask_strength`, `set_area_to_bounds`, `start_percent`, `end_percent`, `guidance`, `control`, …"""


@dataclass(frozen=True)
class ModelSource:
    """Where weights come from: one component of a file or folder."""

    path: Path
    component: Component
    architecture: str
    """The model family, such as `sd1`; parts that do not belong together differ here."""
    digest: str = ""
    """Content digest of the file, where it is known: two equal digests are the same weights."""
    others: "tuple[ModelSource, ...]" = ()
    """Further files that belong to the component: text encoders that are used together."""

    @property
    def names(self) -> str:
        """What the files are called, for messages."""
        return " and ".join(each.path.name for each in (self, *self.others))


@dataclass(frozen=True)
class Patch:
    """A change to weights from a file, such as a LoRA, applied when the model is put on its device."""

    source: Path
    kind: str
    """`lora` stands for all that `nodes.diffusion.patches.contents` knows."""
    strength: float
    digest: str = ""


@dataclass(frozen=True)
class Merge:
    """Another model mixed in: each weight becomes `keep` times itself plus `add` times the other's."""

    source: ModelSource
    keep: float
    add: float
    patches: "tuple[AnyPatch, ...]" = ()
    """Of the other model."""
    blocks: tuple[tuple[str, float, float], ...] = ()
    """`keep` and `add` of the weights whose name in the original layout begins so; the longest beginning counts."""
    kind: str = "merge"


AnyPatch = Patch | Merge


@dataclass(frozen=True)
class ModelHandle:
    """What MODEL links carry: which diffusion model, with which patches and options. Weights stay in the registry."""

    source: ModelSource
    patches: tuple[AnyPatch, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Overrides such as `prediction`, `shift`, `rescale_cfg`: small values, immutable; effects may hold tensors."""

    def with_options(self, **changes: Any) -> "ModelHandle":
        """The same model with some options changed."""
        return replace(self, options={**self.options, **changes})


@dataclass(frozen=True)
class Padding:
    """How a text for T5 is filled up after its end mark."""

    after: int = 0
    """How many tokens stand there in any case."""
    shortest: int = 0
    """How many tokens there are at least, all together."""


@dataclass(frozen=True)
class ClipHandle:
    """What CLIP links carry: which text encoder, and from which layer its output is taken."""

    source: ModelSource
    patches: tuple[AnyPatch, ...] = ()
    stop_at_layer: int | None = None
    """-1 is the last layer, -2 the one before; None is what the family is trained with."""
    padding: Padding | None = None
    """Of T5, where it is among the encoders; None is what the family is trained with."""


@dataclass(frozen=True)
class VaeHandle:
    """What VAE links carry: which autoencoder."""

    source: ModelSource


@dataclass(frozen=True)
class Sampler:
    """What SAMPLER links carry: an algorithm by name, with its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Noise:
    """What NOISE links carry: a seed to draw from; None means no noise at all (zeros)."""

    seed: int | None


@dataclass(frozen=True)
class Guider:
    """What GUIDER links carry: a model, conditionings by role (`positive`, `negative`) and how they are combined."""

    model: ModelHandle
    kind: str
    conditionings: Mapping[str, Conditioning]
    options: Mapping[str, float] = field(default_factory=dict)
    others: Mapping[str, ModelHandle] = field(default_factory=dict)
    """Models that predict instead of `model`, by role."""


@dataclass(frozen=True)
class LatentFormat:
    """How a family's latents relate to its diffusion model: `model input = (latent - shift) * scale`."""

    channels: int = 4
    scale: float = 0.18215
    shift: float = 0.0
    downscale: int = 8
    """Picture pixels per latent cell, in each direction."""
    rgb_factors: tuple[tuple[float, float, float], ...] = ()
    """One row a channel: the linear map from model-space latents to red, green, blue in -1..1, for previews."""
    rgb_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    means: tuple[float, ...] = ()
    """Of each channel, for families whose channels differ; they are taken off before `shift` is."""
    deviations: tuple[float, ...] = ()
    """As `means`: what each channel is divided by."""
    has_frames: bool = False
    """Whether the model works on videos: latents (batch, channels, frames, height, width)."""
    is_sound: bool = False
    """Whether the model makes sound: latents (batch, channels, cells)."""

    def to_network(self, samples: Tensor) -> Tensor:
        """Latents of the autoencoder in the scale of the network."""
        if self.means:
            samples = (samples - _by_channel(self.means, samples)) / _by_channel(self.deviations, samples)
        return (samples - self.shift) * self.scale

    def from_network(self, samples: Tensor) -> Tensor:
        """The inverse of `to_network`."""
        samples = samples / self.scale + self.shift
        if self.means:
            samples = samples * _by_channel(self.deviations, samples) + _by_channel(self.means, samples)
        return samples


def _by_channel(values: tuple[float, ...], like: Tensor) -> Tensor:
    """One number for each channel of latents."""
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, *[1] * (like.dim() - 2))


@dataclass(frozen=True, eq=False)
class Start:
    """What a run starts from, as networks that see more than the noisy latent must know it."""

    latent: Tensor
    """(batch, channels, height, width) in the scale of the network, on its device."""
    mask: Tensor | None = None
    """(batch, 1, height, width): 1 is sampled anew, 0 is kept; None samples everything."""
    seed: int = 0
    """Of the run, for networks that are told noisy things."""
    sound: "Start | None" = None
    """What the sound starts from that is sampled along with a video."""


class DiffusionModel(Protocol):
    """A diffusion network on its device, as sampling sees it."""

    @property
    def latent_format(self) -> LatentFormat:
        """How latents are scaled for the network."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it is."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""
        ...

    @property
    def prediction(self) -> Prediction:
        """What `predict` returns."""
        ...

    @property
    def betas(self) -> Tensor:
        """(timesteps,) float64 on the CPU: the variance of the noise added at each training step."""
        ...

    @property
    def sampling(self) -> Mapping[str, Any]:
        """How it is sampled unless a handle's options say otherwise: such as `zsnr` or `shift`."""
        ...

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        ...

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What it is told besides the text, from the options of a conditioning, once for each run.

        Args:
            options: of the conditioning, keyed as the ecosystem does.
            role: of the conditioning: `positive`, `negative`, ….
            start: what the run starts from.

        Returns:
            Tensors (1 or batch, …) by the names that `predict` knows; `overlay` lies over the latent, cell by cell.

        Raises:
            DiffusionError: the conditioning lacks something.
        """
        ...

    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The network's raw output (epsilon, v or flow, as it was trained).

        Args:
            x: (batch, channels, height, width), scaled as the network wants it.
            timestep: (batch,) in the network's own units, 0..999 for the discrete families.
            context: (batch, tokens, width) encoded text.
            extra: what `inputs` gave, once for each item of the batch; empty for families that need nothing.
        """
        ...


class Encoded(NamedTuple):
    """A text as a diffusion model reads it."""

    hidden: Tensor
    """(1, tokens, width) float32 on the CPU."""
    pooled: Tensor | None
    """(1, width): the whole text as one vector, where the family has one."""
    options: Mapping[str, Tensor] = MappingProxyType({})
    """What else the family must know of the text, as a conditioning has it."""


FindEmbedding = Callable[[str], Path | None]
"""Where the file of a textual inversion is, by the name that stands in the prompt; None if there is none."""


Text = str | Mapping[str, str]
"""A prompt; or one for each of a model's text encoders, by its name: `clip_l`, `clip_g`, `t5xxl`."""


class TextEncoder(Protocol):
    """A text encoder on its device, as prompts see it."""

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt with its weights; `stop_at_layer` is as in `ClipHandle`."""
        ...


class Autoencoder(Protocol):
    """An autoencoder on its device, as pictures see it."""

    @property
    def latent_channels(self) -> int:
        """Channels of a latent."""
        ...

    @property
    def downscale(self) -> int:
        """Picture pixels per latent cell, in each direction."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it is."""
        ...

    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (batch, latent channels, height / downscale, width / downscale) of pixels (batch, 3, height, width).

        Pixels are in -1..1; latents are unscaled and the mean of their distribution. Both are float32 on the device of
        the pixels.
        """
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of unscaled latents; the inverse of `encode`."""
        ...

    def bytes_per_pixel(self) -> int:
        """About how much memory encoding or decoding takes at its peak, for each picture pixel."""
        ...


OnStep = Callable[[int, int, Tensor, Tensor], None]
"""Called after each step with (step from 0, steps, x, denoised)."""
