"""Texts with gaps: `{a}` is filled with a value, and nothing else can be reached or made to grow without bound."""

import re
from collections.abc import Mapping
from string import Formatter

MOST_DIGITS = 3
"""How many digits a width or a precision may have: `{a:9999999999}` would fill the memory with spaces."""


class TemplateError(ValueError):
    """A text with gaps cannot be filled."""


def fill(template: str, values: Mapping[str, object]) -> str:
    """The text with its gaps filled; how a value is written may stand after a colon, as in Python's format strings.

    Raises:
        TemplateError: a brace is left alone, a gap names no value, or a value cannot be written that way.
    """
    parts: list[str] = []
    try:
        for literal, name, how, conversion in Formatter().parse(template):
            parts.append(literal)
            if name is not None:
                parts.append(_written(name, how or "", conversion, values))
    except TemplateError:
        raise
    except ValueError as error:
        raise TemplateError(f'The text "{template[:80]}" cannot be filled: {error}.') from error
    return "".join(parts)


def _written(name: str, how: str, conversion: str | None, values: Mapping[str, object]) -> str:
    if name not in values:
        known = ", ".join(values) or "nothing"
        raise TemplateError(f'The text has a gap "{{{name}}}", but linked is {known}. Write {{{{ for a brace itself.')
    if re.search(rf"\d{{{MOST_DIGITS + 1}}}", how) or "{" in how:
        raise TemplateError(f'"{how}" is no way to write a value: widths have at most {MOST_DIGITS} digits.')
    value = values[name]
    if conversion in ("r", "a"):
        value = repr(value)
    try:
        return format(value, how)
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{{{name}:{how}}} cannot be written: {error}.") from error
