import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import JsonError
from graph.strict_json import MAXIMUM_DEPTH, is_too_deep, loads

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_python_writes_is_read_back(value: object) -> None:
    assert loads(json.dumps(value)) == value
    assert loads(json.dumps(value, ensure_ascii=False, indent=1)) == value


REFUSED = [
    pytest.param('{"a": 1,\n "a": 2}', 2, 2, 'the key "a" stands twice', id="a key twice"),
    pytest.param('[{"a": {"b": 1}},\n{"b": 1, "\\u0062": 2}]', 2, 10, "stands twice", id="a key twice, escaped"),
    pytest.param('{"a":\n NaN}', 2, 2, "NaN is not a number", id="NaN"),
    pytest.param('[-Infinity, "NaN"]', 1, 2, "-Infinity is not a number", id="infinity"),
    pytest.param('["NaN", 1e999]', 1, 9, "1e999 is not a number", id="a number beyond the range of a double"),
    pytest.param("[" + "9" * 5000 + "]", 1, 2, "too many digits", id="a number of thousands of digits"),
    pytest.param("[" * 101 + "]" * 101, 1, 101, "more than 100 deep", id="too deep"),
    pytest.param("[" * 100_000, 1, 101, "more than 100 deep", id="far too deep"),
    pytest.param('{"a":\n}', 2, 1, "expecting value", id="no value"),
    pytest.param('{"a": 1} x', 1, 10, "extra data", id="something behind the end"),
    pytest.param(b'{"a": "\xff"}', 1, 8, "not UTF-8", id="bytes that are no text"),
    pytest.param(b'{\n"\xe4": 1}', 2, 2, "not UTF-8", id="Latin-1"),
    pytest.param("", 1, 1, "expecting value", id="nothing"),
]


@pytest.mark.parametrize(("text", "line", "column", "says"), REFUSED)
def test_what_is_not_strict_is_refused_with_its_place(text: str | bytes, line: int, column: int, says: str) -> None:
    with pytest.raises(JsonError) as caught:
        loads(text)
    assert says in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")


def test_a_byte_order_mark_is_skipped() -> None:
    assert loads(b"\xef\xbb\xbf[1]") == [1]


def test_nan_is_null_where_it_is_allowed() -> None:
    assert loads("[NaN, -Infinity, 1e999, 2.5]", allow_nan=True) == [None, None, None, 2.5]


def test_the_greatest_depth_is_still_read() -> None:
    text = "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH
    assert not is_too_deep(loads(text))
    assert is_too_deep([loads(text)])
