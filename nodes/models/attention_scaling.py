"""Nodes for experiments: attention layers whose parts or positions are scaled."""

from typing import Annotated, Any

from pydantic import Field

from graph.node import node
from nodes.diffusion.effects.base import with_effect
from nodes.sockets import Model

CATEGORY = "model_patches/unet"
Factor = Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.01)]
Query = Annotated[Factor, Field(description="Scale of queries: of how sharply positions choose.")]
Key = Annotated[Factor, Field(description="Scale of keys: as that of queries.")]
Value = Annotated[Factor, Field(description="Scale of values: of what is passed on.")]
Out = Annotated[Factor, Field(description="Scale of what the layer gives, with its constant part.")]

ScaleOf = Annotated[float, Field(ge=0.0, le=100.0, multiple_of=0.1, description="How far apart neighbours are.")]
ShiftOf = Annotated[float, Field(ge=-256.0, le=256.0, multiple_of=0.1, description="Where the first one is.")]


@node(
    "UNetSelfAttentionMultiply", title="Scale self-attention", category=CATEGORY, occupies="instant", experimental=True
)
def scale_self_attention(model: Model, q: Query = 1.0, k: Key = 1.0, v: Value = 1.0, out: Out = 1.0) -> Model:
    """Scale the parts of all layers in which the positions of a picture attend to each other."""
    return _scaled(model, is_self=True, q=q, k=k, v=v, out=out)


@node(
    "UNetCrossAttentionMultiply",
    title="Scale cross-attention",
    category=CATEGORY,
    occupies="instant",
    experimental=True,
)
def scale_cross_attention(model: Model, q: Query = 1.0, k: Key = 1.0, v: Value = 1.0, out: Out = 1.0) -> Model:
    """Scale the parts of all layers in which a picture attends to the text."""
    return _scaled(model, is_self=False, q=q, k=k, v=v, out=out)


@node(
    "UNetTemporalAttentionMultiply",
    title="Scale temporal attention",
    category=CATEGORY,
    occupies="instant",
    experimental=True,
)
def scale_temporal_attention(
    model: Model,
    self_structural: Annotated[Factor, Field(description="Of attention within a frame.")] = 1.0,
    self_temporal: Annotated[Factor, Field(description="Of attention along the frames.")] = 1.0,
    cross_structural: Annotated[Factor, Field(description="Of attention to the text within a frame.")] = 1.0,
    cross_temporal: Annotated[Factor, Field(description="Of attention to the text along the frames.")] = 1.0,
) -> Model:
    """Scale what the attention layers of a UNet for videos give, within frames and along them.

    Models without such layers, Wan for example, are left as they are, and that is said.
    """
    factors = {
        (True, False): self_structural,
        (True, True): self_temporal,
        (False, False): cross_structural,
        (False, True): cross_temporal,
    }
    for (is_self, is_temporal), out in factors.items():
        model = _scaled(model, is_self=is_self, is_temporal=is_temporal, out=out)
    return model


def _scaled(model: Model, **numbers: Any) -> Model:
    factors = {"q": 1.0, "k": 1.0, "v": 1.0, "out": 1.0, "is_temporal": None, **numbers}
    if all(factors[name] == 1 for name in ("q", "k", "v", "out")):
        return model
    return with_effect(model, "attention_scaling", **factors)


@node("ScaleROPE", title="Scale positions", category="advanced/model", occupies="instant", experimental=True)
def scale_positions(
    model: Model,
    scale_x: ScaleOf = 1.0,
    shift_x: ShiftOf = 0.0,
    scale_y: ScaleOf = 1.0,
    shift_y: ShiftOf = 0.0,
    scale_t: ScaleOf = 1.0,
    shift_t: ShiftOf = 0.0,
) -> Model:
    """Stretch and move the positions that Wan counts across (x), down (y) and along the frames (t).

    Two frames at a distance of several, for example, are the first and the last of a change.
    """
    numbers = {
        "scale_x": scale_x,
        "shift_x": shift_x,
        "scale_y": scale_y,
        "shift_y": shift_y,
        "scale_t": scale_t,
        "shift_t": shift_t,
    }
    return with_effect(model, "rope_scaling", **numbers)
