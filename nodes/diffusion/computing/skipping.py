"""Transformers without some of their blocks for a while: what goes into such a block comes out of it."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

STACKS: Mapping[str, tuple[str, ...]] = {
    "double": ("transformer_blocks", "double_stream_blocks", "blocks", "layers"),
    "single": ("single_transformer_blocks", "single_stream_blocks"),
}
"""Where transformers have their blocks: those that see text and picture apart (or are all of one kind), and those that
see both as one row; the first name that there is counts."""
HIDDEN, TEXT = "hidden_states", "encoder_hidden_states"
RETURNS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "ChromaTransformerBlock",
            "Flux2TransformerBlock",
            "FluxSingleTransformerBlock",
            "FluxTransformerBlock",
            "JointTransformerBlock",
            "QwenImageTransformerBlock",
        ),
        (TEXT, HIDDEN),
    ),
    **dict.fromkeys(
        (
            "HunyuanImageSingleTransformerBlock",
            "HunyuanImageTransformerBlock",
            "HunyuanVideoSingleTransformerBlock",
            "HunyuanVideoTokenReplaceSingleTransformerBlock",
            "HunyuanVideoTokenReplaceTransformerBlock",
            "HunyuanVideoTransformerBlock",
        ),
        (HIDDEN, TEXT),
    ),
    "HiDreamImageTransformerBlock": (HIDDEN, TEXT),
    "LTX2VideoTransformerBlock": (HIDDEN, "audio_hidden_states"),
}
"""Which of its arguments a block of several outputs gives back changed, by the class of diffusers, in their order; all
others give back their first argument."""


class Skipped(nn.Module):
    """Stands in the place of a block and lets everything through; otherwise it looks like the block."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        object.__setattr__(self, "_block", block)  # not a part of this module, so that nothing moves or counts it
        object.__setattr__(self, "_signature", inspect.signature(block.forward))

    def __getattr__(self, name: str) -> Any:  # whatever the block has
        return getattr(object.__getattribute__(self, "_block"), name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:  # as the block
        """What the block was given, in the shape of what it gives back."""
        given = self._signature.bind(*args, **kwargs).arguments
        kind = type(getattr(self._block, "block", self._block)).__name__  # some blocks are wrapped
        names = RETURNS.get(kind)
        return next(iter(given.values())) if names is None else tuple(given[name] for name in names)


def stack_of(network: nn.Module, kind: str) -> nn.ModuleList | None:
    """The blocks of a kind, `double` or `single`; None if a network has none."""
    found = (getattr(network, name, None) for name in STACKS[kind])
    return next((each for each in found if isinstance(each, nn.ModuleList)), None)


def known_blocks(network: nn.Module, wanted: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Of the blocks that are wanted, those that a network has, by kind."""
    counts = {kind: len(stack_of(network, kind) or ()) for kind in wanted}
    return {kind: [each for each in dict.fromkeys(numbers) if each < counts[kind]] for kind, numbers in wanted.items()}


@contextmanager
def without_blocks(network: nn.Module, skipped: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """Inside the `with` block, a transformer has no blocks of these numbers.

    Args:
        network: a transformer of diffusers.
        skipped: numbers of blocks by kind, `double` and `single`; what it does not have is passed over.
    """
    replaced: list[tuple[nn.ModuleList, int, nn.Module]] = []
    try:
        for kind, numbers in known_blocks(network, skipped).items():
            stack: Any = stack_of(network, kind)  # there is one, if it has blocks of these numbers
            for number in numbers:
                replaced.append((stack, number, stack[number]))
                stack[number] = Skipped(stack[number])
        yield
    finally:
        for stack, number, block in reversed(replaced):
            stack[number] = block
