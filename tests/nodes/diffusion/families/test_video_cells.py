"""Which cells of a video a network sees."""

import torch

from nodes.diffusion.families.video_cells import HEED, MASK, VideoCells

LATENT = torch.zeros(2, 3, 3, 1, 2)


def test_without_holes_everything_is_seen() -> None:
    for told in ({}, {MASK: torch.zeros(2, 1, 3, 1, 1)}):
        cells = VideoCells.of(told, LATENT)
        tokens = torch.rand(2, 6, 4)
        assert cells.take(tokens) is tokens
        assert cells.put_back(tokens) is tokens


def test_cells_that_are_not_there_are_left_out_and_come_back_empty() -> None:
    mask = torch.ones(2, 1, 3, 1, 2)
    mask[:, :, 2, :, 1] = -1
    cells = VideoCells.of({MASK: mask, HEED: torch.tensor([[0.5, 0.25]])}, LATENT)
    tokens = torch.rand(2, 6, 4)
    seen = cells.take(tokens)
    assert torch.equal(seen, tokens[:, :5])
    assert cells.take(torch.rand(1, 3, 6, 2), axis=2).shape == (1, 3, 5, 2)
    assert cells.take(torch.rand(2, 1)).shape == (2, 1), "one for all stays"
    back = cells.put_back(seen)
    assert torch.equal(back[:, :5], tokens[:, :5])
    assert not back[:, 5].any()
    assert cells.heed.tolist() == [[0.5]]
