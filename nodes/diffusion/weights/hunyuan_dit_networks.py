"""The networks of Hunyuan-DiT; diffusers and transformers are imported when one is first built, as elsewhere."""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn import Module
    from transformers import BertModel

Corner = tuple[int, int]


def new_bert(config: Mapping[str, Any]) -> "BertModel":
    """The BERT of transformers, without what sums a text up."""
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(**{**config, "attn_implementation": "sdpa"}), add_pooling_layer=False)


def new_hunyuan_dit(config: Mapping[str, Any]) -> "Module":
    """The transformer of Hunyuan-DiT, whose times are spread into waves in full precision, whatever it computes in."""
    from diffusers.models.transformers.hunyuan_transformer_2d import HunyuanDiT2DModel

    def precisely(module: Any, args: Any, told: dict[str, Any]) -> Any:  # as hooks are called
        return args, {**told, "hidden_dtype": module.timestep_embedder.linear_1.weight.dtype}

    network: Module = HunyuanDiT2DModel.from_config(dict(config))
    network.time_extra_emb.register_forward_pre_hook(precisely, with_kwargs=True)  # type: ignore[union-attr]
    return network


def hunyuan_rotations(
    head: int, region: tuple[Corner, Corner], grid: tuple[int, int], device: "torch.device"
) -> "tuple[Tensor, Tensor]":
    """How Hunyuan-DiT turns queries and keys at each place of a picture: cosines and sines (tokens, head).

    Args:
        head: width of an attention head.
        region: where the picture lies: its top left and its bottom right corner.
        grid: rows and columns of its tokens.
        device: where the numbers are wanted.
    """
    from diffusers.models.embeddings import get_2d_rotary_pos_embed

    cosines, sines = get_2d_rotary_pos_embed(head, region, grid, device=device, output_type="pt")
    return cosines, sines
