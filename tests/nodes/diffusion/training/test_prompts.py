"""Test prompts are new to the model, varied and always the same."""

from nodes.diffusion.training.dataset import PictureRange, draw, is_held_out
from nodes.diffusion.training.prompts import composed_prompts, scene_prompts, single_prompts


def test_lists_are_the_same_each_time():
    assert single_prompts(10) == single_prompts(10)
    assert composed_prompts(9) == composed_prompts(9)
    assert single_prompts(4) == single_prompts(10)[:4]


def test_composed_prompts_take_turns_between_count_relation_and_place():
    counted, related, placed = composed_prompts(3)
    assert len(counted.expectation.figures) > 1
    assert len(set(related.expectation.figures)) == 2
    assert placed.expectation.position


def test_prompts_name_what_they_expect():
    for prompt in single_prompts(20):
        ((colour, shape),) = prompt.expectation.figures
        assert colour in prompt.text
        assert shape in prompt.text
        assert f"{prompt.expectation.background} background" in prompt.text


def test_training_never_draws_a_held_out_combination():
    some = PictureRange("some", 10_000_000, 150, 16, 16)
    drawn = [draw(seed, some) for seed in some.seeds()]
    assert any(picture is None for picture in drawn)
    assert not any(is_held_out(picture.meta) for picture in drawn if picture)


def test_each_scene_prompt_has_an_expectation():
    assert all(prompt.expectation.looks or prompt.expectation.colours for prompt in scene_prompts())
