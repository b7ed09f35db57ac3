"""Nodes that work with text."""

import json
from typing import Annotated

from pydantic import Field

from graph.context import Context
from graph.datatypes import AnyValue
from graph.node import Widget, node


@node("StringConcatenate", title="Concatenate", category="utils/string", occupies="instant")
def string_concatenate(
    string_a: Annotated[str, Field(description="What comes first."), Widget(multiline=True)],
    string_b: Annotated[str, Field(description="What comes second."), Widget(multiline=True)],
    delimiter: Annotated[str, Field(description="What stands between the two.")] = "",
) -> str:
    """Join two texts."""
    return f"{string_a}{delimiter}{string_b}"


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
