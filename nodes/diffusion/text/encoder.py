"""The CLIP text encoder: a prompt with weights becomes what a diffusion model listens to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nodes.diffusion.families.clip_text import inner, kohya_names
from nodes.diffusion.families.weights import Part
from nodes.diffusion.text.inversion import read_inversion
from nodes.diffusion.text.prompt import MARK, parse, split_inversions
from nodes.diffusion.text.vocabulary import Vocabulary
from nodes.diffusion.text.windows import Token, Window, cut, empty_window
from nodes.diffusion.types import Encoded, FindEmbedding, Text

if TYPE_CHECKING:
    from transformers import CLIPTextModel


@dataclass(frozen=True)
class ClipStyle:
    """How a family reads a CLIP text encoder.

    Attributes:
        name: which of a family's text encoders it is.
        layer: whose result is taken unless somebody asks for another: -1 is the last, -2 the one before.
        normalises: whether the result goes through the encoder's last normalisation.
        projects: whether the text as one vector goes through the encoder's last matrix.
        masks_padding: whether what stands after the end mark sees the text only, and not each other.
    """

    name: str = "clip_l"
    layer: int = -1
    normalises: bool = True
    projects: bool = False
    masks_padding: bool = False


@dataclass(frozen=True)
class ClipTextEncoder:
    """A CLIP text encoder on its device; see `nodes.diffusion.types.TextEncoder`."""

    network: "CLIPTextModel"
    vocabulary: Vocabulary
    device: torch.device
    dtype: torch.dtype
    style: ClipStyle = field(default_factory=ClipStyle)

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {self.style.name: Part(self.network, kohya_names(self.network))}

    @property
    def layers(self) -> int:
        """How many transformer layers there are."""
        return len(inner(self.network).encoder.layers)

    @property
    def width(self) -> int:
        """Channels of the token vectors and of the result."""
        return int(self.network.config.hidden_size)

    def windows(self, text: str, find_embedding: FindEmbedding | None = None) -> list[Window]:
        """The tokens of a prompt with their weights, cut into windows."""
        return cut(self._stretches(text, find_embedding), self.vocabulary)

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt.

        A weight w moves a token's result z to `z0 + w * (z - z0)`, where z0 is that of the prompt without words.
        Windows are put one after the other, and the first is summed up by the last layer at its end mark.

        Args:
            text: the prompt, in the syntax of `nodes.diffusion.text.prompt`.
            stop_at_layer: -1 is the last layer, -2 the one before, None the family's; beyond the first means the last.
            find_embedding: where a textual inversion's file is; without it `embedding:` is ordinary text.
        """
        return self.encode_windows(self.windows(text_for(text, self.style.name), find_embedding), stop_at_layer)

    @torch.no_grad()
    def encode_windows(self, windows: Sequence[Window], stop_at_layer: int | None = None) -> Encoded:
        """Encode windows of tokens, as `encode` does."""
        return self.respond(windows, stop_at_layer)

    def respond(self, windows: Sequence[Window], stop_at_layer: int | None = None) -> Encoded:
        """As `encode_windows`, with gradients where a token's vector asks for them: for training."""
        weighted = any(token.weight != 1.0 for window in windows for token in window.tokens)
        batch = [*windows, empty_window(self.vocabulary)] if weighted else windows
        hidden, pooled = self._run(batch, self._stop(stop_at_layer))
        if weighted:
            hidden = weigh(hidden[:-1], hidden[-1], [window.tokens for window in windows])
        return Encoded(hidden.reshape(1, -1, self.width).cpu(), pooled[:1].cpu())

    def _stretches(self, text: str, find: FindEmbedding | None) -> Iterator[Sequence[Token]]:
        for stretch in parse(text):
            for piece in split_inversions(stretch.text):
                words = piece
                if piece.startswith(MARK) and find is not None:
                    inversion = read_inversion(piece, self.width, find, self.style.name)
                    words = inversion.rest
                    if inversion.vectors is not None:
                        yield [Token(vector, stretch.weight) for vector in inversion.vectors]
                yield [Token(number, stretch.weight) for number in self.vocabulary.ids(words)]

    def _stop(self, layer: int | None) -> int:
        """How many layers are run for the result."""
        layer = self.style.layer if layer is None else layer
        return self.layers if -layer > self.layers else self.layers + layer + 1

    def _run(self, windows: Sequence[Window], stop: int) -> tuple[Tensor, Tensor]:
        """The result after `stop` layers (windows, positions, width), and each window summed up (windows, width)."""
        encoder = inner(self.network)
        x = encoder.embeddings(inputs_embeds=torch.stack([self._embed(window) for window in windows]))
        result, mask = x, _mask(windows, x) if self.style.masks_padding else None
        for number, layer in enumerate(encoder.encoder.layers, start=1):
            # The network's own `forward` takes ids only and returns no other layer than the last.
            x = layer(x, mask, is_causal=mask is None)
            if number == stop:
                result = x
        ends = torch.tensor([window.end for window in windows], device=x.device)
        pooled = encoder.final_layer_norm(x)[torch.arange(len(windows), device=x.device), ends]
        if self.style.projects:
            pooled = self.network.text_projection(pooled)
        return (encoder.final_layer_norm(result) if self.style.normalises else result).float(), pooled.float()

    def _embed(self, window: Window) -> Tensor:
        """The token vectors of a window (positions, width), learnt ones in their places."""
        ids = [token.content if isinstance(token.content, int) else self.vocabulary.pad for token in window.tokens]
        vectors = inner(self.network).embeddings.token_embedding(torch.tensor(ids, device=self.device))
        for position, token in enumerate(window.tokens):
            if isinstance(token.content, Tensor):
                vectors[position] = token.content.to(vectors)
        return vectors


def text_for(text: Text, name: str) -> str:
    """What one of a family's text encoders reads: the text, or its own where each has one."""
    if isinstance(text, str):
        return text
    return text[name] if name in text else next(iter(text.values()), "")


def weigh(hidden: Tensor, empty: Tensor, windows: Sequence[Sequence[Token]]) -> Tensor:
    """Move results away from those of the empty prompt; a weight of one changes no bit."""
    weights = torch.tensor([[token.weight for token in tokens] for tokens in windows])[..., None].to(hidden)
    return torch.where(weights == 1.0, hidden, empty + weights * (hidden - empty))


def _mask(windows: Sequence[Window], like: Tensor) -> Tensor:
    """What each position sees (windows, 1, positions, positions): what stands before it, up to the end mark."""
    place = torch.arange(like.shape[1], device=like.device)
    ends = torch.tensor([window.end for window in windows], device=like.device)
    return (place <= place[:, None]) & (place <= ends[:, None, None, None])
