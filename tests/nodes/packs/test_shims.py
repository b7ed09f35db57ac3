"""The small modules: what packs compute with them."""

import math
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from graph.context import Context
from graph.errors import Cancelled, FolderError
from graph.folders import Folders
from nodes.packs.errors import PackError
from nodes.packs.json_values import as_json
from nodes.packs.running import current, running
from nodes.packs.shims import graph_utils, node_helpers, utils
from nodes.packs.shims.folder_paths import FolderPaths
from nodes.packs.tokens import as_token


def test_a_progress_bar_outside_of_nodes_counts_for_itself() -> None:
    bar = utils.ProgressBar(3)
    bar.update(2)
    bar.update(2)
    assert bar.current == 3
    assert current() is None


def test_a_progress_bar_tells_the_running_node_and_shows_pictures() -> None:
    told: list[tuple[float, float, bytes | None]] = []
    ctx = Context(report=lambda value, maximum, preview: told.append((value, maximum, preview)))
    with running(ctx):
        utils.ProgressBar(10).update_absolute(4, 8, ("JPEG", Image.new("RGB", (1000, 10)), 100))
    value, maximum, preview = told[0]
    assert (value, maximum) == (4, 8)
    assert (preview or b"").startswith(b"\xff\xd8")


def test_a_progress_bar_stops_a_cancelled_job() -> None:
    with running(Context(is_cancelled=lambda: True)), pytest.raises(Cancelled):
        utils.ProgressBar(2).update(1)


def test_tiles_that_overlap_blend_to_the_whole() -> None:
    picture = torch.rand(2, 3, 50, 37)
    doubled = utils.tiled_scale(
        picture, lambda tile: tile.repeat_interleave(2, 2).repeat_interleave(2, 3), 16, 16, 4, 2
    )
    assert torch.allclose(doubled, picture.repeat_interleave(2, 2).repeat_interleave(2, 3), atol=1e-5)
    assert utils.get_tiled_scale_steps(37, 50, 16, 16, 4) == 3 * 4


def test_batches_repeat_and_are_cut() -> None:
    batch = torch.arange(3)
    assert utils.repeat_to_batch_size(batch, 5).tolist() == [0, 1, 2, 0, 1]
    assert utils.repeat_to_batch_size(batch, 2).tolist() == [0, 1]


def test_only_files_that_hold_no_code_are_read(tmp_path: Path) -> None:
    utils.save_torch_file({"a": torch.ones(2)}, str(tmp_path / "a.safetensors"), {"made": "by a test"})
    tensors, metadata = utils.load_torch_file(str(tmp_path / "a.safetensors"), return_metadata=True)
    assert torch.equal(tensors["a"], torch.ones(2))
    assert metadata == {"made": "by a test"}
    with pytest.raises(PackError, match="can run code"):
        utils.load_torch_file(str(tmp_path / "a.ckpt"))


def test_a_graph_builder_names_nodes_the_same_each_time() -> None:
    def built() -> list[str]:
        with running(Context(node="7")):
            graphs = [graph_utils.GraphBuilder(), graph_utils.GraphBuilder()]
            for graph in graphs:
                graph.node("A", "named", x=1)
                graph.node("A")
            return [name for graph in graphs for name in graph.finalize()]

    assert built() == built() == ["graph0.named", "graph0.1", "graph1.named", "graph1.1"]


def test_a_graph_builder_keeps_ids_short_and_finds_them_again() -> None:
    graph = graph_utils.GraphBuilder(prefix="p.")
    node = graph.node("A", "x" * 500)
    assert len(node.id) < 70
    assert graph.lookup_node("x" * 500) is node
    other = graph.node("B", value=node.out(0))
    graph.replace_node_output(node.id, 0, 5)
    graph.remove_node("x" * 500)
    assert graph.finalize() == {other.id: {"class_type": "B", "inputs": {"value": 5}}}


def test_links_are_told_from_values() -> None:
    assert graph_utils.is_link(["a", 0])
    assert not any(map(graph_utils.is_link, (["a", "b"], [1, 0], ["a", True], "ab", ["a", 0, 1])))


def test_prefixes_reach_links_into_the_graph_only() -> None:
    graph = {
        "a": {"class_type": "A", "inputs": {"x": ["b", 0], "y": ["outside", 0]}},
        "b": {"class_type": "B", "inputs": {}},
    }
    nodes, outputs = graph_utils.add_graph_prefix(graph, (["a", 1], 3), "p.")
    assert nodes["p.a"]["inputs"] == {"x": ["p.b", 0], "y": ["outside", 0]}
    assert outputs == (["p.a", 1], 3)


def test_conditionings_get_further_options() -> None:
    conditioning = [(torch.zeros(1), {"a": [1]})]
    assert node_helpers.conditioning_set_values(conditioning, {"b": 2})[0][1] == {"a": [1], "b": 2}
    assert node_helpers.conditioning_set_values(conditioning, {"a": [2]}, append=True)[0][1] == {"a": [1, 2]}
    assert conditioning[0][1] == {"a": [1]}


@pytest.fixture
def folder_paths(tmp_path: Path) -> FolderPaths:
    return FolderPaths(Folders(data=tmp_path / "data", models=[tmp_path / "models"]))


def test_packs_add_folders_of_their_own(folder_paths: FolderPaths, tmp_path: Path) -> None:
    (tmp_path / "luts" / "warm").mkdir(parents=True)
    (tmp_path / "luts" / "warm" / "a.cube").touch()
    (tmp_path / "luts" / "notes.txt").touch()
    folder_paths.folder_names_and_paths["luts"] = ([str(tmp_path / "luts")], {".cube"})
    assert folder_paths.get_filename_list("luts") == ["warm/a.cube"]
    assert folder_paths.get_full_path_or_raise("luts", "warm/a.cube") == str(tmp_path / "luts" / "warm" / "a.cube")
    folder_paths.add_model_folder_path("unet", str(tmp_path / "luts"))
    assert str(tmp_path / "luts") in folder_paths.get_folder_paths("diffusion_models")
    with pytest.raises(KeyError, match="no model folder"):
        folder_paths.get_filename_list("nothing")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "b\0"])
def test_names_do_not_leave_their_folder(folder_paths: FolderPaths, tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "secret").touch()
    with pytest.raises((FolderError, ValueError)):
        folder_paths.get_annotated_filepath(name)
    assert not folder_paths.exists_annotated_filepath(name)
    assert folder_paths.get_full_path("loras", name) is None


def test_suffixes_of_names_choose_the_folder(folder_paths: FolderPaths) -> None:
    assert folder_paths.get_annotated_filepath("a.png [output]") == f"{folder_paths.get_output_directory()}/a.png"
    assert folder_paths.annotated_filepath("a.png") == ("a.png", None)


def test_pictures_are_saved_under_the_next_number(folder_paths: FolderPaths) -> None:
    output = folder_paths.get_output_directory()
    where, name, number, subfolder, prefix = folder_paths.get_save_image_path("sub/%width%_%batch_num%", output, 64, 32)
    assert (name, number, subfolder, prefix) == ("64_%batch_num%", 1, "sub", "sub/%width%_%batch_num%")
    Path(where, f"{name}_00007_.png").touch()
    assert folder_paths.get_save_image_path("sub/%width%_%batch_num%", output, 64, 32)[2] == 8
    with pytest.raises(FolderError):
        folder_paths.get_save_image_path("../outside", output)


def test_anything_becomes_json() -> None:
    value = {"a": (1, numpy.float32(2)), 3: torch.ones(2), "n": math.nan, "s": {5}, "o": Path}
    assert as_json(value) == {"a": [1, 2.0], "3": [1.0, 1.0], "n": "nan", "s": [5], "o": str(Path)}


def test_tokens_are_equal_when_the_packs_values_are() -> None:
    assert as_token((b"x", {"k": {1, 2}})) == as_token((b"x", {"k": {2, 1}})) != as_token((b"y", {"k": {1, 2}}))
    assert math.isnan(as_token(object()))
