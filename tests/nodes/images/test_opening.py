"""Reading files: which ones a name may mean."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from graph.errors import FolderError
from graph.folders import Folders
from nodes.diffusion.errors import LatentFileError, PictureFileError
from nodes.images.opening import load_image, load_image_mask, load_latent


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for value, place in enumerate(("input", "input/sub", "output", "temp")):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (2, 2), (value, 0, 0, 255 - value)).save(tmp_path / place / "x.png")
    return Folders(data=tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x.png", 0),
        ("x.png [input]", 0),
        ("sub/x.png", 1),
        ("sub\\x.png", 1),
        ("x.png [output]", 2),
        ("x.png [temp]", 3),
    ],
)
def test_a_name_may_say_which_folder_it_is_in(folders: Folders, name: str, value: int) -> None:
    image, mask = load_image(name, folders=folders)
    assert image[0, 0, 0, 0] == torch.tensor(value / 255)
    assert mask[0, 0, 0] == 1 - torch.tensor((255 - value) / 255)
    assert torch.equal(load_image_mask(name, "alpha", folders=folders), mask)


@pytest.mark.parametrize("name", ["../input/x.png", "/etc/passwd", "y.png", "", "x.png [models]"])
def test_other_names_are_refused(folders: Folders, name: str) -> None:
    with pytest.raises(FolderError):
        load_image(name, folders=folders)


def test_what_is_in_the_file_counts_and_not_its_name(folders: Folders) -> None:
    (folders.directories("input")[0] / "no.png").write_bytes(b"text")
    with pytest.raises(PictureFileError):
        load_image("no.png", folders=folders)
    with pytest.raises(LatentFileError):
        load_latent("x.png", folders=folders)
