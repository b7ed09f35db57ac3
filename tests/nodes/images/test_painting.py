"""What people paint or take while they work comes from the input folder."""

from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from graph.folders import Folders
from nodes.images.painting import painter, webcam_capture


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "input").mkdir()
    painted = numpy.zeros((64, 64, 4), dtype=numpy.uint8)
    painted[:, 32:] = (255, 0, 0, 255)
    Image.fromarray(painted).save(tmp_path / "input" / "p.png")
    Image.fromarray(painted[..., :3]).save(tmp_path / "input" / "opaque.png")
    return Folders(data=tmp_path)


def test_nothing_painted_is_the_colour_below(folders: Folders) -> None:
    image, mask = painter(bg_color="#00ff00", width=128, height=64, folders=folders)
    assert image.shape == (1, 64, 128, 3)
    assert image[0, 0, 0].tolist() == [0, 1, 0]
    assert not mask.any()


def test_what_was_painted_lies_over_the_picture_below(folders: Folders) -> None:
    below = torch.full((2, 64, 64, 3), 0.5)
    image, mask = painter(below, "p.png [input]", folders=folders)
    assert image.shape == (1, 64, 64, 3)
    assert image[0, 5, 40].tolist() == [1, 0, 0]
    assert image[0, 5, 5].tolist() == [0.5] * 3
    assert (float(mask[0, 5, 40]), float(mask[0, 5, 5])) == (1, 0)


def test_it_takes_the_size_of_what_is_below(folders: Folders) -> None:
    image, mask = painter(None, "p.png", 128, 64, folders=folders)
    assert image.shape == (1, 64, 128, 3)
    assert mask.shape == (1, 64, 128)
    assert painter(None, "opaque.png", 64, 64, folders=folders).MASK.min() == 1


def test_a_picture_of_a_camera_is_read(folders: Folders) -> None:
    assert webcam_capture("opaque.png", folders=folders).shape == (1, 64, 64, 3)
