"""Faces of robots, monsters, smileys, ghosts and skulls."""

from nodes.diffusion.training.scenes.families.face_parts import INK, WHITE, Face
from nodes.diffusion.training.scenes.palette import Colour, lighten

_SCREEN: Colour = (36, 40, 56)
_SHEET: Colour = (248, 248, 252)
_BONE: Colour = (240, 236, 222)


def draw_robot(face: Face) -> None:
    """Draw a robot with an antenna and glowing eyes."""
    brush = face.brush
    brush.line([(0, -0.8), (0, -1.15)], 1.4, face.dark)
    brush.circle(0, -1.2, 0.11, (255, 80, 80))
    for side in brush.sides():
        side.rectangle(0.8, -0.25, 1.02, 0.25, face.dark)
    brush.rectangle(-0.85, -0.8, 0.85, 0.8, face.fur, radius=brush.size * 0.18)
    lamp = face.rng.choice([(90, 240, 255), (255, 220, 80), (120, 255, 140)])
    for side in brush.sides():
        side.circle(0.38, -0.2, 0.24, _SCREEN)
        side.circle(0.38, -0.2, 0.15, lamp)
    brush.rectangle(-0.45, 0.3, 0.45, 0.54, _SCREEN, radius=1)
    for i in range(-1, 2):
        brush.rectangle(i * 0.26 - 0.08, 0.34, i * 0.26 + 0.08, 0.5, lamp)


def draw_monster(face: Face) -> str:
    """Draw a horned monster with one to three eyes."""
    brush, rng = face.brush, face.rng
    for side in brush.sides():
        side.polygon([(0.62, -1.1), (0.22, -0.72), (0.66, -0.62)], lighten(face.fur, 0.7))
    brush.ellipse(0, 0, 0.9, 0.88, face.fur)
    eyes = rng.choice([1, 2, 3])
    radius = 0.3 if eyes == 1 else 0.22
    for i in range(eyes):
        dx = (i - (eyes - 1) / 2) * 0.5
        brush.circle(dx, -0.25, radius, WHITE)
        brush.circle(dx, -0.22, radius * 0.5, INK)
    brush.bowl(0, 0.18, 0.55, 0.46, (70, 20, 40))
    for i in range(-2, 3):
        brush.polygon([(i * 0.19 - 0.08, 0.18), (i * 0.19 + 0.08, 0.18), (i * 0.19, 0.34)], WHITE)
    count = ["one", "two", "three"][eyes - 1]
    return f"{count}-eyed {face.name} monster" if rng.random() < 0.3 else f"{face.name} monster"


def draw_smiley(face: Face) -> str:
    """Draw a happy, sad or surprised smiley."""
    brush, rng = face.brush, face.rng
    brush.circle(0, 0, 0.98, face.dark)
    brush.circle(0, 0, 0.93, face.fur)
    mood = rng.choice(["happy", "happy", "sad", "surprised"])
    face.draw_eyes(0.34, -0.22, 0.13)
    if mood == "happy":
        brush.bowl(0, 0.12, 0.56, 0.52, (110, 40, 30))
    elif mood == "sad":
        brush.arc(0, 0.66, 0.44, 0.36, degrees=(200, 340), width=2.2, colour=(110, 50, 30))
    else:
        brush.ellipse(0, 0.42, 0.2, 0.25, (110, 40, 30))
    is_named = face.name != "yellow" or rng.random() < 0.3
    return f"{mood} {face.name} smiley face" if is_named else f"{mood} smiley face"


def draw_ghost(face: Face) -> str:
    """Draw a white ghost with a wavy hem."""
    brush = face.brush
    brush.dome(0, -0.2, 0.8, 0.85, _SHEET)
    brush.rectangle(-0.8, -0.21, 0.8, 0.75, _SHEET)
    for i in range(4):
        brush.circle(-0.6 + i * 0.4, 0.75, 0.2, _SHEET)
    face.draw_eyes(0.3, -0.2, 0.15)
    brush.ellipse(0, 0.2, 0.15, 0.2, INK)
    return "white ghost"


def draw_skull(face: Face) -> str:
    """Draw a skull with teeth."""
    brush = face.brush
    brush.ellipse(0, -0.15, 0.85, 0.8, _BONE)
    brush.rectangle(-0.45, 0.35, 0.45, 0.9, _BONE, radius=brush.size * 0.1)
    for side in brush.sides():
        side.ellipse(0.36, -0.12, 0.24, 0.26, INK)
    brush.polygon([(-0.1, 0.34), (0.1, 0.34), (0, 0.14)], INK)
    for i in range(-1, 2):
        brush.rectangle(i * 0.22 - 0.03, 0.58, i * 0.22 + 0.03, 0.9, INK)
    return "skull"
