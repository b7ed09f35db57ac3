"""Every problem there is, one row each: what the document says, and what is said about it."""

from typing import Any, NamedTuple, get_args

import pytest

from graph.errors import Problem, ProblemCode
from graph.validation import validate
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, choices, node


class Case(NamedTuple):
    """A graph with one thing wrong."""

    code: str
    graph: dict[str, Any]
    node: str | None
    input: str | None
    says: str
    value: Any = None


CHECKPOINT = node("CheckpointLoaderSimple", ckpt_name="sd15.safetensors")
LATENT = node("EmptyLatentImage")


def sampler(title: str | None = None, /, **changes: Any) -> dict[str, Any]:
    """A graph that is valid but for the changes to its sampler."""
    given = {"model": ["1", 0], "seed": 1, "steps": 20, "latent_image": ["2", 0], **changes}
    described = node("KSampler", title, **{name: value for name, value in given.items() if value != "left out"})
    return {"1": CHECKPOINT, "2": LATENT, "3": described, "9": node("PreviewAny", source=["3", 0])}


CASES = {
    "no type": Case(
        "missing_node_type",
        {"3": {"inputs": {}}, "9": node("PreviewAny", source=["3", 0])},
        "3",
        None,
        "Node 3 has no class_type",
    ),
    "unknown type": Case(
        "unknown_node_type",
        {"3": node("SaveImagee", images=1)},
        "3",
        None,
        'Node 3 "SaveImagee": "SaveImagee" is not a node type that is known here. Did you mean "SaveImage"? If it '
        "comes from a node pack, install the pack; otherwise replace it, or take it out.",
        "SaveImagee",
    ),
    "unknown type, found by its title": Case(
        "unknown_node_type",
        {"3": node("Concatenated", "Mine")},
        "3",
        None,
        'Did you mean "StringConcatenate"?',
        "Concatenated",
    ),
    "known elsewhere": Case(
        "unknown_node_type",
        {"3": node("SV3D_Conditioning")},
        "3",
        None,
        "is a node of ComfyUI's core (video models) that is not provided here. Replace it, or take it out.",
        "SV3D_Conditioning",
    ),
    "missing input": Case(
        "required_input_missing",
        sampler(latent_image="left out"),
        "3",
        "latent_image",
        'Node 3 "Sample": latent_image is missing; link it to an output of type LATENT.',
    ),
    "missing input, mistyped": Case(
        "required_input_missing",
        sampler(latent_image="left out", latentimage=["2", 0]),
        "3",
        "latent_image",
        'latent_image is missing. "latentimage" is not an input of this node; was it meant?',
    ),
    "missing child of a group": Case(
        "required_input_missing",
        {"3": node("Sum"), "9": node("PreviewAny", source=["3", 0])},
        "3",
        "values.a",
        "missing",
    ),
    "missing input of a choice": Case(
        "required_input_missing",
        {
            "1": node("LoadImage", image="cat.png"),
            "3": node("Resize", image=["1", 0], mode="factor"),
            "9": node("SaveImage", images=["3", 0]),
        },
        "3",
        "mode.factor",
        "mode.factor is missing",
    ),
    "text for a whole number": Case(
        "invalid_input_type",
        sampler("Sampler", steps="many"),
        "3",
        "steps",
        'Node 3 "Sampler": steps must be a whole number, got "many".',
        "many",
    ),
    "a placeholder": Case(
        "invalid_input_type", sampler(steps="{{steps}}"), "3", "steps", "looks like a placeholder", "{{steps}}"
    ),
    "null for a number": Case("invalid_input_type", sampler(cfg=None), "3", "cfg", "must be a number, got null"),
    "not a finite number": Case("invalid_input_type", sampler(cfg="inf"), "3", "cfg", "must be a number", "inf"),
    "a value for a model": Case(
        "invalid_input_type",
        sampler(model="sd15"),
        "3",
        "model",
        'model must be linked to an output of type MODEL, as in ["4", 0]; got "sd15".',
        "sd15",
    ),
    "too small": Case(
        "value_smaller_than_min", sampler(steps=0), "3", "steps", "steps must be between 1 and 150, got 0.", 0
    ),
    "too small without upper limit": Case(
        "value_smaller_than_min", sampler(cfg=-0.5), "3", "cfg", "cfg must be at least 0.0, got -0.5.", -0.5
    ),
    "too big": Case("value_bigger_than_max", sampler(steps="151"), "3", "steps", "between 1 and 150, got 151.", "151"),
    "beyond 64 bits": Case(
        "value_bigger_than_max", sampler(seed=2**64), "3", "seed", "got 18446744073709551616", 2**64
    ),
    "no such choice": Case(
        "value_not_in_list",
        sampler(sampler_name="eular"),
        "3",
        "sampler_name",
        'sampler_name must be one of its choices, got "eular". Did you mean "euler"?',
        "eular",
    ),
    "nothing like a choice": Case(
        "value_not_in_list",
        sampler(sampler_name=7),
        "3",
        "sampler_name",
        'Choose "euler", "euler_ancestral" or "heun".',
        7,
    ),
    "no such file": Case(
        "value_not_in_list",
        {"1": node("CheckpointLoaderSimple", ckpt_name="sd14.ckpt"), "9": node("PreviewAny", source=["1", 0])},
        "1",
        "ckpt_name",
        'ckpt_name: "sd14.ckpt" is not in the model folder "checkpoints". Put the file there, or take '
        '"sd15.safetensors", which is there.',
        "sd14.ckpt",
    ),
    "nothing like the file": Case(
        "value_not_in_list",
        {"1": node("LoadImage", image="holiday.jpg"), "9": node("PreviewAny", source=["1", 0])},
        "1",
        "image",
        'is not in the input folder "input". Put the file there, or take what is there: "cat.png".',
        "holiday.jpg",
    ),
    "an empty folder": Case(
        "value_not_in_list",
        {"1": node("VAELoader", vae_name=3), "9": node("PreviewAny", source=["1", 0])},
        "1",
        "vae_name",
        '3 is not in the model folder "vae". Put the file there, or take what is there: "taesd".',
        3,
    ),
    "link to nothing": Case(
        "dangling_link",
        sampler(latent_image=["77", 0]),
        "3",
        "latent_image",
        'Node 3 "Sample": latent_image is linked to node 77, which is not in the graph.',
        ["77", 0],
    ),
    "no such output": Case(
        "bad_slot",
        sampler(model=["1", 3]),
        "3",
        "model",
        'linked to output 3 of node 1 "CheckpointLoaderSimple", whose outputs are 0 (MODEL), 1 (CLIP), 2 (VAE).',
        ["1", 3],
    ),
    "before the first output": Case("bad_slot", sampler(model=["1", -1]), "3", "model", "output -1", ["1", -1]),
    "output of a node without": Case(
        "bad_slot",
        {"1": node("Sink"), "9": node("SaveImage", images=["1", 0])},
        "9",
        "images",
        'node 1 "Sink", which has no outputs',
        ["1", 0],
    ),
    "a list of two that is no link": Case(
        "bad_link", sampler(steps=["a", "b"]), "3", "steps", 'write {"__value__": […]}', ["a", "b"]
    ),
    "a list of three": Case("bad_link", sampler(steps=[1, 2, 3]), "3", "steps", "a list of 3 is neither", [1, 2, 3]),
    "types that do not fit": Case(
        "return_type_mismatch",
        {"2": LATENT, "9": node("SaveImage", images=["2", 0])},
        "9",
        "images",
        'Node 9 "Save image": images takes IMAGE, but node 2 "EmptyLatentImage" gives LATENT. "VAEDecode" makes one of '
        "the other.",
        ["2", 0],
    ),
    "whole numbers for numbers": Case(
        "return_type_mismatch",
        {**sampler(cfg=["5", 0]), "5": node("PrimitiveInt", value=3)},
        "3",
        "cfg",
        'cfg takes FLOAT, but node 5 "PrimitiveInt" gives INT. "ComfyNumberConvert" makes one of the other.',
        ["5", 0],
    ),
    "a circle": Case(
        "dependency_cycle",
        {
            "1": node("StringConcatenate", "First", string_a=["3", 0], string_b="b"),
            "2": node("StringConcatenate", string_a=["1", 0], string_b="b"),
            "3": node("StringConcatenate", string_a=["2", 0], string_b="b"),
            "9": node("PreviewAny", source=["3", 0]),
        },
        "1",
        None,
        'Nodes feed each other in a circle: 3 "StringConcatenate" → 1 "First" → 2 "StringConcatenate" → 3 '
        '"StringConcatenate". Cut one of these links.',
    ),
    "nothing to run": Case(
        "no_outputs", {"1": CHECKPOINT}, None, None, "has no output node, so there is nothing to run"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_wrong_is_told_with_place_value_and_what_to_do(case: Case) -> None:
    validated = validate(Workflow.parse(case.graph), CATALOGUE, choices=choices)
    (problem,) = validated.problems
    assert case.says in problem.message
    assert (problem.code, problem.node, problem.input) == (case.code, case.node, case.input)
    assert problem.value == case.value
    assert validated.graph is None
    assert not validated.is_valid
    outputs = [node_id for node_id in case.graph if node_id == "9"] or ([case.node] if case.node else [])
    assert problem.details["outputs"] == outputs


SUBGRAPH = {"latentloom": 1, "graph": {"1": node("s")}, "subgraphs": {"s": {"graph": {"1": node("s")}}}}
PREVIEW = {"1": node("PreviewAny", source=1)}
PICKY = {"1": node("Picky", level=9)}


def refuse(node_id: str, *_: Any) -> list[Problem]:
    return [Problem("custom_validation_failed", f"Node {node_id}: the level is odd.", node_id, "level")]


def fail(*_: Any) -> list[Problem]:
    raise RuntimeError("no idea")


OTHERS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "subgraph_error": (SUBGRAPH, {}, "in a circle"),
    "unknown_target": (PREVIEW, {"targets": ["7"]}, 'There is no node "7" to run'),
    "custom_validation_failed": (PICKY, {"check": refuse}, "the level is odd"),
    "exception_during_validation": (PICKY, {"check": fail}, "its own check failed: RuntimeError: no idea"),
}


@pytest.mark.parametrize("code", OTHERS)
def test_what_depends_on_more_than_the_graph_is_told_too(code: str) -> None:
    document, options, says = OTHERS[code]
    validated = validate(Workflow.parse(document), CATALOGUE, choices=choices, **options)
    (problem,) = validated.problems
    assert problem.code == code
    assert says in problem.message
    assert validated.graph is None


def test_every_code_has_its_row() -> None:
    before_there_is_a_workflow = {"bad_document"}
    judged_by_files = {"too_large", "mismatched"}  # tests/graph/estimates, tests/graph/belonging
    found = {case.code for case in CASES.values()} | set(OTHERS)
    assert found == set(get_args(ProblemCode)) - before_there_is_a_workflow - judged_by_files
