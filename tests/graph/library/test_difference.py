from graph.library.difference import Change, difference
from graph.workflow import Workflow

BASE = {
    "1": {"class_type": "Text", "inputs": {"text": "a", "size": 1}},
    "2": {"class_type": "Show", "inputs": {"text": ["1", 0]}, "_meta": {"title": "See"}},
}


def document(graph, **more) -> Workflow:
    return Workflow.parse({"latentloom": 1, "graph": graph, **more})


def test_the_order_of_nodes_and_keys_does_not_matter():
    other = {key: dict(reversed(node.items())) for key, node in reversed(BASE.items())}
    assert difference(document(BASE), document(other)).is_empty


def test_values_links_titles_and_types_are_told_by_node():
    graph = {
        "1": {"class_type": "Texts", "inputs": {"text": "b"}},
        "2": {"class_type": "Show", "inputs": {"text": ["1", 1]}},
        "3": {"class_type": "Show", "inputs": {}, "_meta": {"title": "New"}},
    }
    found = difference(document(BASE), document(graph))
    one, two = found.changed
    assert one.retyped == Change(before="Text", after="Texts")
    assert one.inputs == {
        "text": Change(before="a", after="b"),
        "size": Change(before=1, after=None, is_there=False),
    }
    assert (two.renamed, two.inputs) == (
        Change(before="See", after=""),
        {"text": Change(before=["1", 0], after=["1", 1])},
    )
    assert [(each.id, each.title) for each in found.added] == [("3", "New")]
    assert [each.id for each in difference(document(graph), document(BASE)).removed] == ["3"]


def test_numbers_of_another_kind_are_other_values():
    graph = {**BASE, "1": {"class_type": "Text", "inputs": {"text": "a", "size": 1.0}}}
    assert "size" in difference(document(BASE), document(graph)).changed[0].inputs


def test_what_only_the_editor_shows_is_no_change_of_what_runs():
    moved = document(BASE, layout={"nodes": {"1": {"position": [1, 2]}}})
    found = difference(document(BASE), moved)
    assert found.is_empty
    assert found.has_moved


def test_modes_parameters_and_subgraphs_are_told():
    parameter = {"prompt": {"node": "1", "input": "text"}}
    subgraph = {"graph": {"5": {"class_type": "Text", "inputs": {"text": "x"}}}}
    changed = {"graph": {"5": {"class_type": "Text", "inputs": {"text": "y"}}}}
    before = document(BASE, subgraphs={"s": subgraph, "old": subgraph})
    layout = {"nodes": {"1": {"mode": "mute"}}, "parameters": parameter}
    found = difference(before, document(BASE, subgraphs={"s": changed, "new": subgraph}, layout=layout))
    assert found.modes == {"1": Change(before=None, after="mute", was_there=False)}
    assert list(found.parameters) == ["prompt"]
    assert (found.subgraphs_added, found.subgraphs_removed) == (("new",), ("old",))
    assert found.subgraphs_changed["s"].changed[0].inputs == {"text": Change(before="x", after="y")}
