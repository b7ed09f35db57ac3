"""Nodes that look for patterns in text (regular expressions, as Python's `re` knows them)."""

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.node import Widget, node

Text = Annotated[str, Field(description="The text to search."), Widget(multiline=True)]
Pattern = Annotated[str, Field(description="A regular expression."), Widget(multiline=True)]
CaseInsensitive = Annotated[bool, Field(description="Whether A and a are the same.")]
Multiline = Annotated[bool, Field(description="Whether ^ and $ stand for the ends of each line.")]
DotAll = Annotated[bool, Field(description="Whether . stands for line breaks too.")]
ExtractMode = Literal["First Match", "All Matches", "First Group", "All Groups"]


class Matched(NamedTuple):
    """Whether the pattern occurs."""

    matches: bool


@node("RegexMatch", title="Regex match", category="utils/string")
def regex_match(
    string: Text,
    regex_pattern: Pattern,
    case_insensitive: CaseInsensitive = True,
    multiline: Multiline = False,
    dotall: DotAll = False,
) -> Matched:
    """Say whether a pattern occurs in a text."""
    return Matched(_compiled(regex_pattern, case_insensitive, multiline, dotall).search(string) is not None)


@node("RegexExtract", title="Regex extract", category="utils/string")
def regex_extract(
    string: Text,
    regex_pattern: Pattern,
    mode: Annotated[ExtractMode, Field(description="What to take of what was found.")],
    case_insensitive: CaseInsensitive = True,
    multiline: Multiline = False,
    dotall: DotAll = False,
    group_index: Annotated[int, Field(ge=0, le=100, description="Which group of the pattern; 0 is all of it.")] = 1,
) -> str:
    """Take what a pattern finds out of a text; several findings stand on lines of their own.

    `All Matches` of a pattern with groups gives the first group of each.
    """
    compiled = _compiled(regex_pattern, case_insensitive, multiline, dotall)
    index = {"First Match": 0, "All Matches": min(1, compiled.groups)}.get(mode, group_index)
    if index > compiled.groups:
        return ""
    found = [match[index] or "" for match in compiled.finditer(string)]
    return "\n".join(found if mode.startswith("All") else found[:1])


@node("RegexReplace", title="Regex replace", category="utils/string")
def regex_replace(
    string: Text,
    regex_pattern: Pattern,
    replace: Annotated[
        str, Field(description="What to put in its place; \\1 is the first group."), Widget(multiline=True)
    ],
    case_insensitive: Annotated[CaseInsensitive, Widget(optional=True)] = True,
    multiline: Annotated[Multiline, Widget(optional=True)] = False,
    dotall: Annotated[DotAll, Widget(optional=True)] = False,
    count: Annotated[int, Field(ge=0, le=100, description="How many to replace; 0 is all."), Widget(optional=True)] = 0,
) -> str:
    """Replace what a pattern finds."""
    compiled = _compiled(regex_pattern, case_insensitive, multiline, dotall)
    try:
        return compiled.sub(replace, string, count)
    except (re.error, IndexError) as error:
        raise ValueError(f'replace: "{replace}" does not fit the pattern: {error}.') from error


def _compiled(pattern: str, case_insensitive: bool, multiline: bool, dotall: bool) -> re.Pattern[str]:
    flags = re.IGNORECASE * case_insensitive | re.MULTILINE * multiline | re.DOTALL * dotall
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise ValueError(f'regex_pattern: "{pattern}" is no regular expression: {error}.') from error
