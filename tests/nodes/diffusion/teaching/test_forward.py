"""The forward process: the closed form and the chain are one distribution."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.teaching.forward import NoiseTable, diffuse, diffuse_stepwise, written

TABLE = NoiseTable.of(torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2)
TIMESTEPS = (0, 250, 500, 750, 999)


@pytest.mark.parametrize("level", [-1.0, 0.4])
def test_both_ways_agree_in_mean_and_deviation_at_every_timestep(level: float) -> None:
    x = torch.full((1, 100, 200, 1), level)
    count = x.numel()
    formula = diffuse(x, TABLE, TIMESTEPS, initial_noise(x.shape, 1)).double()
    chain = diffuse_stepwise(x, TABLE, TIMESTEPS, 2).double()
    for number, timestep in enumerate(TIMESTEPS):
        alpha_bar = float(TABLE.alpha_bar[timestep])
        for found in (formula[number], chain[number]):
            deviation = (1 - alpha_bar) ** 0.5
            assert abs(float(found.mean()) - alpha_bar**0.5 * level) < 5 * deviation / count**0.5
            assert float(found.std()) == pytest.approx(deviation, rel=0.03)


def test_the_closed_form_is_the_formula_of_the_paper() -> None:
    x, noise = torch.tensor([[0.5]]), torch.tensor([[2.0]])
    alpha_bar = float(TABLE.alpha_bar[250])
    assert float(diffuse(x, TABLE, [250], noise)) == pytest.approx(alpha_bar**0.5 * 0.5 + (1 - alpha_bar) ** 0.5 * 2.0)


def test_snr_and_sigma_follow_from_alpha_bar() -> None:
    assert torch.allclose(TABLE.snr * TABLE.sigma**2, torch.ones(1000, dtype=torch.float64))
    assert bool((TABLE.alpha_bar.diff() < 0).all())
    assert float(TABLE.sigma[-1]) == pytest.approx(14.6146, rel=1e-4)


def test_the_chain_gives_timesteps_in_the_order_asked_for() -> None:
    x = torch.ones(1, 4)
    there, back = (diffuse_stepwise(x, TABLE, order, 3) for order in ((5, 2), (2, 5)))
    assert torch.equal(there, back.flip(0))


def test_a_timestep_that_is_not_there_is_named() -> None:
    with pytest.raises(DiffusionError, match="1000 is not among 0 to 999"):
        diffuse(torch.ones(1, 4), TABLE, [1000], torch.ones(1, 4))


def test_the_table_has_a_row_for_each_timestep() -> None:
    lines = written(TABLE, TIMESTEPS).splitlines()
    assert len(lines) == 2 + len(TIMESTEPS)
    assert lines[2].startswith("| 0 | 0.00085 | 0.99915 |")
