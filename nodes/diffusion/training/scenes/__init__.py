"""Procedural pictures with captions: an endless training set in which every example follows from its seed."""

from nodes.diffusion.training.scenes.registry import FAMILIES
from nodes.diffusion.training.scenes.scene import Scene, render
from nodes.diffusion.training.scenes.styles import STYLES

__all__ = ["FAMILIES", "STYLES", "Scene", "render"]
