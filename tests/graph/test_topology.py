"""The shape of graphs: who feeds whom, in which order."""

import json

import pytest

from graph.spec import NodeSpec, OutputSpec
from graph.topology import Graph, GraphNode, Link

SPEC = NodeSpec(id="N", title="N", category="test", outputs=(OutputSpec(name="o", type="*"),))


def graph(links: dict[str, list[str]], *targets: str) -> Graph:
    nodes = {
        node_id: GraphNode(node_id, SPEC, {"x": 1}, {f"i{index}": Link(each, 0) for index, each in enumerate(feeders)})
        for node_id, feeders in links.items()
    }
    return Graph(nodes, targets)


DIAMOND = graph({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": [], "alone": []}, "d")


def test_every_node_comes_after_all_that_feed_it() -> None:
    order = DIAMOND.order
    assert set(order) == set(DIAMOND.nodes)
    for node in DIAMOND.nodes.values():
        for link in node.links.values():
            assert order.index(link.node) < order.index(node.id)


def test_the_order_for_targets_has_what_they_need_and_no_more() -> None:
    assert DIAMOND.order_for(["d"]) == ["a", "b", "c", "d"]
    assert DIAMOND.order_for(["c", "b"]) == ["a", "c", "b"]
    assert DIAMOND.order_for([]) == []


def test_what_targets_need() -> None:
    assert DIAMOND.needed_for(["c"]) == {"a", "c"}


def test_depth_is_no_limit() -> None:
    chain = graph({str(each): [str(each + 1)] for each in range(20_000)} | {"20000": []}, "0")
    assert chain.order_for(["0"])[0] == "20000"
    assert len(chain.needed_for(["0"])) == 20_001


def test_the_api_shape_has_literals_links_and_titles() -> None:
    node = GraphNode("1", SPEC, {"x": 1}, {"y": Link("2", 0)}, "Mine")
    assert Graph({"1": node}, ()).prompt == {
        "1": {"class_type": "N", "inputs": {"x": 1, "y": ["2", 0]}, "_meta": {"title": "Mine"}}
    }


def test_an_order_that_is_known_is_taken() -> None:
    assert Graph(DIAMOND.nodes, ("d",), known_order=("a", "c", "b", "d", "alone")).order == (
        "a",
        "c",
        "b",
        "d",
        "alone",
    )


def test_edges_point_from_producer_to_consumer() -> None:
    assert sorted(DIAMOND.digraph.edges) == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


@pytest.mark.parametrize("value", [1, "x", None, {"a": [1, 2]}, [1, 2], ["3", 0], {"__value__": 1}])
def test_the_api_shape_writes_lists_so_that_nobody_takes_them_for_links(value: object) -> None:
    prompt = json.loads(json.dumps(Graph({"1": GraphNode("1", SPEC, {"x": value}, {})}, ()).prompt))
    written = prompt["1"]["inputs"]["x"]
    assert not isinstance(written, list)
    assert (written["__value__"] if isinstance(written, dict) and "__value__" in written else written) == value
