"""Nodes that say how several conditionings steer a model together."""

from typing import Annotated, Literal

from pydantic import Field

from graph.datatypes import Socket
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


@node("DualModelGuider", title="Guider with two models", category=CATEGORY, occupies="instant", experimental=True)
def dual_model_guider(
    model: Annotated[Model, Field(description="Predicts for the positive conditioning.")],
    positive: Annotated[Conditioning, Field(description="What to draw.")],
    cfg: Annotated[Cfg, Field(description="How far to go from the negative prediction to the positive one.")] = 4.0,
    model_negative: Annotated[
        types.ModelHandle | None,
        Socket("MODEL"),
        Widget(optional=True),
        Field(
            description="Predicts for the negative conditioning, such as a weaker version; without it the same model."
        ),
    ] = None,
    negative: Annotated[
        types.Conditioning | None,
        Socket("CONDITIONING"),
        Widget(optional=True),
        Field(description="What to stay away from; without it the positive one is the other model's as well."),
    ] = None,
) -> Guider:
    """Move away from what another model predicts, such as a weaker version of the same.

    Karras et al., 2024, "Guiding a Diffusion Model with a Bad Version of Itself".
    """
    away = positive if negative is None else negative
    others = {} if model_negative is None else {"negative": model_negative}
    return types.Guider(model, "cfg", {"positive": positive, "negative": away}, {"cfg": cfg}, others)
