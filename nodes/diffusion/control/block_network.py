"""A block-wise ControlNet of Qwen-Image: a small network for each block of the transformer.

It compares the block's tokens with those of a picture, and adds what it makes of them.

ModelScope, 2025, "Qwen-Image-Blockwise-ControlNet" (DiffSynth-Studio). The layers carry the names of the files.
"""

from torch import Tensor, nn

EPSILON = 1e-6


class Block(nn.Module):
    """What is added after one block, from tokens (batch, tokens, width) and those of the picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.x_rms = nn.RMSNorm(width, eps=EPSILON)
        self.y_rms = nn.RMSNorm(width, eps=EPSILON)
        self.input_proj = nn.Linear(width, width)
        self.output_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """What is added to `x`."""
        return self.output_proj(nn.functional.gelu(self.input_proj(self.x_rms(x) + self.y_rms(y))))


class BlockNetwork(nn.Module):
    """All of them, and the layer that makes tokens of the picture.

    Args:
        seen: numbers of a token of the latent that it looks at, with its mask if it has one.
        width: of the transformer.
        count: blocks of the transformer.
    """

    def __init__(self, seen: int, width: int, count: int) -> None:
        super().__init__()
        self.img_in = nn.Linear(seen, width)
        self.controlnet_blocks = nn.ModuleList(Block(width) for _ in range(count))
