"""Patterns: found, taken out, replaced."""

import pytest

from nodes.values.regex import regex_extract, regex_match, regex_replace

TEXT = "Red fox\nblue FOX"


@pytest.mark.parametrize(
    ("pattern", "flags", "matches"),
    [
        ("red", {}, True),
        ("red", {"case_insensitive": False}, False),
        ("^blue", {}, False),
        ("^blue", {"multiline": True}, True),
        ("fox.blue", {}, False),
        ("fox.blue", {"dotall": True}, True),
    ],
)
def test_flags_mean_what_they_say(pattern: str, flags: dict[str, bool], matches: bool) -> None:
    assert regex_match(TEXT, pattern, **flags).matches is matches


@pytest.mark.parametrize(
    ("pattern", "mode", "found"),
    [
        (r"\w+", "First Match", "Red"),
        (r"fox", "All Matches", "fox\nFOX"),
        (r"(\w+) fox", "All Matches", "Red\nblue"),
        (r"(\w)(\w+)", "First Group", "R"),
        (r"(\w+) (fox)", "All Groups", "Red\nblue"),
        (r"cat", "First Match", ""),
        (r"fox", "First Group", ""),
    ],
)
def test_what_is_found_is_taken_out(pattern: str, mode: str, found: str) -> None:
    assert regex_extract(TEXT, pattern, mode) == found


def test_a_group_is_chosen_by_its_number() -> None:
    assert regex_extract(TEXT, r"(\w+) (fox)", "All Groups", group_index=2) == "fox\nFOX"
    assert regex_extract(TEXT, r"(\w+) (fox)", "First Group", group_index=0) == "Red fox"
    assert regex_extract(TEXT, r"(\w+) (fox)", "First Group", group_index=3) == ""


def test_what_is_found_is_replaced() -> None:
    assert regex_replace("a1b2", r"(\d)", r"<\1>") == "a<1>b<2>"
    assert regex_replace("a1b2", r"\d", "", count=1) == "ab2"


def test_broken_patterns_are_told() -> None:
    with pytest.raises(ValueError, match='regex_pattern: "\\(" is no regular expression'):
        regex_match("a", "(")
    with pytest.raises(ValueError, match="does not fit the pattern"):
        regex_replace("a", "a", r"\2")
