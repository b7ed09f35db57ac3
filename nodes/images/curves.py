"""Nodes that count brightness and hold curves, for changing tones."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from graph.context import Context
from graph.datatypes import Socket
from graph.node import node
from nodes.diffusion.pictures.histograms import count_levels
from nodes.sockets import Image

Histogram = Annotated[Sequence[int], Socket("HISTOGRAM")]
"""How many pixels have each of the levels 0 to 255."""
STRAIGHT: Mapping[str, Any] = {"points": [[0.0, 0.0], [1.0, 1.0]], "interpolation": "monotone_cubic"}
"""The curve that changes nothing."""


class Histograms(NamedTuple):
    """How often each level comes in the first picture."""

    rgb: Annotated[Histogram, Field(description="The mean of red, green and blue.")]
    luminance: Annotated[Histogram, Field(description="Of brightness as people see it (ITU-R BT.709).")]
    red: Histogram
    green: Histogram
    blue: Histogram


class Curves(NamedTuple):
    """A curve."""

    curve: Annotated[Mapping[str, Any], Socket("CURVE")]


@node("ImageHistogram", title="Image histogram", category="utils")
def image_histogram(image: Image) -> Histograms:
    """Count how many pixels of the first picture have each level of brightness."""
    return Histograms(*count_levels(image[0]))


@node("CurveEditor", title="Curve", category="utils", occupies="instant")
def curve_editor(
    curve: Annotated[
        Mapping[str, Any],
        Socket("CURVE"),
        Field(description="`points`, pairs in 0..1, and `interpolation`: monotone_cubic or linear.", default=STRAIGHT),
    ],
    histogram: Annotated[Histogram | None, Field(description="Shown behind the curve.")] = None,
    *,
    ctx: Context,
) -> Curves:
    """Hold a curve that says which level becomes which, such as for the tones of a picture."""
    if histogram is not None:
        ctx.show(histogram=list(histogram))
    points = curve["points"] if isinstance(curve, Mapping) else curve
    kind = curve.get("interpolation", "monotone_cubic") if isinstance(curve, Mapping) else "monotone_cubic"
    if len(points) < 2 or kind not in ("monotone_cubic", "linear"):
        raise ValueError("curve: it needs at least two points, and monotone_cubic or linear as its interpolation.")
    return Curves({"points": sorted([float(x), float(y)] for x, y in points), "interpolation": kind})
