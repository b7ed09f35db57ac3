"""What llama.cpp calls the weights of language models, and what transformers calls them.

Files of diffusion models keep the names of the original layout.
"""

import re
from collections.abc import Iterable, Mapping

T5 = frozenset({"t5", "t5encoder"})
LANGUAGE = frozenset({"qwen2", "qwen2vl", "qwen3", "llama", "mistral3"})
"""What files say of themselves under `general.architecture`."""
TURNED = frozenset({"llama", "mistral3"})
"""Those whose queries and keys have their rows in another order: the two halves of each head interleaved."""

_T5_OUTER = {"token_embd.weight": "shared.weight", "enc.output_norm.weight": "encoder.final_layer_norm.weight"}
_T5_LAYER = {
    "attn_q": "layer.0.SelfAttention.q",
    "attn_k": "layer.0.SelfAttention.k",
    "attn_v": "layer.0.SelfAttention.v",
    "attn_o": "layer.0.SelfAttention.o",
    "attn_rel_b": "layer.0.SelfAttention.relative_attention_bias",
    "attn_norm": "layer.0.layer_norm",
    "ffn_gate": "layer.1.DenseReluDense.wi_0",
    "ffn_up": "layer.1.DenseReluDense.wi_1",
    "ffn_down": "layer.1.DenseReluDense.wo",
    "ffn_norm": "layer.1.layer_norm",
}
_LANGUAGE_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LANGUAGE_LAYER = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_LAYER = re.compile(r"(?:enc\.)?blk\.(\d+)\.(\w+)\.(weight|bias)")


def names_of(keys: Iterable[str], architecture: str) -> dict[str, str]:
    """By the name that a weight has here: its name in the file.

    Args:
        keys: of the file.
        architecture: what the file says it is.
    """
    if architecture in T5:
        return _renamed(keys, _T5_OUTER, _T5_LAYER, "encoder.block.")
    if architecture in LANGUAGE:
        return _renamed(keys, _LANGUAGE_OUTER, _LANGUAGE_LAYER, "model.layers.")
    return {key: key for key in keys}


def turned_heads(key: str, architecture: str, said: Mapping[str, object]) -> int | None:
    """How many heads a weight has whose rows are in that other order; None if they are not."""
    if architecture not in TURNED or not key.endswith((".attn_q.weight", ".attn_k.weight")):
        return None
    name = "head_count" if ".attn_q." in key else "head_count_kv"
    heads = said.get(f"{architecture}.attention.{name}")
    return heads if isinstance(heads, int) else None


def _renamed(keys: Iterable[str], outer: Mapping[str, str], layers: Mapping[str, str], prefix: str) -> dict[str, str]:
    found = {}
    for key in keys:
        match = _LAYER.fullmatch(key)
        if match and match[2] in layers:
            found[f"{prefix}{match[1]}.{layers[match[2]]}.{match[3]}"] = key
        else:
            found[outer.get(key, key)] = key
    return found
