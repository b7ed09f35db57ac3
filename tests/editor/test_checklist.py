"""Every line of `web/editor/CHECKLIST.md` is named by a test."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.editor.conftest import ROOT

EDITOR = ROOT / "web/editor"
NAMED = re.compile(r"[Cc]hecklist (\d+(?:(?:, | and )\d+)*)")
IN_NAMES = re.compile(r'def test_((?:\d+_)+)|test\("(\d+): ')


def files_of_tests() -> Iterator[Path]:
    yield from (path for path in (ROOT / "tests/editor").glob("test_*.py") if path != Path(__file__))
    for room in EDITOR.iterdir():
        if room.is_dir() and room.name != "node_modules":
            yield from room.rglob("*.test.ts*")


def numbers_in(text: str) -> set[int]:
    """The lines that the tests in a text say they hold."""
    found = [match.group() for pattern in (NAMED, IN_NAMES) for match in pattern.finditer(text)]
    return {int(number) for each in found for number in re.findall(r"\d+", each)}


def test_every_line_is_named_by_a_test() -> None:
    promised = {int(number) for number in re.findall(r"[|;] (\d+) ", (EDITOR / "CHECKLIST.md").read_text())}
    assert promised == set(range(1, 65))
    held = set[int]().union(*(numbers_in(path.read_text()) for path in files_of_tests()))
    assert sorted(promised - held) == []
