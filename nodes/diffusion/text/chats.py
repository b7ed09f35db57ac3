"""What a conversation looks like to each kind of language model, as it was trained to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

PROMPT = "{}"
"""Where a template has its text."""


@dataclass(frozen=True)
class Chat:
    """How one kind of language model is asked.

    Attributes:
        request: around what is asked, up to where the answer begins.
        stops: marks at which an answer ends.
        start: before everything.
        system: around what says how to answer, before the request; or inside of it, before what is asked.
        is_inside: whether it is inside of the request.
        usual: how to answer, where nobody says it.
        unthinking: what begins an answer without thoughts.
        picture: stands for each picture, before what is asked.
    """

    request: str
    stops: tuple[str, ...]
    start: str = ""
    system: str = PROMPT
    is_inside: bool = False
    usual: str = ""
    unthinking: str = ""
    picture: str = ""

    def asked(self, prompt: str, system: str = "", *, pictures: int = 0, thinks: bool = False) -> str:
        """The conversation up to where the answer begins.

        Args:
            prompt: what is asked.
            system: how to answer; empty for the usual.
            pictures: how many are shown.
            thinks: whether an answer may begin with thoughts.
        """
        told = self.system.replace(PROMPT, system or self.usual) if system or self.usual else ""
        inner = self.picture * pictures + prompt
        request = self.request.replace(PROMPT, told + inner if self.is_inside else inner)
        answer = "" if thinks else self.unthinking
        return self.start + ("" if self.is_inside else told) + request + answer


_QWEN = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
_QWEN_SYSTEM = "<|im_start|>system\n{}<|im_end|>\n"
_QWEN_STOPS = ("<|im_end|>", "<|endoftext|>")
_QWEN_PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
_GEMMA = Chat(
    "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
    ("<end_of_turn>", "<eos>"),
    start="<bos>",
    system="{}\n\n",
    is_inside=True,
)
_LLAMA_TURN = "<|start_header_id|>{role}<|end_header_id|>\n\n"
_LLAMA = Chat(
    _LLAMA_TURN.format(role="user") + "{}<|eot_id|>" + _LLAMA_TURN.format(role="assistant"),
    ("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>"),
    start="<|begin_of_text|>",
    system=_LLAMA_TURN.format(role="system") + "{}<|eot_id|>",
)
CHATS: Mapping[str, Chat] = {
    "qwen3": Chat(_QWEN, _QWEN_STOPS, system=_QWEN_SYSTEM, unthinking="<think>\n\n</think>\n\n"),
    "qwen3_vl": Chat(_QWEN, _QWEN_STOPS, system=_QWEN_SYSTEM, picture=_QWEN_PICTURE),
    "qwen2.5": Chat(
        _QWEN,
        _QWEN_STOPS,
        system=_QWEN_SYSTEM,
        usual="You are a helpful assistant.",
        picture=_QWEN_PICTURE,
    ),
    "mistral": Chat("[INST]{}[/INST]", ("</s>",), start="<s>", system="[SYSTEM_PROMPT]{}[/SYSTEM_PROMPT]"),
    "gemma2": _GEMMA,
    "gemma3": replace(_GEMMA, picture="\n\n<start_of_image><image_soft_token><end_of_image>\n\n"),
    "llama3": _LLAMA,
    "llava": _LLAMA,
}
"""By the name of the kind, as `families.language_text` calls it."""
