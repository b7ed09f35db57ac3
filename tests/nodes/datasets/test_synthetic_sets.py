"""Synthetic sets: 16 bits all the way, a manifest that says what is in them, and checks that find copies."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from blake3 import blake3
from PIL import Image

from graph.artefacts import Artefacts
from graph.context import Context
from graph.folders import Folders
from nodes.datasets.phantoms import draw_phantom, load_table, phantom_table, phantom_texture
from nodes.datasets.set_checks import memorisation_check, set_report
from nodes.datasets.synthetic_sets import NOTICE, save_synthetic_set
from nodes.datasets.training_sets import load_image_data_set_from_folder
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.models import ModelRegistry

TABLE = "class,kind,size,contrast\nnone,none,,\nA,disc,0.1..0.2,0.3\nB,ring,0.15,-0.2\n"
LOCK = {"files": {"checkpoints/small": "ab"}, "engine": "0.1.0", "nodes": {"DrawPhantom": 1}, "number": 0}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(data=tmp_path)


@pytest.fixture(scope="module")
def models() -> ModelRegistry:
    return ModelRegistry("cpu")


class Made:
    """A small set of phantoms."""

    def __init__(self, per_class: int = 3, seed: int = 0) -> None:
        self.wanted = phantom_table(TABLE, per_class, seed)
        each = zip(self.wanted.kinds, self.wanted.sizes, self.wanted.contrasts, self.wanted.seeds, strict=True)
        self.masks, self.images = [], []
        for kind, size, contrast, one_seed in each:
            self.masks.append(draw_phantom(kind, size, one_seed, 64).masks)
            self.images.append(phantom_texture(self.masks[-1], contrast, seed=one_seed))

    def save(self, folders: Folders, **changes: Any) -> dict[str, Any]:
        """Save it; the manifest."""
        given = {
            "folder_name": ["set"], "bit_depth": ["16-bit"], "masks": self.masks, "classes": list(self.wanted.classes),
            "seeds": list(self.wanted.seeds), **changes,
        }  # fmt: skip
        ctx = Context(prompt={"1": {}}, lock=lambda: LOCK)
        save_synthetic_set(self.images, **given, ctx=ctx, artefacts=Artefacts(folders))
        return json.loads((folders.directories("output")[0] / "set" / "manifest.json").read_text())


def test_a_set_is_balanced_and_its_manifest_says_how_each_picture_came_about(folders: Folders) -> None:
    made = Made()
    manifest = made.save(folders)
    assert (manifest["synthetic"], manifest["notice"], manifest["models"]) == (True, NOTICE, LOCK["files"])
    assert Counter(item["class"] for item in manifest["items"]) == {"none": 3, "A": 3, "B": 3}
    assert [item["seed"] for item in manifest["items"]] == list(range(9))
    assert all(item["synthetic"] for item in manifest["items"])
    place = folders.directories("output")[0] / "set"
    for item in manifest["items"]:
        assert blake3((place / item["file"]).read_bytes()).hexdigest() == item["blake3"]
        assert blake3((place / item["mask"]).read_bytes()).hexdigest() == item["mask_blake3"]
    assert made.save(folders) == manifest


def test_sixteen_bits_survive_from_the_mask_to_the_file_and_back(folders: Folders) -> None:
    made = Made(per_class=1)
    made.save(folders)
    place = folders.directories("output")[0] / "set"
    with Image.open(place / "images" / "picture_00001.png") as picture:
        assert (picture.mode, picture.text["synthetic"]) == ("I;16", "true")  # type: ignore[attr-defined]  # a PNG
        levels = numpy.array(picture)
    assert numpy.array_equal(levels, (made.images[1][0, ..., 0].double() * 65535).round().numpy())
    assert len(numpy.unique(levels)) > 2000  # 8 bits have 256
    again = load_image_data_set_from_folder("images", folders=Folders(data=folders.data, input=place)).images
    assert torch.equal((again[1][0, ..., 0].double() * 65535).round(), torch.from_numpy(levels.astype(float)))


def test_masks_are_kept_as_numbers_of_their_regions(folders: Folders) -> None:
    made = Made(per_class=1)
    made.save(folders)
    with Image.open(folders.directories("output")[0] / "set" / "masks" / "picture_00001.png") as picture:
        labels = torch.from_numpy(numpy.array(picture))
    assert set(labels.unique().tolist()) == {0, 1, 2, 3, 4, 5}
    assert torch.equal(labels == 5, made.masks[1][4] > (made.masks[1].sum(0) - made.masks[1][4]).clamp(min=0.5))


def test_a_set_that_does_not_fit_together_is_refused(folders: Folders) -> None:
    with pytest.raises(DiffusionError, match="9 pictures, but 2 of class"):
        Made().save(folders, classes=["a", "b"])
    with pytest.raises(DiffusionError, match="needs masks for each of the 9"):
        Made().save(folders, masks=[torch.zeros(1, 4, 4)])


def test_a_copied_picture_is_caught_and_others_are_not(models: ModelRegistry) -> None:
    made, reference = Made(), Made(seed=100)
    clean = memorisation_check(made.images, reference.images, [0.4], models=models)
    assert (clean.copies, clean.text.splitlines()[0]) == (0, "0 of 9 pictures are as good as copies")
    copied = [*made.images, reference.images[4], reference.images[2].flip(2)]
    found = memorisation_check(copied, reference.images, [0.4], models=models)
    assert (found.copies, found.closest) == (2, 0)
    assert "picture 9, picture 10" in found.text


def test_the_distance_is_zero_to_itself_and_grows_with_a_shift(models: ModelRegistry) -> None:
    reference = Made(per_class=6, seed=100).images
    same = set_report(reference, reference, models=models)
    assert same.frechet == pytest.approx(0, abs=1e-6)
    assert same.likeness == same.reference_likeness
    shifted = [
        set_report([(image + shift).clamp(0, 1) for image in reference], reference, models=models).frechet
        for shift in (0.02, 0.05, 0.1)
    ]
    assert 1e-4 < shifted[0] < shifted[1] < shifted[2]
    repeated = set_report(reference[:1] * 6, reference, models=models)
    assert repeated.likeness == pytest.approx(1)
    assert "features: pixels" in repeated.text


def test_a_table_is_read_from_a_file(folders: Folders) -> None:
    (folders.data / "input").mkdir()
    (folders.data / "input" / "classes.csv").write_text("\ufeffclass\ndisc\n", encoding="utf-8")
    assert load_table("classes.csv", folders=folders) == "class\ndisc\n"
    assert phantom_table("class\ndisc\n", 2).summary == "disc: 2"
