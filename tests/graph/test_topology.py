import json

import pytest

from graph.topology import Graph, GraphNode, Link
from tests.graph.small_catalogue import CATALOGUE

SPEC = CATALOGUE.specs["Anything"]


def graph(**links: list[str]) -> Graph:
    nodes = {
        node_id: GraphNode(node_id, SPEC, {}, {str(number): Link(source, 0) for number, source in enumerate(sources)})
        for node_id, sources in links.items()
    }
    return Graph(nodes, (list(nodes)[-1],))


DIAMOND = graph(a=[], b=["a"], c=["a"], d=["b", "c"], e=["b"])


def test_every_node_comes_after_all_that_feed_it() -> None:
    order = DIAMOND.order
    assert sorted(order) == list("abcde")
    for node in DIAMOND.nodes.values():
        assert all(order.index(link.node) < order.index(node.id) for link in node.links.values())


def test_an_order_that_is_known_is_taken() -> None:
    assert Graph(DIAMOND.nodes, ("d",), known_order=tuple("acbde")).order == tuple("acbde")


def test_edges_point_from_producer_to_consumer() -> None:
    assert sorted(DIAMOND.digraph.edges) == [("a", "b"), ("a", "c"), ("b", "d"), ("b", "e"), ("c", "d")]


def test_what_targets_need_is_found() -> None:
    assert DIAMOND.needed_for(["d"]) == set("abcd")
    assert DIAMOND.needed_for([]) == set()
    assert DIAMOND.order_for(["e", "d"]) == ["a", "b", "e", "c", "d"]


@pytest.mark.parametrize("value", [1, "x", None, {"a": [1, 2]}, [1, 2], ["3", 0], {"__value__": 1}])
def test_the_api_shape_writes_values_so_that_they_are_read_as_values(value: object) -> None:
    nodes = {
        "3": GraphNode("3", SPEC, {"given": value}, {}, "Title"),
        "4": GraphNode("4", SPEC, {}, {"linked": Link("3", 0)}),
    }
    prompt = json.loads(json.dumps(Graph(nodes, ("4",)).prompt))
    written = prompt["3"]["inputs"]["given"]
    assert (written["__value__"] if isinstance(written, dict) and "__value__" in written else written) == value
    assert not isinstance(written, list)
    assert prompt["3"]["_meta"] == {"title": "Title"}
    assert prompt["4"] == {"class_type": "Anything", "inputs": {"linked": ["3", 0]}}
