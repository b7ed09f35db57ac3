"""Values as data and back, for every kind of structure, without pickles."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.cache.codecs import Codecs, Encoded, JsonCodec
from graph.errors import CacheError
from graph.values import Blocker

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=50)
KEYS = st.text(max_size=5) | st.integers()
VALUES = st.recursive(
    SCALARS | st.builds(Blocker, st.none() | st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


@dataclass(frozen=True)
class Handle:
    name: str
    strength: float


HANDLES = JsonCodec("handle", Handle, lambda value: [value.name, value.strength], lambda data: Handle(*data))


def same(one: Any, other: Any) -> bool:
    """Equal, with equal types all the way down."""
    return repr(one) == repr(other)


@given(VALUES)
def test_decoding_gives_what_was_encoded(value: object) -> None:
    codecs = Codecs()
    assert same(codecs.decode(codecs.encode(value)), value)


@given(VALUES, VALUES)
def test_digests_are_equal_exactly_for_equal_values(one: object, other: object) -> None:
    codecs = Codecs()
    assert (codecs.digest(one) == codecs.digest(other)) == same(one, other)
    assert codecs.digest(one) is not None


def test_leaves_are_written_by_their_codec() -> None:
    codecs = Codecs([HANDLES])
    value = {"model": [Handle("a", 0.5), Handle("b", 1.0)]}
    assert codecs.decode(codecs.encode(value)) == value
    assert codecs.digest(Handle("a", 0.5)) != codecs.digest(Handle("a", 0.6))


def test_values_without_a_codec_cannot_be_stored_and_have_no_digest() -> None:
    with pytest.raises(CacheError, match="Handle"):
        Codecs().encode([Handle("a", 1.0)])
    assert Codecs().digest([Handle("a", 1.0)]) is None


def test_a_codec_that_fails_means_that_the_value_cannot_be_stored() -> None:
    def broken(value: Handle) -> object:
        raise RuntimeError("no")

    codecs = Codecs([JsonCodec("handle", Handle, broken, lambda data: data)])
    with pytest.raises(CacheError, match="no"):
        codecs.encode(Handle("a", 1.0))
    assert codecs.digest(Handle("a", 1.0)) is None


def test_a_value_of_a_codec_that_is_not_here_cannot_be_read() -> None:
    encoded = Codecs([HANDLES]).encode(Handle("a", 1.0))
    with pytest.raises(CacheError, match="handle"):
        Codecs().decode(encoded)


@pytest.mark.parametrize("skeleton", ['["?",1]', '["b",7]', "[", '["x","handle",3]', '["d",[1]]'])
def test_nonsense_cannot_be_read(skeleton: str) -> None:
    with pytest.raises(CacheError):
        Codecs([HANDLES]).decode(Encoded(skeleton))


def test_values_nested_beyond_reason_are_not_stored() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert Codecs().digest(value) is None
    assert Codecs().nbytes(value) > 0


def test_not_a_number_is_stored() -> None:
    codecs = Codecs()
    assert math.isnan(codecs.decode(codecs.encode([math.nan]))[0])
    assert codecs.digest(math.nan) == codecs.digest(float("nan"))


def test_weights_grow_with_what_is_inside() -> None:
    codecs = Codecs([HANDLES])
    assert codecs.nbytes(("x" * 10_000,)) > 10_000
    assert codecs.nbytes({"a": [b"x" * 10_000]}) > 10_000
    assert 0 < codecs.nbytes(Handle("a", 1.0)) < 10_000
    assert 0 < codecs.nbytes(object()) < 10_000
