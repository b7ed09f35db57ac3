"""`verify`: pictures made again, from their own workflow, by the real nodes."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from graph.commandline import run
from nodes import verify

MODELS = Path(__file__).parents[2] / "models"
NODES = "nodes.application:create"
DRAWN: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "inverted"}},
    "4": {"class_type": "SaveAnimatedWEBP", "inputs": {
        "images": ["2", 0], "filename_prefix": "moving", "fps": 5.0, "lossless": True, "quality": 80,
        "method": "fastest"}},
}  # fmt: skip
SAMPLED: dict[str, Any] = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "latentloom-tiny"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red circle on a white background", "clip": ["1", 1]}},
    "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 2}},
    "4": {"class_type": "KSampler", "inputs": {
        "model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0], "seed": 7, "steps": 2,
        "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}},
    "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
    "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "batch"}},
    "7": {"class_type": "SaveLatent", "inputs": {"samples": ["4", 0], "filename_prefix": "latent"}},
}  # fmt: skip


class Desk:
    """A terminal in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def make(self, graph: dict[str, Any]) -> list[Path]:
        """Run a graph; the files that it saves, by name."""
        (self.folder / "graph.json").write_text(json.dumps(graph))
        assert self.ask(run, "graph.json", "--json") == 0
        return sorted(Path(each["path"]) for each in self.said()["outputs"])

    def ask(self, command: Any, *words: str) -> int:
        parser = argparse.ArgumentParser()
        command.configure(parser)
        return int(command.answer(parser.parse_args([*words, "--models", str(MODELS)]), NODES))

    def said(self) -> dict[str, Any]:
        return json.loads(self._capsys.readouterr().out.strip().splitlines()[-1])

    def verdict(self, file: Path) -> tuple[int, dict[str, Any]]:
        code = self.ask(verify, str(file), "--json")
        return code, self.said()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "input").mkdir(parents=True)
    photo(tmp_path, "navy")
    return Desk(tmp_path, capsys)


def photo(folder: Path, colour: str) -> None:
    Image.new("RGB", (16, 12), colour).save(folder / "data" / "input" / "photo.png")


def painted(file: Path, colour: tuple[int, int, int], without: str = "") -> Path:
    """The same file with one pixel changed, and perhaps without one of its texts."""
    with Image.open(file) as picture:
        info = PngInfo()
        for key, text in picture.text.items():  # type: ignore[attr-defined]  # PNG files have it
            if key != without:
                info.add_text(key, text)
        changed = picture.copy()
    changed.putpixel((3, 3), colour)
    target = file.with_name("painted.png")
    changed.save(target, pnginfo=info)
    return target


def test_pictures_and_animations_are_identical_and_nothing_is_left_behind(desk: Desk) -> None:
    picture, moving = desk.make(DRAWN)
    before = sorted((desk.folder / "data" / "output").iterdir())
    assert desk.verdict(picture) == (0, {"verdict": "identical", "psnr": None, "causes": [], "has_lock": True,
                                         "message": "every value is the same again."})  # fmt: skip
    assert desk.verdict(moving)[1]["verdict"] == "identical"
    assert sorted((desk.folder / "data" / "output").iterdir()) == before


def test_a_file_that_has_changed_since_then_is_the_first_cause(desk: Desk) -> None:
    picture, _ = desk.make(DRAWN)
    photo(desk.folder, "orange")
    code, found = desk.verdict(picture)
    assert (code, found["verdict"]) == (1, "different")
    assert found["causes"][0].startswith('"photo.png" of the folder "input" has another content')


def test_a_changed_pixel_is_told_by_psnr(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    picture, _ = desk.make(DRAWN)
    file = painted(picture, (0, 0, 0))
    code, found = desk.verdict(file)
    assert (code, found["verdict"], found["causes"]) == (1, "different", [])
    assert 20 < found["psnr"] < 30
    assert desk.ask(verify, str(file), "--psnr", "20") == 0
    assert capsys.readouterr().out.startswith("same: PSNR 2")
    assert desk.ask(verify, str(file)) == 1
    assert "Nothing in its lock has changed." in capsys.readouterr().out


def test_without_a_lock_the_most_alike_of_what_is_made_counts(desk: Desk) -> None:
    picture, _ = desk.make(DRAWN)
    with Image.open(picture) as found:
        pixel = found.getpixel((3, 3))
    code, verdict = desk.verdict(painted(picture, pixel, without="lock"))  # type: ignore[arg-type]  # three levels
    assert (code, verdict["verdict"], verdict["has_lock"]) == (0, "identical", False)


def test_what_carries_no_workflow_or_cannot_run_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    picture, _ = desk.make(DRAWN)
    assert desk.ask(verify, "data/input/photo.png") == 2
    assert desk.ask(verify, "nowhere.png") == 2
    (desk.folder / "data" / "input" / "photo.png").unlink()
    capsys.readouterr()
    assert desk.ask(verify, str(picture)) == 2
    assert "photo.png" in capsys.readouterr().err


def test_each_picture_of_a_batch_is_compared_with_its_own_place(desk: Desk) -> None:
    first, second, latent = desk.make(SAMPLED)
    assert desk.verdict(second)[1]["verdict"] == "identical"
    assert desk.verdict(latent)[1]["verdict"] == "identical"
    with Image.open(first) as one, Image.open(second) as other:
        assert one.tobytes() != other.tobytes()


def test_a_picture_of_a_batch_is_made_alone_from_its_place_or_from_its_seed(desk: Desk) -> None:
    _, second, _ = desk.make(SAMPLED)
    chosen = {"class_type": "LatentFromBatch", "inputs": {"samples": ["3", 0], "batch_index": 1, "length": 1}}
    alone = {**SAMPLED, "8": chosen, "4": linked(SAMPLED["4"], latent_image=["8", 0])}
    assert is_alike(desk.make(alone)[0], second)

    apart = {"class_type": "SeedPerPicture", "inputs": {"samples": ["3", 0]}}
    stochastic = linked(SAMPLED["4"], latent_image=["8", 0], sampler_name="euler_ancestral")
    third = desk.make({**SAMPLED, "8": apart, "4": stochastic})[1]
    one = {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}
    by_seed = {**SAMPLED, "3": one, "4": linked(SAMPLED["4"], seed=8, sampler_name="euler_ancestral")}
    assert is_alike(desk.make(by_seed)[0], third)


def linked(node: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    return {**node, "inputs": {**node["inputs"], **inputs}}


def is_alike(first: Path, second: Path) -> bool:
    return verify.likeness(first, second) > 45
