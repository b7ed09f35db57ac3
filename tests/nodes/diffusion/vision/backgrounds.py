"""A tiny BiRefNet in the layout of its authors' files."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import file_tensors
from nodes.diffusion.vision.background import background_keys
from nodes.diffusion.vision.birefnet import BiRefNet, Sizes
from tests.nodes.diffusion import originals

TINY = Sizes(8, (1, 2, 1, 1), (1, 2, 2, 4), 4, 2.0, 4, 6, (1, 3), 3)
HEADER = {"latentloom.background": '{"side": 64}'}
UNUSED = (
    "decoder.gdt_convs_pred_4.0.weight",
    "decoder.conv_ms_spvn_3.bias",
    "squeeze_module.0.bn_in.num_batches_tracked",
)


def network() -> BiRefNet:
    """The network, in which norms found something in training."""

    def build() -> BiRefNet:
        found = BiRefNet(TINY).eval()
        for key, value in found.state_dict().items():
            if key.endswith("running_var"):
                value.uniform_(0.5, 2.0)
            elif key.endswith(("running_mean", "bias", "bias_table")):
                value.normal_(0, 0.3)
        return found

    return originals.seeded(4, build)


def tensors() -> dict[str, Tensor]:
    """What a file holds, with what only training uses."""
    own = network()
    found = file_tensors(background_keys(state_shapes(own)), own.state_dict())
    index = {"bb.layers.0.blocks.0.attn.relative_position_index": torch.zeros(16, 16, dtype=torch.long)}
    return {**found, **index, **{name: torch.zeros(1) for name in UNUSED}}


def write(path: Path) -> Path:
    """Such a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: each.contiguous().clone() for key, each in tensors().items()}, path, HEADER)
    return path
