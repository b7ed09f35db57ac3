"""Which tokens may be drawn, and how likely: held against the processors of transformers."""

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from nodes.diffusion.text.drawing import Drawer, Drawing, probabilities

SCORES = 3 * torch.randn(200, generator=torch.Generator().manual_seed(0))
TEXT = [3, 5, 5, 199]


@pytest.mark.parametrize(
    "drawing",
    [
        Drawing(),
        Drawing(temperature=1.6, top_k=0, top_p=0.5, min_p=0.0, repetition_penalty=1.3),
        Drawing(temperature=0.3, top_k=5, top_p=1.0, min_p=0.2, repetition_penalty=0.8),
        Drawing(top_k=1000, top_p=0.0, min_p=1.0),
    ],
    ids=str,
)
def test_tokens_are_as_likely_as_with_transformers(drawing: Drawing) -> None:
    steps = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(drawing.repetition_penalty)])
    steps.append(TemperatureLogitsWarper(drawing.temperature))
    if drawing.top_k:
        steps.append(TopKLogitsWarper(drawing.top_k))
    steps.append(TopPLogitsWarper(drawing.top_p))
    steps.append(MinPLogitsWarper(drawing.min_p))
    wanted = steps(torch.tensor([TEXT]), SCORES[None].clone())[0].softmax(0)
    assert torch.allclose(probabilities(SCORES, TEXT, drawing), wanted, atol=1e-6)


def test_what_is_present_loses_its_penalty() -> None:
    free = Drawing(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0)
    plain = probabilities(SCORES, TEXT, free)
    less = probabilities(SCORES, TEXT, Drawing(**{**free.__dict__, "presence_penalty": 2.0}))
    ratio = (less / plain) / (less[0] / plain[0])
    assert ratio[TEXT].tolist() == pytest.approx([torch.tensor(-2.0).exp().item()] * 4, rel=1e-4)
    assert ratio[7].item() == pytest.approx(1.0, rel=1e-4)


def test_a_seed_draws_the_same_and_drawn_tokens_are_as_frequent_as_they_are_likely() -> None:
    def drawn(seed: int, count: int) -> list[int]:
        drawer = Drawer(Drawing(seed, temperature=2.0, top_k=3))
        return [drawer.choose(SCORES, []) for _ in range(count)]

    assert drawn(1, 30) == drawn(1, 30) != drawn(2, 30)
    chances = probabilities(SCORES, [], Drawing(temperature=2.0, top_k=3))
    found = torch.bincount(torch.tensor(drawn(1, 2000)), minlength=200) / 2000
    assert torch.allclose(found, chances, atol=0.05)


def test_without_a_drawing_the_likeliest_is_taken() -> None:
    assert Drawer(None).choose(SCORES, TEXT) == int(SCORES.argmax())
