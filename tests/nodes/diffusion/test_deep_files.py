"""Files of more than eight bits, read by a reader that we did not write (FFmpeg)."""

from pathlib import Path

import av
import numpy
import pytest
import torch

from graph.formats import png
from nodes.diffusion.files.deep_png import encode_png16
from nodes.diffusion.files.exr_files import encode_exr


def picture(channels: int = 3, height: int = 37, width: int = 21) -> torch.Tensor:
    return torch.rand(height, width, channels, generator=torch.Generator().manual_seed(0))


def decoded(path: Path, layout: str) -> "numpy.ndarray":
    with av.open(path) as container:
        return next(container.decode(video=0)).to_ndarray(format=layout)


@pytest.mark.parametrize(("channels", "layout"), [(1, "gray16le"), (3, "rgb48le"), (4, "rgba64le")])
def test_a_png_keeps_sixteen_bits(tmp_path: Path, channels: int, layout: str) -> None:
    path = tmp_path / "deep.png"
    path.write_bytes(encode_png16(picture(channels), {"prompt": "{}"}))
    wanted = (picture(channels).double() * 65535).round().numpy().astype(numpy.uint16)
    assert numpy.array_equal(decoded(path, layout).reshape(wanted.shape), wanted)
    assert png.texts(path.read_bytes()) == {"prompt": "{}"}


@pytest.mark.parametrize("scale", [1.0, 12.5])
def test_an_exr_keeps_floats_beyond_one(tmp_path: Path, scale: float) -> None:
    path = tmp_path / "light.exr"
    path.write_bytes(encode_exr(picture() * scale, {"prompt": "{}"}))
    planes = decoded(path, "gbrpf32le")
    green, blue, red = planes if planes.shape[0] == 3 else numpy.moveaxis(planes, -1, 0)
    found = numpy.stack([red, green, blue], axis=-1)
    wanted = (picture() * scale).numpy()
    assert numpy.array_equal(found, wanted) or numpy.array_equal(planes, wanted)


def test_flat_pictures_are_small(tmp_path: Path) -> None:
    assert len(encode_exr(torch.zeros(64, 64, 4), {})) < 2000
    assert len(encode_png16(torch.zeros(64, 64, 3), {})) < 500
    assert len(encode_exr(picture(1, 1, 1), {})) < 400
