"""Language models as text encoders: which one a file holds, its size from shapes, and how it is built.

The files keep the keys of transformers. Only as many layers are built as are read, which for some families is not all.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import Piece
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle, LanguageTextEncoder
from nodes.diffusion.text.unigram import find_vocabulary
from nodes.diffusion.weights.libraries import new_language_model

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
)
"""Where a language model may be in a file."""
BESIDE = ("lm_head.", "visual.", "vision_tower.", "multi_modal_projector.", "rotary_emb.")
SETTINGS = ("head_dim",)
"""What no shape tells, and so may stand in a file's header."""


@dataclass(frozen=True)
class LanguageKind:
    """A kind of language model, with what no shape tells.

    Attributes:
        name: what families call it.
        vocabulary: what its vocabulary is called in the folder `tokenizers`.
        rope_theta: the base of its positions.
        eps: of its norms.
    """

    name: str
    vocabulary: str
    rope_theta: float
    eps: float


QWEN3 = LanguageKind("qwen3", "qwen3", 1e6, 1e-6)
QWEN25 = LanguageKind("qwen2.5", "qwen2.5", 1e6, 1e-6)
MISTRAL = LanguageKind("mistral", "mistral3", 1e9, 1e-5)
HEAD_WIDTH = 128


def kind_of(view: View) -> LanguageKind | None:
    """Which language model these weights are, without a prefix; None if they are something else."""
    if f"{ATTENTION}q_proj.weight" not in view.shapes or EMBEDDING not in view.shapes:
        return None
    if f"{ATTENTION}q_norm.weight" in view.shapes:
        return QWEN3
    return QWEN25 if f"{ATTENTION}q_proj.bias" in view.shapes else MISTRAL


def find_language(contents: Contents) -> dict[str, View]:
    """The language model of a file or folder by the name of its kind; empty if there is none."""
    if isinstance(contents, ModelFolder):
        if not contents.has("text_encoder"):
            return {}
        whole = contents.part("text_encoder").view()
        views = [whole.below(prefix) for prefix in PREFIXES]
    elif isinstance(contents, SingleFile):
        views = [contents.view(prefix) for prefix in PREFIXES]
    else:
        return {}
    for view in views:
        if (kind := kind_of(view)) is not None:
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
    is_folder = isinstance(contents, ModelFolder)
    vocabulary = find_vocabulary(contents.path / "tokenizer" if is_folder else view.path, kind.vocabulary)
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
    network.rotary_emb = type(network.rotary_emb)(network.config)  # no file holds it
    above = tuple(f"layers.{i}." for i in range(depth, block_count(view.shapes, "layers")))
    unread = BESIDE + above + (() if style.is_normed else ("norm.",))
    held = view.without(*unread)
    own = {key: Piece(key) for key in network.state_dict()}
    return fill(network, gather(network, own, held.shapes, held.read), placement)


def language_config(kind: LanguageKind, view: View, depth: int) -> dict[str, Any]:
    """The configuration of a language model from its shapes."""
    shapes = view.shapes
    words, width = shapes[EMBEDDING]
    head = view.settings("language", SETTINGS).get("head_dim", HEAD_WIDTH)
    head = shapes.get(f"{ATTENTION}q_norm.weight", (head,))[0]
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": kind.rope_theta}
    if kind is QWEN25:  # how many pairs of numbers turn with time, row and column
        rope["mrope_section"] = [head // 8, 3 * head // 16, 3 * head // 16]
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
        "sliding_window": None,
        "use_cache": False,
        "bos_token_id": None,
        "eos_token_id": None,
    }
