"""The part of Gemma 3 that sees: a picture becomes 256 tokens among those of a prompt.

Gemma Team, 2025, "Gemma 3 Technical Report", section 2.1: SigLIP sees the picture as a square of 896 pixels, and what
it sees is averaged to 16 by 16 tokens. Tokens of one picture look at each other in both directions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.families.building import fill, gather, number_positions, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import Looked
from nodes.diffusion.vision.libraries import new_gemma_projector, new_siglip_vision

MARK = "vision_model.embeddings.patch_embedding.weight"
PROJECTOR = "multi_modal_projector."
SOFT = "<image_soft_token>"
"""Where a text has a picture."""
PREFIXES = ("", "vision_tower.", "model.vision_tower.")
"""Where the part that sees may be in a file."""
HEAD_WIDTH = 72
SIDE = 16
"""Tokens along each side of a picture, at most."""


class Eyes(nn.Module):
    """SigLIP, and what brings what it sees among words.

    Args:
        tower: SigLIP.
        projector: from its tokens to those of the language model.
    """

    def __init__(self, tower: nn.Module, projector: nn.Module) -> None:
        super().__init__()
        self.tower, self.projector = tower, projector

    def forward(self, pixels: Tensor) -> Tensor:
        """Tokens (batch, tokens, width) of pixels (batch, 3, height, width) in -1..1."""
        found: Tensor = self.projector(self.tower(pixel_values=pixels).last_hidden_state)
        return found


@dataclass(frozen=True, eq=False)
class GemmaEyes:
    """The part that sees, on its device.

    Attributes:
        network: from pictures to tokens.
        device: where it is.
        dtype: what it computes in.
        pixels: along each side of a picture.
    """

    network: Eyes
    device: torch.device
    dtype: torch.dtype
    pixels: int

    @torch.no_grad()
    def look(self, image: Tensor) -> Looked:
        """See one picture (1, height, width, channels) in 0..1."""
        pixels = image[:1, ..., :3].movedim(-1, 1).float()
        pixels = functional.interpolate(pixels, size=(self.pixels,) * 2, mode="bilinear", antialias=True)
        tokens = self.network((pixels * 2 - 1).to(self.device, self.dtype))[0]
        side = round(len(tokens) ** 0.5)
        return Looked(tokens.float().cpu(), side, side)


def find_gemma_eyes(contents: Contents) -> View | None:
    """The weights of the part that sees, in a file of Gemma 3; None where it was left out."""
    if not isinstance(contents, SingleFile):
        return None
    prefix = next((prefix for prefix in PREFIXES if prefix + MARK in contents.shapes), None)
    if prefix is None:
        return None
    before = prefix.removesuffix("vision_tower.")
    names = {
        key: key.removeprefix(prefix if key.startswith(f"{prefix}vision_model.") else before)
        for key in contents.shapes
        if key.startswith((f"{prefix}vision_model.", before + PROJECTOR))
    }
    view = contents.view()
    own = View(view.path, {key: view.shapes[key] for key in names}, view.read, view.metadata)
    return own.renamed(names)


def eyes_config(view: View) -> Mapping[str, Any]:
    """The configuration of SigLIP, as transformers wants it."""
    shapes = view.shapes
    width, channels, patch, _ = shapes[MARK]
    squares = shapes["vision_model.embeddings.position_embedding.weight"][0]
    heads = view.settings("vision", ("num_attention_heads",)).get("num_attention_heads", max(1, width // HEAD_WIDTH))
    return {
        "hidden_size": width,
        "intermediate_size": shapes["vision_model.encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": block_count(shapes, "vision_model.encoder.layers"),
        "num_attention_heads": heads,
        "num_channels": channels,
        "image_size": round(squares**0.5) * patch,
        "patch_size": patch,
    }


def load_gemma_eyes(view: View, placement: Placement) -> GemmaEyes:
    """Build the part that sees.

    Raises:
        ModelError: the weights do not fit.
    """
    config = eyes_config(view)
    words = view.shapes[f"{PROJECTOR}mm_input_projection_weight"][1]
    tokens = min(config["image_size"] // config["patch_size"], SIDE) ** 2
    network = skeleton(lambda: Eyes(new_siglip_vision(config), new_gemma_projector(config, words, tokens)))
    number_positions(network)
    names = {
        key: key.replace("tower.", "vision_model.", 1).replace("projector.", PROJECTOR, 1)
        for key in state_shapes(network)
    }
    fill(network, gather(network, renamed(names), view.shapes, view.read), placement)
    return GemmaEyes(network, placement.device, placement.dtype, int(config["image_size"]))


def seeing_masks(marks: Sequence[bool], pictures: Sequence[Looked], window: int, like: Tensor) -> dict[str, Tensor]:
    """Which tokens look at which, for a text with pictures in it: (1, 1, tokens, tokens), added to attention.

    Args:
        marks: for each token of the text, whether a picture stands there.
        pictures: in their order.
        window: how far back the layers see that see only what is near.
        like: brings device and precision.
    """
    blocks: list[int] = []
    for mark in marks:
        number = len({block for block in blocks if block >= 0})
        blocks += [number] * len(pictures[number].tokens) if mark else [-1]
    block = torch.tensor(blocks, device=like.device)
    at = torch.arange(len(blocks), device=like.device)
    back = at[:, None] - at
    is_together = (block[:, None] == block) & (block[:, None] >= 0)
    seen = (back >= 0) | is_together
    lowest = torch.finfo(like.dtype).min
    return {
        kind: torch.zeros_like(back, dtype=like.dtype).masked_fill(~each, lowest)[None, None]
        for kind, each in (("full_attention", seen), ("sliding_attention", seen & (back < window)))
    }
