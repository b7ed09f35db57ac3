"""Nodes of packs on lists, with blockers, undeclared inputs and raw links, and as graphs."""

from graph.events import NodeLog, NodeSkipped, NodeStarted
from tests.nodes.packs.worlds import World, short, showing


def test_lists_map_what_follows_and_whole_lists_end_that(packs: World) -> None:
    prompt = {
        "1": short("PackSplit", text="1 2 3"),
        "2": short("PackSum", a=["1", 0], b=["1", 1]),
        "3": short("PackTotal", numbers=["2", 0], plus=100),
        "4": showing("3"),
        "5": showing("3", 1),
        "6": showing("2"),
    }
    texts = packs.succeed(prompt).texts
    assert texts == {"4": ["115"], "5": ["3"], "6": ["4", "5", "6"]}


def test_a_blocker_skips_what_takes_that_value_and_nothing_else(packs: World) -> None:
    prompt = {
        "1": short("PackBlock", value=["0", 0], blocked=True, message=""),
        "0": short("PackSum", a=1, b=1),
        "2": showing("1"),
        "3": showing("1", 1),
    }
    run = packs.succeed(prompt)
    assert run.texts == {"3": ["passed"]}
    assert [event.node.id for event in run.of(NodeSkipped)] == ["2"]


def test_a_blocker_with_a_message_is_told(packs: World) -> None:
    prompt = {
        "0": short("PackSum", a=1, b=1),
        "1": short("PackBlockAll", value=["0", 0], blocked=True, message="closed today"),
        "2": showing("1"),
    }
    run = packs.succeed(prompt)
    assert run.texts == {}
    told = [event.message for event in (*run.of(NodeSkipped), *run.of(NodeLog)) if event.message]
    assert any("closed today" in message for message in told)


def test_blockers_count_for_each_element(packs: World) -> None:
    prompt = {
        "1": short("PackSplit", text="0 1 2"),
        "2": short("PackBlock", value=["1", 0], blocked=["1", 0], message=""),
        "3": showing("2"),
    }
    assert packs.succeed(prompt).texts == {"3": ["0"]}


def test_a_raw_link_is_the_link_itself(packs: World) -> None:
    prompt = {"1": short("PackSum", a=1, b=1), "2": short("PackRawLink", link=["1", 1]), "3": showing("2")}
    assert packs.succeed(prompt).texts == {"3": ["True 1 1"]}


def test_inputs_that_nobody_declared_reach_functions_that_take_them(packs: World) -> None:
    for kind in ("PackJoin", "PackFlexible"):
        prompt = {"1": short("PackSum", a=1, b=1), "2": short(kind, linked=["1", 0], written="w"), "3": showing("2")}
        assert packs.succeed(prompt).texts == {"3": ["linked=2 written=w"]}


def test_a_node_stands_for_a_graph(packs: World) -> None:
    prompt = {"1": short("PackTwice", value=7), "2": showing("1"), "3": showing("1", 1)}
    run = packs.succeed(prompt)
    texts = dict(run.texts)
    inner = {name: texts.pop(name) for name in [*texts] if name.startswith("1.")}
    assert texts == {"1": ["expanded"], "2": ["14"], "3": ["7"]}
    assert [*inner.values()] == [["14"]]
    assert packs.succeed(prompt).outcome.executed == ()


def test_expansions_and_values_mix_when_a_node_is_mapped_over_a_list(packs: World) -> None:
    prompt = {"1": short("PackSplit", text="0 2 5"), "2": short("PackTwice", value=["1", 0]), "3": showing("2")}
    assert packs.succeed(prompt).texts["3"] == ["0", "4", "10"]


def test_a_loop_is_an_expansion_in_an_expansion(packs: World) -> None:
    prompt = {"1": short("PackRepeat", value=1, times=30), "2": showing("1")}
    run = packs.succeed(prompt)
    assert run.texts == {"2": ["31"]}
    inside = [event.node for event in run.of(NodeStarted) if event.node.id not in ("1", "2")]
    assert len(inside) > 50
    assert {node.display for node in inside} == {"1"}
    assert max(len(node.id) for node in inside) < 120


def test_a_graph_that_bites_its_tail_is_the_fault_of_the_node_that_made_it(packs: World) -> None:
    failure = packs.run({"1": short("PackSnake"), "2": showing("1")}).outcome.failure
    assert failure is not None
    assert failure.node is not None
    assert failure.node.id == "1"
    assert "circle" in failure.message


def test_coroutines_inside_an_expansion_overlap(packs: World) -> None:
    crowd = packs.registry.get("PackCrowd").function.__self__._kind
    crowd.most = 0
    packs.succeed({"1": short("PackCrowds", count=3), "2": showing("1")})
    assert crowd.most == 3
