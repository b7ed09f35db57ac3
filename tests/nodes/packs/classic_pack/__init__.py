"""A pack of the classic protocol, written to use every part of it. It knows nothing of the engine that loads it."""

from .lists_and_graphs import NODE_CLASS_MAPPINGS as LISTS_AND_GRAPHS
from .plain import NODE_CLASS_MAPPINGS as PLAIN
from .questions import NODE_CLASS_MAPPINGS as QUESTIONS
from .surroundings import NODE_CLASS_MAPPINGS as SURROUNDINGS

NODE_CLASS_MAPPINGS = {**PLAIN, **QUESTIONS, **LISTS_AND_GRAPHS, **SURROUNDINGS}
NODE_DISPLAY_NAME_MAPPINGS = {"PackSum": "Sum of two"}
WEB_DIRECTORY = "./web"
