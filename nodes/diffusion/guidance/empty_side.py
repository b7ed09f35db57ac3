"""Models that bring a third side with them: an empty conditioning, that both others are compared with (Perp-Neg)."""

from dataclasses import replace

from nodes.diffusion.types import Conditioning, Guider, ModelHandle

EMPTY = "empty_conditioning"
"""The option of a handle: the conditioning, and how strongly to stay away from the negative one."""


def with_empty_conditioning(model: ModelHandle, empty: Conditioning, scale: float) -> ModelHandle:
    """The same model, guided by `perp_neg` where a guider would use plain guidance (`cfg`)."""
    return model.with_options(**{EMPTY: (empty, scale)})


def with_empty_side(guider: Guider) -> Guider:
    """The guider that is meant: that with three sides, where its model brings the third."""
    if guider.kind != "cfg" or EMPTY not in guider.model.options:
        return guider
    empty, scale = guider.model.options[EMPTY]
    conditionings = {**guider.conditionings, "empty": empty}
    return replace(guider, kind="perp_neg", conditionings=conditionings, options={**guider.options, "neg_scale": scale})
