from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.names import BadName, place_below, safe_parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [("", []), ("a.png", ["a.png"]), ("a/b c.png", ["a", "b c.png"]), ("a\\b", ["a", "b"]), ("./a", ["a"])],
)
def test_plain_names_are_taken(name: str, parts: list[str]) -> None:
    assert safe_parts(name) == parts


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "a/..",
        "/a",
        "a//b",
        "a/",
        ".hidden",
        "a\0",
        "a\nb",
        "C:a",
        "a:stream",
        "a ",
        "a.",
        "con",
        "NUL.png",
        "com1.txt",
        "a?",
        "x" * 201,
        "a|b",
    ],
)
def test_names_that_lead_away_or_are_odd_are_not(name: str) -> None:
    with pytest.raises(BadName):
        safe_parts(name)


@given(st.text(alphabet=st.sampled_from("ab./\\~: \0"), max_size=12))
def test_whatever_is_taken_stays_below(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = Path("/somewhere/deep")
    try:
        place = place_below(root, name)
    except BadName:
        return
    assert place.is_relative_to(root)
    assert ".." not in place.parts


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(BadName, match="link"):
        place_below(tmp_path / "root", "link/x")
