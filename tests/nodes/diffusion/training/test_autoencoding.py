"""The autoencoder's losses depend on the step alone, and training lowers them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nodes.diffusion.training.autoencoding import (
    AutoencodingSettings,
    autoencoding_loss,
    decoding_loss,
    draw_crops,
    peak_signal_to_noise,
    reconstruction_loss,
)
from nodes.diffusion.training.loop import LoopSettings, Schedule, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates
from nodes.diffusion.training.scenes import render

SETTINGS = AutoencodingSettings(steps=20, batch=4, crop=32)


@pytest.fixture(scope="module")
def pixels():
    return np.stack([np.asarray(render(seed, 64, 64).image) for seed in range(6)])


@pytest.mark.parametrize("make_loss", [autoencoding_loss, decoding_loss])
def test_the_loss_is_a_function_of_the_step(autoencoder, pixels, make_loss):
    loss_at = make_loss(autoencoder, pixels, SETTINGS)
    assert torch.equal(loss_at(3), loss_at(3))
    assert not torch.equal(loss_at(3), loss_at(5))


def test_training_brings_pictures_nearer(autoencoder, pixels):
    before = peak_signal_to_noise(autoencoder, pixels)
    parameters = dict(autoencoder.named_parameters())
    state = TrainingState(parameters, MuonAdam(parameters, Rates(muon=0.01)))
    loss_at = autoencoding_loss(autoencoder, pixels, SETTINGS)
    train(state, loss_at, LoopSettings(Schedule(SETTINGS.steps, warmup_steps=3)))
    assert peak_signal_to_noise(autoencoder, pixels) > before + 1


def test_crops_keep_to_the_grid_of_latents(pixels):
    settings = replace(SETTINGS, recoloured=0.0, crop=16)
    crops = draw_crops(pixels, settings, False, np.random.default_rng(0))
    corners = [(i, y, x) for i in range(6) for y in range(0, 49, 8) for x in range(0, 49, 8)]
    for crop in crops:
        assert any((pixels[i, y : y + 16, x : x + 16] == crop).all() for i, y, x in corners)


def test_whole_pictures_come_a_quarter_as_many(pixels):
    assert draw_crops(pixels, SETTINGS, True, np.random.default_rng(0)).shape == (1, 64, 64, 3)


def test_an_even_error_has_no_gradient():
    assert reconstruction_loss(torch.full((1, 3, 8, 8), 0.25), 10.0).item() == pytest.approx(0.25)
