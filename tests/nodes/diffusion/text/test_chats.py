"""Conversations as the published chat templates write them."""

import pytest

from nodes.diffusion.families.language_text import KINDS
from nodes.diffusion.text.chats import CHATS

ASKED = {
    "qwen3": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    "qwen3_vl": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "qwen2.5": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
    "<|im_start|>assistant\n",
    "mistral": "<s>[INST]Hi[/INST]",
    "gemma2": "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
    "llama3": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n",
}


@pytest.mark.parametrize("kind", ASKED)
def test_a_question_is_asked_as_the_model_was_trained(kind: str) -> None:
    assert CHATS[kind].asked("Hi") == ASKED[kind]


def test_every_language_model_that_reads_can_be_asked() -> None:
    assert KINDS.keys() <= CHATS.keys()


def test_a_model_that_may_think_begins_its_answer_itself() -> None:
    assert CHATS["qwen3"].asked("Hi", thinks=True).endswith("<|im_start|>assistant\n")


def test_how_to_answer_stands_before_the_question() -> None:
    told = {kind: chat.asked("Hi", "Be brief.") for kind, chat in CHATS.items()}
    assert told["qwen2.5"].startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi")
    assert told["mistral"] == "<s>[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][INST]Hi[/INST]"
    assert told["gemma2"].startswith("<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>")
    assert "system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user" in told["llama3"]


def test_pictures_stand_before_the_question() -> None:
    place = "<|vision_start|><|image_pad|><|vision_end|>"
    assert f"user\n{place}{place}Hi" in CHATS["qwen2.5"].asked("Hi", pictures=2)
