"""Calls and steps are left out where their answer would hardly differ, and only there."""

from typing import Any

import pytest
import torch

from graph.context import Context
from nodes.diffusion.effects.base import Asked
from nodes.diffusion.effects.caching import Drift, EasyCache, LazyCache, thinned
from nodes.diffusion.guidance.calls import PART
from nodes.models.model_patches import perturbed_attention
from nodes.models.saving_work import easy_cache, lazy_cache
from nodes.sampling.denoising import ksampler
from tests.nodes.diffusion.effects.runs import TEXTS, run

NUMBERS = {"threshold": 0.2, "start": 0.15, "end": 0.95, "is_verbose": False}
SIGMAS = torch.linspace(1, 0.02, 40).tolist()
PARTS = torch.tensor([[3, 0], [3, 1], [8, 0], [8, 1]])
SHAPE = (4, 4, 16, 16)


def made(kind: Any = EasyCache, **changes: Any) -> Any:
    return kind({**NUMBERS, **changes}, None, lambda percent: 1 - percent)


def slowly(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """A network whose output changes a little faster than its input."""
    return torch.tanh(1.5 * x) + sigma


class Run:
    """A walk down the noise levels, counting calls."""

    def __init__(self, cache: EasyCache) -> None:
        self.cache, self.calls = cache, 0
        self.x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))

    def step(self, sigma: float, parts: torch.Tensor = PARTS, *, is_usual: bool = True) -> torch.Tensor:
        asked = Asked(self.x[: len(parts)], torch.zeros(1), torch.zeros(1), {PART: parts}, sigma, is_usual)
        return self.cache.around_call(self.called, asked)

    def called(self, asked: Asked) -> torch.Tensor:
        self.calls += 1
        return slowly(asked.x, asked.sigma)

    def walk(self) -> torch.Tensor:
        for sigma in SIGMAS:
            self.x = self.x - self.step(sigma) / 40
        return self.x


def published(threshold: float) -> tuple[torch.Tensor, int]:
    """The walk as Zhou et al. describe it, with the first part deciding and one place in 64 being compared."""
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    known: tuple[torch.Tensor, torch.Tensor, float] | None = None
    rate, total, skipped, offset = None, 0.0, 0, torch.zeros(())
    for sigma in SIGMAS:
        inside = 1 - 0.95 < sigma <= 1 - 0.15
        here = x[:2, ..., ::8, ::8].clone()
        if inside and known and rate is not None:
            total += rate * float((here - known[0]).abs().mean()) / known[2]
            if total < threshold:
                skipped += 1
                x = x - (x + offset) / 40
                continue
            total = 0.0
        output = slowly(x, sigma)
        if inside:
            there = output[:2, ..., ::8, ::8].clone()
            if known:
                rate = float((there - known[1]).abs().mean() / (here - known[0]).abs().mean())
            known = here, there, float(output.abs().mean())
        if sigma > 1 - 0.95:
            offset = output - x
        x = x - output / 40
    return x, skipped


@pytest.mark.parametrize("threshold", [0.0, 0.06, 0.2, 1.0])
def test_steps_are_left_out_as_published(threshold: float) -> None:
    run = Run(made(threshold=threshold))
    found, (wanted, skipped) = run.walk(), published(threshold)
    torch.testing.assert_close(found, wanted)
    assert run.calls == len(SIGMAS) - skipped == len(SIGMAS) - run.cache.skipped
    assert run.cache.notes() == (f"EasyCache skipped {skipped} of {len(SIGMAS)} steps.",)
    assert (skipped > 0) == (threshold > 0)


def warm(**changes: Any) -> Run:
    """A run that would leave out its next step."""
    run = Run(made(threshold=3.0, **changes))
    for sigma in (0.8, 0.79, 0.78):
        run.x = run.x - run.step(sigma) / 40
    assert run.cache.skipped == 1
    run.calls = 0
    return run


def test_a_part_that_is_not_known_is_computed() -> None:
    run = warm()
    found = run.step(0.77, torch.tensor([[3, 0], [3, 1], [9, 0], [9, 1]]))
    assert run.calls == 1
    torch.testing.assert_close(found, slowly(run.x, 0.77))


def test_another_size_is_computed() -> None:
    run = warm()
    run.x = torch.randn(4, 4, 17, 17)  # thinned, it looks alike
    assert thinned(run.x).shape != (4, 4, 2, 2)
    torch.testing.assert_close(run.step(0.77), slowly(run.x, 0.77))
    run.x = torch.randn(4, 4, 12, 16)
    torch.testing.assert_close(run.step(0.76), slowly(run.x, 0.76))


def test_parts_that_memory_has_divided_keep_their_own_offsets() -> None:
    run = warm()
    first, second = PARTS[:1], PARTS[1:2]
    run.step(0.77, first)
    assert run.calls == 1
    run.step(0.77, second)
    assert run.calls == 2


def test_parts_in_calls_of_their_own_follow_the_one_that_decides() -> None:
    run = Run(made(threshold=3.0))
    halves = PARTS[:2], PARTS[2:]
    for sigma in (0.8, 0.79, 0.78):
        for half in halves:
            run.step(sigma, half)
        run.x = run.x * 0.99
    assert (run.calls, run.cache.skipped, run.cache.steps) == (4, 1, 3)


def test_what_others_disturb_is_neither_left_out_nor_remembered() -> None:
    run = warm()
    torch.testing.assert_close(run.step(0.77, is_usual=False), slowly(run.x, 0.77))
    run.step(0.76)
    assert run.calls == 1


def test_nothing_is_left_out_after_the_end() -> None:
    run = warm()
    run.step(0.04)
    assert run.calls == 1


def test_a_drift_that_knows_nothing_is_not_small() -> None:
    drift = Drift(1.0)
    x = torch.zeros(1, 4, 8, 8)
    assert not drift.is_small(x)
    drift.note(x, x)
    assert not drift.is_small(x)
    drift.note(x, x + 1)  # the input did not move, so nothing is learned
    assert not drift.is_small(x)


def test_lazy_caching_adds_the_last_offset_of_guidance() -> None:
    cache = made(LazyCache, threshold=3.0)
    x, calls = torch.randn(1, 4, 16, 16), []

    def predict(noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        calls.append(float(sigma))
        return slowly(noisy, float(sigma))

    outputs = []
    for level in (0.9, 0.8, 0.7, 0.6):
        outputs.append((x, cache.around_guided(predict, x, torch.tensor(level))))
        x = x * 0.99
    assert calls == pytest.approx([0.9, 0.8])
    torch.testing.assert_close(outputs[2][1] - outputs[2][0], outputs[1][1] - outputs[1][0])
    assert cache.notes() == ("LazyCache skipped 2 of 4 steps.",)


@pytest.mark.parametrize("make", [easy_cache, lazy_cache])
def test_a_threshold_of_nought_gives_the_same_picture_and_a_run_leaves_nothing_behind(registry, handle, make) -> None:
    plain = run(registry, handle, steps=12)
    assert torch.equal(plain, run(registry, make(handle, 0.0), steps=12))
    saved = run(registry, make(handle, 3.0, 0.0, 1.0), steps=12)
    assert not torch.equal(plain, saved)
    assert torch.equal(plain, run(registry, handle, steps=12))


def test_guidance_by_a_disturbed_network_is_not_spoilt(registry, handle) -> None:
    both = perturbed_attention(easy_cache(handle, 0.0), 2.0)
    assert torch.equal(run(registry, both, steps=6), run(registry, perturbed_attention(handle, 2.0), steps=6))


def test_the_sampler_says_how_many_steps_were_left_out(registry, handle) -> None:
    context, texts = Context(), [[(each, {})] for each in TEXTS]
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    model = lazy_cache(handle, 3.0, 0.0, 1.0)
    ksampler(model, 3, 12, 4.0, "euler", "normal", *texts, latent, ctx=context, models=registry)
    (said,) = context.shown["text"]
    assert said.startswith("LazyCache skipped ")
    assert said.endswith(" of 12 steps.")
