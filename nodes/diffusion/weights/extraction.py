"""LoRAs from the difference between two models: the best matrices of low rank that stand for it.

The best approximation of a given rank is the first singular vectors (Eckart and Young, 1936).
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Part, Piece, file_tensors, unchanged
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import ClipHandle, ModelHandle

MODEL, TEXT = "diffusion_model.", "text_encoders."


def extracted(
    models: ModelRegistry, handle: ModelHandle | ClipHandle, rank: int, *, is_full: bool, has_biases: bool
) -> dict[str, Tensor]:
    """The tensors of a LoRA file from a model whose weights are differences, such as `ModelMergeSubtract` gives.

    Args:
        models: the registry.
        handle: whose weights are the differences.
        rank: of the matrices; small weights get no more than they need.
        is_full: whether to keep the differences as they are.
        has_biases: whether biases and weights of one dimension are kept too.
    """
    recipe = models.recipe(handle)
    found: dict[str, Tensor] = {}
    for network, part in models.outline(handle.source).items():
        prefix = MODEL if network == "model" else f"{TEXT}{network}.transformer."
        known = frozenset(recipe.places())
        for name, pieces in _by_name(part).items():
            held = {key: piece for key, piece in pieces.items() if (network, key) in known}
            whole = file_tensors(held, {key: recipe.weight((network, key)) for key in held}) if held else {}
            for value in whole.values():
                found.update(_entries(prefix + name, value, rank, is_full=is_full, has_biases=has_biases))
    return {key: value.contiguous() for key, value in found.items()}


def low_rank(difference: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """`up` and `down` whose product is the best approximation of a weight (rows, …) by so small matrices."""
    kernel = difference.shape[2:]
    matrix = difference.flatten(1).float()
    rank = min(rank, *matrix.shape)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    up, down = left[:, :rank] * values[:rank], right[:rank]
    if not kernel:
        return up, down
    return up.reshape(*up.shape, *[1] * len(kernel)), down.reshape(rank, difference.shape[1], *kernel)


def _by_name(part: Part) -> Mapping[str, dict[str, Piece]]:
    names = part.names or unchanged(part.network.state_dict())
    found: dict[str, dict[str, Piece]] = {}
    for key, piece in names.items():
        found.setdefault(piece.key, {})[key] = piece
    return found


def _entries(name: str, value: Tensor, rank: int, *, is_full: bool, has_biases: bool) -> Iterator[tuple[str, Tensor]]:
    """What a file says of one weight, in half precision as the ecosystem's tools do."""
    layer, _, kind = name.rpartition(".")
    is_small = kind == "bias" or value.dim() < 2
    if is_small and not has_biases:
        return
    if kind == "bias":
        yield f"{layer}.diff_b", value.half()
    elif kind == "weight" and (is_full or is_small):
        yield f"{layer}.diff", value.half()
    elif kind == "weight":
        up, down = low_rank(value, rank)
        yield f"{layer}.lora_up.weight", up.half()
        yield f"{layer}.lora_down.weight", down.half()
