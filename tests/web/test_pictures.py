import io
from pathlib import Path
from zlib import crc32

import pytest
from PIL import Image

from tests.web.light import png
from web import pictures
from web.pictures import PictureError


def write(folder: Path, content: bytes, name: str = "a.png") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_previews_are_of_the_wanted_format(tmp_path: Path) -> None:
    path = write(tmp_path, png(200))
    webp, webp_type = pictures.preview(path, "webp", 80)
    jpeg, jpeg_type = pictures.preview(path, "jpeg", 80)
    assert (opened(webp).format, opened(webp).mode, webp_type) == ("WEBP", "RGBA", "image/webp")
    assert (opened(jpeg).format, opened(jpeg).mode, jpeg_type) == ("JPEG", "RGB", "image/jpeg")


def test_channels_come_apart(tmp_path: Path) -> None:
    path = write(tmp_path, png(200))
    assert opened(pictures.channel(path, "rgb")).getpixel((0, 0)) == (200, 0, 0)
    assert opened(pictures.channel(path, "a")).getpixel((0, 0)) == (0, 0, 0, 128)


def test_a_mask_gives_the_original_its_alpha_and_keeps_its_texts(tmp_path: Path) -> None:
    original = write(tmp_path, png(200, {"workflow": "{}"}))
    mask = Image.new("RGBA", (4, 4), (0, 0, 0, 7))
    mask.save(tmp_path / "mask.png")
    result = opened(pictures.with_mask(original, tmp_path / "mask.png"))
    assert (result.getpixel((0, 0)), result.text) == ((200, 0, 0, 7), {"workflow": "{}"})


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"%!PS-Adobe", png(1)[:40], b"P6 2 2 255 "])
def test_what_is_no_picture_is_not_opened(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PictureError):
        pictures.preview(write(tmp_path, content), "webp", 80)


def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    bomb = bytearray(png(1))
    bomb[16:24] = (9000).to_bytes(4, "big") * 2
    bomb[29:33] = crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    with pytest.raises(PictureError, match="pixels"):
        pictures.preview(write(tmp_path, bytes(bomb)), "webp", 80)
