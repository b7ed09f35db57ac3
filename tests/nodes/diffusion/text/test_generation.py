"""Texts by tiny language models: greedy ones are those of transformers, drawn ones come again with their seed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.chats import CHATS
from nodes.diffusion.text.drawing import Drawing
from nodes.diffusion.text.generation import Request, parted, write, writer_of
from nodes.diffusion.types import ClipHandle, ModelSource, Patch
from nodes.diffusion.vision.qwen import Squares, squares_of
from nodes.diffusion.vision.qwen3 import HALF, LEAST_PIXELS, MOST_PIXELS
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import seeded
from tests.nodes.diffusion.spoken_originals import IS_LLAMA, LLAMA_POSITIONS

SIZES: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "bos_token_id": None,
    "eos_token_id": None,
    "initializer_range": 0.5,
}
PLAIN = {"rope_type": "default", "rope_theta": 1e6}
DEEPER = {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [6, 5, 5], "mrope_interleaved": True}
SEEING = {**PLAIN, "mrope_section": [16, 24, 24]}
VISION = {"depth": 2, "hidden_size": 64, "intermediate_size": 80, "out_hidden_size": 128, "fullatt_block_indexes": []}
IMAGE = torch.rand(1, 56, 84, 3, generator=torch.Generator().manual_seed(3))
SEEDS = {"qwen3_vl": 3}
"""Of random models that say nothing with the usual seed."""
MARK = 275
"""Where the test vocabulary has the mark of a picture."""


def seeing() -> Qwen2_5_VLForConditionalGeneration:
    text = {**SIZES, "hidden_size": 128, "num_attention_heads": 1, "rms_norm_eps": 1e-6, "rope_parameters": SEEING}
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(text_config=text, vision_config=VISION, image_token_id=MARK, tie_word_embeddings=False)
    )


def seeing_deeper() -> Qwen3VLForConditionalGeneration:
    text = {**SIZES, "head_dim": 32, "rms_norm_eps": 1e-6, "rope_parameters": DEEPER}
    vision = {
        "depth": 3,
        "hidden_size": 64,
        "intermediate_size": 80,
        "out_hidden_size": 64,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0, 1],
    }
    return Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(text_config=text, vision_config=vision, image_token_id=MARK, tie_word_embeddings=True)
    )


KINDS: dict[str, Callable[[], Any]] = {
    "qwen3": lambda: Qwen3ForCausalLM(
        Qwen3Config(**SIZES, head_dim=32, rms_norm_eps=1e-6, rope_parameters=PLAIN, tie_word_embeddings=True)
    ),
    "gemma2": lambda: Gemma2ForCausalLM(Gemma2Config(**SIZES, head_dim=256)),
    "llama3": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, head_dim=128, rms_norm_eps=1e-5, rope_parameters=LLAMA_POSITIONS)
    ),
    "mistral": lambda: MistralForCausalLM(
        MistralConfig(
            **SIZES,
            head_dim=128,
            rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 1e9},
            sliding_window=None,
        )
    ),
    "qwen2.5": seeing,
    "qwen3_vl": seeing_deeper,
}
VOCABULARIES = {"mistral": "mistral3", "qwen3_vl": "qwen3"}
"""What the vocabulary is called where it is not called as the kind."""


def talkative(network: Any) -> Any:
    """A network whose layers do more than its token vectors, so that it does not say the same again and again."""
    with torch.no_grad():
        network.get_input_embeddings().weight.mul_(0.1)
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.normal_()
    return network.eval()


class Shelf:
    """A registry over the files of tiny language models, and those models as transformers builds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = ModelRegistry("cpu", budget_bytes=1 << 30, precision="fp32")
        self.originals: dict[str, Any] = {}

    def clip(self, kind: str) -> ClipHandle:
        """A handle of a model, whose file is written when it is first asked for."""
        path = self.folder / "text_encoders" / f"{kind}.safetensors"
        if kind not in self.originals:
            self.originals[kind] = seeded(SEEDS.get(kind, 1), lambda: talkative(KINDS[kind]()))
            state = self.originals[kind].state_dict()
            tied = "lm_head.weight" if self.originals[kind].config.tie_word_embeddings else ""
            held = {key: value.clone().contiguous() for key, value in state.items() if key != tied}
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file(held, path, IS_LLAMA if kind == "llama3" else None)
            write_language_vocabulary(self.folder / "tokenizers" / VOCABULARIES.get(kind, kind))
        return ClipHandle(ModelSource(path, "clip", "any"))

    def write(self, kind: str, request: Request, **options: Any) -> str:
        """What a model answers."""
        return write(self.models, self.clip(kind), request, **options)

    @torch.no_grad()
    def theirs(self, kind: str, text: str, length: int, **inputs: Any) -> str:
        """What transformers' own `generate` goes on with."""
        clip = self.clip(kind)
        with self.models.use_clip(writer_of(clip)) as writer:
            vocabulary = writer.encoder.vocabulary
            stops = [number for stop in writer.chat.stops if (number := vocabulary.mark(stop)) is not None]
        ids = torch.tensor([inputs.pop("ids", None) or vocabulary.ids(text)])
        found = self.originals[kind].generate(
            ids, max_new_tokens=length, do_sample=False, eos_token_id=stops, pad_token_id=stops[0], **inputs
        )
        return vocabulary.text(found[0, ids.shape[1] :].tolist())


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("writers"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_likeliest_text_is_that_of_transformers(shelf: Shelf, kind: str) -> None:
    for prompt in ("a cat", "Describe a lighthouse."):
        ours = shelf.write(kind, Request(prompt, 16))
        assert ours == shelf.theirs(kind, CHATS[kind].asked(prompt), 16)
        assert len(set(ours)) > 1


def test_without_a_conversation_it_goes_on_with_the_prompt(shelf: Shelf) -> None:
    assert shelf.write("qwen3", Request("a cat", 12, is_chat=False)) == shelf.theirs("qwen3", "a cat", 12)
    assert shelf.write("gemma2", Request("a cat", 12, is_chat=False)) == shelf.theirs("gemma2", "<bos>a cat", 12)


def test_nothing_cannot_be_gone_on_with(shelf: Shelf) -> None:
    with pytest.raises(DiffusionError, match="no text to go on with"):
        shelf.write("qwen3", Request("", is_chat=False))


@pytest.mark.parametrize("kind", ["qwen2.5", "qwen3_vl"])
def test_a_picture_is_seen_as_transformers_sees_it(shelf: Shelf, kind: str) -> None:
    ours = shelf.write(kind, Request("What is it?", 12, pictures=[IMAGE]))
    prepared = Squares(HALF, HALF, LEAST_PIXELS, MOST_PIXELS)
    squares, rows, columns = squares_of(IMAGE, 14) if kind == "qwen2.5" else squares_of(IMAGE, 16, prepared)
    asked = CHATS[kind].asked("What is it?", pictures=1)
    with shelf.models.use_clip(writer_of(shelf.clip(kind))) as writer:
        ids = writer.encoder.vocabulary.ids(asked)
    assert ids.count(MARK) == 1
    at = ids.index(MARK)
    ids[at : at + 1] = [MARK] * (rows * columns // 4)
    seen = {
        "pixel_values": squares,
        "image_grid_thw": torch.tensor([[1, rows, columns]]),
        "mm_token_type_ids": (torch.tensor([ids]) == MARK).int(),
    }
    assert ours == shelf.theirs(kind, "", 12, ids=ids, **seen)
    assert len(set(ours)) > 1
    assert ours != shelf.write(kind, Request("What is it?", 12))
    both = shelf.write(kind, Request("What is it?", 12, pictures=[IMAGE, 1 - IMAGE]))
    assert both != ours


def test_a_model_that_does_not_see_says_so(shelf: Shelf) -> None:
    with pytest.raises(DiffusionError, match=r"qwen3\.safetensors cannot look at pictures"):
        shelf.write("qwen3", Request("What is it?", pictures=[IMAGE]))


def test_a_seed_writes_the_same_text_and_another_one_another(shelf: Shelf) -> None:
    texts = [shelf.write("qwen3", Request("a cat", 24, Drawing(seed, temperature=2.0))) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_it_tells_of_every_token_and_can_be_stopped_between_two(shelf: Shelf) -> None:
    told: list[int] = []
    shelf.write("mistral", Request("a cat", 6), on_token=told.append)
    assert told == [1, 2, 3, 4, 5, 6]

    def stop(count: int) -> None:
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shelf.write("mistral", Request("a cat", 6), on_token=stop)


def test_an_answer_ends_at_its_mark(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.clip("qwen3")
    asked = CHATS["qwen3"].asked("a cat")
    with shelf.models.use_clip(writer_of(shelf.clip("qwen3"))) as writer:
        tokens = writer.go_on(asked, 16, None, lambda count: None)
        monkeypatch.setattr(type(writer), "_stops", lambda self: {tokens[4]})
        assert writer.go_on(asked, 16, None, lambda count: None) == tokens[: tokens.index(tokens[4])]


def test_a_lora_changes_what_it_writes(shelf: Shelf, tmp_path: Path) -> None:
    clip = shelf.clip("qwen3")
    generator = torch.Generator().manual_seed(0)
    name = "text_encoder.layers.0.mlp.down_proj"
    down, up = torch.randn(4, 96, generator=generator), torch.randn(64, 4, generator=generator)
    save_file({f"{name}.lora_A.weight": down, f"{name}.lora_B.weight": up}, tmp_path / "lora.safetensors")
    changed = ClipHandle(clip.source, (Patch(tmp_path / "lora.safetensors", "lora", 1.0),))
    request = Request("a cat", 16)
    before = write(shelf.models, clip, request)
    assert write(shelf.models, changed, request) != before
    assert write(shelf.models, clip, request) == before


def test_text_encoders_without_a_language_model_cannot_write(tmp_path: Path) -> None:
    save_file({"encoder.block.0.layer.0.SelfAttention.q.weight": torch.zeros(2, 2)}, tmp_path / "t5.safetensors")
    clip = ClipHandle(ModelSource(tmp_path / "t5.safetensors", "clip", "flux"))
    with pytest.raises(DiffusionError, match=r"t5\.safetensors cannot write: it holds no language model"):
        writer_of(clip)


def test_thoughts_are_parted_from_the_answer() -> None:
    assert parted("<think>\nhm\n</think>\n\nYes.") == ("Yes.", "hm")
    assert parted(" Yes. ") == ("Yes.", "")
    assert parted("<think>hm, for ever") == ("", "hm, for ever")
    assert parted("hm</think>Yes.", "Well? <think>\n") == ("Yes.", "hm")
