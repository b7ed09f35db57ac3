"""JSON data as text: equal texts exactly for equal data."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.canonical import canonical, has_nan

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


def tagged(value: Any) -> Any:
    """The same data with types spelt out, so that `==` is strict."""
    if isinstance(value, list):
        return ("list", [tagged(each) for each in value])
    if isinstance(value, dict):
        return ("dict", {key: tagged(each) for key, each in value.items()})
    return (type(value), repr(value))


@given(JSON, JSON)
def test_texts_are_equal_exactly_for_equal_data(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (tagged(one) == tagged(other))


@given(JSON)
def test_texts_can_be_joined_without_becoming_ambiguous(value: Any) -> None:
    assert canonical(["a", value]) != canonical(["a" + str(value)])


def test_types_are_told_apart() -> None:
    values: list[Any] = [1, 1.0, True, "1", None, 0, 0.0, -0.0, False, "", [], {}, [1], ["1"], {"1": 1}, (1,), b"1"]
    assert len({canonical(value) for value in values}) == len(values)


def test_the_order_of_keys_does_not_matter_and_that_of_items_does() -> None:
    assert canonical({"a": 1, "b": {"c": 2, "d": 3}}) == canonical({"b": {"d": 3, "c": 2}, "a": 1})
    assert canonical([1, 2]) != canonical([2, 1])


def test_every_nan_is_the_same() -> None:
    assert canonical(math.nan) == canonical(-math.nan) == canonical(float("nan"))


@pytest.mark.parametrize("value", [object(), [object()], {"a": {1, 2}}, {1: "a", "b": 2}])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_strings_of_node_packs_count_as_strings() -> None:
    class Anything(str):
        def __ne__(self, other: object) -> bool:
            return False

    assert canonical([Anything("x")]) == canonical(["x"])


def test_depth_is_no_limit() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert canonical(value).count("l1:") == 100_000


def test_nan_is_found_anywhere() -> None:
    assert has_nan({"a": [1, (math.nan,)]})
    assert not has_nan({"a": [1, "nan", math.inf]})
