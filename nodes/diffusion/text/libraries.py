"""Language models of transformers; the library is imported when one is first built, as elsewhere."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module


def new_language_model(kind: str, config: Mapping[str, Any]) -> "Module":
    """A language model without its last matrix.

    Args:
        kind: `qwen3`, `qwen3_vl`, `qwen2.5`, `mistral`, `gemma2`, `gemma3`, `llama3` or `llava`.
        config: as transformers wants it.
    """
    from transformers import (
        Gemma2Config,
        Gemma2Model,
        Gemma3TextConfig,
        Gemma3TextModel,
        LlamaConfig,
        LlamaModel,
        MistralConfig,
        MistralModel,
        Qwen3Config,
        Qwen3Model,
    )
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLTextModel
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLTextConfig
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextModel

    builders: Mapping[str, Any] = {
        "qwen3": lambda: Qwen3Model(Qwen3Config(**config)),
        "qwen3_vl": lambda: Qwen3VLTextModel(Qwen3VLTextConfig(**config)),
        # It reads texts as Qwen2.5 does, and knows places of pictures among them.
        "qwen2.5": lambda: Qwen2_5_VLTextModel(Qwen2_5_VLTextConfig(**config)),
        "mistral": lambda: MistralModel(MistralConfig(**config)),
        "gemma2": lambda: Gemma2Model(Gemma2Config(**config)),
        "gemma3": lambda: Gemma3TextModel(Gemma3TextConfig(**config)),
        "llama3": lambda: LlamaModel(LlamaConfig(**config)),
        "llava": lambda: LlamaModel(LlamaConfig(**config)),
    }
    built: Module = builders[kind]()
    return built
