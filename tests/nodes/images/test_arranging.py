"""Nodes that cut, turn and join pictures."""

from pathlib import Path

import torch

from nodes.images import arranging
from tests.nodes.test_running import House


def picture() -> torch.Tensor:
    return torch.rand(2, 16, 24, 3, generator=torch.Generator().manual_seed(0))


def test_a_box_is_cut_out() -> None:
    box = {"x": 3, "y": 2, "width": 5, "height": 4}
    assert torch.equal(arranging.image_crop_v2(picture(), box), picture()[:, 2:6, 3:8])
    assert torch.equal(arranging.image_crop_v2(picture(), {}), picture())


def test_turning_and_mirroring() -> None:
    image = picture()
    assert torch.equal(arranging.image_flip(image, "x-axis: vertically")[:, 0], image[:, -1])
    assert torch.equal(arranging.image_flip(image, "y-axis: horizontally")[:, :, 0], image[:, :, -1])
    quarter = arranging.image_rotate(image, "90 degrees")
    assert torch.equal(quarter[:, 0, -1], image[:, 0, 0])  # clockwise: top left becomes top right
    assert torch.equal(arranging.image_rotate(quarter, "270 degrees"), image)
    assert torch.equal(arranging.image_rotate(image, "none"), image)


def test_one_picture_alone_is_not_stitched() -> None:
    image = picture()
    assert arranging.image_stitch(image) is image
    assert arranging.image_stitch(image, image2=image).shape == (2, 16, 48, 3)


def test_tiles_pass_through_a_graph_one_by_one(tmp_path: Path) -> None:
    graph = {
        "red": ("EmptyImage", {"width": 100, "height": 70, "color": 0xFF0000}),
        "tiles": ("SplitImageToTileList", {"image": ["red", 0], "tile_width": 64, "tile_height": 64, "overlap": 16}),
        "negative": ("ImageInvert", {"image": ["tiles", 0]}),
        "merge": (
            "ImageMergeTileList",
            {"image_list": ["negative", 0], "final_width": 100, "final_height": 70, "overlap": 16},
        ),
        "save": ("PreviewImage", {"images": ["merge", 0]}),
    }
    ((image,),) = House(tmp_path).run(graph).outputs["save"]
    assert image.shape == (1, 70, 100, 3)
    assert torch.allclose(image, torch.tensor([0.0, 1.0, 1.0]).expand(1, 70, 100, 3))
