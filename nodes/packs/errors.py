"""Errors of node packs.

LatentloomError
└── PackError           a pack asks for something that it cannot have; the message says which pack, and for what
"""

from graph.errors import LatentloomError


class PackError(LatentloomError):
    """A node pack asks for something that this house does not provide."""
