"""The node that saves text."""

import json
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.node import Widget, node


class SavedText(NamedTuple):
    """The text, as it came."""

    text: str


@node("SaveText", title="Save text", category="utils/string", output=True, occupies="io")
def save_text(
    text: Annotated[str, Widget(socket_only=True), Field(description="What is saved.")],
    filename_prefix: Annotated[
        str, Field(description="How the file is called, before its number. May name sub-folders.")
    ] = "ComfyUI",
    format: Annotated[
        Literal["txt", "md", "json"], Field(description="What the name ends with; JSON is written neatly.")
    ] = "txt",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> SavedText:
    """Save text as a file of the output folder."""
    content = _neat(text) if format == "json" else text
    artefact = artefacts.write(Name(filename_prefix, f".{format}"), content.encode())
    ctx.show(text=[text], files=[artefact.describe()])
    return SavedText(text)


def _neat(text: str) -> str:
    """JSON over several lines; what is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
