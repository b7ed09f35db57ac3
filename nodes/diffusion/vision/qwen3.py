"""The part of Qwen3-VL that sees: a picture becomes tokens among those of a prompt.

Squares of 16 pixels are seen, four of which become one token; what deeper layers see is added to the first layers of
the language model (Meng et al., 2024, "DeepStack"; Bai et al., 2025, "Qwen3-VL Technical Report", section 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import View
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import Looked
from nodes.diffusion.vision.libraries import new_qwen3_vision
from nodes.diffusion.vision.qwen import HEADS, MERGED, Squares, squares_of

DEEPER: Mapping[int, tuple[int, ...]] = {24: (5, 11, 17), 27: (8, 16, 24)}
"""Which layers are added deeper in, by how many there are; in other sizes they are spread evenly."""
HALF = (0.5, 0.5, 0.5)
LEAST_PIXELS, MOST_PIXELS = 256 * 256, 4096 * 4096


@dataclass(frozen=True, eq=False)
class Qwen3Eyes:
    """The part that sees, on its device."""

    network: nn.Module
    device: torch.device
    dtype: torch.dtype
    patch: int
    """Pixels along a side of a square."""

    @torch.no_grad()
    def look(self, image: Tensor) -> Looked:
        """See one picture (1, height, width, channels) in 0..1."""
        squares, rows, columns = squares_of(image, self.patch, Squares(HALF, HALF, LEAST_PIXELS, MOST_PIXELS))
        grid = torch.tensor([[1, rows, columns]], device=self.device)
        found: Any = self.network(squares.to(self.device, self.dtype), grid)
        deeper = tuple(each.float().cpu() for each in found.deepstack_features)
        return Looked(found.pooler_output.float().cpu(), rows // MERGED, columns // MERGED, deeper)


def eyes_config(view: View) -> Mapping[str, Any]:
    """Its configuration, as transformers wants it."""
    shapes = view.shapes
    width, channels, frames, patch, _ = shapes["patch_embed.proj.weight"]
    depth, deeper = block_count(shapes, "blocks"), block_count(shapes, "deepstack_merger_list")
    evenly = tuple(depth // (deeper + 1) * number - 1 for number in range(1, deeper + 1))
    return {
        "depth": depth,
        "hidden_size": width,
        "intermediate_size": shapes["blocks.0.mlp.linear_fc1.weight"][0],
        "num_heads": HEADS,
        "in_channels": channels,
        "patch_size": patch,
        "temporal_patch_size": frames,
        "spatial_merge_size": MERGED,
        "out_hidden_size": shapes["merger.linear_fc2.weight"][0],
        "num_position_embeddings": shapes["pos_embed.weight"][0],
        "deepstack_visual_indexes": DEEPER.get(depth, evenly),
    }


def load_qwen3_eyes(view: View, placement: Placement) -> Qwen3Eyes:
    """Build the part that sees.

    Raises:
        ModelError: the weights do not fit.
    """
    config = eyes_config(view)
    network = skeleton(lambda: new_qwen3_vision(config))
    network.rotary_pos_emb = type(network.rotary_pos_emb)(network.config)  # no file holds it
    names = unchanged(network.state_dict())
    network = fill(network, gather(network, names, view.shapes, view.read), placement)
    return Qwen3Eyes(network, placement.device, placement.dtype, config["patch_size"])
