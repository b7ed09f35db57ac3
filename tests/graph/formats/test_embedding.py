import json

from graph.formats import text_chunks

GRAPH = {"1": {"class_type": "A", "inputs": {"text": "größe"}}}
DOCUMENT = {"latentloom": 1, "graph": GRAPH}


def test_graph_and_document_are_written_as_ascii() -> None:
    texts = text_chunks(GRAPH, DOCUMENT)
    assert {name: json.loads(text) for name, text in texts.items()} == {"prompt": GRAPH, "workflow": DOCUMENT}
    assert all(text.isascii() for text in texts.values())


def test_a_bare_graph_is_not_written_twice() -> None:
    assert list(text_chunks(GRAPH, GRAPH)) == ["prompt"]
    assert list(text_chunks(GRAPH, None)) == ["prompt"]


def test_the_clients_own_workflow_keeps_its_name() -> None:
    texts = text_chunks(GRAPH, DOCUMENT, {"workflow": {"nodes": []}, "mine": 1, "none": None})
    assert {name: json.loads(text) for name, text in texts.items()} == {
        "prompt": GRAPH,
        "latentloom": DOCUMENT,
        "workflow": {"nodes": []},
        "mine": 1,
    }
