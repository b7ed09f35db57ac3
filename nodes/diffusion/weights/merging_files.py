"""Writing models as files in the layout that everybody reads, with everything that was patched or mixed in them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.clip_text import PROJECTION, bare, clip_keys, kohya_names
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.families.sd2_unclip import AUGMENTATION
from nodes.diffusion.families.weights import KeyMap, Part, Piece, file_tensors, renamed, unchanged
from nodes.diffusion.families.zero123 import PROJECTION as SEEN_PROJECTION
from nodes.diffusion.gguf.tensors import QuantisedTensor
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.patches.recipe import Recipe
from nodes.diffusion.types import ClipHandle, ModelHandle, VaeHandle
from nodes.diffusion.vision.encoder import INSIDE, OPEN_PREFIXES
from nodes.diffusion.weights.statefile import StateFile

MODEL, VAE = "model.diffusion_model.", "first_stage_model."
FLAT = ("sd1", "sd2", "sd2_unclip", "sdxl", "sdxl_refiner")
"""Families whose checkpoints hold their text encoders as the original releases did."""
TEXT: Mapping[tuple[str, str], str] = {
    ("sd1", "clip_l"): "cond_stage_model.transformer.text_model.",
    ("sd2", "clip_h"): "cond_stage_model.model.",
    ("sd2_unclip", "clip_h"): "cond_stage_model.model.",
    ("sdxl", "clip_l"): "conditioner.embedders.0.transformer.text_model.",
    ("sdxl", "clip_g"): "conditioner.embedders.1.model.",
    ("sdxl_refiner", "clip_g"): "conditioner.embedders.0.model.",
    ("sd_x4", "clip_h"): "cond_stage_model.model.",
    ("cascade_c", "clip_g"): "text_encoder.clip_g.transformer.",
}
"""Where checkpoints hold each text encoder, by architecture and name; others are below `text_encoders.`."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "sd2_unclip": (*OPEN_PREFIXES, AUGMENTATION),
    "zero123": (*OPEN_PREFIXES, SEEN_PROJECTION),
    "cascade_c": (INSIDE,),
}
"""What checkpoints hold besides, by architecture: where their keys begin."""
ARCHITECTURES = {
    "sd1": "stable-diffusion-v1",
    "sd2": "stable-diffusion-v2-768-v",
    "sd2_unclip": "stable-diffusion-v2-unclip",
    "sdxl": "stable-diffusion-xl-v1-base",
    "sdxl_refiner": "stable-diffusion-xl-v1-refiner",
    "sd3": "stable-diffusion-v3-medium",
    "flux": "flux-1-dev",
}
"""How the model specification of the ecosystem calls families."""


@dataclass(frozen=True)
class Written:
    """Tensors and header of a file to be."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write the file."""
        save_file({key: value.contiguous() for key, value in self.tensors.items()}, path, dict(self.metadata))


def checkpoint(
    models: ModelRegistry,
    model: ModelHandle,
    clip: ClipHandle | None = None,
    vae: VaeHandle | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Written:
    """A checkpoint of a diffusion model and what belongs to it.

    Weights that nothing changed are those of their file, bit for bit; others are rounded to the precision that their
    file had.

    Raises:
        ModelError: something cannot be read.
    """
    network = models.look(model.source)
    said = {**specification(model, network.prediction), **_settings("unet", network), **(metadata or {})}
    tensors = dict(
        _prefixed(MODEL, _tensors(models.recipe(model), "model", models.outline(model.source)["model"].names))
    )
    tensors |= _beside(model)
    if network.prediction == "v_prediction":
        tensors["v_pred"] = torch.tensor([])
    if network.sampling.get("zsnr"):
        tensors["ztsnr"] = torch.tensor([])
    if clip is not None:
        for name, encoder in _text_encoders(models, clip).items():
            tensors |= encoder.tensors
            said |= encoder.metadata if name == "clip_l" or len(models.outline(clip.source)) == 1 else {}
    if vae is not None:
        found = autoencoder(models, vae)
        tensors |= dict(_prefixed(VAE, found.tensors.items()))
        said |= found.metadata
    return Written(tensors, said)


def text_encoders(models: ModelRegistry, clip: ClipHandle, metadata: Mapping[str, str]) -> dict[str, Written]:
    """Files of text encoders by the name of each, in the layout of transformers.

    Raises:
        ModelError: something cannot be read.
    """
    recipe = models.recipe(clip)
    return {
        name: Written(dict(_tensors(recipe, name, _transformers_names(part))), {**metadata, **_text_settings(part)})
        for name, part in models.outline(clip.source).items()
    }


def autoencoder(models: ModelRegistry, vae: VaeHandle, metadata: Mapping[str, str] | None = None) -> Written:
    """A file of an autoencoder, in the original layout.

    Raises:
        ModelError: it cannot be read, or is of a kind without such a layout.
    """
    found = models.look(vae.source)
    network = getattr(found, "network", None)
    if network is None or not any(key.startswith("encoder.down_blocks") for key in network.state_dict()):
        raise ModelError(f"{vae.source.path.name} is an autoencoder of a kind that cannot be saved.")
    names = renamed(vae_keys(network.state_dict()))
    recipe, (only,) = models.recipe(vae), models.outline(vae.source)
    tensors = {}
    for key, value in _tensors(recipe, only, names):
        is_matrix = ".attn_1." in key and value.dim() == 2
        tensors[key] = value[..., None, None] if is_matrix else value  # matrices were convolutions there
    return Written(tensors, {**_settings("vae", found), **(metadata or {})})


def specification(model: ModelHandle, prediction: str) -> dict[str, str]:
    """What the header of a checkpoint says, after the model specification of the ecosystem."""
    return {
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.implementation": "sgm" if model.source.architecture in FLAT else "diffusers",
        "modelspec.architecture": ARCHITECTURES.get(model.source.architecture, model.source.architecture),
        "modelspec.prediction_type": prediction,
    }


def _text_encoders(models: ModelRegistry, clip: ClipHandle) -> dict[str, Written]:
    """The text encoders as checkpoints hold them."""
    recipe, found = models.recipe(clip), {}
    for name, part in models.outline(clip.source).items():
        prefix = TEXT.get((clip.source.architecture, name), f"text_encoders.{name}.transformer.")
        if prefix.endswith(".model."):
            names: KeyMap = clip_keys(state_shapes(part.network))
        elif prefix.endswith("text_model."):
            own = (key for key in part.network.state_dict() if bare(key) != PROJECTION)
            names = renamed({key: bare(key) for key in own})
        else:
            names = _transformers_names(part)
        found[name] = Written(dict(_prefixed(prefix, _tensors(recipe, name, names))), _text_settings(part))
    return found


def _transformers_names(part: Part) -> KeyMap:
    is_clip = any("token_embedding" in key for key in part.network.state_dict())
    network: Any = part.network  # a CLIP text encoder, which the map asks for its keys only
    return kohya_names(network) if is_clip else part.names or unchanged(network.state_dict())


def _tensors(recipe: Recipe, name: str, names: KeyMap) -> Iterator[tuple[str, Tensor]]:
    """The tensors of one network, in the layout that `names` describes."""
    weights = _Finished(recipe, name)
    held = {key: piece for key, piece in names.items() if (name, key) in weights.places}
    by_file: dict[str, dict[str, Piece]] = {}
    for key, piece in held.items():
        by_file.setdefault(piece.key, {})[key] = piece
    for pieces in by_file.values():
        yield from file_tensors(pieces, {key: weights[key] for key in pieces}).items()


class _Finished:
    """The weights of a patched network, in the precision that their file has."""

    def __init__(self, recipe: Recipe, name: str) -> None:
        self._recipe, self._name = recipe, name
        self.places = frozenset(recipe.places())

    def __getitem__(self, key: str) -> Tensor:
        place = (self._name, key)
        original = self._recipe.original(place)
        if isinstance(original, QuantisedTensor):
            return self._recipe.weight(place).to(torch.bfloat16)  # few bits are read here, not written
        if place not in self._recipe.changed:
            return original
        return self._recipe.weight(place).to(original.dtype)


def _beside(model: ModelHandle) -> dict[str, Tensor]:
    """What a model that is told of pictures sees with, as its file has it."""
    beside = BESIDE.get(model.source.architecture)
    if beside is None:
        return {}
    file = StateFile(model.source.path)
    return {key: file.tensor(key) for key in file.shapes if key.startswith(beside)}


def _prefixed(prefix: str, tensors: Iterable[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    return ((prefix + key, value) for key, value in tensors)


def _settings(part: str, loaded: object) -> dict[str, str]:
    """What no shape tells of a network, for whoever loads the file here."""
    config = getattr(getattr(loaded, "network", None), "config", {})
    said = {key: config[key] for key in ("attention_head_dim", "norm_num_groups") if config.get(key) is not None}
    return {f"latentloom.{part}": json.dumps(said)} if said else {}


def _text_settings(part: Part) -> dict[str, str]:
    heads = getattr(getattr(part.network, "config", None), "num_attention_heads", None)
    return {"latentloom.text": json.dumps({"num_attention_heads": heads})} if heads else {}
