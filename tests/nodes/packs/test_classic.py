"""Classes of the classic protocol as node types: what they declare, how they run."""

import torch

from graph.events import NodeStarted
from graph.schema.object_info import object_info_of
from tests.nodes.packs.worlds import World, short, showing


def test_what_a_class_declares_becomes_the_specification(packs: World) -> None:
    spec = packs.registry.get("PackSum").spec
    assert (spec.title, spec.category, spec.description) == ("Sum of two", "test pack/numbers", "Adds two numbers.")
    assert (spec.source, spec.experimental, spec.deprecated) == ("custom_nodes.classic_pack", True, False)
    a, b, scale = spec.inputs
    assert (a.type, a.default, a.minimum, a.maximum, a.step, a.help) == ("INT", 1, 0, 100, 1, "The first.")
    assert b.socket_only
    assert not a.socket_only
    assert (scale.required, scale.options) == (False, {"round": 0.01, "display": "slider"})
    assert [(each.name, each.type, each.help) for each in spec.outputs] == [
        ("sum", "INT", "What they give."),
        ("STRING", "STRING", "The same in words."),
    ]


def test_object_info_tells_what_the_class_declared(packs: World) -> None:
    info = object_info_of(packs.registry.get("PackSum").spec, lambda folder: [])
    assert info["input"]["required"]["a"] == [
        "INT",
        {"default": 1, "min": 0, "max": 100, "step": 1, "tooltip": "The first."},
    ]
    assert info["input"]["optional"]["scale"] == ["FLOAT", {"default": 1.0, "round": 0.01, "display": "slider"}]
    assert info["python_module"] == "custom_nodes.classic_pack"


def test_types_with_an_opinion_of_their_own_are_written_down(packs: World) -> None:
    assert packs.registry.get("PackShow").spec.inputs[0].type == "*"
    choose = packs.registry.get("PackChoose").spec
    assert choose.inputs[2].type == "EITHER,INT,STRING"
    assert choose.inputs[0].choices == ("fast", "exact", 3)
    assert (choose.inputs[1].choices, choose.inputs[1].default) == (("one", "two"), "two")
    assert choose.outputs[1].type == "COMBO"
    assert choose.deprecated


def test_a_node_runs_once_and_then_never_again(packs: World) -> None:
    prompt = {"1": short("PackSum", a=3, b=4, scale=2.0), "2": showing("1"), "3": showing("1", 1)}
    assert packs.succeed(prompt).texts == {"2": ["14"], "3": ["3 and 4"]}
    again = packs.succeed(prompt)
    assert again.outcome.executed == ()
    assert again.texts == {"2": ["14"], "3": ["3 and 4"]}


def test_optional_inputs_that_are_not_given_keep_the_default_of_the_function(packs: World) -> None:
    assert packs.succeed({"1": short("PackSum", a=1, b=2), "2": showing("1")}).texts == {"2": ["3"]}


def test_limits_hold_before_anything_runs(packs: World) -> None:
    validated = packs.validate({"1": short("PackSum", a=300, b=1), "2": showing("1")})
    assert validated.graph is None
    assert "a must be between 0 and 100, got 300" in validated.problems[0].message


def test_an_object_of_a_class_lives_as_long_as_graphs_hold_its_node(packs: World) -> None:
    def counted(job: str, *names: str) -> dict[str, list[str]]:
        prompt = {name: short("PackCount", start=0) for name in names}
        shows = {f"show {name}": showing(name) for name in names}
        return packs.succeed({**prompt, **shows}, job=job).texts

    assert counted("1", "x") == {"show x": ["1"]}
    assert counted("2", "x", "y") == {"show x": ["2"], "show y": ["1"]}
    assert counted("3", "y") == {"show y": ["2"]}
    assert counted("4", "x", "y") == {"show x": ["1"], "show y": ["3"]}


def test_coroutines_overlap(packs: World) -> None:
    prompt = {str(number): short("PackCrowd", number=number) for number in range(4)}
    shows = {f"show {number}": showing(str(number)) for number in range(4)}
    packs.succeed({**prompt, **shows})
    crowd = packs.registry.get("PackCrowd").function.__self__._kind
    assert crowd.most == 4


def test_functions_run_one_at_a_time(packs: World) -> None:
    assert packs.registry.get("PackSum").spec.occupies == "gpu"


def test_inputs_may_be_called_anything_and_changing_them_in_place_hurts_nobody(packs: World) -> None:
    prompt = {
        "empty": short("EmptyLatentImage", width=16, height=16, batch_size=1),
        "careless": short("PackCareless", ctx=["empty", 0], asked=2),
        "changed": showing("careless"),
        "same": showing("empty"),
    }
    outputs = packs.succeed(prompt).outcome.outputs
    assert torch.equal(outputs["changed"][0][0]["samples"], torch.full((1, 4, 2, 2), 2.0))
    assert torch.equal(outputs["same"][0][0]["samples"], torch.zeros(1, 4, 2, 2))


def test_what_a_function_raises_is_told_with_its_place_in_the_pack(packs: World) -> None:
    run = packs.run({"1": short("PackFails", message="out of luck"), "2": showing("1")})
    failure = run.outcome.failure
    assert failure is not None
    assert "RuntimeError: out of luck" in failure.message
    assert any("classic_pack/plain.py" in line for line in failure.traceback)
    assert packs.succeed({"1": short("PackSum", a=1, b=1), "2": showing("1")}).texts == {"2": ["2"]}


def test_a_value_without_its_tuple_is_told(packs: World) -> None:
    failure = packs.run({"1": short("PackWrongAnswer"), "2": showing("1")}).outcome.failure
    assert failure is not None
    assert "returned a int by itself; the protocol wants a tuple" in failure.message


def test_a_class_without_a_function_is_there_and_says_so_when_it_is_run(packs: World) -> None:
    failure = packs.run({"1": short("PackBrowserOnly"), "2": short("PackSum", a=1, b=1), "3": showing("2")}).outcome
    assert failure.status == "succeeded"  # nothing needs it
    assert packs.registry.get("PackBrowserOnly").spec.outputs == ()


def test_nodes_are_told_to_begin_under_their_own_type(packs: World) -> None:
    run = packs.succeed({"1": short("PackSum", a=20, b=4), "2": showing("1")})
    assert [event.type for event in run.of(NodeStarted)] == ["PackSum", "PackShow"]
