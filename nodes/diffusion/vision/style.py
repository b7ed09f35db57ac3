"""Style models: a picture becomes words of its own kind, which follow the prompt (Flux.1 Redux)."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.types import Conditioning
from nodes.diffusion.vision.encoder import Seen
from nodes.diffusion.weights.statefile import StateFile

UP, DOWN = "redux_up", "redux_down"


@dataclass(frozen=True)
class StyleHandle:
    """What STYLE_MODEL links carry: which file; it is small and read when it is used."""

    path: Path
    digest: str = ""


def open_style(path: Path, digest: str = "") -> StyleHandle:
    """A handle of the style model in a file.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    if f"{UP}.weight" not in StateFile(path):
        raise UnsupportedModel(
            f"{path.name} looks like {look_at(SingleFile(path))}; the style models that are known are Flux.1 Redux."
        )
    return StyleHandle(path, digest)


@torch.no_grad()
def words_of(handle: StyleHandle, seen: Seen) -> Tensor:
    """The words (1, words, width) that pictures become.

    Raises:
        DiffusionError: the pictures were seen by another kind of encoder.
    """
    file = StateFile(handle.path)
    up, down = ((file.tensor(f"{name}.weight").float(), file.tensor(f"{name}.bias").float()) for name in (UP, DOWN))
    if seen.last_hidden_state.shape[-1] != up[0].shape[1]:
        raise DiffusionError(
            f"{handle.path.name} reads pictures in {up[0].shape[1]} numbers a position, but they were encoded in "
            f"{seen.last_hidden_state.shape[-1]}. Encode them with the encoder that belongs to it (SigLIP)."
        )
    words = functional.linear(functional.silu(functional.linear(seen.last_hidden_state, *up)), *down)
    return words.flatten(0, 1)[None]


def with_style(conditioning: Conditioning, words: Tensor, strength: float) -> Conditioning:
    """Let words, times `strength`, follow each text.

    Raises:
        DiffusionError: the texts come from another kind of text encoder.
    """
    if any(text.shape[-1] != words.shape[-1] for text, _ in conditioning):
        raise DiffusionError(
            f"The style model writes words of width {words.shape[-1]}, the conditioning has "
            f"{conditioning[0][0].shape[-1]}. Use a style model that belongs to the model."
        )
    return [(torch.cat([text, words.to(text) * strength], dim=1), options) for text, options in conditioning]
