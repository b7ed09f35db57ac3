"""How the values of nodes become bytes for the caches: tensors as safetensors, small descriptions as JSON.

Handles of models are left out on purpose: they name files, and are made anew in no time.
"""

from collections.abc import Sequence

import torch
from safetensors.torch import load, save
from torch import Tensor

from graph.cache.codecs import JsonCodec, LeafCodec
from nodes.diffusion.latent_arithmetic import LatentOperation
from nodes.diffusion.types import Noise, Sampler

_KEY = "tensor"


class TensorCodec:
    """Writes tensors as safetensors; what is read back lies in main memory."""

    name = "tensor/safetensors/1"

    def matches(self, value: object) -> bool:
        """Whether this is a dense tensor with real content."""
        return (
            isinstance(value, Tensor)
            and value.layout is torch.strided
            and value.device.type != "meta"
            and not value.is_quantized
        )

    def encode(self, value: Tensor) -> bytes:
        """The tensor as a safetensors file; views and devices leave no trace in it."""
        return save({_KEY: value.detach().cpu().contiguous()})

    def decode(self, data: bytes) -> Tensor:
        """The tensor that `encode` wrote."""
        return load(data)[_KEY]

    def nbytes(self, value: Tensor) -> int:
        """The memory behind the tensor: a view keeps all of it alive."""
        return value.untyped_storage().nbytes()


def leaf_codecs() -> Sequence[LeafCodec]:
    """The codecs of everything that nodes of this house pass on and that is worth keeping."""
    return (
        TensorCodec(),
        JsonCodec(
            "sampler/1", Sampler, lambda each: [each.name, dict(each.options)], lambda data: Sampler(data[0], data[1])
        ),
        JsonCodec(
            "latent operation/1",
            LatentOperation,
            lambda each: [each.name, dict(each.options)],
            lambda data: LatentOperation(data[0], data[1]),
        ),
        JsonCodec("noise/1", Noise, lambda each: each.seed, Noise),
    )
