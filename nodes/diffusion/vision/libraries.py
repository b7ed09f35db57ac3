"""Picture encoders of transformers; the library is imported when one is first built, as elsewhere."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module
    from transformers import CLIPVisionModelWithProjection, SiglipVisionModel


def new_clip_vision(config: Mapping[str, Any]) -> "CLIPVisionModelWithProjection":
    """The picture encoder of CLIP."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(CLIPVisionConfig(**config))


def new_siglip_vision(config: Mapping[str, Any]) -> "SiglipVisionModel":
    """The picture encoder of SigLIP, without the head that sums a picture up."""
    from transformers import SiglipVisionConfig, SiglipVisionModel

    return SiglipVisionModel(SiglipVisionConfig(**config, vision_use_head=False))


def new_qwen_vision(config: Mapping[str, Any]) -> "Module":
    """The part of Qwen2.5-VL that sees."""
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VisionTransformerPretrainedModel

    return Qwen2_5_VisionTransformerPretrainedModel(Qwen2_5_VLVisionConfig(**config))
