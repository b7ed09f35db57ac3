"""Models as packs see them: objects with methods, around the handles that travel on our links.

On our links a model is a small description; the weights belong to the registry. Packs were written for objects that
hold weights. These stand in between: the methods that most packs call work, and any other name says that it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from torch import Tensor

from nodes.diffusion import autoencoding
from nodes.diffusion.autoencoding import Tiling
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import ClipHandle, Conditioning, FindEmbedding, ModelHandle, VaeHandle

_SAID = (
    'A node pack asks a {kind} for "{name}". Packs cannot reach into models here; use the nodes of this house for it.'
)


@dataclass(frozen=True)
class Tokens:
    """A text on its way through `clip.tokenize` to `clip.encode_from_tokens`."""

    text: str


class _Holder:
    """An object around a handle."""

    kind = "model"

    def __init__(self, handle: Any, models: ModelRegistry, find_embedding: FindEmbedding | None = None) -> None:
        self.handle = handle
        self._models = models
        self._find_embedding = find_embedding

    def clone(self) -> Self:
        """The same once more."""
        return type(self)(self.handle, self._models, self._find_embedding)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_SAID.format(kind=self.kind, name=name))


class PackModel(_Holder):
    """A diffusion model in the hands of a pack: it can be passed on."""

    kind = "diffusion model"
    handle: ModelHandle


class PackClip(_Holder):
    """A text encoder in the hands of a pack: it encodes texts."""

    kind = "text encoder"
    handle: ClipHandle

    def tokenize(self, text: str, **options: Any) -> Tokens:
        """A text, to be given to one of the methods that encode."""
        return Tokens(text)

    def clip_layer(self, layer_idx: int) -> None:
        """Take the result from an earlier layer: -2 is the last but one."""
        self.handle = replace(self.handle, stop_at_layer=layer_idx)

    def encode(self, text: str) -> Tensor:
        """A text as the model reads it: (1, tokens, width)."""
        return self._encode(text)[0]

    def encode_from_tokens(self, tokens: Tokens, return_pooled: bool = False, return_dict: bool = False) -> Any:
        """A text as the model reads it; with `return_pooled` also as one vector, with `return_dict` by name."""
        hidden, pooled = self._encode(tokens.text)
        if return_dict:
            return {"cond": hidden, "pooled_output": pooled}
        return (hidden, pooled) if return_pooled else hidden

    def encode_from_tokens_scheduled(
        self, tokens: Tokens, add_dict: Mapping[str, Any] | None = None, show_pbar: bool = True
    ) -> Conditioning:
        """A text as a conditioning, with further options."""
        hidden, pooled = self._encode(tokens.text)
        return [(hidden, {"pooled_output": pooled, **(add_dict or {})})]

    def _encode(self, text: str) -> tuple[Tensor, Tensor | None]:
        with self._models.use_clip(self.handle) as encoder:
            found = encoder.encode(text, stop_at_layer=self.handle.stop_at_layer, find_embedding=self._find_embedding)
        return found.hidden, found.pooled


class PackVae(_Holder):
    """An autoencoder in the hands of a pack: it encodes pictures and decodes latents."""

    kind = "autoencoder"
    handle: VaeHandle

    def encode(self, pixel_samples: Tensor) -> Tensor:
        """Latents of pictures (batch, height, width, channels) in 0..1."""
        with self._models.use_vae(self.handle) as autoencoder:
            return autoencoding.encode(autoencoder, pixel_samples[..., :3])

    def decode(self, samples_in: Tensor, **options: Any) -> Tensor:
        """Pictures of latents (batch, channels, height, width)."""
        with self._models.use_vae(self.handle) as autoencoder:
            return autoencoding.decode(autoencoder, samples_in)

    def encode_tiled(self, pixel_samples: Tensor, tile_x: int = 512, tile_y: int = 512, overlap: int = 64) -> Tensor:
        """As `encode`, in tiles of so many pixels a side."""
        with self._models.use_vae(self.handle) as autoencoder:
            return autoencoding.encode_tiled(autoencoder, pixel_samples[..., :3], Tiling(tile_x, overlap))

    def decode_tiled(self, samples: Tensor, tile_x: int = 64, tile_y: int = 64, overlap: int = 16) -> Tensor:
        """As `decode`, in tiles of so many latent cells a side."""
        with self._models.use_vae(self.handle) as autoencoder:
            cells = autoencoder.downscale
            return autoencoding.decode_tiled(autoencoder, samples, Tiling(tile_x * cells, overlap * cells))

    def spacial_compression_decode(self) -> int:
        """Picture pixels per latent cell; the spelling is the ecosystem's."""
        with self._models.use_vae(self.handle) as autoencoder:
            return autoencoder.downscale

    spacial_compression_encode = spacial_compression_decode


_HOLDERS: tuple[tuple[type, type[_Holder]], ...] = (
    (ModelHandle, PackModel),
    (ClipHandle, PackClip),
    (VaeHandle, PackVae),
)


class Border:
    """Changes values where they pass from our nodes to those of packs, and back."""

    def __init__(self, models: ModelRegistry, find_embedding: FindEmbedding | None = None) -> None:
        self._models = models
        self._find_embedding = find_embedding

    def inward(self, value: Any) -> Any:
        """A value of ours as packs want it; lists element by element.

        Latents and conditionings are copied as far down as packs change them in place.
        """
        for handle, holder in _HOLDERS:
            if isinstance(value, handle):
                return holder(value, self._models, self._find_embedding)
        if type(value) is list:
            return [[each[0], dict(each[1])] if _is_pair(each) else self.inward(each) for each in value]
        return dict(value) if type(value) is dict and "samples" in value else value

    def outward(self, value: Any) -> Any:
        """A value of a pack as we want it."""
        if isinstance(value, _Holder):
            return value.handle
        if type(value) is list and any(isinstance(each, _Holder) for each in value):
            return [self.outward(each) for each in value]
        return value


def _is_pair(value: Any) -> bool:
    """Whether this is a part of a conditioning: a text and its options."""
    return isinstance(value, (tuple, list)) and len(value) == 2 and isinstance(value[1], Mapping)
