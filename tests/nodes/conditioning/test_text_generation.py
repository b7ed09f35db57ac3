"""The node that lets a language model write."""

from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from graph.context import Context
from graph.errors import Cancelled
from nodes.conditioning.text_generation import Drawn, Likeliest, generate_text
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.models.loaders import load_clip
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import seeded
from tests.nodes.diffusion.text.test_generation import KINDS, talkative
from tests.nodes.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("writing"))
    folder = house.folder / "text_encoders"
    folder.mkdir(parents=True)
    for kind, tied in (("qwen3", "lm_head.weight"), ("qwen2.5", "")):
        state = seeded(1, lambda kind=kind: talkative(KINDS[kind]())).state_dict()
        save_file({key: value.clone() for key, value in state.items() if key != tied}, folder / f"{kind}.safetensors")
        write_language_vocabulary(house.folder / "tokenizers" / kind)
    return house


def ask(house: House, ctx: Context | None = None, **inputs: Any) -> Any:
    """The node's answer, with eight tokens."""
    file = inputs.pop("file", "qwen3.safetensors")
    clip = load_clip(file, inputs.pop("type", "lumina2"), **house.files)
    wanted = {"prompt": "a cat", "max_length": 8, "sampling_mode": Likeliest(), **inputs}
    return generate_text(clip, **wanted, models=house.models, ctx=ctx or Context())


def test_a_text_encoder_of_any_type_writes_the_same(house: House) -> None:
    texts = {kind: ask(house, type=kind).generated_text for kind in ("lumina2", "flux2", "ltxv", "ideogram4")}
    assert len(set(texts.values())) == 1
    assert texts["ltxv"]


def test_settings_reach_the_model(house: House) -> None:
    plain = ask(house)
    drawn = [ask(house, sampling_mode=Drawn(temperature=2.0, seed=seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert ask(house, system_prompt="Be brief.") != plain
    assert ask(house, use_default_template=False) != plain
    assert ask(house, use_default_template=False, system_prompt="Be brief.") == ask(house, use_default_template=False)
    assert ask(house, thinking=True) != plain


def test_a_penalty_of_nothing_is_refused(house: House) -> None:
    with pytest.raises(DiffusionError, match="repetition_penalty must be above 0"):
        ask(house, sampling_mode=Drawn(repetition_penalty=0.0))


def test_it_looks_at_pictures_and_at_one_frame_a_second(house: House) -> None:
    frames = torch.rand(49, 56, 56, 3, generator=torch.Generator().manual_seed(0))
    three = frames[::24]
    of_qwen = {"file": "qwen2.5.safetensors", "type": "qwen_image"}
    alone = [ask(house, **of_qwen, image=each) for each in three.split(1)]
    assert len({each.generated_text for each in alone}) > 1
    seen = ask(house, **of_qwen, image=three)
    assert seen not in alone
    assert ask(house, **of_qwen, images={"image_0": three[:1], "image_1": three[1:]}) == seen
    assert ask(house, **of_qwen, video=frames) == seen


def test_progress_is_told_for_each_token_and_a_job_is_cancelled_between_two(house: House) -> None:
    told: list[tuple[float, float]] = []
    ask(house, Context(report=lambda value, maximum, preview: told.append((value, maximum))))
    assert told == [(float(count), 8.0) for count in range(1, 9)]
    with pytest.raises(Cancelled):
        ask(house, Context(report=lambda *_: None, is_cancelled=lambda: len(told) > 3))


def test_a_type_without_a_family_here_takes_language_models_only(house: House) -> None:
    save_file(
        {"encoder.layers.0.mlp.fc1.weight": torch.zeros(2, 2)}, house.folder / "text_encoders" / "other.safetensors"
    )
    with pytest.raises(UnsupportedModel, match="belong to models that cannot be loaded here"):
        load_clip("other.safetensors", "ideogram4", **house.files)
