"""The forward process and the weighting against their definitions."""

import pytest
import torch

from nodes.diffusion.training.objective import NoiseSchedule, Objective, stratified_timesteps


def test_jump_to_a_step_has_the_statistics_of_the_chain():
    schedule = NoiseSchedule(steps=60, beta_start=0.001, beta_end=0.05)
    generator = torch.Generator().manual_seed(0)
    x0 = torch.tensor([2.0, -1.0]).repeat(50_000, 1)
    x = x0.clone()
    for beta in schedule.betas().float():
        x = (1 - beta).sqrt() * x + beta.sqrt() * torch.randn(x.shape, generator=generator)
    abar = schedule.alphas_cumprod()[-1]
    torch.testing.assert_close(x.mean(0), abar.sqrt() * x0[0], atol=0.02, rtol=0)
    torch.testing.assert_close(x.var(0), (1 - abar).expand(2), atol=0.02, rtol=0)


def test_noise_table_is_that_of_stable_diffusion():
    abar = NoiseSchedule().alphas_cumprod()
    sigmas = ((1 - abar) / abar).sqrt()
    assert sigmas[0].item() == pytest.approx(0.0292, abs=1e-4)
    assert sigmas[-1].item() == pytest.approx(14.6146, abs=1e-3)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_the_right_answer_has_no_loss_and_implies_the_clean_latent(prediction):
    objective = Objective(prediction=prediction)
    x0, noise = torch.randn(8, 4, 2, 2), torch.randn(8, 4, 2, 2)
    timesteps = torch.arange(8) * 100
    xt = objective.add_noise(x0, noise, timesteps)
    answer = objective.target(x0, noise, timesteps)
    assert objective.loss(answer, x0, noise, timesteps) == 0
    torch.testing.assert_close(objective.predicted_x0(xt, answer, timesteps), x0, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("power", [1.0, 0.5])
def test_weight_is_that_of_the_error_of_the_clean_latent(prediction, power):
    objective = Objective(prediction=prediction, power=power)
    x0, noise = torch.randn(5, 4, 2, 2), torch.randn(5, 4, 2, 2)
    timesteps = torch.tensor([50, 250, 500, 750, 950])
    wrong = objective.target(x0, noise, timesteps) + 0.01
    xt = objective.add_noise(x0, noise, timesteps)
    error = (objective.predicted_x0(xt, wrong, timesteps) - x0).square().mean((1, 2, 3))
    expected = (objective.snr(timesteps).clamp(max=5) ** power * error).mean()
    torch.testing.assert_close(objective.loss(wrong, x0, noise, timesteps), expected, rtol=1e-3, atol=0)


def test_power_one_is_min_snr():
    timesteps = torch.arange(1000)
    objective = Objective(power=1.0)
    snr = objective.snr(timesteps)
    torch.testing.assert_close(objective.weight(timesteps), torch.minimum(snr, torch.tensor(5.0)) / snr)


def test_each_part_of_the_chain_gets_one_timestep():
    timesteps = stratified_timesteps(50, 1000, torch.Generator().manual_seed(3))
    assert sorted((timesteps // 20).tolist()) == list(range(50))
    assert timesteps.tolist() != sorted(timesteps.tolist())
