"""Whether the parts of models in a graph belong together, told from the headers of their files before anything runs."""

from graph.belonging.judging import Belonging

__all__ = ["Belonging"]
