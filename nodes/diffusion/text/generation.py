"""Language models that write: they go on with a text, one token after the other."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import Contents, View, open_contents
from nodes.diffusion.families.language_text import GEMMA3, QWEN3_VL, QWEN25, find_language
from nodes.diffusion.families.weights import Part
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.chats import CHATS, Chat
from nodes.diffusion.text.drawing import Drawer, Drawing
from nodes.diffusion.text.language import PICTURE, LanguageTextEncoder, Looked, with_pictures
from nodes.diffusion.types import ClipHandle, Encoded, FindEmbedding, Text, TextEncoder
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.vision.gemma import SOFT, find_gemma_eyes, load_gemma_eyes, seeing_masks
from nodes.diffusion.vision.qwen import find_eyes, load_eyes
from nodes.diffusion.vision.qwen3 import load_qwen3_eyes

WRITERS = "language"
"""The architecture of handles of language models that write: those that read for a diffusion model lack layers."""
OnToken = Callable[[int], None]
"""Called after each token with how many there are; what it raises ends the text."""


@dataclass(frozen=True, eq=False)
class Request:
    """What is to be written.

    Attributes:
        prompt: what is asked.
        length: how many tokens there are at most.
        drawing: how tokens are drawn; None takes the likeliest.
        system: how to answer; empty for what is usual.
        pictures: what the model looks at: each (1, height, width, channels) in 0..1.
        is_chat: whether the model is asked in a conversation, as it was trained; else it goes on with the prompt.
        thinks: whether it may think before it answers, where it can.
    """

    prompt: str
    length: int = 512
    drawing: Drawing | None = None
    system: str = ""
    pictures: Sequence[Tensor] = ()
    is_chat: bool = True
    thinks: bool = False


@dataclass(frozen=True)
class LanguageWriter:
    """A language model with all of its layers; it reads prompts as well, see `nodes.diffusion.types.TextEncoder`.

    Attributes:
        encoder: its layers, with its vocabulary.
        head: from the last layer to scores of tokens; None where its token vectors serve for it.
    """

    encoder: LanguageTextEncoder
    head: nn.Module | None

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return self.encoder.parts

    @property
    def chat(self) -> Chat:
        """How it is asked."""
        return CHATS[self.encoder.name]

    def encode(
        self, text: Text, *, stop_at_layer: int | None = None, find_embedding: FindEmbedding | None = None
    ) -> Encoded:
        """Encode a prompt: what its last layer makes of it."""
        return self.encoder.encode(text, stop_at_layer=stop_at_layer, find_embedding=find_embedding)

    @torch.no_grad()
    def go_on(
        self, text: str, length: int, drawing: Drawing | None, on_token: OnToken, seen: Sequence[Looked] = ()
    ) -> list[int]:
        """The tokens that follow a text, up to a mark at which answers end.

        Args:
            text: has a mark where each picture stands.
            length: how many tokens there are at most.
            drawing: how they are drawn; None takes the likeliest.
            on_token: called after each.
            seen: the pictures.

        Raises:
            DiffusionError: there is no text.
        """
        network: Any = self.encoder.network
        tokens = self.encoder.vocabulary.ids(text)
        if not tokens:
            raise DiffusionError("There is no text to go on with: give a prompt.")
        begun = len(tokens)
        vectors, places, more = self._opening(tokens, seen)
        stops, drawer, cache = self._stops(), Drawer(drawing), None
        while len(tokens) - begun < length:
            output: Any = network(
                inputs_embeds=vectors[None], position_ids=places, past_key_values=cache, use_cache=True, **more
            )
            token = drawer.choose(self._scores(output.last_hidden_state[0, -1]), tokens)
            if token in stops:
                break
            tokens.append(token)
            on_token(len(tokens) - begun)
            cache, more = output.past_key_values, {}
            vectors = network.embed_tokens(torch.tensor([token], device=self.encoder.device))
            places = torch.full_like(places[..., :1], int(places.max()) + 1)
        return tokens[begun:]

    def _opening(self, tokens: Sequence[int], seen: Sequence[Looked]) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """The vectors (tokens, width) of a text with pictures in it, their places, and what else the network wants."""
        network: Any = self.encoder.network
        device, kind = self.encoder.device, self.encoder.name
        vectors = network.embed_tokens(torch.tensor(tokens, dtype=torch.long, device=device))
        if not seen:
            return vectors, torch.arange(len(tokens), device=device)[None], {}
        mark = self.encoder.vocabulary.mark(SIGHTS[kind].mark)
        marks = [token == mark for token in tokens]
        among, places = with_pictures(vectors, marks, seen)
        if kind == GEMMA3.name:
            masks = seeing_masks(marks, seen, network.config.sliding_window, vectors)
            return among, torch.arange(len(among), device=device)[None], {"attention_mask": masks}
        more = {} if kind == QWEN25.name else _deeper(marks, seen, device)
        return among, places[:, None].to(device), more

    def _stops(self) -> set[int]:
        numbers = (self.encoder.vocabulary.mark(stop) for stop in self.chat.stops)
        return {number for number in numbers if number is not None}

    def _scores(self, hidden: Tensor) -> Tensor:
        """What a result of the last layer (width,) says of each token (words,)."""
        network: Any = self.encoder.network
        weight: Tensor = (self.head or network.embed_tokens).weight  # type: ignore[assignment]  # of a linear layer
        scores = functional.linear(hidden.to(weight.device), weight.to(hidden.dtype)).float()
        bound = getattr(network.config, "final_logit_softcapping", None)  # Gemma 2's scores stay within bounds
        return scores if bound is None else (scores / bound).tanh() * bound


@dataclass(frozen=True)
class Sight:
    """How a kind of language model sees.

    Attributes:
        mark: what stands for a picture in a text.
        find: gives the weights of the part that sees; None where it was left out.
        load: builds that part: something with a method `look`.
    """

    mark: str
    find: Callable[[Contents], View | None]
    load: Callable[[View, Placement], Any]


SIGHTS: Mapping[str, Sight] = {
    QWEN25.name: Sight(PICTURE, find_eyes, load_eyes),
    QWEN3_VL.name: Sight(PICTURE, find_eyes, load_qwen3_eyes),
    GEMMA3.name: Sight(SOFT, find_gemma_eyes, load_gemma_eyes),
}
"""By the kind of model; others see nothing."""


class Models(Networks, Protocol):
    """Keeps networks; see `nodes.diffusion.models.ModelRegistry`."""

    def use_clip(self, handle: ClipHandle) -> AbstractContextManager[TextEncoder]:
        """The text encoder behind a handle."""
        ...


def writer_of(clip: ClipHandle) -> ClipHandle:
    """The language model among text encoders, as one that writes, with the patches of the handle.

    Raises:
        DiffusionError: there is none among them.
    """
    for source in (clip.source, *clip.source.others):
        if find_language(open_contents(source.path)):
            return ClipHandle(replace(source, architecture=WRITERS, others=()), clip.patches)
    raise DiffusionError(
        f"{clip.source.names} cannot write: it holds no language model. Load one that answers, such as Qwen3 or Gemma, "
        "with CLIPLoader."
    )


def write(models: Models, clip: ClipHandle, request: Request, on_token: OnToken = lambda count: None) -> str:
    """What a language model answers.

    Args:
        models: keeps it.
        clip: names it, alone or among the text encoders of a diffusion model.
        request: what is asked.
        on_token: called after each token with how many there are; what it raises ends the text.

    Raises:
        DiffusionError: the text encoder cannot write, or not look at pictures.
        ModelError: it cannot be loaded.
    """
    handle = writer_of(clip)
    seen = _looked(models, handle, request.pictures)
    with models.use_clip(handle) as writer:
        assert isinstance(writer, LanguageWriter)  # what handles of this architecture name
        text = _opening_of(writer.chat, request)
        numbers = writer.go_on(text, request.length, request.drawing, on_token, seen)
        return writer.encoder.vocabulary.text(numbers)


def parted(text: str, opening: str = "") -> tuple[str, str]:
    """An answer without the thoughts that it begins with, and those thoughts, which may be cut off.

    Args:
        text: what a model wrote.
        opening: what it went on with, which may have begun the thoughts.
    """
    begin, end = "<think>", "</think>"
    if not text.lstrip().startswith(begin) and not opening.rstrip().endswith(begin):
        return text.strip(), ""
    thoughts, _, answer = text.partition(end)
    return answer.strip(), thoughts.replace(begin, "", 1).strip()


def _deeper(marks: Sequence[bool], seen: Sequence[Looked], device: torch.device) -> dict[str, Any]:
    """What Qwen3-VL adds to the results of its first layers: where pictures are, and what deeper layers saw there."""
    sizes = iter(seen)
    lengths = torch.tensor([len(next(sizes).tokens) if is_picture else 1 for is_picture in marks])
    layers = zip(*(each.deeper for each in seen), strict=True)
    return {
        "visual_pos_masks": torch.tensor(marks).repeat_interleave(lengths)[None].to(device),
        "deepstack_visual_embeds": [torch.cat(each).to(device) for each in layers],
    }


def _opening_of(chat: Chat, request: Request) -> str:
    if request.is_chat:
        return chat.asked(request.prompt, request.system, pictures=len(request.pictures), thinks=request.thinks)
    return chat.start + chat.picture * len(request.pictures) + request.prompt


def _looked(models: Networks, writer: ClipHandle, pictures: Sequence[Tensor]) -> list[Looked]:
    """The pictures as the model sees them.

    Raises:
        DiffusionError: it sees nothing.
    """
    if not pictures:
        return []
    source = writer.source
    contents = open_contents(source.path)
    sight = next((SIGHTS[name] for name in find_language(contents) if name in SIGHTS), None)
    eyes = sight.find(contents) if sight is not None else None
    if sight is None or eyes is None:
        raise DiffusionError(
            f"{source.path.name} cannot look at pictures; load a whole Qwen2.5-VL, Qwen3-VL or Gemma 3, or take the "
            "picture away."
        )
    key = ("eyes", source.digest or str(source.path))
    with models.use_other(key, source.path.name, eyes.size, lambda place: sight.load(eyes, place)) as seeing:
        return [seeing.look(each) for each in pictures]
