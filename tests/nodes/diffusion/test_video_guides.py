"""Guides of videos: which frame they belong to, what is kept, and what is cut off again."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.keyframes import coordinates, count
from nodes.diffusion.types import ModelHandle, ModelSource, Patch
from nodes.diffusion.video_guides import Guide, begun, fold_of, guided, without_guides

TEXT = [(torch.zeros(1, 4, 8), {"frame_rate": 25.0})]


CPU = torch.device("cpu")


@dataclass
class Averaging:
    """Stands for the autoencoder of LTX-Video: a cell is the mean of its pixels."""

    downscale: int = 32
    latent_channels: int = 3
    device: torch.device = CPU
    reads_videos: bool = True

    def encode(self, pixels: Tensor) -> Tensor:
        videos = pixels if pixels.dim() == 5 else pixels.unsqueeze(2)
        small = torch.nn.functional.avg_pool3d(videos, (1, 32, 32))
        rest = small[:, :, 1:].unflatten(2, (-1, 8)).mean(3) if small.shape[2] > 1 else small[:, :, 1:]
        latents = torch.cat([small[:, :, :1], rest], dim=2)
        return latents if pixels.dim() == 5 else latents.squeeze(2)

    def bytes_per_pixel(self) -> int:
        return 1


def video(frames: int = 4, batch: int = 1) -> Any:
    return {"samples": torch.zeros(batch, 3, frames, 2, 3)}


def numbered(count: int) -> Tensor:
    """Pictures, each of its number in hundredths."""
    return torch.arange(count).view(-1, 1, 1, 1).expand(-1, 64, 96, 3) / 100


def guide(pictures: int, frame: int, strength: float = 1.0) -> Guide:
    return Guide(numbered(pictures), frame, strength)


def times(conditioning: Any) -> list[float]:
    """When the keyframes begin."""
    return coordinates(conditioning)[0, 0, ::6, 0].tolist()


def test_a_picture_stands_behind_the_video_and_is_kept() -> None:
    found = guided(Averaging(), TEXT, TEXT, video(batch=2), guide(1, 5, 0.75))
    assert found.latent["samples"].shape == (2, 3, 5, 2, 3)
    assert found.latent["noise_mask"].flatten().tolist() == [1, 1, 1, 1, 0.25] * 2
    assert times(found.positive) == times(found.negative) == [5]
    assert found.positive[0][1]["frame_rate"] == 25.0


@pytest.mark.parametrize(
    ("pictures", "frame", "begins", "shown"),
    [
        (1, -1, [24], [0]),  # the last frame of 25
        (1, -100, [0], [0]),
        (9, 0, [0, 1], [0, 4.5]),
        (8, 12, [12], [0]),  # fewer than a cell and its first: one picture
        (9, 12, [9], [3.5]),  # in the midst eight fill a cell
        (17, 9, [9, 17], [3.5, 11.5]),
    ],
)
def test_guides_begin_where_cells_do(pictures: int, frame: int, begins: list[int], shown: list[float]) -> None:
    found = guided(Averaging(), TEXT, TEXT, video(), guide(pictures, frame))
    assert times(found.positive) == begins
    added = found.latent["samples"][0, 0, 4:, 0, 0]
    torch.testing.assert_close((added + 1) * 50, torch.tensor(shown, dtype=torch.float32), atol=1e-3, rtol=0)


def test_frames_are_counted_without_the_guides_that_are_there() -> None:
    once = guided(Averaging(), TEXT, TEXT, video(), guide(1, 0))
    twice = guided(Averaging(), *once, guide(1, -1))
    assert times(twice.positive) == [0, 24]
    assert count(twice.positive) == 2


def test_what_is_cut_off_is_what_was_added() -> None:
    begin = video()
    begin["samples"] += 1
    once = guided(Averaging(), TEXT, TEXT, begin, guide(9, 0))
    twice = guided(Averaging(), *once, guide(1, 0))
    found = without_guides(*twice)
    assert torch.equal(found.latent["samples"], begin["samples"])
    assert found.latent["noise_mask"].flatten().tolist() == [1] * 4
    assert count(found.positive) == count(found.negative) == 0


def test_a_video_without_guides_stays_whole() -> None:
    found = without_guides(TEXT, TEXT, {**video(), "noise_mask": torch.zeros(1, 64, 96)})
    assert found.latent["samples"].shape == (1, 3, 4, 2, 3)
    assert found.latent["noise_mask"].shape == (1, 1, 4, 2, 3)


def test_a_video_may_begin_with_pictures_of_its_own_size_or_another() -> None:
    start = {**video(), "noise_mask": torch.full((1, 1, 4, 1, 1), 0.5)}
    found = begun(Averaging(), start, torch.ones(1, 100, 100, 3), 0.75)
    assert found["samples"][:, :, 0].eq(1).all()
    assert not found["samples"][:, :, 1:].any()
    assert found["noise_mask"][0, 0, :, 0, 0].tolist() == [0.25, 0.5, 0.5, 0.5]
    assert not start["samples"].any()
    assert begun(Averaging(), video(1), numbered(17), 1.0)["samples"].shape == (1, 3, 1, 2, 3)


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(DiffusionError, match="beyond its end"):
        guided(Averaging(), TEXT, TEXT, video(), guide(25, 17))
    with pytest.raises(DiffusionError, match="no video"):
        guided(Averaging(), TEXT, TEXT, {"samples": torch.zeros(1, 4, 8, 8)}, guide(1, 0))
    with pytest.raises(DiffusionError, match="a cell of 8 pixels"):
        begun(Averaging(downscale=8), video(), numbered(1), 1.0)


def test_a_guide_of_half_the_size_leaves_holes() -> None:
    start = {"samples": torch.zeros(1, 3, 4, 2, 4)}
    found = guided(Averaging(), TEXT, TEXT, start, Guide(torch.ones(1, 64, 128, 3), 0, 0.75, fold=2))
    assert found.latent["noise_mask"][0, 0, 4].tolist() == [[0.25, -1, 0.25, -1], [-1, -1, -1, -1]]
    assert found.latent["samples"][0, 0, 4].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]
    assert count(found.positive) == 1
    assert without_guides(*found).latent["samples"].shape == start["samples"].shape
    with pytest.raises(DiffusionError, match="multiples of 64 pixels; it is 96 by 64"):
        guided(Averaging(), TEXT, TEXT, video(), Guide(numbered(1), 0, 1.0, fold=2))


@pytest.mark.parametrize(
    ("header", "fold"), [({"reference_downscale_factor": "2.0"}, 2), ({}, 1), ({"reference_downscale_factor": "?"}, 1)]
)
def test_the_lora_says_how_small_it_sees_guides(tmp_path: Path, header: dict[str, str], fold: int) -> None:
    model = ModelHandle(ModelSource(tmp_path / "m.safetensors", "model", "ltx2"))
    assert fold_of(model) == 1
    save_file({"x.lora_A.weight": torch.zeros(1, 1)}, tmp_path / "l.safetensors", header)
    lora = Patch(tmp_path / "l.safetensors", "lora", 1.0)
    assert fold_of(replace(model, patches=(Patch(tmp_path / "other", "lora", 1.0), lora))) == fold
