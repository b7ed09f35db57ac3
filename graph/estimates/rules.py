"""How the size of what a node gives follows from its inputs: as the node declares it, or as their names say.

The ecosystem has one vocabulary for sizes (`width`, `height`, `batch_size`, `scale_by`, `amount`, …), so that nodes of
packs nobody here has seen are understood as well.
"""

from graph.spec import InputSpec, NodeSpec, SizeRule

PICTURES = frozenset({"IMAGE", "MASK", "LATENT", "VIDEO"})
"""The types whose values are as large as pictures."""
_NUMBERS = frozenset({"INT", "FLOAT"})
_SCALES = ("scale_by", "upscale_by", "scale_factor", "rescale_factor")
_UPSCALE_MODEL, _UPSCALE_FACTOR = "UPSCALE_MODEL", 4
"""Most models that make pictures larger make them four times as large."""


def rule_of(spec: NodeSpec) -> SizeRule | None:
    """How large the pictures are that a node gives; None if it gives none."""
    if not any(each.type in PICTURES for each in spec.outputs):
        return None
    if spec.size is not None:
        return spec.size
    numbers = {each.name for each in spec.inputs if each.type in _NUMBERS}
    like = tuple(each.name for each in spec.inputs if is_picture(each))
    is_sized = {"width", "height"} <= numbers
    scale = next((name for name in _SCALES if name in numbers), None)
    has_upscaler = any(each.type == _UPSCALE_MODEL for each in spec.inputs)
    sides = {"left", "top", "right", "bottom"} <= numbers
    counts = tuple(name for name in ("batch_size", "length") if is_sized and name in numbers)
    return SizeRule(
        like=like,
        joins=_are_numbered(like),
        width="width" if is_sized else None,
        height="height" if is_sized else None,
        count=counts,
        at_most="length" if "length" in numbers and not is_sized and like else None,
        times="amount" if "amount" in numbers and like else None,
        scale=scale or (_UPSCALE_FACTOR if has_upscaler else None),
        wider=("left", "right") if sides and like else (),
        higher=("top", "bottom") if sides and like else (),
    )


def is_picture(spec: InputSpec) -> bool:
    """Whether an input takes what is as large as pictures."""
    return any(each in PICTURES for each in spec.type.split(","))


def _are_numbered(names: tuple[str, ...]) -> bool:
    """Whether inputs are called `image1` and `image2`, as where pictures are put into one batch."""
    stems = {name.rstrip("0123456789") for name in names}
    return len(names) > 1 and len(stems) == 1 and all(name[-1].isdigit() for name in names)
