"""Transformers of diffusers that draw pictures; the library is imported when one is first built, as elsewhere."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
    from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel
    from torch import Tensor
    from torch.nn import Module


def new_sd3_transformer(config: Mapping[str, Any]) -> "SD3Transformer2DModel":
    """The transformer of Stable Diffusion 3."""
    from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel

    return SD3Transformer2DModel.from_config(dict(config))


def new_flux_transformer(config: Mapping[str, Any]) -> "FluxTransformer2DModel":
    """The transformer of Flux."""
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

    return FluxTransformer2DModel.from_config(dict(config))


def new_chroma_transformer(config: Mapping[str, Any]) -> "ChromaTransformer2DModel":
    """The transformer of Chroma."""
    from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel

    return ChromaTransformer2DModel.from_config(dict(config))


def new_z_image_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Z-Image."""
    from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel

    return ZImageTransformer2DModel.from_config(dict(config))


def new_qwen_image_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Qwen-Image."""
    from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel

    return QwenImageTransformer2DModel.from_config(dict(config))


def new_flux2_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Flux.2."""
    from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel

    return Flux2Transformer2DModel.from_config(dict(config))


def new_lumina2_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Lumina 2."""
    from diffusers.models.transformers.transformer_lumina2 import Lumina2Transformer2DModel

    return Lumina2Transformer2DModel.from_config(dict(config))


def new_aura_flow_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of AuraFlow."""
    from diffusers.models.transformers.auraflow_transformer_2d import AuraFlowTransformer2DModel

    return AuraFlowTransformer2DModel.from_config(dict(config))


def new_hidream_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of HiDream-I1."""
    from diffusers.models.transformers.transformer_hidream_image import HiDreamImageTransformer2DModel

    return HiDreamImageTransformer2DModel.from_config(dict(config))


def new_krea2_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Krea 2, whose norms compute in full precision whatever the rest does, as published."""
    from diffusers.models.transformers.transformer_krea2 import Krea2RMSNorm, Krea2Transformer2DModel
    from torch.nn import functional

    class PreciseNorm(Krea2RMSNorm):
        """Adds one to its weights in full precision."""

        def forward(self, hidden_states: "Tensor") -> "Tensor":
            weight = self.weight.float() + 1.0
            return functional.rms_norm(hidden_states.float(), (self.dim,), weight, self.eps).to(hidden_states.dtype)

    network: Module = Krea2Transformer2DModel.from_config(dict(config))
    for module in network.modules():
        if isinstance(module, Krea2RMSNorm):
            module.__class__ = PreciseNorm
    return network
