"""How the built editor gets to where the server finds it."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.editor.conftest import builder


@pytest.fixture
def editor() -> ModuleType:
    return builder()


def draft(folder: Path, number: int) -> Path:
    """What a build writes: a page that names an asset of its own."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(f'<script src="/assets/app-{number}.js">')
    (folder / "assets" / f"app-{number}.js").write_text(f"say({number})")
    return folder


def is_whole(output: Path) -> bool:
    """Whether everything that the page names is there."""
    [name] = re.findall(r'src="/(.*)"', (output / "index.html").read_text())
    return (output / name).is_file()


def test_assets_of_the_build_before_stay_for_pages_that_are_open(editor: ModuleType, tmp_path: Path) -> None:
    output = tmp_path / "dist"
    for number in (1, 2, 3):
        editor.put_in_place(draft(tmp_path / f"draft {number}", number), output, f"sources {number}")
        assert is_whole(output)
    assert {path.name for path in (output / "assets").iterdir()} == {"app-2.js", "app-3.js"}
    assert (output / ".built").read_text().splitlines()[0] == "sources 3"


def test_a_build_that_breaks_off_leaves_the_one_before_as_it_was(editor: ModuleType, tmp_path: Path) -> None:
    output = tmp_path / "dist"
    editor.put_in_place(draft(tmp_path / "first", 1), output, "first")
    half = draft(tmp_path / "half", 2)
    (half / "index.html").unlink()
    with pytest.raises(editor.BuildFailed, match=r"wrote no index\.html"):
        editor.put_in_place(half, output, "half")
    (output / "assets" / "app-2.js").mkdir()  # nothing can be put there
    with pytest.raises(OSError, match="app-2"):
        editor.put_in_place(draft(tmp_path / "second", 2), output, "second")
    assert is_whole(output)
    assert "app-1" in (output / "index.html").read_text()
    assert (output / ".built").read_text().splitlines()[0] == "first"
