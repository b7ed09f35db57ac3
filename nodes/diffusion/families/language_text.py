"""Language models as text encoders: which one a file holds, its size from shapes, and how it is built.

The files keep the keys of transformers. Only as many layers are built as are read, which for some families is not all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.vocabularies import SPIECE, vocabulary_of
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle, LanguageTextEncoder
from nodes.diffusion.text.libraries import new_language_model

ATTENTION = "layers.0.self_attn."
EMBEDDING = "embed_tokens.weight"
PREFIXES = (
    "model.language_model.",
    "language_model.model.",
    "model.",
    "",
    "text_encoders.qwen3_4b.transformer.model.",
    "text_encoders.qwen3_8b.transformer.model.",
    "text_encoders.qwen25_7b.transformer.model.",
    "text_encoders.mistral3_24b.transformer.model.",
    "text_encoders.gemma2_2b.transformer.model.",
    "text_encoders.gemma3_12b.transformer.model.",
    "text_encoders.llama.transformer.model.",
)
"""Where a language model may be in a file."""
BESIDE = ("lm_head.", "visual.", "vision_tower.", "vision_model.", "multi_modal_projector.", "rotary_emb.", SPIECE)
SETTINGS = ("head_dim", "kind")
"""What no shape tells, and so may stand in a file's header."""


@dataclass(frozen=True)
class LanguageKind:
    """A kind of language model, with what no shape tells.

    Attributes:
        name: what families call it.
        vocabulary: what its vocabulary is called in the folder `tokenizers`.
        rope_theta: the base of its positions.
        eps: of its norms.
        head_width: of its attention, where no shape tells it.
        window: how many tokens back some of its layers see; None lets all of them see everything.
        rope: more about its positions, as transformers says it.
    """

    name: str
    vocabulary: str
    rope_theta: float
    eps: float
    head_width: int = 128
    window: int | None = None
    rope: Mapping[str, Any] = field(default_factory=dict, hash=False)


QWEN3 = LanguageKind("qwen3", "qwen3", 1e6, 1e-6)
QWEN25 = LanguageKind("qwen2.5", "qwen2.5", 1e6, 1e-6)
QWEN3_VL = LanguageKind("qwen3_vl", "qwen3", 5e6, 1e-6)
MISTRAL = LanguageKind("mistral", "mistral3", 1e9, 1e-5)
GEMMA2 = LanguageKind("gemma2", "gemma2", 1e4, 1e-6, head_width=256, window=4096)
GEMMA3 = LanguageKind(
    "gemma3", "gemma3", 1e6, 1e-6, head_width=256, window=1024, rope={"rope_type": "linear", "factor": 8.0}
)
NEAR = {"rope_type": "default", "rope_theta": 1e4}
"""The positions of those layers of Gemma 3 that see only what is near."""
_LONGER = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LLAMA3 = LanguageKind("llama3", "llama3", 5e5, 1e-5, rope={**_LONGER, "original_max_position_embeddings": 8192})
LLAVA = LanguageKind("llava", "llama3", 5e5, 1e-5)
"""The Llama 3 that LLaVA was made of, whose shapes are those of a Mistral."""
KINDS = {kind.name: kind for kind in (QWEN3, QWEN25, QWEN3_VL, MISTRAL, GEMMA2, GEMMA3, LLAMA3, LLAVA)}
LLAMA3_WORDS = 128256
"""The size of the vocabulary of Llama 3, which tells it from Mistral."""
SEEING = "visual.deepstack_merger_list."
"""What is in the keys of a whole Qwen3-VL, whose part that reads has the shapes of a Qwen3."""


def kind_of(view: View) -> LanguageKind | None:
    """Which language model these weights are, without a prefix; None if they are something else."""
    if f"{ATTENTION}q_proj.weight" not in view.shapes or EMBEDDING not in view.shapes:
        return None
    if (said := view.settings("language", SETTINGS).get("kind")) in KINDS:
        return KINDS[said]
    has_head_norms = f"{ATTENTION}q_norm.weight" in view.shapes
    if "layers.0.pre_feedforward_layernorm.weight" in view.shapes:
        return GEMMA3 if has_head_norms else GEMMA2
    if has_head_norms:
        return QWEN3
    if f"{ATTENTION}q_proj.bias" in view.shapes:
        return QWEN25
    return LLAMA3 if view.shapes[EMBEDDING][0] == LLAMA3_WORDS else MISTRAL


def find_language(contents: Contents, part: str = "text_encoder") -> dict[str, View]:
    """The language model of a file or folder by the name of its kind; empty if there is none.

    Args:
        contents: a file, or a folder.
        part: where it is in a folder.
    """
    if isinstance(contents, ModelFolder):
        whole = contents.part(part).view() if contents.has(part) else None
    else:
        whole = contents.view() if isinstance(contents, SingleFile) else None
    if whole is None:
        return {}
    for prefix in PREFIXES:
        view = whole.below(prefix)
        if (kind := kind_of(view)) is QWEN3 and any(SEEING in key for key in whole.shapes):
            kind, view = QWEN3_VL, view.saying("language", kind=QWEN3_VL.name)
        if kind is not None:
            return {kind.name: view}
    return {}


def load_language(contents: Contents, view: View, placement: Placement, style: LanguageStyle) -> LanguageTextEncoder:
    """Build a language model that reads texts, with its vocabulary.

    Raises:
        UnsupportedModel: the weights do not fit.
        ModelFileError: the vocabulary is nowhere.
    """
    kind = kind_of(view) or MISTRAL
    network = build_language(kind, view, placement, style)
    vocabulary = vocabulary_of(contents, view, kind.vocabulary)
    return LanguageTextEncoder(network, vocabulary, placement.device, placement.dtype, style, kind.name)


def build_language(kind: LanguageKind, view: View, placement: Placement, style: LanguageStyle) -> nn.Module:
    """A language model as deep as `style` reads it.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    depth = style.depth(block_count(view.shapes, "layers"))
    config = language_config(kind, view, depth)
    network = skeleton(lambda: new_language_model(kind.name, config))
    if not style.is_normed:
        network.norm = nn.Identity()
    restore_tables(network)
    above = tuple(f"layers.{i}." for i in range(depth, block_count(view.shapes, "layers")))
    unread = BESIDE + above + (() if style.is_normed else ("norm.",))
    held = view.without(*unread)
    own = unchanged(network.state_dict())
    return fill(network, gather(network, own, held.shapes, held.read), placement)


def restore_tables(network: nn.Module) -> None:
    """Compute what no file of a language model holds: its positions, and what its token vectors are scaled by."""
    model: Any = network
    model.rotary_emb = type(model.rotary_emb)(model.config)
    scale = getattr(model.embed_tokens, "scalar_embed_scale", None)
    if scale is not None:
        model.embed_tokens.embed_scale = torch.tensor(scale)


def language_config(kind: LanguageKind, view: View, depth: int) -> dict[str, Any]:
    """The configuration of a language model from its shapes."""
    shapes = view.shapes
    words, width = shapes[EMBEDDING]
    head = view.settings("language", SETTINGS).get("head_dim", kind.head_width)
    head = shapes.get(f"{ATTENTION}q_norm.weight", (head,))[0]
    rope: dict[str, Any] = {"rope_type": "default", **kind.rope, "rope_theta": kind.rope_theta}
    beside: dict[str, Any] = {"query_pre_attn_scalar": head} if kind in (GEMMA2, GEMMA3) else {}
    if kind is QWEN25:  # how many pairs of numbers turn with time, row and column
        rope["mrope_section"] = [head // 8, 3 * head // 16, 3 * head // 16]
    if kind is QWEN3_VL:
        side = 5 * head // 32
        rope |= {"mrope_section": [head // 2 - 2 * side, side, side], "mrope_interleaved": True}
    if kind is GEMMA3:
        rope = {"full_attention": rope, "sliding_attention": dict(NEAR)}
    return {
        "vocab_size": words,
        "hidden_size": width,
        "intermediate_size": shapes["layers.0.mlp.gate_proj.weight"][0],
        "num_hidden_layers": depth,
        "num_attention_heads": shapes[f"{ATTENTION}q_proj.weight"][0] // head,
        "num_key_value_heads": shapes[f"{ATTENTION}k_proj.weight"][0] // head,
        "head_dim": head,
        "rms_norm_eps": kind.eps,
        "rope_parameters": rope,
        "max_position_embeddings": 32768,
        "sliding_window": kind.window,
        "use_cache": False,
        "bos_token_id": None,
        "eos_token_id": None,
        **beside,
    }
