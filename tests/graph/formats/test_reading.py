import json
import struct
from contextlib import suppress
from typing import Any

import pytest

from graph.errors import WorkflowError
from graph.formats import read_any, text_chunks
from tests.graph.formats.files import jpeg, png, safetensors, webp
from tests.graph.small_catalogue import node

GRAPH = {"1": node("PrimitiveString", value="größe 日本")}
DOCUMENT = {"latentloom": 1, "graph": GRAPH, "layout": {"nodes": {"1": {"position": [1, 2]}}}}
EDITOR = {"nodes": [], "links": [], "version": 0.4}


@pytest.mark.parametrize(
    "wrapped",
    [
        GRAPH,
        {"prompt": GRAPH, "client_id": "x"},
        {"workflow": GRAPH},
        {"input": {"workflow": GRAPH}},
        {"prompt": GRAPH, "extra_data": {"extra_pnginfo": {"workflow": EDITOR}}},
    ],
)
def test_a_graph_is_found_in_every_envelope(wrapped: Any) -> None:
    assert read_any(json.dumps(wrapped)).dump() == GRAPH
    assert read_any(json.dumps(wrapped).encode()).dump() == GRAPH


def test_a_document_is_read_as_it_is() -> None:
    assert read_any(json.dumps(DOCUMENT)).dump() == DOCUMENT
    assert read_any(json.dumps({"workflow": DOCUMENT})).dump() == DOCUMENT


def test_a_node_that_is_called_prompt_is_no_envelope() -> None:
    graph = {"prompt": node("PrimitiveString", value="x")}
    assert read_any(json.dumps(graph)).dump() == graph


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "iTXt compressed"])
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (text_chunks(GRAPH, DOCUMENT), DOCUMENT),
        (text_chunks(GRAPH, DOCUMENT, {"workflow": EDITOR}), DOCUMENT),
        (text_chunks(GRAPH, None), GRAPH),
        (text_chunks(GRAPH, GRAPH, {"workflow": EDITOR}), GRAPH),
        ({"workflow": "null", "prompt": json.dumps(GRAPH, ensure_ascii=False)}, GRAPH),
        ({"workflow": "{broken", "prompt": json.dumps(GRAPH)}, GRAPH),
    ],
)
def test_a_png_gives_our_document_before_the_graph(kind: str, texts: dict[str, str], expected: Any) -> None:
    assert read_any(png(texts, kind)).dump() == expected


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("make", [webp, jpeg])
def test_exif_gives_the_graph_under_any_tag(make: Any, order: str) -> None:
    prompt, editor = json.dumps(GRAPH), json.dumps(EDITOR)
    assert read_any(make({0x010F: f"workflow:{editor}", 0x0110: f"prompt:{prompt}"}, order)).dump() == GRAPH
    assert (
        read_any(make({0x010F: f"Workflow: {json.dumps(DOCUMENT)}", 0x0110: f"Prompt: {prompt}"}, order)).dump()
        == DOCUMENT
    )
    assert read_any(make({0x010E: json.dumps({"prompt": GRAPH})}, order)).dump() == GRAPH
    assert (
        read_any(
            make({0x9286: b"UNICODE\0" + prompt.encode("utf-16-le" if order == "<" else "utf-16-be")}, order)
        ).dump()
        == GRAPH
    )


def test_a_saved_latent_gives_its_document() -> None:
    assert read_any(safetensors(text_chunks(GRAPH, DOCUMENT))).dump() == DOCUMENT


def test_nan_in_a_picture_is_read_as_null() -> None:
    text = '{"1": {"class_type": "A", "inputs": {}, "is_changed": [NaN]}}'
    assert read_any(png({"prompt": text})).graph["1"]["is_changed"] == [None]
    with pytest.raises(WorkflowError, match="NaN is not a number"):
        read_any(text)


REFUSED = [
    ("nothing", b"", "The file is empty."),
    ("no JSON", b"hello", "neither a picture nor valid JSON: line 1, column 1"),
    ("the browser format", json.dumps(EDITOR), "browser format of ComfyUI"),
    ("a GIF", b"GIF89a", "cannot be read from GIF files"),
    ("a PNG without texts", png({}), "This PNG picture carries no workflow. Programs that shrink"),
    ("a PNG with other texts", png({"Software": "x"}), r"carries no workflow \(only Software\)"),
    ("a PNG of another program", png({"parameters": "a cat\nSteps: 20"}), "generation parameters of another program"),
    ("a PNG with the browser format", png({"workflow": json.dumps(EDITOR)}), "browser format of ComfyUI"),
    ("a PNG with broken JSON", png({"prompt": "{"}), 'The text "prompt" of this PNG picture is not valid JSON'),
    (
        "a PNG with something else",
        png({"prompt": "[1]"}),
        'The text "prompt" of this PNG picture: A workflow is a JSON',
    ),
    ("a JPEG without EXIF", jpeg({}), "This JPEG picture carries no workflow"),
    ("a WebP without EXIF", webp({}), "This WebP picture carries no workflow"),
    ("a latent without metadata", safetensors({}), "This file of tensors carries no workflow"),
    ("an envelope of nothing", '{"prompt": 3}', "nothing in it has a class_type"),
]


@pytest.mark.parametrize(("data", "says"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_carries_no_workflow_is_told_what_it_is(data: bytes | str, says: str) -> None:
    with pytest.raises(WorkflowError, match=says):
        read_any(data)


def test_a_message_names_the_file() -> None:
    with pytest.raises(WorkflowError, match=r"^cat\.png: This PNG picture carries no workflow"):
        read_any(png({}), "cat.png")


@pytest.mark.parametrize("file", [png(text_chunks(GRAPH, None)), webp({0x0110: "prompt:{}"}), jpeg({0x9286: "x" * 99})])
def test_a_cut_file_is_refused_and_breaks_nothing(file: bytes) -> None:
    for end in range(len(file)):
        with suppress(WorkflowError):
            read_any(file[:end])


def test_a_png_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(WorkflowError, match="more than 64 MiB once it is unpacked"):
        read_any(png({"prompt": " " * (65 * 1024**2)}, "zTXt"))


def test_exif_directories_that_lead_in_a_circle_end() -> None:
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + b"\0" * 4
    body = b"Exif\0\0" + tiff
    with pytest.raises(WorkflowError, match="carries no workflow"):
        read_any(b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + b"\xff\xda")
