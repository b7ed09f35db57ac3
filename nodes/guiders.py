"""Nodes that say how several conditionings steer a model together."""

from typing import Annotated, Literal

from pydantic import Field

from graph.node import Widget, node
from nodes.diffusion import types
from nodes.sockets import Conditioning, Guider, Model

CATEGORY = "sampling/custom/guiders"
Cfg = Annotated[float, Field(ge=0.0, le=100.0, multiple_of=0.1), Widget(options={"round": 0.01})]


@node("DualCFGGuider", title="Dual CFG guider", category=CATEGORY, occupies="instant")
def dual_cfg_guider(
    model: Model,
    cond1: Annotated[Conditioning, Field(description="What to draw, such as a text together with a picture.")],
    cond2: Annotated[Conditioning, Field(description="A part of it, such as the picture alone.")],
    negative: Annotated[Conditioning, Field(description="What to stay away from.")],
    cfg_conds: Annotated[Cfg, Field(description="How far from the second conditioning towards the first.")] = 8.0,
    cfg_cond2_negative: Annotated[
        Cfg, Field(description="How far from the negative conditioning towards the second.")
    ] = 8.0,
    style: Annotated[
        Literal["regular", "nested"],
        Field(description="Whether both ways add up, or the second starts from what the first gives."),
    ] = "regular",
) -> Guider:
    """Follow two conditionings with a scale each, away from a negative one."""
    return types.Guider(
        model,
        "dual_cfg_nested" if style == "nested" else "dual_cfg",
        {"positive": cond1, "middle": cond2, "negative": negative},
        {"cfg_conds": cfg_conds, "cfg_cond2_negative": cfg_cond2_negative},
    )


@node("PerpNegGuider", title="Perp-Neg guider", category=CATEGORY, occupies="instant", experimental=True)
def perp_neg_guider(
    model: Model,
    positive: Annotated[Conditioning, Field(description="What to draw.")],
    negative: Annotated[
        Conditioning, Field(description="What to stay away from, where that is no part of the positive.")
    ],
    empty_conditioning: Annotated[Conditioning, Field(description="An empty text, that both are compared with.")],
    cfg: Annotated[Cfg, Field(description="How closely to follow both.")] = 8.0,
    neg_scale: Annotated[
        float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="How strongly to stay away.")
    ] = 1.0,
) -> Guider:
    """Stay away from a negative conditioning without losing what the positive one shares with it."""
    conditionings = {"positive": positive, "negative": negative, "empty": empty_conditioning}
    return types.Guider(model, "perp_neg", conditionings, {"cfg": cfg, "neg_scale": neg_scale})
