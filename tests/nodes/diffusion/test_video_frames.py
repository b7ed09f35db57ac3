"""Frames of videos' latents."""

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.video_frames import evened_start, replaced
from nodes.video.video_latents import replace_video_latent_frames


def video(frames: int, value: float = 0.0) -> torch.Tensor:
    return torch.full((1, 3, frames, 2, 2), value)


def frames_of(latent: dict[str, torch.Tensor]) -> list[float]:
    return latent["samples"][0, 0, :, 0, 0].tolist()


@pytest.mark.parametrize(
    ("index", "wanted"),
    [(0, [1, 1, 0, 0]), (1, [0, 1, 1, 0]), (-2, [0, 0, 1, 1]), (3, [0, 0, 0, 0]), (-5, [0, 0, 0, 0]), (9, [0] * 4)],
)
def test_frames_are_put_where_they_fit(index: int, wanted: list[float]) -> None:
    destination, source = {"samples": video(4)}, {"samples": video(2, 1.0)}
    assert frames_of(replaced(destination, source, index)) == wanted
    assert not destination["samples"].any()


def test_without_a_source_nothing_changes() -> None:
    destination = {"samples": video(4)}
    assert replace_video_latent_frames(destination) is destination
    with pytest.raises(DiffusionError, match="both must be videos"):
        replaced(destination, {"samples": torch.zeros(1, 3, 2, 2)}, 0)


def test_the_start_of_a_video_comes_nearer_to_what_follows() -> None:
    torch.manual_seed(3)
    start, rest = torch.randn(1, 3, 2, 8, 8) * 2 + 1, torch.randn(1, 3, 4, 8, 8)
    found = evened_start({"samples": torch.cat([start, rest], dim=2)}, 2, 3)["samples"]
    assert torch.equal(found[:, :, 2:], rest)
    new, old = found[:, :, :2], start
    moved = new.mean((1, 3, 4)) - old.mean((1, 3, 4))
    assert torch.allclose(moved, torch.tensor(-0.3), atol=1e-4), "as far as it may"
    assert torch.allclose(new.std((1, 3, 4)) - old.std((1, 3, 4)), torch.tensor(-0.35), atol=1e-4)
    one = {"samples": video(1)}
    assert evened_start(one, 4, 5) is one
