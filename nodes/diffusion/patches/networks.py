"""The networks inside a loaded part of a model, by the names under which patches know them."""

from collections.abc import Mapping

from torch import nn

from nodes.diffusion.families.weights import Part

ONLY_TEXT = "clip"
"""The name of the network of a text encoder that has one only."""


def networks_of(loaded: object) -> Mapping[str, Part]:
    """Its networks by name; empty if its weights cannot be changed."""
    parts = getattr(loaded, "parts", None)
    if isinstance(parts, Mapping):
        return parts
    network = getattr(loaded, "network", None)
    return {ONLY_TEXT: Part(network, {})} if isinstance(network, nn.Module) else {}
