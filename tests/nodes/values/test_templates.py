"""Filling gaps reaches nothing but the values, and cannot grow without bound."""

import pytest

from nodes.values.templates import TemplateError, fill


def test_values_are_written_as_asked() -> None:
    assert fill("{a}-{a:>3}-{b!r}", {"a": 1, "b": "x"}) == "1-  1-'x'"


@pytest.mark.parametrize(
    "template",
    ["{a.__class__}", "{a[0]}", "{b}", "{", "}", "{}", "{0}", "{a:99999999d}", "{a:{a}d}", "{a:q}"],
)
def test_what_is_no_gap_is_told(template: str) -> None:
    with pytest.raises(TemplateError):
        fill(template, {"a": 1})
