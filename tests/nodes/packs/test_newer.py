"""Classes of the newer protocol as node types."""

import pytest
import torch
from PIL import Image

from graph.events import NodeProgress
from graph.schema.object_info import object_info_of
from tests.nodes.packs.worlds import World, short

PICTURE = short("EmptyImage", width=8, height=8, batch_size=1, color=0xFF0000)


def say(node_id: str, slot: int = 0) -> dict[str, object]:
    return short("NewerSay", value=[node_id, slot])


def test_a_schema_becomes_the_specification(packs: World) -> None:
    spec = packs.registry.get("NewerConvert").spec
    number, scale, loud, case, text, any_number = spec.inputs
    assert (spec.title, spec.category, spec.experimental) == ("Convert", "test pack/newer", True)
    assert (number.type, number.default, number.minimum, number.maximum, number.help) == ("INT", 3, 0, 9, "A number.")
    assert number.control_after_generate
    assert (scale.required, scale.options) == (False, {"round": 0.1})
    assert loud.options == {"label_on": "loud", "label_off": "quiet"}
    assert (case.choices, case.default) == (("lower", "upper"), "lower")
    assert text.multiline
    assert (any_number.type, any_number.required) == ("INT,FLOAT", False)
    assert [(each.name, each.type, each.is_list) for each in spec.outputs] == [
        ("words", "STRING", False),
        ("count", "INT", True),
    ]


def test_a_node_runs_with_its_defaults(packs: World) -> None:
    run = packs.succeed({"1": short("NewerConvert"), "2": say("1"), "3": say("1", 1)})
    assert run.texts == {"2": ["x 3.0 None"], "3": ["3", "4"]}


def test_pictures_are_shown_from_the_temporary_folder(packs: World) -> None:
    run = packs.succeed({"1": PICTURE, "2": short("NewerSave", images=["1", 0])})
    (shown,) = run.outcome.ui["2"]["images"]
    path = packs.folders.path("temp", shown["filename"])
    assert Image.open(path).getpixel((3, 3)) == (255, 0, 0)


def test_growing_and_dependent_inputs_arrive_as_dicts(packs: World) -> None:
    prompt = {
        "n": short("NewerConvert", number=5),
        "1": short(
            "NewerGather",
            numbers__number0=1,
            numbers__number1=2,
            numbers__number2=["n", 1],
            names__last="Lovelace",
            size="by side",
            size__width=64,
        ),
        "2": say("1"),
    }
    prompt["1"]["inputs"]["size.height"] = 9  # type: ignore[index]
    text = packs.succeed(prompt).texts["2"][0]
    assert text == "8 [('last', 'Lovelace')] [('height', 9), ('size', 'by side'), ('width', 64)]"


def test_a_choice_without_further_inputs_arrives_alone_and_its_defaults_are_filled_in(packs: World) -> None:
    def size(**inputs: object) -> str:
        node = short("NewerGather", numbers__number0=0, numbers__number1=0, **inputs)
        return str(packs.succeed({"1": node, "2": say("1")}).texts["2"][0])

    assert size(size="as it is") == "0 [] [('size', 'as it is')]"
    assert size(size="by scale") == "0 [] [('factor', 0.5), ('size', 'by scale')]"


def test_inputs_of_a_choice_are_demanded_with_that_choice_only(packs: World) -> None:
    node = short("NewerGather", numbers__number0=0, numbers__number1=0, size="by side")
    (problem,) = packs.validate({"1": node, "2": say("1")}).problems
    assert (problem.code, problem.input) == ("required_input_missing", "size.width")
    (problem,) = packs.validate(
        {"1": short("NewerGather", numbers__number0=0, size="as it is"), "2": say("1")}
    ).problems
    assert problem.input == "numbers.number1"


def test_object_info_tells_growing_and_dependent_inputs(packs: World) -> None:
    info = object_info_of(packs.registry.get("NewerGather").spec, lambda folder: [])["input"]["required"]
    assert info["numbers"][0] == "COMFY_AUTOGROW_V3"
    assert [each["key"] for each in info["size"][1]["options"]] == ["by side", "by scale", "as it is"]


def test_lazy_inputs_of_one_type(packs: World) -> None:
    prompt = {
        "0": short("PackFails", message="must not run"),
        "1": short("NewerMatch", which=True, on_true=["2", 0], on_false=["0", 0]),
        "2": short("PackSum", a=1, b=1),
        "3": say("1"),
    }
    assert packs.succeed(prompt).texts == {"3": ["2"]}
    assert packs.registry.get("NewerMatch").spec.outputs[0].type == "INT,STRING"


def test_checks_and_tokens(packs: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def prompt(value: int, other: int) -> dict[str, dict[str, object]]:
        return {"1": short("NewerQuestions", value=value, other=other), "2": say("1")}

    (problem,) = packs.validate(prompt(13, 1)).problems
    assert problem.message.endswith("13 is unlucky")
    assert packs.validate(prompt(99, 1)).problems == ()
    assert packs.validate(prompt(1, 6)).problems[0].code == "value_bigger_than_max"
    monkeypatch.setenv("PACK_TOKEN", "one")
    first = packs.succeed(prompt(1, 1))
    assert first.outcome.executed == ("1", "2")
    assert [(event.value, event.maximum) for event in first.of(NodeProgress)] == [(1, 2)]
    assert packs.succeed(prompt(1, 1)).outcome.executed == ()
    monkeypatch.setenv("PACK_TOKEN", "two")
    assert "1" in packs.succeed(prompt(1, 1)).outcome.executed


def test_types_of_a_packs_own_and_blocked_outputs(packs: World) -> None:
    def prompt(blocked: bool) -> dict[str, dict[str, object]]:
        return {
            "1": short("NewerQuestions", value=2, other=1),
            "2": short("NewerUse", thing=["1", 0], blocked=blocked),
            "3": say("2"),
        }

    assert packs.registry.get("NewerUse").spec.inputs[0].type == "THING"
    assert packs.succeed(prompt(False)).texts == {"3": ["{'value': 2}"]}
    assert packs.succeed(prompt(True)).texts == {}


def test_a_node_stands_for_a_graph(packs: World) -> None:
    assert packs.succeed({"1": short("NewerExpand", number=2), "2": say("1")}).texts["2"] == ["INNER 2.0 NONE!"]


def test_whole_lists_and_inputs_that_nobody_declared(packs: World) -> None:
    prompt = {
        "1": short("PackSplit", text="1 2 3"),
        "2": short("NewerTotal", numbers=["1", 0], more=["1", 0]),
        "3": say("2"),
    }
    assert packs.succeed(prompt).texts == {"3": ["12"]}


def test_latents_and_masks_pass_between_packs_and_us(packs: World) -> None:
    prompt = {"1": PICTURE, "2": short("PackScale", image=["1", 0], side=4), "3": say("2")}
    picture = packs.succeed(prompt).outcome.outputs["3"][0][0]
    assert torch.allclose(picture[0, 0, 0], torch.tensor([0.0, 1.0, 1.0]))
