"""Latents are stored, drawn in batches and mapped to colours."""

import numpy as np
import pytest
import torch

from nodes.diffusion.training.latents import (
    BatchSettings,
    LatentSet,
    draw_batch,
    encode,
    fit_rgb,
    read_latents,
    split,
    to_model_range,
    write_latents,
)
from nodes.diffusion.training.pictures import PictureSet


def test_the_same_step_draws_the_same_batch(square_latents):
    settings = BatchSettings(size=16)
    first, second = (draw_batch([square_latents], [1.0], settings, 3) for _ in range(2))
    assert torch.equal(first.x0, second.x0)
    assert first.captions == second.captions
    assert draw_batch([square_latents], [1.0], settings, 4).captions != first.captions


def test_larger_latents_come_in_smaller_batches():
    sizes = {(16, 16): 64, (16, 24): 43, (32, 32): 16}
    for (height, width), expected in sizes.items():
        assert LatentSet("some", torch.zeros(1, 4, height, width), [""]).batch_size(64) == expected


@pytest.mark.parametrize(("drop", "expected"), [(0.0, 0), (1.0, 1)])
def test_dropped_captions_are_empty(square_latents, drop, expected):
    batch = draw_batch([square_latents], [1.0], BatchSettings(size=8, drop=drop), 0)
    assert np.mean([caption == "" for caption in batch.captions]) == expected


def test_written_latents_are_read_back(square_latents, tmp_path):
    write_latents(square_latents.latents, square_latents.captions, "square", tmp_path)
    back = read_latents("square", tmp_path)
    assert torch.equal(back.latents, square_latents.latents)
    assert back.captions == square_latents.captions


def test_a_split_keeps_captions_beside_their_latents(square_latents):
    first, rest = split(square_latents, 2)
    assert torch.equal(torch.cat([first.latents, rest.latents]), square_latents.latents)
    assert first.captions + rest.captions == square_latents.captions


def test_pictures_are_encoded_eight_times_smaller(autoencoder):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 48, 3), np.uint8)
    assert encode(autoencoder.eval(), pixels, batch=2).shape == (3, 4, 4, 6)


def test_the_map_to_colours_is_found_exactly_where_it_is_linear():
    pixels = np.repeat(np.repeat(np.random.default_rng(0).integers(0, 256, (9, 2, 2, 3), np.uint8), 8, 1), 8, 2)
    colours = torch.nn.functional.avg_pool2d(to_model_range(pixels), 8)
    latents = torch.cat([colours * 2 + 1, torch.randn(9, 1, 2, 2)], 1)
    fitted = fit_rgb(latents, PictureSet(pixels, [], []))
    factors = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]]
    np.testing.assert_allclose(fitted["latent_rgb_factors"], factors, atol=1e-4)
    np.testing.assert_allclose(fitted["bias"], [-0.5] * 3, atol=1e-4)
