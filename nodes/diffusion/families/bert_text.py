"""BERT text encoders of model files: their size, read from shapes, and their keys, which are those of transformers."""

from typing import TYPE_CHECKING, Any

import torch

from nodes.diffusion.families.building import fill, gather, number_positions, skeleton
from nodes.diffusion.families.contents import View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.hunyuan_dit_networks import new_bert

if TYPE_CHECKING:
    from transformers import BertModel

PREFIX = "bert."
"""What stands before the keys in most files."""
WORDS = "embeddings.word_embeddings.weight"
HEAD_WIDTH = 64
BESIDE = ("pooler.", "cls.", "embeddings.position_ids", "logit_scale")
"""What files hold besides the encoder itself."""


def is_bert(view: View) -> bool:
    """Whether these are the weights of a BERT, without a prefix but its own."""
    return WORDS in view.shapes or PREFIX + WORDS in view.shapes


def bert_config(view: View) -> dict[str, Any]:
    """The configuration of a BERT from its shapes, without the prefix."""
    shapes = view.shapes
    vocabulary, width = shapes[WORDS]
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": block_count(shapes, "encoder.layer"),
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "intermediate_size": shapes["encoder.layer.0.intermediate.dense.weight"][0],
        "max_position_embeddings": shapes["embeddings.position_embeddings.weight"][0],
        "type_vocab_size": shapes["embeddings.token_type_embeddings.weight"][0],
    }


def build_bert(view: View, placement: Placement) -> "BertModel":
    """A BERT from its weights.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    bare = view.renamed({key: key.removeprefix(PREFIX) for key in view.shapes}).without(*BESIDE)
    config = dict(view.config) or bert_config(bare)
    network = skeleton(lambda: new_bert(config))
    number_positions(network)
    count = network.config.max_position_embeddings
    network.embeddings._buffers["token_type_ids"] = torch.zeros(1, count, dtype=torch.long)
    names = unchanged(network.state_dict())
    return fill(network, gather(network, names, bare.shapes, bare.read), placement)
