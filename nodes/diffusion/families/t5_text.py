"""T5 text encoders of model files: their size, read from shapes, and their keys, which are those of transformers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.vocabularies import SPIECE
from nodes.diffusion.families.weights import Piece
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.t5 import END, PAD
from nodes.diffusion.weights.libraries import new_t5_encoder, new_umt5_encoder

if TYPE_CHECKING:
    from transformers import T5EncoderModel

FIRST = "encoder.block.0.layer.0.SelfAttention.q.weight"
TIED = "encoder.embed_tokens.weight"
"""The second name of the token vectors, `shared.weight`; files hold one of the two or both."""
BIAS = "encoder.block.{}.layer.0.SelfAttention.relative_attention_bias.weight"
HEAD_WIDTH = 64
SETTINGS = ("d_kv",)
"""What no shape tells, and so may stand in a file's header."""


@dataclass(frozen=True)
class T5Kind:
    """A kind of T5, with what its weights do not tell.

    Attributes:
        name: what LoRAs and files call it.
        vocabulary: what its vocabulary is called in the folder `tokenizers`.
        end: the token after a text.
        pad: the token that fills it up.
    """

    name: str
    vocabulary: str
    end: int = END
    pad: int = PAD


T5 = T5Kind("t5xxl", "t5")
MULTILINGUAL = T5Kind("umt5xxl", "umt5")
PILE = T5Kind("pile_t5xl", "pile_t5", end=2, pad=1)


def is_t5(view: View) -> bool:
    """Whether these are the weights of a T5 encoder, without a prefix."""
    return FIRST in view.shapes


def is_multilingual(view: View) -> bool:
    """Whether it is UMT5, whose every layer knows distances of its own."""
    return BIAS.format(1) in view.shapes


def t5_config(view: View) -> dict[str, Any]:
    """The configuration of a T5 encoder from its shapes."""
    shapes = view.shapes
    gated = "encoder.block.0.layer.1.DenseReluDense.wi_0.weight" in shapes
    inner, width = shapes[FIRST]
    settings = {"d_kv": HEAD_WIDTH, **view.settings("t5", SETTINGS)}
    return {
        "vocab_size": shapes["shared.weight" if "shared.weight" in shapes else TIED][0],
        "d_model": width,
        "d_ff": shapes[f"encoder.block.0.layer.1.DenseReluDense.{'wi_0' if gated else 'wi'}.weight"][0],
        "num_layers": block_count(shapes, "encoder.block"),
        "num_heads": inner // settings["d_kv"],
        "relative_attention_num_buckets": shapes[BIAS.format(0)][0],
        "feed_forward_proj": "gated-gelu" if gated else "relu",
        **settings,
    }


def build_t5(view: View, placement: Placement) -> "T5EncoderModel":
    """A T5 encoder from its weights.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    config = dict(view.config) or t5_config(view)
    build = new_umt5_encoder if is_multilingual(view) else new_t5_encoder
    network = skeleton(lambda: build(config))
    held = view.without(SPIECE, "logit_scale")
    tokens = "shared.weight" if "shared.weight" in held.shapes else TIED
    if tokens != TIED:
        held = held.without(TIED)
    own = {key: Piece(tokens if key in ("shared.weight", TIED) else key) for key in network.state_dict()}
    return fill(network, gather(network, own, held.shapes, held.read), placement)
