"""Nodes for Lotus, which makes maps of depth or normals from pictures."""

from graph.node import node
from nodes.diffusion.families.lotus import no_words
from nodes.sockets import Conditioning


@node("LotusConditioning", title="Lotus conditioning", category="conditioning/lotus", occupies="instant")
def lotus_conditioning() -> Conditioning:
    """What Lotus reads: no words, as its text encoder has them."""
    return [(no_words(), {})]
