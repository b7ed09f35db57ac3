"""A tiny FILM, in both spellings that files have."""

from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.vision.film import Film, Sizes
from tests.nodes.diffusion import originals

TINY = Sizes(4, 2, 7, 4, (4, 6), (1, 2))


def network() -> Film:
    """The network."""
    return originals.seeded(6, lambda: Film(TINY).eval())


def tensors(*, is_plain: bool = False) -> dict[str, Tensor]:
    """What a file holds; plain ones name layers by their number in a sequence, if they are in one."""
    return {_plain(key) if is_plain else key: each for key, each in network().state_dict().items()}


def _plain(key: str) -> str:
    ends = ("_predictor._convs.3.", "_predictors.0._convs.2.")
    is_alone = any(end in key for end in ends) or (key.startswith("fuse.convs.") and key.split(".")[3] == "0")
    return key.replace(".conv.", "." if is_alone else ".0.")


def write(path: Path, *, is_plain: bool = False) -> Path:
    """Such a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: each.contiguous().clone() for key, each in tensors(is_plain=is_plain).items()}, path)
    return path
