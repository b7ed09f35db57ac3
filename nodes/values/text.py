"""Nodes that work with text."""

import json
from string import ascii_lowercase
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.context import Context
from graph.datatypes import AnyValue
from graph.node import Grow, Widget, node
from nodes.values.templates import fill

Text = Annotated[str, Field(description="The text."), Widget(multiline=True)]
CaseMode = Literal["UPPERCASE", "lowercase", "Capitalize", "Title Case"]
TrimMode = Literal["Both", "Left", "Right"]
CompareMode = Literal["Starts With", "Ends With", "Equal"]
CaseSensitive = Annotated[bool, Field(description="Whether A and a differ.")]


class Length(NamedTuple):
    """How long a text is."""

    length: int


class Contained(NamedTuple):
    """Whether a text is in another."""

    contains: bool


@node("StringConcatenate", title="Concatenate", category="utils/string", occupies="instant")
def string_concatenate(
    string_a: Annotated[str, Field(description="What comes first."), Widget(multiline=True)],
    string_b: Annotated[str, Field(description="What comes second."), Widget(multiline=True)],
    delimiter: Annotated[str, Field(description="What stands between the two.")] = "",
) -> str:
    """Join two texts."""
    return f"{string_a}{delimiter}{string_b}"


@node("StringSubstring", title="Substring", category="utils/string", occupies="instant")
def string_substring(
    string: Text,
    start: Annotated[int, Field(description="The first character, from 0; negative counts from the end.")],
    end: Annotated[int, Field(description="The character before which it ends; negative counts from the end.")],
) -> str:
    """Take a part of a text."""
    return string[start:end]


@node("StringLength", title="Text length", category="utils/string", occupies="instant")
def string_length(string: Text) -> Length:
    """Count the characters of a text."""
    return Length(len(string))


@node("CaseConverter", title="Change case", category="utils/string", occupies="instant")
def case_converter(string: Text, mode: Annotated[CaseMode, Field(description="How to write it.")]) -> str:
    """Write a text in capitals or small letters."""
    changed = {
        "UPPERCASE": string.upper,
        "lowercase": string.lower,
        "Capitalize": string.capitalize,
        "Title Case": string.title,
    }
    return changed[mode]()


@node("StringTrim", title="Trim text", category="utils/string", occupies="instant")
def string_trim(string: Text, mode: Annotated[TrimMode, Field(description="At which ends.")]) -> str:
    """Take away the white space at the ends of a text."""
    trimmed = {"Both": string.strip, "Left": string.lstrip, "Right": string.rstrip}
    return trimmed[mode]()


@node("StringReplace", title="Replace text", category="utils/string", occupies="instant")
def string_replace(
    string: Text,
    find: Annotated[str, Field(description="What to look for, letter by letter."), Widget(multiline=True)],
    replace: Annotated[str, Field(description="What to put in its place."), Widget(multiline=True)],
) -> str:
    """Replace every occurrence of a text within another."""
    return string.replace(find, replace)


@node("StringContains", title="Text contains", category="utils/string", occupies="instant")
def string_contains(
    string: Text,
    substring: Annotated[str, Field(description="What to look for."), Widget(multiline=True)],
    case_sensitive: CaseSensitive = True,
) -> Contained:
    """Say whether a text is part of another."""
    return Contained(_as_compared(substring, case_sensitive) in _as_compared(string, case_sensitive))


@node("StringCompare", title="Compare texts", category="utils/string", occupies="instant")
def string_compare(
    string_a: Annotated[str, Field(description="The text."), Widget(multiline=True)],
    string_b: Annotated[str, Field(description="What it is compared with."), Widget(multiline=True)],
    mode: Annotated[CompareMode, Field(description="What has to be the same.")],
    case_sensitive: CaseSensitive = True,
) -> bool:
    """Say whether one text starts with, ends with or equals another."""
    first, second = _as_compared(string_a, case_sensitive), _as_compared(string_b, case_sensitive)
    if mode == "Equal":
        return first == second
    return first.startswith(second) if mode == "Starts With" else first.endswith(second)


@node("StringFormat", title="Format text", category="utils/string", occupies="instant")
def string_format(
    values: Annotated[
        dict[str, AnyValue],
        Grow(tuple(ascii_lowercase)),
        Field(description="What the letters in braces stand for."),
    ],
    f_string: Annotated[
        str,
        Field(description="A text with letters in braces, such as `{a} by {b:.2f}`.", default="{a}"),
        Widget(multiline=True),
    ],
) -> str:
    """Put values into a text.

    `{a}` is the value linked to `a`; after a colon may stand how to write it, as in Python: `{a:.2f}`, `{b:05d}`.
    Braces themselves are doubled: `{{`. Nothing inside a value can be reached.
    """
    texts = {name: value if isinstance(value, int | float) else as_text(value) for name, value in values.items()}
    return fill(f_string, texts)


@node("JsonExtractString", title="Extract text from JSON", category="utils/string", occupies="instant")
def json_extract_string(
    json_string: Annotated[str, Field(description="A JSON object."), Widget(multiline=True)],
    key: Annotated[str, Field(description="Which of its values to take.")],
) -> str:
    """Take one value out of a JSON object, as text; what is not there is an empty text."""
    try:
        data = json.loads(json_string)
    except ValueError:
        return ""
    found = data.get(key) if isinstance(data, dict) else None
    return "" if found is None else as_text(found)


@node("PreviewAny", title="Preview as text", category="utils", output=True)
def preview_any(source: Annotated[AnyValue, Field(description="Any value.")], *, ctx: Context) -> str:
    """Show any value as text."""
    text = as_text(source)
    ctx.show(text=[text])
    return text


def as_text(value: object) -> str:
    """A value as people read it: text as it is, data as JSON, anything else as Python prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple):
        try:
            return json.dumps(value, indent=4, ensure_ascii=False)
        except (TypeError, ValueError):  # it holds something that is no JSON, or itself
            return str(value)
    return str(value)


def _as_compared(text: str, case_sensitive: bool) -> str:
    return text if case_sensitive else text.lower()
