"""Low and high frequencies are scaled apart, picture by picture."""

import torch

from nodes.diffusion.frequencies import filtered


def test_frequencies_have_their_scales() -> None:
    place = torch.arange(16) * 2 * torch.pi / 16
    low, high = place.cos().expand(1, 1, 16, 16), (place * 5).cos().expand(1, 1, 16, 16)
    torch.testing.assert_close(filtered(low + high, 2.0, 3.0, 3), 2 * low + 3 * high, atol=1e-5, rtol=1e-5)


def test_a_single_cell_has_only_low_frequencies() -> None:
    assert filtered(torch.full((1, 2, 1, 1), 1.5), 2.0, 3.0, 1).flatten().tolist() == [3.0, 3.0]


def test_videos_are_changed_frame_by_frame() -> None:
    video = torch.randn(1, 4, 3, 8, 8)
    frames = torch.stack([filtered(video[:, :, at], 1.0, 2.0, 2) for at in range(3)], dim=2)
    torch.testing.assert_close(filtered(video, 1.0, 2.0, 2), frames)
