"""Sizes follow the graph; what nodes take follows from the sizes and from the weights of their models."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from graph.estimates import Estimate
from graph.estimates.memory import estimate
from graph.estimates.weights import Weights
from graph.folders import Folders
from tests.graph.estimates.graphs import checked

HD = {"width": 1024, "height": 512, "batch_size": 2}
IMAGE_BYTES = 1024 * 512 * 2 * 12


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "data", [tmp_path / "models"])


def estimated(folders: Folders, **nodes: Any) -> Estimate:
    found = checked(**nodes)
    assert found.graph is not None
    return estimate(found.graph, folders, Weights())


CASES: dict[str, tuple[str, dict[str, Any], tuple[float, float, float]]] = {
    "scaled to a size": ("Scale", {"image": ["a", 0], "width": 2048, "height": 256}, (2048, 256, 2)),
    "scaled by width, as it was in proportion": (
        "Scale",
        {"image": ["a", 0], "width": 512, "height": 0},
        (512, 256, 2),
    ),
    "scaled by height": ("Scale", {"image": ["a", 0], "width": 0, "height": 1024}, (2048, 1024, 2)),
    "scaled by a factor": ("ScaleBy", {"image": ["a", 0], "scale_by": 1.5}, (1536, 768, 2)),
    "padded": ("Pad", {"image": ["a", 0], "left": 8, "right": 16, "top": 0, "bottom": 100}, (1048, 612, 2)),
    "batched": ("Batch", {"image1": ["a", 0], "image2": ["b", 0]}, (1024, 512, 5)),
    "blended: as the larger": ("Blend", {"image": ["a", 0], "other": ["b", 0]}, (1024, 512, 3)),
    "as declared": ("Declared", {"image": ["a", 0], "columns": 3}, (512, 256, 6)),
}


@pytest.mark.parametrize("case", CASES)
def test_sizes_of_images_follow_the_graph(folders: Folders, case: str):
    kind, inputs, expected = CASES[case]
    found = estimated(
        folders,
        a=("EmptyImage", HD),
        b=("EmptyImage", {**HD, "batch_size": 3}),
        c=(kind, inputs),
        s=("Save", {"images": ["c", 0]}),
    )
    size = found.nodes["c"].size
    assert size is not None
    assert (size.width, size.height, size.count) == expected


def test_sizes_of_latents_follow_the_graph(folders: Folders):
    found = estimated(
        folders,
        a=("EmptyVideo", {"width": 64, "height": 32, "length": 5, "batch_size": 2}),
        r=("Repeat", {"samples": ["a", 0], "amount": 3}),
        f=("FromBatch", {"samples": ["r", 0], "batch_index": 0, "length": 4}),
        g=("FromBatch", {"samples": ["r", 0], "batch_index": 0, "length": 64}),
        s=("SaveLatent", {"samples": ["f", 0]}),
        t=("SaveLatent", {"samples": ["g", 0]}),
    )
    counts = {name: each.size.count for name, each in found.nodes.items() if each.size is not None}
    assert counts == {"a": 10, "r": 30, "f": 4, "g": 30}


def test_lengths_may_come_from_nodes_for_numbers(folders: Folders):
    found = estimated(
        folders,
        w=("Int", {"value": 640}),
        a=("EmptyImage", {"width": ["w", 0], "height": 480, "batch_size": 1}),
        s=("Save", {"images": ["a", 0]}),
    )
    size = found.nodes["a"].size
    assert size is not None
    assert (size.width, size.height) == (640, 480)


def test_a_node_takes_what_it_is_given_and_what_it_gives(folders: Folders):
    found = estimated(
        folders,
        a=("EmptyImage", HD),
        b=("ScaleBy", {"image": ["a", 0], "scale_by": 2}),
        s=("Save", {"images": ["b", 0]}),
    )
    assert {name: each.nbytes for name, each in found.nodes.items()} == {
        "a": IMAGE_BYTES,
        "b": 5 * IMAGE_BYTES,
        "s": 4 * IMAGE_BYTES,
    }
    assert found.peak_bytes == 5 * IMAGE_BYTES


def test_one_picture_linked_twice_counts_once(folders: Folders):
    found = estimated(
        folders,
        a=("EmptyImage", HD),
        b=("Blend", {"image": ["a", 0], "other": ["a", 0]}),
        s=("Save", {"images": ["b", 0]}),
    )
    assert found.nodes["b"].nbytes == 2 * IMAGE_BYTES


def test_graphs_without_pictures_take_nothing_that_is_known(folders: Folders):
    found = estimated(folders, a=("Int", {"value": 3}), s=("SaveAny", {"value": ["a", 0]}))
    assert (found.nodes, found.peak_bytes, found.model_bytes) == ({}, 0, 0)


def safetensors(path: Path, **tensors: int) -> None:
    """A file that announces tensors of so many bytes, and is no longer than its header."""
    header, at = {}, 0
    for name, nbytes in tensors.items():
        header[name] = {"dtype": "U8", "shape": [nbytes], "data_offsets": [at, at + nbytes]}
        at += nbytes
    data = json.dumps({"__metadata__": {"a": "b"}, **header}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(data)) + data)


GB = 10**9
WHOLE = {
    "c": ("Checkpoint", {"name": "m.safetensors"}),
    "l": ("Lora", {"model": ["c", 0], "lora": "l.safetensors"}),
    "a": ("Empty", {"width": 1024, "height": 1024, "batch_size": 1}),
    "k": ("Sample", {"model": ["l", 0], "latent_image": ["a", 0]}),
    "d": ("Decode", {"samples": ["k", 0], "vae": ["c", 2]}),
    "s": ("Save", {"images": ["d", 0]}),
}


def test_weights_are_those_of_the_part_of_a_file_that_a_node_uses(tmp_path: Path, folders: Folders):
    path = tmp_path / "models/checkpoints/m.safetensors"
    parts = {"model.x": 5 * GB, "first_stage_model.x": GB // 5, "conditioner.x": GB, "other": 1}
    safetensors(path, **parts)
    safetensors(tmp_path / "models/loras/l.safetensors", a=100)
    found = estimated(folders, **WHOLE)
    weights = {name: each.weight_bytes for name, each in found.nodes.items() if each.weight_bytes}
    assert weights == {"l": 5 * GB, "k": 5 * GB + 100, "d": GB // 5}
    assert found.model_bytes == sum(parts.values()) + 100
    assert found.peak_bytes >= 5 * GB


def test_sampling_takes_more_with_a_larger_network(tmp_path: Path, folders: Folders):
    path = tmp_path / "models/checkpoints/m.safetensors"
    taken = []
    for nbytes in (10**7, 10**9, 4 * 10**9):
        safetensors(path, **{"model.x": nbytes})
        taken.append(estimated(folders, **WHOLE).nodes["k"].nbytes)
    assert taken[0] < taken[1] < taken[2] < 2.1 * taken[1]  # as the root of the weights


def test_files_that_are_not_there_or_damaged_weigh_nothing(tmp_path: Path, folders: Folders):
    assert estimated(folders, **WHOLE).nodes["k"].weight_bytes == 0
    path = tmp_path / "models/checkpoints/m.safetensors"
    path.parent.mkdir(parents=True)
    for content in (b"", b"\xff" * 100, struct.pack("<Q", 10) + b"[1, 2, 3] ", struct.pack("<Q", 2**60)):
        path.write_bytes(content)
        assert estimated(folders, **WHOLE).nodes["k"].weight_bytes == 0


def test_folders_of_models_are_read_too(tmp_path: Path, folders: Folders):
    for name, nbytes in (("unet", 500), ("text_encoder", 30), ("text_encoder_2", 40), ("vae", 7)):
        safetensors(tmp_path / f"models/checkpoints/folder/{name}/x.safetensors", a=nbytes)
    nodes = {
        **WHOLE,
        "c": ("Checkpoint", {"name": "folder"}),
        "k": ("Sample", {"model": ["c", 0], "latent_image": ["a", 0]}),
    }
    del nodes["l"]
    found = estimated(folders, **nodes)
    assert (found.nodes["k"].weight_bytes, found.nodes["d"].weight_bytes, found.model_bytes) == (500, 7, 577)


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 300, 200)


def test_pictures_are_as_large_as_their_files_say(tmp_path: Path, folders: Folders):
    (tmp_path / "data/input").mkdir(parents=True)
    (tmp_path / "data/input/p.png").write_bytes(PNG)
    nodes = {"a": ("Load", {"image": "p.png"}), "b": ("ScaleBy", {"image": ["a", 0], "scale_by": 2})}
    size = estimated(folders, **nodes, s=("Save", {"images": ["b", 0]})).nodes["b"].size
    assert size is not None
    assert (size.width, size.height) == (600, 400)
    (tmp_path / "data/input/p.png").write_bytes(b"no picture")
    assert estimated(folders, **nodes, s=("Save", {"images": ["b", 0]})).peak_bytes == 0
