"""Colours in other spaces than red, green and blue: tensors whose last axis holds three channels."""

from torch import Tensor

_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""Linear sRGB to CIE XYZ (IEC 61966-2-1)."""
_WHITE = (0.95047, 1.0, 1.08883)
"""Illuminant D65."""


def to_ycbcr(rgb: Tensor) -> Tensor:
    """Brightness and two colour differences, 0.5 where there is no colour (ITU-R BT.601)."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    return _stacked(rgb, brightness, (blue - brightness) * 0.564 + 0.5, (red - brightness) * 0.713 + 0.5)


def from_ycbcr(ycbcr: Tensor) -> Tensor:
    """The inverse of `to_ycbcr`, to about three digits."""
    brightness, blueness, redness = ycbcr[..., 0], ycbcr[..., 1] - 0.5, ycbcr[..., 2] - 0.5
    green = brightness - 0.714 * redness - 0.344 * blueness
    return _stacked(ycbcr, brightness + 1.403 * redness, green, brightness + 1.773 * blueness)


def to_linear(rgb: Tensor) -> Tensor:
    """Light, as it adds up, of colours as screens take them (sRGB, IEC 61966-2-1)."""
    return (rgb / 12.92).where(rgb <= 0.04045, ((rgb.clamp(min=0.0) + 0.055) / 1.055) ** 2.4)


def from_linear(rgb: Tensor) -> Tensor:
    """The inverse of `to_linear`."""
    return (rgb * 12.92).where(rgb <= 0.0031308, 1.055 * rgb.clamp(min=0.0) ** (1 / 2.4) - 0.055)


def to_lab(rgb: Tensor) -> Tensor:
    """CIE L*a*b* of sRGB colours: lightness 0..100, red against green, yellow against blue."""
    xyz = to_linear(rgb) @ rgb.new_tensor(_TO_XYZ).T / rgb.new_tensor(_WHITE)
    root = (xyz * 7.787 + 4 / 29).where(xyz <= 0.008856, xyz.clamp(min=0.0) ** (1 / 3))
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return _stacked(rgb, 116 * y - 16, 500 * (x - y), 200 * (y - z))


def from_lab(lab: Tensor) -> Tensor:
    """The inverse of `to_lab`; colours that no screen shows lie outside 0..1."""
    y = (lab[..., 0] + 16) / 116
    root = _stacked(lab, y + lab[..., 1] / 500, y, y - lab[..., 2] / 200)
    xyz = ((root - 4 / 29) / 7.787).where(root <= 0.2068966, root**3) * lab.new_tensor(_WHITE)
    return from_linear(xyz @ lab.new_tensor(_TO_XYZ).inverse().T)


def _stacked(like: Tensor, *channels: Tensor) -> Tensor:
    result = like.new_empty(*like.shape[:-1], len(channels))
    for index, channel in enumerate(channels):
        result[..., index] = channel
    return result
