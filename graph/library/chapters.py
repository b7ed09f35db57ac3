"""The chapters that templates are listed in, by the gallery of the docs and by the server."""

from collections.abc import Mapping

CHAPTERS = ("Making pictures", "How diffusion works", "Game assets", "Customising", "Data sets")
"""In this order; a template says `"about": {"chapter": "Game assets", "place": 2}`. What is in none comes last."""
LAST = 10_000


def place_of(about: Mapping[str, object]) -> tuple[int, int, str]:
    """Where a template is listed, from what its document says of it: by chapter, place and title."""
    chapter, place = about.get("chapter"), about.get("place")
    return (
        CHAPTERS.index(chapter) if chapter in CHAPTERS else len(CHAPTERS),
        place if isinstance(place, int) else LAST,
        str(about.get("title")),
    )
