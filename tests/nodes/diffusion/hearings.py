"""Tiny networks that hear, with the names that published files have."""

from pathlib import Path
from typing import Any, Literal

from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.weights.libraries import new_wav2vec2, new_whisper_encoder
from tests.nodes.diffusion import originals

Kind = Literal["large", "base", "whisper"]
FIRST: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 1,
    "intermediate_size": 32,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "layerdrop": 0.0,
}
CONFIGS: dict[Kind, dict[str, Any]] = {
    "large": FIRST | {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True},
    "base": FIRST,
    "whisper": {
        "d_model": 64,
        "num_mel_bins": 16,
        "max_source_positions": 100,
        "encoder_layers": 2,
        "encoder_attention_heads": 1,
        "encoder_ffn_dim": 32,
    },
}


def network(kind: Kind) -> nn.Module:
    """The network, as transformers has it."""
    new = new_whisper_encoder if kind == "whisper" else new_wav2vec2
    return originals.seeded(5, lambda: new(CONFIGS[kind]).eval())


def tensors(kind: Kind) -> dict[str, Tensor]:
    """What a file holds: the large one has the older names of the weight with a length, and a head that writes."""
    held = network(kind).state_dict()
    if kind == "whisper":
        return {f"model.encoder.{key}": each for key, each in held.items()}
    if kind == "base":
        return held
    olds = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    for new, old in olds.items():
        held = {key.replace(new, old): each for key, each in held.items()}
    return {f"wav2vec2.{key}": each for key, each in held.items()} | {"lm_head.bias": held["encoder.layer_norm.bias"]}


def write(path: Path, kind: Kind) -> Path:
    """Such a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: each.contiguous().clone() for key, each in tensors(kind).items()}, path)
    return path
