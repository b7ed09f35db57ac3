"""Locks: what they hold, and what is said of two that differ."""

from typing import Any

from graph.formats import read_lock, text_chunks, with_lock
from graph.lock import Environment, Lock, Saved, differences, lock_of
from graph.spec import InputSpec, NodeSpec, OutputSpec
from graph.topology import Graph, GraphNode, Link
from tests.graph.formats.files import png, safetensors, webp

NAME = InputSpec(name="file", type="COMBO", files="checkpoints")
LOAD = NodeSpec(
    id="Load", title="Load", category="", version=3, inputs=(NAME,), outputs=(OutputSpec(name="a", type="A"),)
)
SAVE = NodeSpec(id="Save", title="Save", category="", inputs=(InputSpec(name="a", type="A"),), is_output=True)
HERE = Environment("0.1.0", {"torch": "2.13.0"}, "cpu", "auto")


def graph() -> Graph:
    nodes = {
        "1": GraphNode("1", LOAD, {"file": "dreams"}, {}),
        "2": GraphNode("2", SAVE, {}, {"a": Link("1", 0)}),
        "3": GraphNode("3", LOAD, {"file": "other"}, {}),
    }
    return Graph(nodes, ("2",))


def lock(**changes: Any) -> Lock:
    made = lock_of(graph(), {"1": {"file": "ab" * 32}, "3": {"file": "cd" * 32}}, HERE, Saved("2", "2", 1))
    return Lock.model_validate({**made, **changes})


def test_a_lock_holds_what_feeds_the_result_and_nothing_else() -> None:
    assert lock().model_dump() == {
        "node": "2",
        "display": "2",
        "number": 1,
        "engine": "0.1.0",
        "nodes": {"Load": 3, "Save": 1},
        "files": {"checkpoints/dreams": "ab" * 32},
        "libraries": {"torch": "2.13.0"},
        "device": "cpu",
        "precision": "auto",
    }


def test_files_that_no_input_names_are_among_the_files() -> None:
    made = lock_of(graph(), {}, HERE, Saved("2", "2", 0), lambda node: {f"embeddings/{node.id}": "ef"})
    assert made["files"] == {"embeddings/1": "ef", "embeddings/2": "ef"}


def test_files_carry_it_and_give_it_back() -> None:
    texts = with_lock(text_chunks({"2": {}}, None), lock().model_dump())
    exif = {0x0110 - number: f"{key}:{text}" for number, (key, text) in enumerate(texts.items())}
    for file in (png(texts), webp(exif), safetensors(texts)):
        assert read_lock(file) == lock()
    assert read_lock(png(text_chunks({"2": {}}, None))) is None
    assert read_lock(png({"lock": "{}"})) is None
    assert read_lock(b"no picture") is None


def test_what_a_client_calls_lock_stays_the_clients() -> None:
    assert with_lock(text_chunks({}, None, {"lock": "mine"}), lock().model_dump())["lock"] == '"mine"'


def test_equal_locks_do_not_differ() -> None:
    assert differences(lock(), lock(number=5)) == []


def test_files_are_named_before_libraries() -> None:
    now = lock(
        files={"checkpoints/dreams": "ef" * 32}, libraries={"torch": "2.14.0"}, device="cuda:0", engine="0.2.0",
        nodes={"Load": 4}, precision="bf16",
    )  # fmt: skip
    assert differences(lock(), now) == [
        '"dreams" of the folder "checkpoints" has another content: abababababab then, efefefefefef now.',
        "Nodes of type Load mean something else: version 3 then, 4 now.",
        "It was computed by cpu, and is now by cuda:0.",
        "It was computed with the precision auto, and is now with bf16.",
        "torch was version 2.13.0, and is 2.14.0.",
        "Latentloom was version 0.1.0, and is 0.2.0.",
    ]
    assert differences(lock(), lock(files={}))[0].endswith("was used, and is not any more.")
