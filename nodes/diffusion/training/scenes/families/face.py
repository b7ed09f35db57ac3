"""The face of an animal or a character on a plain background."""

from collections.abc import Callable
from random import Random

from nodes.diffusion.training.scenes.backdrop import fill_backdrop
from nodes.diffusion.training.scenes.brush import Brush
from nodes.diffusion.training.scenes.canvas import Canvas
from nodes.diffusion.training.scenes.captions import Description, article, on_background
from nodes.diffusion.training.scenes.families import animal_faces, character_faces
from nodes.diffusion.training.scenes.families.face_parts import Face
from nodes.diffusion.training.scenes.palette import VIVID_NAMES, contrasting_pair, darken, lighten, sample

_ANIMALS: dict[str, Callable[[Face], None]] = {
    "cat": animal_faces.draw_cat,
    "dog": animal_faces.draw_dog,
    "bear": animal_faces.draw_bear,
    "rabbit": animal_faces.draw_rabbit,
    "fox": animal_faces.draw_fox,
    "frog": animal_faces.draw_frog,
    "pig": animal_faces.draw_pig,
    "owl": animal_faces.draw_owl,
    "robot": character_faces.draw_robot,
    "panda": animal_faces.draw_panda,
    "penguin": animal_faces.draw_penguin,
}
_CHARACTERS: dict[str, Callable[[Face], str]] = {
    "monster": character_faces.draw_monster,
    "smiley": character_faces.draw_smiley,
    "ghost": character_faces.draw_ghost,
    "skull": character_faces.draw_skull,
}
"""Characters name themselves: their functions return the phrase for the caption."""

_KINDS = ("cat", "cat", "cat", "dog", "dog", *list(_ANIMALS)[2:], *_CHARACTERS)
_NATURAL_NAMES: dict[str, tuple[str, ...]] = {
    "cat": ("orange", "gray", "black", "white", "brown"),
    "dog": ("brown", "white", "yellow", "gray", "black"),
    "bear": ("brown", "brown", "white", "black"),
    "rabbit": ("white", "gray", "brown", "pink"),
    "fox": ("orange", "orange", "red", "white"),
    "frog": ("green",),
    "pig": ("pink",),
    "owl": ("brown", "gray", "white", "purple"),
    "robot": ("gray", "blue", "red", "yellow", "green"),
    "panda": ("white",),
    "penguin": ("black",),
    "monster": VIVID_NAMES,
}
_FIXED_NAMES = {"panda": "white", "penguin": "black", "ghost": "white", "skull": "white"}


def draw(canvas: Canvas, rng: Random) -> Description:
    """Draw a face in a natural colour, or sometimes in an invented one."""
    kind = rng.choice(_KINDS)
    x, y = canvas.width / 2 + rng.uniform(-5, 5), canvas.height / 2 + rng.uniform(-1, 6)
    brush = Brush(canvas, x, y, rng.uniform(25, 32))
    name = _choose_name(rng, kind)
    _, background = contrasting_pair(rng, [name])
    fill_backdrop(canvas, rng, background)
    fur = sample(rng, name, 8)
    if name == "black":
        fur = (52, 50, 58)
    face = Face(brush, rng, name, fur, darken(fur, 0.25), lighten(fur, 0.55))
    if kind in _CHARACTERS:
        subject = _CHARACTERS[kind](face)
    else:
        _ANIMALS[kind](face)
        subject = _name_animal(rng, kind, name)
    subject = rng.choice(["", "", "cute ", "cartoon "]) + subject.strip()
    caption = f"{article(subject)} {subject} {on_background(rng, background)}"
    return Description(caption, {"kind": kind, "color": name, "bg": background})


def _choose_name(rng: Random, kind: str) -> str:
    natural_names = _NATURAL_NAMES.get(kind, ("yellow",))
    is_natural = kind == "monster" or rng.random() < 0.75
    name = rng.choice(natural_names if is_natural else (*VIVID_NAMES, "white", "gray"))
    return _FIXED_NAMES.get(kind, name)


def _name_animal(rng: Random, kind: str, name: str) -> str:
    ending = rng.choice([" face", " face", "", " head"])
    if kind in _FIXED_NAMES:
        return kind + ending
    is_remarkable = name != _NATURAL_NAMES[kind][0] or rng.random() < 0.5
    return (f"{name} " if is_remarkable and rng.random() < 0.8 else "") + kind + ending
