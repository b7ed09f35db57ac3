"""Faces of animals."""

from nodes.diffusion.training.scenes.families.face_parts import INK, ROSE, WHITE, Face
from nodes.diffusion.training.scenes.palette import mix


def draw_cat(face: Face) -> None:
    """Draw a cat with slit pupils and whiskers, sometimes striped."""
    brush, rng = face.brush, face.rng
    for side in brush.sides():
        side.polygon([(0.88, -0.95), (0.2, -0.75), (0.9, -0.1)], face.fur)
        side.polygon([(0.78, -0.74), (0.4, -0.68), (0.76, -0.3)], ROSE)
    brush.ellipse(0, 0, 1, 0.86, face.fur)
    if rng.random() < 0.4:
        for dx in (-0.2, 0, 0.2):
            brush.polygon([(dx - 0.05, -0.84), (dx + 0.05, -0.84), (dx, -0.45)], face.dark)
    iris = rng.choice([(120, 210, 90), (250, 210, 70), (90, 180, 240)])
    face.draw_iris_eyes(0.4, -0.08, 0.16, iris, is_slit=True)
    brush.polygon([(-0.1, 0.2), (0.1, 0.2), (0, 0.32)], ROSE)
    face.draw_mouth(0.36)
    whisker = mix(INK, WHITE, 0.75 if face.name == "black" else 0.15)
    for side in brush.sides():
        for slope in (-0.06, 0.08, 0.2):
            side.line([(0.34, 0.3 + slope * 0.4), (1.05, 0.22 + slope * 1.2)], 0.8, whisker)


def draw_dog(face: Face) -> None:
    """Draw a dog with hanging ears, sometimes with its tongue out."""
    brush = face.brush
    brush.ellipse(0, 0, 0.9, 0.92, face.fur)
    brush.ellipse(0, 0.38, 0.46, 0.42, face.light)
    for side in brush.sides():
        side.ellipse(0.88, -0.05, 0.26, 0.6, face.dark)
    face.draw_eyes(0.34, -0.16)
    brush.ellipse(0, 0.2, 0.17, 0.12, INK)
    face.draw_mouth(0.4, 0.24)
    if face.rng.random() < 0.6:
        brush.polygon([(-0.12, 0.52), (0.12, 0.52), (0.1, 0.82), (-0.1, 0.82)], (240, 100, 120))


def draw_bear(face: Face) -> None:
    """Draw a bear with round ears and a light muzzle."""
    brush = face.brush
    for side in brush.sides():
        side.circle(0.68, -0.68, 0.32, face.dark)
        side.circle(0.68, -0.68, 0.17, face.light)
    brush.ellipse(0, 0, 0.98, 0.9, face.fur)
    brush.ellipse(0, 0.34, 0.38, 0.32, face.light)
    face.draw_eyes()
    brush.ellipse(0, 0.2, 0.15, 0.1, INK)
    face.draw_mouth(0.34)


def draw_panda(face: Face) -> None:
    """Draw a panda with black ears and eye patches."""
    brush = face.brush
    for side in brush.sides():
        side.circle(0.68, -0.68, 0.32, INK)
    brush.ellipse(0, 0, 0.98, 0.9, face.fur)
    for side in brush.sides():
        side.ellipse(0.38, -0.08, 0.24, 0.28, INK)
    face.draw_iris_eyes(0.36, -0.1, 0.1, WHITE)
    brush.ellipse(0, 0.2, 0.15, 0.1, INK)
    face.draw_mouth(0.34)


def draw_rabbit(face: Face) -> None:
    """Draw a rabbit with tall ears and front teeth."""
    brush = face.brush
    for side in brush.sides():
        side.ellipse(0.38, -1.05, 0.2, 0.6, face.fur)
        side.ellipse(0.38, -1, 0.1, 0.44, ROSE)
    brush.ellipse(0, 0.1, 0.82, 0.78, face.fur)
    face.draw_eyes(0.32, 0, 0.12)
    brush.polygon([(-0.09, 0.26), (0.09, 0.26), (0, 0.36)], ROSE)
    face.draw_mouth(0.4, 0.18)
    brush.rectangle(-0.08, 0.5, 0.08, 0.66, WHITE)


def draw_fox(face: Face) -> None:
    """Draw a fox with white cheeks and a pointed chin."""
    brush = face.brush
    for side in brush.sides():
        side.polygon([(0.9, -1), (0.22, -0.62), (0.92, -0.05)], face.fur)
        side.polygon([(0.8, -0.78), (0.45, -0.58), (0.8, -0.28)], INK)
    brush.polygon([(-1, -0.1), (-0.6, -0.65), (0.6, -0.65), (1, -0.1), (0, 0.9)], face.fur)
    for side in brush.sides():
        side.polygon([(0.98, -0.08), (0.3, 0.12), (0, 0.88)], WHITE)
    face.draw_eyes(0.36, -0.14, 0.11)
    brush.ellipse(0, 0.8, 0.13, 0.11, INK)


def draw_frog(face: Face) -> None:
    """Draw a frog with eyes on top and a wide smile."""
    brush = face.brush
    for side in brush.sides():
        side.circle(0.52, -0.6, 0.3, face.fur)
        side.circle(0.52, -0.62, 0.2, WHITE)
        side.ellipse(0.52, -0.6, 0.1, 0.12, INK)
    brush.ellipse(0, 0.05, 1, 0.72, face.fur)
    brush.arc(0, 0.05, 0.6, 0.38, degrees=(15, 165), width=1.6, colour=(30, 90, 40))
    for side in brush.sides():
        side.ellipse(0.62, 0.22, 0.12, 0.08, ROSE)


def draw_pig(face: Face) -> None:
    """Draw a pig with a big snout."""
    brush = face.brush
    for side in brush.sides():
        side.polygon([(0.85, -0.85), (0.3, -0.72), (0.8, -0.25)], face.dark)
    brush.ellipse(0, 0, 0.95, 0.88, face.fur)
    face.draw_eyes(0.4, -0.18, 0.1)
    brush.ellipse(0, 0.22, 0.36, 0.26, face.dark)
    for side in brush.sides():
        side.ellipse(0.13, 0.22, 0.07, 0.1, (140, 60, 80))
    face.draw_mouth(0.56, 0.18)


def draw_owl(face: Face) -> None:
    """Draw an owl with large ringed eyes."""
    brush = face.brush
    for side in brush.sides():
        side.polygon([(0.78, -1), (0.25, -0.7), (0.8, -0.4)], face.fur)
    brush.ellipse(0, 0.05, 0.88, 0.98, face.fur)
    brush.ellipse(0, 0.45, 0.55, 0.5, face.light)
    for side in brush.sides():
        side.circle(0.36, -0.22, 0.34, WHITE)
        side.circle(0.36, -0.22, 0.22, (250, 190, 50))
        side.circle(0.36, -0.22, 0.13, INK)
    brush.polygon([(-0.12, 0.02), (0.12, 0.02), (0, 0.3)], (245, 150, 40))


def draw_penguin(face: Face) -> None:
    """Draw a penguin with a white mask."""
    brush = face.brush
    brush.ellipse(0, 0, 0.9, 0.98, (44, 46, 62))
    for side in brush.sides():
        side.ellipse(0.3, -0.05, 0.4, 0.46, WHITE)
    brush.ellipse(0, 0.42, 0.56, 0.44, WHITE)
    face.draw_eyes(0.28, -0.12, 0.11)
    brush.polygon([(-0.2, 0.1), (0.2, 0.1), (0, 0.36)], (250, 165, 40))
