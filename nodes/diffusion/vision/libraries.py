"""Picture encoders of transformers; the library is imported when one is first built, as elsewhere."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module
    from transformers import CLIPVisionModelWithProjection, SiglipVisionModel, SwinBackbone


def new_clip_vision(config: Mapping[str, Any]) -> "CLIPVisionModelWithProjection":
    """The picture encoder of CLIP."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(CLIPVisionConfig(**config))


def new_siglip_vision(config: Mapping[str, Any]) -> "SiglipVisionModel":
    """The picture encoder of SigLIP, without the head that sums a picture up."""
    from transformers import SiglipVisionConfig, SiglipVisionModel

    return SiglipVisionModel(SiglipVisionConfig(**config, vision_use_head=False))


def new_qwen3_vision(config: Mapping[str, Any]) -> "Module":
    """The part of Qwen3-VL that sees."""
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLVisionConfig
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLVisionModel

    return Qwen3VLVisionModel(Qwen3VLVisionConfig(**config))


def new_qwen_vision(config: Mapping[str, Any]) -> "Module":
    """The part of Qwen2.5-VL that sees."""
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VisionTransformerPretrainedModel

    return Qwen2_5_VisionTransformerPretrainedModel(Qwen2_5_VLVisionConfig(**config))


def new_gemma_projector(eyes: Mapping[str, Any], words: int, tokens: int) -> "Module":
    """What brings pictures that SigLIP saw among the words of Gemma 3.

    Args:
        eyes: the configuration of SigLIP.
        words: width of the language model.
        tokens: of a picture.
    """
    from transformers import Gemma3Config, Gemma3TextConfig, SiglipVisionConfig
    from transformers.models.gemma3.modeling_gemma3 import Gemma3MultiModalProjector

    reader = Gemma3TextConfig(hidden_size=words, num_attention_heads=1)
    config = Gemma3Config(vision_config=SiglipVisionConfig(**eyes), text_config=reader, mm_tokens_per_image=tokens)
    return Gemma3MultiModalProjector(config)


def new_swin(width: int, depths: Sequence[int], heads: Sequence[int], window: int, growth: float) -> "SwinBackbone":
    """A Swin transformer that gives the features of all its levels.

    Args:
        width: channels of the first level.
        depths: blocks of each level.
        heads: of attention, at each level.
        window: tokens along the side of a window.
        growth: how much wider the inside of a block is.
    """
    from torch.nn import Identity
    from transformers import SwinBackbone, SwinConfig

    levels = [f"stage{level + 1}" for level in range(len(depths))]
    config = SwinConfig(
        embed_dim=width,
        depths=list(depths),
        num_heads=list(heads),
        window_size=window,
        mlp_ratio=growth,
        drop_path_rate=0.0,
        out_features=levels,
    )
    network = SwinBackbone(config)
    network.swin.layernorm = Identity()  # each level has a norm of its own
    return network
