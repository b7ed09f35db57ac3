"""Keys: what makes them the same, and what makes them different."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import FolderError
from graph.fingerprint import Fingerprints, Surroundings, content_key, fingerprint, head_text
from graph.spec import InputSpec, NodeSpec, Occupies, OutputSpec
from graph.tokens import Token
from graph.topology import GraphNode, Link


def spec_of(type_id: str = "N", occupies: Occupies = "cpu", **facts: Any) -> NodeSpec:
    inputs = (
        InputSpec(name="a", type="*", required=False), InputSpec(name="b", type="*", required=False),
        InputSpec(name="model", type="COMBO", files="checkpoints", extra_choices=("none",), required=False),
    )  # fmt: skip
    defaults = {"inputs": inputs, "outputs": (OutputSpec(name="o", type="*"),) * 2, "occupies": occupies}
    return NodeSpec(id=type_id, title=type_id, category="test", **{**defaults, **facts})


SPEC = spec_of()
HOUSE = Surroundings(lambda folder, name: f"content of {folder}/{name}", "cpu/fp32")


def node(node_id: str, spec: NodeSpec = SPEC, links: Mapping[str, Link] | None = None, **literals: Any) -> GraphNode:
    return GraphNode(node_id, spec, literals, links or {})


def prints_of(
    *nodes: GraphNode, house: Surroundings = HOUSE, tokens: Mapping[str, Token] | None = None
) -> Fingerprints:
    return fingerprint(nodes, tokens or {}, house)


def key(each: GraphNode, house: Surroundings = HOUSE, token: Token | None = None) -> str:
    return prints_of(each, house=house, tokens={each.id: token} if token else None).keys[each.id]


def test_ids_and_the_order_of_inputs_do_not_matter() -> None:
    assert key(node("1", a=1, b=2)) == key(node("other", b=2, a=1))


@pytest.mark.parametrize(
    "other",
    [
        node("1", a=2), node("1", a=1.0), node("1", a=True), node("1", a="1"), node("1", b=1), node("1"),
        node("1", spec_of("M"), a=1), node("1", spec_of(version=2), a=1), node("1", spec_of(depends_on_id=True), a=1),
    ],
)  # fmt: skip
def test_anything_that_may_change_the_result_changes_the_key(other: GraphNode) -> None:
    assert key(other) != key(node("1", a=1))


def test_inputs_that_do_not_reach_the_node_do_not_matter() -> None:
    assert key(node("1", a=1, note="x")) == key(node("1", a=1))
    open_spec = spec_of(accepts_undeclared=True)
    assert key(node("1", open_spec, a=1, note="x")) != key(node("1", open_spec, a=1))


def test_a_link_is_the_key_of_its_node_and_the_slot() -> None:
    def at(source: GraphNode, slot: int) -> str:
        return prints_of(source, node("9", links={"a": Link(source.id, slot)})).keys["9"]

    assert at(node("1", a=1), 0) == at(node("2", a=1), 0)
    assert at(node("1", a=1), 0) != at(node("1", a=1), 1)
    assert at(node("1", a=1), 0) != at(node("1", a=2), 0)


def test_the_device_matters_only_to_nodes_that_compute() -> None:
    elsewhere = Surroundings(HOUSE.digest_of_file, "cuda/fp16")
    for occupies in ("cpu", "gpu"):
        each = node("1", spec_of(occupies=occupies), a=1)  # type: ignore[arg-type]  # a literal, widened by the loop
        assert key(each) != key(each, elsewhere)
    each = node("1", spec_of(occupies="io"), a=1)
    assert key(each) == key(each, elsewhere)


def test_files_count_by_content() -> None:
    content = {"v1.safetensors": "one"}
    house = Surroundings(lambda folder, name: content[name])
    before = key(node("1", model="v1.safetensors"), house)
    assert key(node("1", model="v1.safetensors"), house) == before
    content["v1.safetensors"] = "two"
    assert key(node("1", model="v1.safetensors"), house) != before


def test_choices_that_are_no_files_have_no_content() -> None:
    def refuse(folder: str, name: str) -> str:
        raise AssertionError("not a file")

    assert prints_of(node("1", model="none"), house=Surroundings(refuse)).volatile == {}


def test_a_file_that_cannot_be_read_makes_the_key_one_of_this_run_only() -> None:
    def missing(folder: str, name: str) -> str:
        raise FolderError("It is not there.")

    prints = prints_of(node("1", model="x"), house=Surroundings(missing))
    assert prints.volatile["1"] == 'file "x" of node 1 "N" cannot be read: It is not there.'


def test_a_file_name_that_comes_by_a_link_is_known_only_while_running() -> None:
    prints = prints_of(node("1", a=1), node("2", links={"model": Link("1", 0)}))
    assert prints.volatile == {"2": 'the file name of input "model" of node 2 "N" comes from a link'}
    assert prints.linked_files == {"2"}


def test_nodes_that_are_never_cached_and_all_below_get_another_key_each_time() -> None:
    nodes = (node("1", spec_of(cacheable=False)), node("2", links={"a": Link("1", 0)}), node("3", a=1))
    first, second = prints_of(*nodes), prints_of(*nodes)
    assert first.volatile == {"1": 'node 1 "N" is never cached', "2": None}
    assert {each for each in first.keys if first.keys[each] != second.keys[each]} == {"1", "2"}


def test_change_tokens_are_part_of_the_key() -> None:
    each = node("1", a=1)
    assert key(each, token=Token(1)) == key(each, token=Token(1))
    assert len({key(each, token=Token(value)) for value in (1, 1.0, "1", None, [1])}) == 5
    assert key(each, token=Token(None)) != key(each)


def test_values_that_are_not_json_count_by_content_if_that_is_known() -> None:
    value = object()
    assert prints_of(node("1", a=value)).volatile["1"] is not None
    house = Surroundings(digest=lambda each: "d" if each is value else None)
    assert prints_of(node("1", a=value), house=house).volatile == {}


def test_raw_links_count_with_the_id_that_the_node_sees() -> None:
    raw = spec_of("Raw", inputs=(InputSpec(name="a", type="*", raw_link=True),))

    def at(source: str) -> str:
        return prints_of(node(source, a=1), node("9", raw, {"a": Link(source, 0)})).keys["9"]

    assert at("1") != at("2")


def test_a_graph_that_grows_builds_on_the_keys_it_has() -> None:
    known = prints_of(node("1", a=1))
    together = prints_of(node("1", a=1), node("2", links={"a": Link("1", 0)}))
    grown = fingerprint([node("2", links={"a": Link("1", 0)})], {}, HOUSE, known)
    assert grown.keys == {"2": together.keys["2"]}


def test_content_keys_depend_on_type_and_content_alone() -> None:
    one, other = node("1", a=1), node("2", links={"a": Link("9", 1)})
    heads = [head_text(each, Fingerprints()) for each in (one, other)]
    assert content_key(heads[0], {"a": "x", "b": "y"}) == content_key(heads[1], {"b": "y", "a": "x"})
    assert content_key(heads[0], {"a": "x"}) != content_key(heads[0], {"b": "x"})


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_literals_cannot_be_arranged_to_look_like_others(one: dict[str, str], other: dict[str, str]) -> None:
    open_spec = spec_of(accepts_undeclared=True)
    keys = [key(GraphNode("1", open_spec, each, {})) for each in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_a_chain_of_ten_thousand_nodes_has_keys() -> None:
    nodes = [node("0", a=1)] + [node(str(each), links={"a": Link(str(each - 1), 0)}) for each in range(1, 10_000)]
    assert len(set(prints_of(*nodes).keys.values())) == 10_000
