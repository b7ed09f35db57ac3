"""Noise: the seed decides, on the CPU, for the whole batch."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.noise import independent_noise, initial_noise, next_seed

SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS)
def test_initial_noise_is_one_draw_of_torch(seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        wanted = torch.randn(3, 4, 8, 8)
    assert torch.equal(initial_noise((3, 4, 8, 8), seed), wanted)


def test_the_numbers_of_seed_zero_are_the_known_ones() -> None:
    known = torch.tensor([1.5410, -0.2934, -2.1788])
    assert torch.allclose(initial_noise((1, 1, 1, 3), 0).flatten(), known, atol=1e-4)


@given(SEEDS, st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_items_take_their_noise_from_the_batch_they_belong_to(seed: int, batch_index: list[int]) -> None:
    whole = initial_noise((6, 4, 8, 8), seed)
    found = initial_noise((len(batch_index), 4, 8, 8), seed, batch_index)
    assert torch.equal(found, whole[batch_index])


def test_steps_draw_one_after_the_other_from_the_next_seed() -> None:
    x, sigma = torch.zeros(2, 4, 8, 8), torch.tensor(1.0)
    noise = independent_noise(x, 41, torch.tensor([1.0, 0.0]))
    generator = torch.Generator().manual_seed(42)
    for _ in range(3):
        assert torch.equal(noise(sigma, sigma), torch.randn(x.shape, generator=generator))


def test_noise_leaves_the_global_generator_alone() -> None:
    state = torch.random.get_rng_state()
    initial_noise((1, 4, 8, 8), 5)
    independent_noise(torch.zeros(1, 4, 8, 8), 5, torch.zeros(1))(torch.tensor(1.0), torch.tensor(0.5))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_highest_seed_is_followed_by_zero() -> None:
    assert next_seed(2**64 - 1) == 0
    assert torch.isfinite(independent_noise(torch.zeros(1), 2**64 - 1, torch.zeros(1))(torch.ones(1), torch.ones(1)))
