"""The shape of graphs: who feeds whom, in which order."""

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
