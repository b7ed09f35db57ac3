"""Text encoders of which a language model is read, while CLIP sums the text up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.encoder import ClipTextEncoder, text_for
from nodes.diffusion.text.language import PROMPT, LanguageTextEncoder
from nodes.diffusion.types import Encoded, FindEmbedding, Text

PICTURE = "<image>"
"""Where the template of a prompt about a picture has it."""
CLOSING = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
SHOWN = (
    "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n<image>\nDescribe the video by detailing the "
    "following aspects according to the reference image: 1. The main content and theme of the video.2. The color, "
    "shape, size, texture, quantity, text, and spatial relationships of the objects.3. Actions, events, behaviors "
    "temporal relationships, physical movement changes of the objects.4. background environment, light, style and "
    "atmosphere.5. camera angles, movements, and transitions used in the video:<|eot_id|>\n\n<|start_header_id|>user"
    "<|end_header_id|>\n\n{}" + CLOSING
)
"""What stands around a prompt about a picture."""
SKIPPED = 103
"""Tokens of it before the prompt, with one for the picture."""


@dataclass(frozen=True)
class SummedTexts:
    """The text encoders of HunyuanVideo; see `types.TextEncoder`."""

    clip_l: ClipTextEncoder
    language: LanguageTextEncoder

    @property
    def parts(self) -> Mapping[str, Part]:
        """Their networks by name, for patches."""
        return {**self.clip_l.parts, **self.language.parts}

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt."""
        pooled = self.clip_l.encode(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding).pooled
        return Encoded(self.language.encode(text, find_embedding=find_embedding).hidden, pooled)

    @torch.no_grad()
    def encode_shown(self, text: Text, picture: Tensor, every: int) -> Encoded:
        """Encode a prompt about a picture: what becomes of the picture's words, and then of the prompt's.

        Args:
            text: the prompt.
            picture: as words of the language model (positions, width).
            every: of so many words of the picture, one is kept.
        """
        spoken = self.language
        before, after = SHOWN.replace(PROMPT, text_for(text, spoken.name)).split(PICTURE, 1)
        first, second = (spoken.vocabulary.ids(part) for part in (before, after))
        network: Any = spoken.network
        ids = torch.tensor([*first, *second], device=spoken.device)
        words = network.embed_tokens(ids)
        row = torch.cat([words[: len(first)], picture.to(words), words[len(first) :]])[None]
        output: Any = network(inputs_embeds=row, output_hidden_states=True, use_cache=False)
        hidden: Tensor = output.hidden_states[-1].float().cpu()
        seen = hidden[:, len(first) : len(first) + len(picture) : every]
        closing = len(spoken.vocabulary.ids(CLOSING))
        # Of what closes the template, only its last token stays, as the model was trained.
        prompt = hidden[:, SKIPPED - 1 + len(picture) : -closing]
        return Encoded(torch.cat([seen, prompt, hidden[:, -1:]], dim=1), self.clip_l.encode(text).pooled)
