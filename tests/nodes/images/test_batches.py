"""Batches: joined, cut, repeated."""

from pathlib import Path

import pytest
import torch

from nodes.images import batches
from tests.nodes.test_running import House


def pictures(count: int, side: int = 4) -> torch.Tensor:
    return torch.arange(count).reshape(count, 1, 1, 1).expand(count, side, side, 3) / 10


def test_pictures_masks_and_latents_are_joined_in_the_order_of_their_numbers() -> None:
    images = {"image2": pictures(1), "image10": pictures(2, 8) + 0.5, "image0": pictures(2)}
    joined = batches.batch_images(images)
    assert torch.allclose(joined[:, 0, 0, 0], torch.tensor([0.0, 0.1, 0.0, 0.5, 0.6]))
    masks = batches.batch_masks({"mask1": torch.ones(1, 2, 2), "mask0": torch.zeros(2, 4, 6)})
    assert masks.shape == (3, 4, 6)
    assert masks.sum() == 24
    latents = {"latent0": {"samples": torch.zeros(1, 4, 2, 2)}, "latent1": {"samples": torch.ones(2, 4, 4, 4)}}
    assert batches.batch_latents(latents)["samples"].shape == (3, 4, 2, 2)


@pytest.mark.parametrize(
    ("start", "length", "taken"), [(1, 2, [1, 2]), (-1, 1, [3]), (2, 9, [2, 3]), (9, 1, [3]), (-9, 1, [0])]
)
def test_pictures_are_taken_out_of_a_batch(start: int, length: int, taken: list[int]) -> None:
    found = batches.image_from_batch(pictures(4), start, length)
    assert (found[:, 0, 0, 0] * 10).round().int().tolist() == taken


def test_a_batch_is_repeated() -> None:
    repeated = batches.repeat_image_batch(pictures(2), 2)
    assert (repeated[:, 0, 0, 0] * 10).round().int().tolist() == [0, 1, 0, 1]


def test_rebatching_keeps_order_and_never_mixes_shapes() -> None:
    rebatched = batches.rebatch_images([pictures(3), pictures(2), pictures(1, 8)], [2])
    assert [len(each) for each in rebatched] == [2, 2, 1, 1]
    latents = [{"samples": torch.zeros(3, 4, 2, 2)}, {"samples": torch.zeros(1, 4, 2, 2)}]
    found = batches.rebatch_latents(latents, [2])
    assert [len(each["samples"]) for each in found] == [2, 2]
    assert [each["batch_index"] for each in found] == [[0, 1], [2, 0]]


def test_batches_run_in_graphs(tmp_path: Path) -> None:
    graph = {
        "red": ("EmptyImage", {"width": 8, "height": 8, "batch_size": 3, "color": 0xFF0000}),
        "blue": ("EmptyImage", {"width": 4, "height": 4, "color": 255}),
        "both": ("BatchImagesNode", {"images.image0": ["red", 0], "images.image1": ["blue", 0]}),
        "two": ("RebatchImages", {"images": ["both", 0], "batch_size": 2}),
        "size": ("GetImageSize", {"image": ["two", 0]}),
        "show": ("PreviewAny", {"source": ["size", 2]}),
    }
    assert House(tmp_path).run(graph).ui["show"] == {"text": ["2", "2"]}
