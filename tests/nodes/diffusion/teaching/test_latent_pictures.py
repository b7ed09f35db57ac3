"""Channels of latents as pictures."""

import torch

from nodes.diffusion.teaching.latent_pictures import channel_pictures, channel_statistics


def test_each_channel_goes_from_black_to_white_and_cells_are_squares() -> None:
    samples = torch.arange(2 * 3 * 2 * 2.0).view(2, 3, 2, 2)
    found = channel_pictures(samples, zoom=4)
    assert found.shape == (6, 8, 8, 3)
    assert found.amin((1, 2, 3)).tolist() == [0] * 6
    assert found.amax((1, 2, 3)).tolist() == [1] * 6
    assert bool((found[0, :4, :4] == 0).all())


def test_a_constant_channel_is_black_and_statistics_have_a_row_for_each() -> None:
    assert float(channel_pictures(torch.ones(1, 1, 2, 2)).max()) == 0
    assert channel_statistics(torch.ones(1, 4, 2, 2)).count("\n") == 5
