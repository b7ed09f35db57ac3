"""The words that go with a picture."""

import re
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from nodes.diffusion.training.scenes.sky import Sky

Meta = dict[str, object]
"""Facts about a picture, by name: colours, kinds, counts, time of day."""


class Description(NamedTuple):
    """What a family says about the picture it drew."""

    caption: str
    meta: Meta


_BACKGROUNDS = (
    "on a {} background",
    "on a {} background",
    "on {}",
    "with a {} background",
    "in front of a {} background",
)
_TIME_PHRASES: dict[str, tuple[str, ...]] = {
    "dawn": ("at dawn", "at sunrise", "in the early morning"),
    "day": ("on a sunny day", "at noon", "in daylight", "during the day"),
    "sunset": ("at sunset", "at sunset", "in the golden hour"),
    "dusk": ("at dusk", "at twilight", "in the evening"),
    "night": ("at night", "at night", "at midnight"),
}
_PREFIXES = (
    *[""] * 8,
    "a picture of ",
    "an illustration of ",
    "an image of ",
    "a photo of ",
    "a beautiful illustration of ",
)
_SUFFIXES = (
    *[""] * 6,
    ", digital art",
    ", highly detailed",
    ", 4k",
    ", masterpiece",
    ", best quality",
    ", flat illustration",
    ", vector art",
    ", beautiful",
)
_ARTICLE_BEFORE_VOWEL = re.compile(r"\ba (?=[aeio]|un[di])")


def article(word: str) -> str:
    """Return "an" before a vowel, "a" otherwise."""
    return "an" if word[0] in "aeiou" else "a"


def plural(shape: str) -> str:
    """Return the plural of a shape's name."""
    return {"cross": "crosses", "crescent": "crescents"}.get(shape, shape + "s")


def on_background(rng: Random, colour_name: str) -> str:
    """Return a phrase that names the background's colour."""
    return rng.choice(_BACKGROUNDS).format(colour_name)


def describe_outdoors(rng: Random, subject: str, sky: Sky, extras: Iterable[str] = ()) -> str:
    """Join a subject, the time of day and some of the extra phrases, in mixed order."""
    time = rng.choice(_TIME_PHRASES[sky.time])
    phrases = [phrase for phrase in (*extras, *sky.words) if rng.random() < 0.85]
    if sky.colour_name:
        phrases.append(f"under {article(sky.colour_name)} {sky.colour_name} sky")
        if not sky.is_dark:
            time = time if rng.random() < 0.3 else ""
    if sky.time == "day" and rng.random() < 0.35:
        time = ""
    parts = [time, *phrases] if rng.random() < 0.65 else [*phrases, time]
    return " ".join([subject, *(part for part in parts if part)])


def embellish(rng: Random, caption: str) -> str:
    """Add the openings and quality words people put around a prompt."""
    return rng.choice(_PREFIXES) + caption + rng.choice(_SUFFIXES)


def tidy(caption: str) -> str:
    """Collapse repeated spaces and correct "a" before a vowel."""
    return _ARTICLE_BEFORE_VOWEL.sub("an ", " ".join(caption.split()))
