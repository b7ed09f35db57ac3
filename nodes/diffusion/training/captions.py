"""Caption augmentation: one drawn scene is described in many ways, so that prompts by strangers work.

The scene generator writes one orderly sentence per picture. `augment` turns it into what people type: shorter,
tag-like, with synonyms, with the background first, with words that mean nothing here. Everything follows from the given
random generator, so the same seed gives the same caption.
"""

import random
import re

SYNONYMS: dict[str, tuple[str, ...]] = {
    "red": ("crimson", "scarlet"),
    "blue": ("azure", "navy"),
    "purple": ("violet",),
    "yellow": ("golden", "gold"),
    "cyan": ("teal", "turquoise"),
    "gray": ("grey", "silver"),
    "pink": ("magenta", "rose"),
    "green": ("emerald", "lime"),
    "brown": ("tan",),
    "two": ("2", "a pair of"),
    "three": ("3",),
    "four": ("4",),
    "circle": ("disk", "disc", "ball", "sphere", "dot"),
    "circles": ("disks", "discs", "balls", "spheres", "dots"),
    "square": ("box", "block"),
    "squares": ("boxes", "blocks"),
    "diamond": ("rhombus",),
    "ring": ("donut", "torus"),
    "rings": ("donuts",),
    "cross": ("plus",),
    "crescent": ("moon shape",),
    "cat": ("kitten", "kitty"),
    "dog": ("puppy",),
    "rabbit": ("bunny", "hare"),
    "car": ("automobile", "vehicle"),
    "house": ("home", "cabin", "hut"),
    "city": ("town", "metropolis"),
    "forest": ("woods",),
    "castle": ("fortress", "palace"),
    "sea": ("ocean",),
    "mountains": ("mountain", "peaks"),
    "spaceship": ("starship", "spacecraft"),
    "large": ("huge", "giant"),
    "small": ("little",),
    "woman": ("lady", "female", "person"),
    "man": ("guy", "male", "person"),
    "picture": ("drawing", "image"),
    "cute": ("adorable", "kawaii"),
    "underwater": ("under water",),
    "sailboat": ("sailing boat", "yacht"),
    "bear": ("teddy",),
    "robot": ("android", "bot"),
    "monster": ("creature", "alien"),
    "portrait": ("headshot",),
    "phantom": ("scan",),
    "beautiful": ("stunning", "amazing", "pretty"),
    "detailed": ("intricate",),
    "sunset": ("sundown",),
    "dawn": ("sunrise",),
    "snowy": ("snow covered",),
    "hat": ("cap",),
    "planet": ("world",),
    "flower": ("blossom",),
    "photo": ("photograph", "photography"),
    "gem": ("jewel", "crystal", "ruby"),
    "potion": ("bottle", "elixir"),
    "icon": ("item", "asset"),
}
"""Words of the captions and what else people call them. Alternatives may be several words."""

_FILLER = (
    "very extremely new old modern classic studio lighting cinematic dramatic soft sharp focus render 3d unreal "
    "engine trending artstation style concept masterful epic fantasy vintage retro award winning hd 8k uhd ultra "
    "realistic simple minimal clean centered isolated logo design wallpaper poster print sticker clipart "
    "cartoonish anime nice good great my your our this that some one just only really magical dreamy calm "
    "peaceful lonely happy mysterious summer warm cold colorful vivid bright dark light shiny glossy matte "
    "textured close up wide angle view scene background foreground depth of field bokeh lens film grain hand "
    "drawn made by artist oil acrylic canvas paper minimalistic geometric abstract symmetrical"
)

FILLER: tuple[str, ...] = tuple(re.findall(r"\w+", _FILLER))
"""Words that people add and that must change nothing."""

_NEGATIVE = (
    "ugly bad blurry low quality worst watermark text deformed noisy nsfw nothing empty plain no not without "
    "lowres jpeg artifacts"
)

NEGATIVE: tuple[str, ...] = tuple(re.findall(r"\w+", _NEGATIVE))
"""Words of the usual negative prompts; they are in the vocabulary and never describe a picture."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ARTICLES = ("a", "an", "the", "of")
_FIRST_DETAIL = re.compile(r" (on|with|in front|at|under|in|by|over|during)\b")
_BACKGROUND = re.compile(r" (?:on|with|in front of) an? (\w+) background")


def augment(caption: str, choice: random.Random) -> str:
    """Return the caption as one of many people might have typed it."""
    kind = choice.random()
    if kind < 0.10:
        caption = without_details(caption)
    elif kind < 0.20:
        caption = as_tags(caption)
    elif kind < 0.23:
        caption = background_first(caption)
    words = caption.split(" ")
    if choice.random() < 0.35:
        words = [_synonym(word, choice) for word in words]
    if choice.random() < 0.15:
        words = with_filler(words, choice)
    if choice.random() < 0.10:
        words = [word for word in words if word not in _ARTICLES] or words
    return " ".join(words)


def without_details(caption: str) -> str:
    """Keep what stands before the first place, time or background: "a red circle"."""
    found = _FIRST_DETAIL.search(caption)
    return caption[: found.start()] if found and found.start() > 5 else caption


def as_tags(caption: str) -> str:
    """Rewrite as a list of tags: "red circle, blue background"."""
    caption = re.sub(r"^(an?|the) ", "", caption)
    caption = _BACKGROUND.sub(r", \1 background", caption)
    return re.sub(r" (with|at|under|and) (an? )?", ", ", caption, count=2)


def background_first(caption: str) -> str:
    """Move a plain background to the front: "blue background, a red circle"."""
    found = _BACKGROUND.search(caption)
    if not found:
        return caption
    return f"{found[1]} background, {caption[: found.start()]}{caption[found.end() :]}"


def with_filler(words: list[str], choice: random.Random) -> list[str]:
    """Add one to three words that mean nothing: fillers, or letters at random."""
    words = list(words)
    for _ in range(choice.randint(1, 3)):
        if choice.random() < 0.7:
            extra = choice.choice(FILLER)
        else:
            extra = "".join(choice.choice(_LETTERS) for _ in range(choice.randint(2, 8)))
        if choice.random() < 0.5:
            words.insert(choice.randint(0, len(words)), extra)
        else:
            words.append(f", {extra}")
    return words


def _synonym(word: str, choice: random.Random) -> str:
    """Replace a word by a synonym in four cases of ten, keeping a comma that follows it."""
    bare = word.strip(",")
    if bare not in SYNONYMS or choice.random() >= 0.4:
        return word
    return choice.choice(SYNONYMS[bare]) + ("," if word.endswith(",") else "")
