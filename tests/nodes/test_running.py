"""The nodes in real graphs: run by the engine, kept in its caches, saved to real files."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from graph.artefacts import Artefacts
from graph.cache.codecs import Codecs
from graph.cache.disk import DiskCache
from graph.cache.tiers import Tiers
from graph.execution import Executor, Outcome
from graph.fingerprint import Surroundings
from graph.folders import Folders
from graph.prompt import build
from graph.topology import Graph
from nodes.catalogue import build_registry
from nodes.codecs import leaf_codecs
from nodes.diffusion.files.picture_files import encode_png
from nodes.images.opening import load_image

REGISTRY = build_registry()


class House:
    """A worker's parts around one data folder; a new one is a new process as far as caches are concerned."""

    def __init__(self, data: Path, output: Path | None = None) -> None:
        self.folders = Folders(data=data, output=output)
        self.artefacts = Artefacts(self.folders)
        codecs = Codecs(leaf_codecs())
        self.executor = Executor(
            REGISTRY,
            Tiers([DiskCache(data / "cache", 2**26, codecs)]),
            {"folders": self.folders, "artefacts": self.artefacts},
            codecs=codecs,
            surroundings=Surroundings(self.folders.digest),
            is_valid=self.artefacts.is_valid,
        )

    def run(self, prompt: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Outcome:
        shaped = {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in prompt.items()}
        nodes = {each.id: each for each in build(shaped, str, REGISTRY, lambda _: None).nodes}
        targets = tuple(name for name in prompt if nodes[name].spec.is_output)
        outcome = asyncio.run(self.executor.run("job", Graph(nodes, targets), lambda event: None))
        assert outcome.status == "succeeded", outcome.failure
        return outcome


PICTURE = {
    "red": ("EmptyImage", {"width": 16, "height": 8, "batch_size": 2, "color": 0xFF0000}),
    "negative": ("ImageInvert", {"image": ["red", 0]}),
    "save": ("SaveImage", {"images": ["negative", 0], "filename_prefix": "cyan"}),
}


def test_a_graph_saves_pictures_and_a_second_run_in_another_process_executes_nothing(tmp_path: Path) -> None:
    first = House(tmp_path).run(PICTURE)
    assert first.executed == ("red", "negative", "save")
    house = House(tmp_path)
    second = house.run(PICTURE)
    assert second.executed == ()
    assert second.ui == first.ui
    assert house.folders.names("output") == ["cyan_00001_.png", "cyan_00002_.png"]
    assert load_image("cyan_00002_.png [output]", folders=house.folders).IMAGE[0, 0, 0].tolist() == [0, 1, 1]


def test_deleted_files_are_written_again_from_what_is_cached(tmp_path: Path) -> None:
    House(tmp_path).run(PICTURE)
    (tmp_path / "output" / "cyan_00001_.png").unlink()
    assert House(tmp_path).run(PICTURE).executed == ("save",)


def test_another_output_folder_gets_files_of_its_own(tmp_path: Path) -> None:
    House(tmp_path).run(PICTURE)
    assert House(tmp_path, tmp_path / "elsewhere").run(PICTURE).executed == ("save",)
    assert (tmp_path / "elsewhere" / "cyan_00002_.png").is_file()


def test_a_changed_input_file_reruns_what_reads_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    source = tmp_path / "input" / "x.png"
    source.parent.mkdir()
    graph = {
        "load": ("LoadImage", {"image": "x.png"}),
        "mask": ("MaskToImage", {"mask": ["load", 1]}),
        "save": ("PreviewImage", {"images": ["mask", 0]}),
    }
    source.write_bytes(encode_png(torch.zeros(2, 2, 3), {}))
    assert house.run(graph).executed == ("load", "mask", "save")
    assert house.run(graph).executed == ()
    source.write_bytes(encode_png(torch.ones(2, 2, 3), {}))
    assert house.run(graph).executed == ("load",)  # the picture changed, its mask did not: nothing else has to run
    source.write_bytes(encode_png(torch.zeros(2, 2, 4), {}))
    assert house.run(graph).executed == ("load", "mask", "save")


def test_the_switch_never_computes_the_other_side(tmp_path: Path) -> None:
    graph = {
        "on": ("PrimitiveBoolean", {"value": True}),
        "yes": ("PrimitiveString", {"value": "yes"}),
        "no": ("LoadImage", {"image": "nothing there.png"}),
        "switch": ("ComfySwitchNode", {"switch": ["on", 0], "on_true": ["yes", 0], "on_false": ["no", 0]}),
        "show": ("PreviewAny", {"source": ["switch", 0]}),
    }
    outcome = House(tmp_path).run(graph)
    assert outcome.ui == {"show": {"text": ["yes"]}}
    assert "no" not in outcome.executed


def test_numbers_are_calculated_from_links_and_literals(tmp_path: Path) -> None:
    graph = {
        "width": ("PrimitiveInt", {"value": 24}),
        "half": ("ComfyMathExpression", {"expression": "a / 2 + b", "values.a": ["width", 0], "values.b": 4}),
        "picture": ("EmptyImage", {"width": ["half", 1], "height": 2, "batch_size": 1, "color": 0}),
        "show": ("PreviewAny", {"source": ["half", 0]}),
        "save": ("SaveImage", {"images": ["picture", 0], "filename_prefix": "%width%"}),
    }
    outcome = House(tmp_path).run(graph)
    assert outcome.ui["show"] == {"text": ["16.0"]}
    assert outcome.ui["save"]["images"][0]["filename"] == "16_00001_.png"


def test_latents_survive_the_cache_and_the_file(tmp_path: Path) -> None:
    graph = {
        "empty": ("EmptyLatentImage", {"width": 64, "height": 128, "batch_size": 3}),
        "mask": ("SolidMask", {"value": 0.5, "width": 64, "height": 128}),
        "masked": ("SetLatentNoiseMask", {"samples": ["empty", 0], "mask": ["mask", 0]}),
        "two": ("LatentFromBatch", {"samples": ["masked", 0], "batch_index": 1, "length": 2}),
        "turned": ("LatentRotate", {"samples": ["two", 0], "rotation": "90 degrees"}),
        "save": ("SaveLatent", {"samples": ["turned", 0], "filename_prefix": "turned"}),
    }
    first = House(tmp_path).run(graph)
    second = House(tmp_path).run(graph)
    assert second.executed == ()
    for outcome in (first, second):
        ((latent,),) = outcome.outputs["save"]
        assert latent["samples"].equal(torch.zeros(2, 4, 8, 16))
        assert latent["noise_mask"].equal(torch.full((1, 1, 64, 128), 0.5))
        assert latent["batch_index"] == [1, 2]
