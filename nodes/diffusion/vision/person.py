"""PhotoMaker: a person's face, seen by CLIP, becomes part of one word of a prompt.

Li et al., 2024, "PhotoMaker: Customizing Realistic Human Photos via Stacked ID Embedding", section 3.2. The layers
carry the names of the first version's file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.building import fill, gather, number_positions, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.encoder import HEADS, PREFIX, Networks, prepared
from nodes.diffusion.vision.libraries import new_clip_vision
from nodes.diffusion.weights.statefile import StateFile, shapes_below

WORD = "photomaker"
"""What follows the word in a prompt that the face belongs to."""
_PREFIXES = ("id_encoder.", "")
_MARK, _SECOND = "fuse_module.mlp1.fc1.weight", "qformer_perceiver.token_proj.0.weight"


@dataclass(frozen=True)
class PersonHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


class Mixing(nn.Module):
    """Two layers behind a norm."""

    def __init__(self, into: int, out: int, *, adds: bool) -> None:
        super().__init__()
        self.layernorm = nn.LayerNorm(into)
        self.fc1 = nn.Linear(into, out)
        self.fc2 = nn.Linear(out, out)
        self._adds = adds

    def forward(self, x: Tensor) -> Tensor:
        """The result, added to `x` where that is as wide."""
        mixed = self.fc2(nn.functional.gelu(self.fc1(self.layernorm(x))))
        return mixed + x if self._adds else mixed


class Fusing(nn.Module):
    """A word and a face as one word."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp1 = Mixing(2 * width, width, adds=False)
        self.mlp2 = Mixing(width, width, adds=True)
        self.layer_norm = nn.LayerNorm(width)

    def forward(self, word: Tensor, face: Tensor) -> Tensor:
        """A word (1, width) that has a face (1, width)."""
        return self.layer_norm(self.mlp2(self.mlp1(torch.cat([word, face], dim=-1)) + word))


class PersonEncoder(nn.Module):
    """What sees a face, and puts it into a word.

    Args:
        vision: the configuration of CLIP.
        second: numbers of the second projection, for the second text encoder.
    """

    def __init__(self, vision: Mapping[str, Any], second: int) -> None:
        super().__init__()
        self.vision = new_clip_vision(vision)
        self.visual_projection_2 = nn.Linear(vision["hidden_size"], second, bias=False)
        self.fuse_module = Fusing(vision["projection_dim"] + second)

    @torch.no_grad()
    def forward(self, picture: Tensor, word: Tensor) -> Tensor:
        """A word (1, width) with the face of a picture (1, 3, size, size), as `prepared` gives it."""
        weight = self.visual_projection_2.weight
        seen = self.vision.vision_model(picture.to(weight)).pooler_output
        face = torch.cat([self.vision.visual_projection(seen), self.visual_projection_2(seen)], dim=-1)
        return self.fuse_module(word.to(weight), face)


@dataclass(frozen=True)
class PersonFile:
    """A PhotoMaker file of the first version, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def prefix(self) -> str:
        """What stands before its keys."""
        for prefix in _PREFIXES:
            if prefix + _SECOND in self.file:
                raise UnsupportedModel(
                    f"{self.path.name} is PhotoMaker's second version, which needs a detector of faces."
                )
            if prefix + _MARK in self.file:
                return prefix
        raise UnsupportedModel(
            f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what is loaded here is the first "
            "PhotoMaker."
        )

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of the encoder, without prefix."""
        found = shapes_below(self.file.shapes, self.prefix)
        names = (PREFIX, "visual_projection", "fuse_module.")
        return {key: shape for key, shape in found.items() if key.startswith(names) and "position_ids" not in key}

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration of CLIP, as transformers wants it."""
        shapes = self.shapes
        width, channels, patch = shapes[f"{PREFIX}embeddings.patch_embedding.weight"][:3]
        positions = shapes[f"{PREFIX}embeddings.position_embedding.weight"][0] - 1
        return {
            "hidden_size": width,
            "intermediate_size": shapes[f"{PREFIX}encoder.layers.0.mlp.fc1.weight"][0],
            "num_hidden_layers": block_count(shapes, f"{PREFIX}encoder.layers"),
            "num_attention_heads": HEADS,
            "num_channels": channels,
            "patch_size": patch,
            "image_size": patch * isqrt(positions),
            "hidden_act": "quick_gelu",
            "projection_dim": shapes["visual_projection.weight"][0],
        }

    def load(self, placement: Placement) -> PersonEncoder:
        """Build the network.

        Raises:
            ModelError: the weights do not fit.
        """
        second = self.shapes["visual_projection_2.weight"][0]
        network = skeleton(lambda: PersonEncoder(self.config, second))
        number_positions(network)
        names = {key: key.removeprefix("vision.") for key in network.state_dict()}
        read = self.file.tensor
        weights = gather(network, renamed(names), self.shapes, lambda key: read(self.prefix + key))
        return fill(network, weights, placement)


def split_prompt(text: str) -> tuple[str, int | None]:
    """A prompt without the mark, and the number of the word before it, counted from 1; None where there is no mark."""
    words = text.split(" ")
    if WORD not in words:
        return text, None
    number = words.index(WORD)
    return " ".join(word for at, word in enumerate(words) if at != number), number


def with_person(networks: Networks, handle: PersonHandle, image: Tensor, hidden: Tensor, word: int) -> Tensor:
    """An encoded text in which one word has a face.

    Args:
        networks: keeps the encoder.
        handle: of its file.
        image: (batch, height, width, channels); the first counts.
        hidden: (1, tokens, width); the word is taken for one token.
        word: its number, counted from 1.

    Raises:
        DiffusionError: the text was encoded for another kind of model.
    """
    file = PersonFile(handle.path)
    width = file.shapes["fuse_module.layer_norm.weight"][0]
    if hidden.shape[-1] != width or word >= hidden.shape[1]:
        raise DiffusionError(
            f"clip: {handle.path.name} puts faces into texts of {width} numbers a token; this one has "
            f"{hidden.shape[-1]}. Use the text encoders of a Stable Diffusion XL."
        )
    picture = prepared(image[:1], file.config["image_size"], "center", is_clip=True)
    key = ("photomaker", handle.digest or str(handle.path))
    with networks.use_other(key, handle.path.name, file.parameters, file.load) as encoder:
        changed: Tensor = encoder(picture, hidden[:, word])
    found = hidden.clone()
    found[:, word] = changed.float().cpu()
    return found


def open_person(path: Path, digest: str = "") -> PersonHandle:
    """A handle of a PhotoMaker file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    _ = PersonFile(path).prefix
    return PersonHandle(path, digest)
