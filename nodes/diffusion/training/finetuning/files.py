"""Where trainings keep their state and their results: files that are named by what decides their content."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from nodes.diffusion.training.finetuning.samples import Sample
from nodes.diffusion.types import AnyPatch, ModelSource

KEPT = 8
"""How many checkpoints of trainings stay; the oldest go."""


def identity(source: ModelSource, patches: Sequence[AnyPatch], samples: Sequence[Sample], *settings: object) -> str:
    """The name of a training: equal if and only if the model, the data and the settings are.

    Settings are what has a `repr` that says all. How many steps are wanted is no part of it: who wants more goes on.
    """
    digest = hashlib.sha256()
    weights = [source.digest or str(source.path.resolve()), *(each.digest for each in source.others)]
    digest.update(repr((weights, patches, settings)).encode())
    for sample in samples:
        tensors = {"latent": sample.latent, "context": sample.context}
        tensors |= {key: each for key, each in sample.options.items() if isinstance(each, Tensor)}
        plain = sorted((key, repr(each)) for key, each in sample.options.items() if key not in tensors)
        digest.update(repr(plain).encode())
        digest.update(save({key: each.detach().cpu().contiguous().clone() for key, each in tensors.items()}))
    return digest.hexdigest()[:32]


def checkpoint_at(folder: Path, name: str) -> Path:
    """Where the checkpoint of a training is; of others only the latest stay."""
    path = folder / f"{name}.safetensors"
    others = [each for each in folder.glob("*.safetensors") if each != path]
    for old in sorted(others, key=lambda each: each.stat().st_mtime)[: -(KEPT - 1)]:
        old.unlink(missing_ok=True)
    return path


def stored(folder: Path, tensors: Mapping[str, Tensor]) -> tuple[Path, str]:
    """Tensors as a file that is called by the digest of its content, and the digest; written if it is missing."""
    content = save({name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)})
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}.safetensors"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return path, digest
