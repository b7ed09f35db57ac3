from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import Problem
from graph.spec import Json, NodeSpec
from graph.topology import GraphNode, Link
from graph.validation import Validated, reject, validate
from graph.workflow import Workflow
from tests.graph.small_catalogue import CATALOGUE, chain, choices, node
from tests.graph.test_strict_json import JSON_VALUES


def run(document: Any, **options: Any) -> Validated:
    return validate(Workflow.parse(document), CATALOGUE, choices=choices, **options)


def test_a_valid_workflow_becomes_a_graph_with_defaults_and_converted_values() -> None:
    validated = run(
        {
            "9": node("PreviewAny", source=["3", 0]),
            "3": node("OldSampler", "Sampler", model=["1", 0], seed="7", steps=20.9, latent_image=[2, 0]),
            "2": node("EmptyLatentImage", unknown=3),
            "1": node("CheckpointLoaderSimple", ckpt_name="xl\\base.safetensors"),
        }
    )
    assert validated.is_valid
    graph = validated.graph
    assert graph is not None
    assert graph.nodes["3"] == GraphNode(
        id="3",
        spec=CATALOGUE.specs["KSampler"],
        literals={"seed": 7, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "add_noise": True},
        links={"model": Link("1", 0), "latent_image": Link("2", 0)},
        title="Sampler",
    )
    assert graph.nodes["2"].literals == {"width": 512}
    assert graph.nodes["1"].literals == {"ckpt_name": "xl/base.safetensors"}
    assert graph.targets == ("9",)
    assert list(graph.nodes) == ["9", "3", "2", "1"], "nodes keep the order of the document"
    assert graph.order == ("2", "1", "3", "9")


@pytest.mark.parametrize(
    ("given_value", "type_id", "name", "value"),
    [
        ("20", "PrimitiveInt", "value", 20),
        (20.9, "PrimitiveInt", "value", 20),
        (True, "PrimitiveInt", "value", 1),
        (7, "PrimitiveString", "value", "7"),
        (None, "PrimitiveString", "value", "None"),
        ({"__value__": [1, 2]}, "PrimitiveString", "value", "[1, 2]"),
        ({"__value__": "x"}, "PrimitiveString", "value", "x"),
    ],
)
def test_values_are_converted_as_the_ecosystem_does(given_value: Json, type_id: str, name: str, value: Json) -> None:
    validated = run({"1": node(type_id, **{name: given_value}), "2": node("PreviewAny", source=["1", 0])})
    assert validated.graph is not None
    found = validated.graph.nodes["1"].literals[name]
    assert found == value
    assert type(found) is type(value)


def test_an_invalid_branch_is_left_out_and_the_valid_ones_run() -> None:
    validated = run(
        {
            "1": node("PrimitiveString", value="a"),
            "2": node("StringConcatenate", string_a=["1", 0]),
            "3": node("PreviewAny", source=["2", 0]),
            "4": node("PreviewAny", source=["1", 0]),
        }
    )
    assert validated.graph is not None
    assert validated.graph.targets == ("4",)
    assert set(validated.graph.nodes) == {"1", "4"}
    assert validated.graph.order == ("1", "4")
    (problem,) = validated.problems
    assert (problem.node, problem.input, problem.details["outputs"]) == ("2", "string_b", ["3"])


def test_everything_that_is_wrong_is_told_at_once() -> None:
    graph = {str(number): node("PreviewAny", source=["nowhere", number]) for number in range(50)}
    assert [problem.node for problem in run(graph).problems] == list(graph)


def test_each_problem_names_every_output_that_it_takes_down() -> None:
    validated = run(
        {
            "bad": node("PrimitiveInt", value="x"),
            "also bad": node("NotHere", number=["bad", 0]),
            "a": node("PreviewAny", source=["bad", 0]),
            "b": node("PreviewAny", source=["also bad", 0]),
            "c": node("PreviewAny", source=1),
        }
    )
    assert {problem.node: problem.details["outputs"] for problem in validated.problems} == {
        "bad": ["a", "b"],
        "also bad": ["b"],
    }
    assert validated.graph is not None
    assert validated.graph.targets == ("c",)


def test_what_feeds_no_output_is_not_looked_at() -> None:
    validated = run({"1": node("PrimitiveInt", value="x"), "2": node("PreviewAny", source=1)})
    assert validated.is_valid
    assert validated.graph is not None
    assert set(validated.graph.nodes) == {"2"}


def test_a_node_of_unknown_type_that_feeds_nothing_is_told_beside_what_runs() -> None:
    validated = run({"1": node("ShowPicture", image=["2", 0]), "2": node("PreviewAny", source=1)})
    assert [problem.node for problem in validated.problems] == ["1"]
    assert validated.graph is not None
    assert validated.graph.targets == ("2",)


def test_undeclared_inputs_are_dropped_unless_the_node_takes_them() -> None:
    given_inputs = {"more": 1, "linked": ["1", 0]}
    graph = {
        "1": node("PrimitiveInt", value=1),
        "2": node("Anything", **given_inputs),
        "3": node("PreviewAny", source=1, **given_inputs),
    }
    validated = run(graph)
    assert validated.graph is not None
    assert validated.graph.nodes["2"].literals == {"more": 1}
    assert validated.graph.nodes["2"].links == {"linked": Link("1", 0)}
    assert validated.graph.nodes["3"].literals == {"source": 1}
    assert validated.graph.nodes["3"].links == {}


def test_children_of_growing_groups_keep_their_names() -> None:
    validated = run(
        {"1": node("Sum", **{"values.c": 2, "values.a": 1, "values.z": 3}), "2": node("PreviewAny", source=["1", 1])}
    )
    assert validated.graph is not None
    assert validated.graph.nodes["1"].literals == {"values.c": 2, "values.a": 1}


@pytest.mark.parametrize(
    ("given_inputs", "literals"),
    [
        ({}, {"mode": "width", "mode.width": 512}),
        ({"mode": "width", "mode.width": 64, "mode.factor": "x"}, {"mode": "width", "mode.width": 64}),
        ({"mode": "factor", "mode.factor": 2, "mode.width": -1}, {"mode": "factor", "mode.factor": 2.0}),
    ],
)
def test_inputs_of_choices_that_were_not_made_do_not_exist(given_inputs: Any, literals: Any) -> None:
    graph = {
        "1": node("LoadImage", image="cat.png"),
        "2": node("Resize", image=["1", 0], **given_inputs),
        "3": node("SaveImage", images=["2", 0]),
    }
    validated = run(graph)
    assert validated.problems == ()
    assert validated.graph is not None
    assert validated.graph.nodes["2"].literals == literals


@pytest.mark.parametrize("name", ["cat.png", "cat.png [input]", "dog.png [output]"])
def test_names_of_input_files_may_say_which_folder_they_are_in(name: str) -> None:
    assert run({"1": node("LoadImage", image=name), "2": node("SaveImage", images=["1", 0])}).is_valid


def test_a_folder_is_listed_once() -> None:
    asked: list[str] = []

    def counting(folder: str) -> Sequence[str]:
        asked.append(folder)
        return choices(folder)

    graph = {str(number): node("LoadImage", image="cat.png") for number in range(5)}
    graph |= {f"show {number}": node("SaveImage", images=[number, 0]) for number in range(5)}
    assert validate(Workflow.parse(graph), CATALOGUE, choices=counting).is_valid
    assert asked == ["input"]


def test_targets_choose_what_runs() -> None:
    graph = {**chain(3), "other": node("PreviewAny", source=["nowhere", 0])}
    validated = run(graph, targets=["end"])
    assert validated.is_valid
    assert validated.graph is not None
    assert validated.graph.targets == ("end",)
    inner = run(graph, targets=["1", "0"]).graph
    assert inner is not None
    assert inner.targets == ("0", "1"), "any node may be a target, in document order"


def test_no_targets_is_a_problem() -> None:
    (problem,) = run(chain(2), targets=[]).problems
    assert problem.code == "no_outputs"
    assert "targets is empty" in problem.message


def test_an_unknown_target_does_not_keep_the_others_from_running() -> None:
    validated = run(chain(2), targets=["end", "ende"])
    assert [problem.code for problem in validated.problems] == ["unknown_target"]
    assert "Did you mean end?" in validated.problems[0].message
    assert validated.graph is not None
    assert validated.graph.targets == ("end",)


def test_a_use_of_a_subgraph_as_target_means_the_outputs_inside() -> None:
    inside = {"graph": {"a": node("PreviewAny", source=1), "b": node("PrimitiveInt", value=1)}}
    document = {
        "latentloom": 1,
        "graph": {"5": node("s"), "6": node("PreviewAny", source=1)},
        "subgraphs": {"s": inside},
    }
    validated = run(document, targets=["5"])
    assert validated.graph is not None
    assert validated.graph.targets == ("5:a",)


def test_a_muted_target_is_a_problem() -> None:
    document = {"latentloom": 1, "graph": chain(2), "layout": {"nodes": {"0": {"mode": "mute"}}}}
    (problem,) = run(document, targets=["end"]).problems
    assert "it is muted, or depends on a muted node" in problem.message
    (problem,) = run(document).problems
    assert problem.code == "no_outputs"
    assert "muted" in problem.message


def test_an_input_that_lost_its_value_to_bypassing_says_so() -> None:
    document = {"latentloom": 1, "graph": chain(1), "layout": {"nodes": {"0": {"mode": "bypass"}}}}
    (problem,) = run(document).problems
    assert 'missing, because node 0 "PrimitiveString" is bypassed, and nothing of type STRING' in problem.message


def test_an_output_that_a_subgraph_does_not_have_is_told_once() -> None:
    document = {
        "latentloom": 1,
        "graph": {"5": node("s"), "6": node("PreviewAny", source=["5", 0])},
        "subgraphs": {"s": {"graph": {}}},
    }
    assert [problem.code for problem in run(document).problems] == ["bad_slot"]


def test_the_graph_carries_the_document_it_came_from() -> None:
    document = {"latentloom": 1, "graph": chain(1), "layout": {"nodes": {"0": {"position": [1, 2]}}}}
    graph = run(document).graph
    assert graph is not None
    assert graph.document == document


def test_a_nodes_own_check_sees_values_and_types_and_replaces_the_limits() -> None:
    asked: list[Any] = []

    def check(
        node_id: str, spec: NodeSpec, literals: Mapping[str, Json], types: Mapping[str, str]
    ) -> Sequence[Problem]:
        asked.append((node_id, spec.id, dict(literals), dict(types)))
        return []

    graph = {"1": node("LoadImage", image="cat.png"), "2": node("Picky", level="9", image=["1", 0])}
    assert run(graph, check=check).is_valid
    assert asked == [("2", "Picky", {"level": 9}, {"image": "IMAGE"})]


def test_what_a_nodes_own_check_refuses_takes_its_outputs_down() -> None:
    validated = run({"a": node("PrimitiveInt", value=1), "b": node("PreviewAny", source=["a", 0]), **chain(2)})
    refused = reject(validated, [Problem("custom_validation_failed", "No.", "0")])
    assert refused.graph is not None
    assert refused.graph.targets == ("b",)
    assert refused.graph.order == ("a", "b")
    assert refused.problems[0].details["outputs"] == ["end"]
    assert reject(refused, [Problem("custom_validation_failed", "No.", "a")]).graph is None


def test_a_chain_of_ten_thousand_nodes_is_validated() -> None:
    graph = run(chain(10_000)).graph
    assert graph is not None
    assert len(graph.nodes) == 10_001
    assert graph.order[:3] == ("0", "1", "2")
    assert graph.order[-1] == "end"


def test_a_broken_chain_of_ten_thousand_nodes_is_told_once() -> None:
    graph = {**chain(10_000), "0": node("NotHere")}
    (problem,) = run(graph).problems
    assert problem.details["outputs"] == ["end"]


def test_a_circle_of_ten_thousand_nodes_is_drawn_shortened() -> None:
    graph = chain(10_000)
    graph["0"] = node("StringConcatenate", string_a=["9999", 0], string_b="b")
    (problem,) = run(graph).problems
    assert len(problem.message) < 1000
    assert len(problem.details["path"]) == 10_001


def test_nonsense_of_ten_thousand_nodes_is_refused() -> None:
    graph: dict[str, Any] = {"0": node("StringConcatenate")}
    for number in range(1, 10_000):
        graph[str(number)] = node(f"Type {number}", a=[str(number - 1), 0], b=["9999", 0], c=["absent", 0])
        graph[f"show {number}"] = node("PreviewAny", source=[str(number), 0])
    validated = run(graph)
    assert validated.graph is None
    assert len(validated.problems) >= 9_999


LETTERS = "abcdefgh"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Small graphs in which anything may be wrong."""
    graph: dict[str, Any] = {}
    for node_id in LETTERS[: draw(st.integers(1, 8))]:
        link = st.tuples(st.sampled_from(LETTERS), st.integers(0, 1)).map(list)
        kind = draw(st.sampled_from(["PrimitiveString", "StringConcatenate", "PreviewAny", "NotHere"]))
        names = {"PrimitiveString": ["value"], "StringConcatenate": ["string_a", "string_b"]}.get(kind, ["source"])
        given_inputs = {name: draw(link | st.just("x")) for name in names if draw(st.booleans())}
        graph[node_id] = node(kind, **given_inputs)
    return graph


@given(graphs())
def test_what_runs_is_complete_ordered_and_without_problems(graph: dict[str, Any]) -> None:
    validated = run(graph)
    told = {problem.node for problem in validated.problems}
    left_out = {output for problem in validated.problems for output in problem.details["outputs"]}
    outputs = [node_id for node_id, each in graph.items() if each["class_type"] == "PreviewAny"]
    if validated.graph is None:
        assert told
        return
    nodes, order = validated.graph.nodes, list(validated.graph.order)
    assert sorted(order) == sorted(nodes)
    assert not told & set(nodes)
    for each in nodes.values():
        assert all(order.index(link.node) < order.index(each.id) for link in each.links.values())
        assert {need.name for need in each.spec.inputs if need.required} <= {*each.literals, *each.links}
    assert [each for each in outputs if each not in validated.graph.targets] == [
        each for each in outputs if each in left_out
    ]
    assert validated.graph.needed_for(validated.graph.targets) == set(nodes)


TYPES = st.sampled_from([*CATALOGUE.specs, "OldSampler", "NotHere", "inner", "outer"])
INPUT_NAMES = sorted(
    {each.name for spec in CATALOGUE.specs.values() for each in spec.inputs} | {"values.a", "in", "more"}
)
ANY_LINKS = st.tuples(st.sampled_from(LETTERS) | st.integers(0, 9), st.integers(-1, 3)).map(list)
ANY_NODES = st.builds(
    lambda type_id, given_inputs: {"class_type": type_id, "inputs": given_inputs},
    TYPES,
    st.dictionaries(
        st.sampled_from(INPUT_NAMES),
        JSON_VALUES | ANY_LINKS | JSON_VALUES.map(lambda value: {"__value__": value}),
        max_size=4,
    ),
)
ANY_GRAPHS = st.dictionaries(st.sampled_from(LETTERS), ANY_NODES, max_size=5)
ANY_LAYOUTS = st.dictionaries(
    st.sampled_from(LETTERS), st.sampled_from(["normal", "bypass", "mute"]).map(lambda mode: {"mode": mode}), max_size=3
).map(lambda nodes: {"nodes": nodes})
ANY_SUBGRAPHS = st.fixed_dictionaries(
    {
        "graph": ANY_GRAPHS,
        "layout": ANY_LAYOUTS,
        "inputs": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.just("in"),
                    "to": st.lists(
                        st.tuples(st.sampled_from(LETTERS), st.sampled_from(INPUT_NAMES)).map(list), max_size=2
                    ),
                }
            ),
            max_size=1,
        ),
        "outputs": st.lists(
            st.fixed_dictionaries(
                {"name": st.just("out"), "from": st.tuples(st.sampled_from(LETTERS), st.integers(0, 2)).map(list)}
            ),
            max_size=2,
        ),
    }
)


@settings(max_examples=60)
@given(ANY_GRAPHS, ANY_LAYOUTS, ANY_SUBGRAPHS, ANY_SUBGRAPHS)
def test_whatever_a_document_holds_it_is_a_graph_or_problems(graph: Any, layout: Any, inner: Any, outer: Any) -> None:
    document = {"latentloom": 1, "graph": graph, "layout": layout, "subgraphs": {"inner": inner, "outer": outer}}
    validated = run(document)
    assert validated.graph is not None or validated.problems
    if validated.graph is not None:
        again = run(validated.graph.prompt)
        assert again.is_valid, "what was validated is valid"
        assert again.graph is not None
        assert again.graph.nodes == validated.graph.nodes
