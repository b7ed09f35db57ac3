"""How LTX-2 reads texts: all layers of Gemma 3, brought to what video and sound listen to by two connectors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, SingleFile, TextFiles, View
from nodes.diffusion.families.language_text import EMBEDDING, GEMMA3, find_language, load_language
from nodes.diffusion.families.ltx2_layout import CONNECTORS, PROJECTION, connectors_config, connectors_map
from nodes.diffusion.families.unet_files import PREFIXES
from nodes.diffusion.families.weights import KeyMap, Part
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import text_for
from nodes.diffusion.text.language import PROMPT, LanguageStyle, LanguageTextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text
from nodes.diffusion.weights.libraries import new_ltx2_connectors

STYLE = LanguageStyle("<bos>{}", is_normed=True)
SHORTEST = 1024
"""Tokens of a text at least; learnt ones fill it up."""


@dataclass(frozen=True)
class Ltx2Texts:
    """Gemma 3 with the connectors of LTX-2 on their device; see `nodes.diffusion.types.TextEncoder`.

    Attributes:
        language: Gemma 3.
        connectors: from the results of all its layers to what video and sound read.
        names: where the original layout has each weight of the connectors.
    """

    language: LanguageTextEncoder
    connectors: nn.Module
    names: KeyMap

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {**self.language.parts, "connectors": Part(self.connectors, self.names)}

    @torch.no_grad()
    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt: what the video reads and what the sound reads, side by side."""
        language = self.language
        prompt = language.style.template.replace(PROMPT, text_for(text, language.name))
        ids = torch.tensor([language.vocabulary.ids(prompt)], device=language.device)
        output: Any = language.network(input_ids=ids, output_hidden_states=True, use_cache=False)
        layers = torch.stack(output.hidden_states, dim=-1)  # (1, tokens, width, layers + 1)
        return Encoded(self._connected(layers).float().cpu(), None)

    def _connected(self, layers: Tensor) -> Tensor:
        """What both connectors make of a text (1, tokens, width, layers), filled up with learnt tokens."""
        config: Any = self.connectors.config
        tokens, registers = layers.shape[1], int(config["video_connector_num_learnable_registers"])
        length = -(-max(SHORTEST, tokens) // registers) * registers
        filled = functional.pad(layers, (0, 0, 0, 0, 0, length - tokens))
        is_word = torch.arange(length, device=layers.device)[None] < tokens
        video, sound, _ = self.connectors(filled, is_word.long(), padding_side="right")
        return torch.cat([video, sound], dim=-1)


def find_ltx2_texts(contents: Contents) -> dict[str, View]:
    """Gemma 3 and the connectors by name, as far as a file, or two that are used together, hold them."""
    if isinstance(contents, TextFiles):
        return {name: view for file in contents.files for name, view in find_ltx2_texts(file).items()}
    if not isinstance(contents, SingleFile):
        return {}
    found = {name: view for name, view in find_language(contents).items() if name == GEMMA3.name}
    connectors = _find_connectors(contents)
    return found | ({"connectors": connectors} if connectors is not None else {})


def _find_connectors(file: SingleFile) -> View | None:
    """The connectors, which are beside the transformer, and the matrix before them, which may be outside."""
    mark = f"{CONNECTORS[0]}learnable_registers"
    prefix = next((prefix for prefix in PREFIXES if prefix + mark in file.shapes), None)
    if prefix is None:
        return None
    names = {key: key.removeprefix(prefix) for key in file.shapes}
    own = {key: name for key, name in names.items() if name.startswith((*CONNECTORS, PROJECTION))}
    view = file.view()
    return replace(view, shapes={key: view.shapes[key] for key in own}).renamed(own)


def load_ltx2_texts(contents: Contents, texts: Mapping[str, View], placement: Placement) -> Ltx2Texts:
    """Build Gemma 3 with its vocabulary, and the connectors.

    Raises:
        UnsupportedModel: the weights do not fit.
        ModelFileError: the vocabulary is nowhere.
    """
    gemma, view = texts[GEMMA3.name], texts["connectors"]
    language = load_language(contents, gemma, placement, STYLE)
    config = connectors_config(view.shapes, gemma.shapes[EMBEDDING][1])
    network = skeleton(lambda: new_ltx2_connectors(config))
    names = connectors_map(state_shapes(network))
    fill(network, gather(network, names, view.shapes, view.read), placement)
    return Ltx2Texts(language, network, names)
