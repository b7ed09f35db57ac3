"""SRVGGNetCompact: a plain row of convolutions that enlarges at its end.

Wang et al., 2021, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", in the small form
that was published with it (`realesr-general`, `realesr-animevideo`).
"""

from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn
from torch.nn import functional

Shapes = Mapping[str, tuple[int, ...]]


class Compact(nn.Module):
    """The network; all that varies is read from shapes, and layers carry the names of the files.

    Args:
        shapes: by key.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        count = _count(shapes)
        self.width, self.channels = shapes["body.0.weight"][:2]
        self.scale = isqrt(shapes[f"body.{count - 1}.weight"][0] // self.channels)
        layers: list[nn.Module] = []
        for number in range(count):
            shape = shapes[f"body.{number}.weight"]
            layers.append(nn.PReLU(shape[0]) if len(shape) == 1 else nn.Conv2d(shape[1], shape[0], 3, padding=1))
        self.body = nn.ModuleList(layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """Enlarge (batch, channels, height, width) in 0..1 by `scale`."""
        x = pictures
        for layer in self.body:
            x = layer(x)
        return functional.pixel_shuffle(x, self.scale) + functional.interpolate(
            pictures, scale_factor=self.scale, mode="nearest"
        )


def is_compact(shapes: Shapes) -> bool:
    """Whether the keys are those of a compact network."""
    return len(shapes.get("body.0.weight", ())) == 4 and len(shapes.get("body.1.weight", ())) == 1


def _count(shapes: Shapes) -> int:
    return 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("body."))
