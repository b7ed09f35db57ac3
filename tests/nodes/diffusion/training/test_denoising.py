"""The loss of the denoiser depends on the step alone, and training lowers it."""

import torch

from nodes.diffusion.training.denoising import (
    DenoisingSettings,
    denoising_loss,
    draw_noise,
    errors_by_noise,
    shares_at,
    tokenise,
)
from nodes.diffusion.training.latents import BatchSettings
from nodes.diffusion.training.loop import LoopSettings, Schedule, TrainingState, train
from nodes.diffusion.training.objective import Objective
from nodes.diffusion.training.optimiser import MuonAdam, Rates

SETTINGS = DenoisingSettings(batches=BatchSettings(size=32))


def test_the_loss_is_a_function_of_the_step(denoiser, tokenizer, square_latents):
    loss_at = denoising_loss(denoiser, tokenizer, [square_latents], SETTINGS)
    assert torch.equal(loss_at(5), loss_at(5))
    assert not torch.equal(loss_at(5), loss_at(6))


def test_training_lowers_the_error_of_the_clean_latent(denoiser, tokenizer, square_latents):
    before = errors_by_noise(denoiser, tokenizer, square_latents, Objective())
    parameters = denoiser.parameters()
    state = TrainingState(parameters, MuonAdam(parameters, Rates(), denoiser.adam_only()))
    loss_at = denoising_loss(denoiser, tokenizer, [square_latents], SETTINGS)
    train(state, loss_at, LoopSettings(Schedule(steps=20, warmup_steps=5)))
    after = errors_by_noise(denoiser, tokenizer, square_latents, Objective())
    assert sum(after) < 0.8 * sum(before)


def test_sets_other_than_the_first_wait_for_their_step():
    settings = DenoisingSettings(shares={"tall": 0.1, "figures": 0.3}, shares_from=100)
    names = ["square", "wide", "tall", "figures"]
    assert shares_at(99, names, settings) == [1.0, 0.0, 0.0, 0.0]
    torch.testing.assert_close(shares_at(100, names, settings), [0.6, 0.0, 0.1, 0.3])
    assert shares_at(100, ["square"], settings) == [1.0]


def test_prompts_fill_the_context(tokenizer):
    assert tokenise(tokenizer, ["a red circle", "", "red " * 200]).shape == (3, 77)


def test_shifted_noise_is_white_noise_plus_a_constant_for_each_channel():
    shape = torch.Size((200, 4, 8, 8))
    white = draw_noise(shape, 0.0, torch.Generator().manual_seed(0))
    shifted = draw_noise(shape, 0.5, torch.Generator().manual_seed(0))
    shift = shifted - white
    torch.testing.assert_close(shift, shift.mean((2, 3), keepdim=True).expand(shape), atol=1e-5, rtol=0)
    assert 0.45 < shift.std() < 0.55
