"""Text is saved as files of the output folder."""

from pathlib import Path

import pytest

from graph.artefacts import Artefacts
from graph.context import Context
from graph.folders import Folders
from nodes.values.saving import save_text


@pytest.mark.parametrize(
    ("format", "text", "saved"),
    [
        ("txt", "ä\nb", "ä\nb"),
        ("md", "# Title", "# Title"),
        ("json", '{"a":[1,"ä"]}', '{\n  "a": [\n    1,\n    "ä"\n  ]\n}'),
        ("json", "no JSON", "no JSON"),
    ],
)
def test_a_text_is_saved_as_it_is_and_json_neatly(tmp_path: Path, format: str, text: str, saved: str) -> None:
    context = Context()
    artefacts = Artefacts(Folders(data=tmp_path))
    assert save_text(text, "Claude/note", format, ctx=context, artefacts=artefacts).text == text  # type: ignore[arg-type]
    (file,) = context.shown["files"]
    assert (file["filename"], file["subfolder"], file["type"]) == (f"note_00001_.{format}", "Claude", "output")
    assert (tmp_path / "output" / "Claude" / file["filename"]).read_text(encoding="utf-8") == saved
    assert context.shown["text"] == [text]
