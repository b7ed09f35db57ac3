"""Picture files of every kind that people have, and the ones that are refused."""

from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from nodes.diffusion.errors import PictureFileError
from nodes.diffusion.files import picture_files
from nodes.diffusion.files.picture_files import encode_png, read, read_channel


def levels(height: int = 4, width: int = 6, channels: int = 3) -> numpy.ndarray:
    return numpy.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=numpy.uint8)


def saved(path: Path, array: numpy.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def as_tensor(array: numpy.ndarray) -> Tensor:
    return torch.from_numpy(array).float() / 255


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff"])
def test_lossless_files_are_read_exactly(tmp_path: Path, suffix: str) -> None:
    image, mask = read(saved(tmp_path / f"x.{suffix}", levels()))
    assert torch.equal(image, as_tensor(levels())[None])
    assert torch.equal(mask, torch.zeros(1, 64, 64))


@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif"])
def test_lossy_files_are_read_nearly(tmp_path: Path, suffix: str) -> None:
    smooth = numpy.linspace(0, 255, 32 * 32 * 3).reshape(32, 32, 3).astype(numpy.uint8)
    image, _ = read(saved(tmp_path / f"x.{suffix}", smooth, quality=95))
    assert (image[0] - as_tensor(smooth)).abs().max() < 0.1


def test_every_level_survives_a_png(tmp_path: Path) -> None:
    ramp = (torch.arange(256, dtype=torch.float32) / 255).reshape(16, 16, 1).repeat(1, 1, 3)
    (tmp_path / "x.png").write_bytes(encode_png(ramp, {}))
    assert torch.equal(read(tmp_path / "x.png").image[0], ramp)


def test_values_outside_the_range_are_clamped_and_rounded(tmp_path: Path) -> None:
    image = torch.tensor([-1.0, 2.0, float("nan"), 0.4999 / 255, 0.5001 / 255]).reshape(1, 5, 1)
    (tmp_path / "x.png").write_bytes(encode_png(image, {}))
    assert (read(tmp_path / "x.png").image[0, 0, :, 0] * 255).tolist() == [0, 255, 0, 0, 1]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_channels_become_grey_colour_or_alpha(tmp_path: Path, channels: int, mode: str) -> None:
    (tmp_path / "x.png").write_bytes(encode_png(torch.full((2, 3, channels), 0.2), {}))
    with Image.open(tmp_path / "x.png") as picture:
        assert (picture.mode, picture.size) == (mode, (3, 2))


def test_texts_can_be_read_back(tmp_path: Path) -> None:
    texts = {"prompt": '{"a": "ä 🐻"}', "workflow": "x" * 100_000}
    (tmp_path / "x.png").write_bytes(encode_png(torch.zeros(2, 2, 3), texts))
    with Image.open(tmp_path / "x.png") as picture:
        assert isinstance(picture, PngImagePlugin.PngImageFile)
        assert picture.text == texts


def test_the_mask_is_what_is_transparent(tmp_path: Path) -> None:
    array = levels(channels=4)
    image, mask = read(saved(tmp_path / "x.png", array))
    assert torch.equal(image[0], as_tensor(array)[..., :3])
    assert torch.equal(mask[0], 1 - as_tensor(array)[..., 3])


def test_grey_with_alpha_is_read(tmp_path: Path) -> None:
    picture = Image.merge("LA", (Image.new("L", (3, 2), 51), Image.new("L", (3, 2), 204)))
    picture.save(tmp_path / "x.png")
    image, mask = read(tmp_path / "x.png")
    assert torch.equal(image, torch.full((1, 2, 3, 3), 51) / 255)
    assert torch.equal(mask, 1 - torch.full((1, 2, 3), 204) / 255)


def test_palettes_are_resolved_with_their_transparency(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putdata([0, 1])
    picture.save(tmp_path / "opaque.png")
    picture.save(tmp_path / "clear.png", transparency=1)
    colours = [[[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]]
    image, mask = read(tmp_path / "opaque.png")
    assert (image.tolist(), mask.shape) == (colours, (1, 64, 64))
    image, mask = read(tmp_path / "clear.png")
    assert (image.tolist(), mask.tolist()) == (colours, [[[0.0, 1.0]]])


def test_a_transparent_colour_of_a_plain_picture_counts(tmp_path: Path) -> None:
    Image.new("RGB", (2, 2), (1, 2, 3)).save(tmp_path / "x.png", transparency=(1, 2, 3))
    assert torch.equal(read(tmp_path / "x.png").mask, torch.ones(1, 2, 2))


def test_sixteen_bits_keep_their_precision(tmp_path: Path) -> None:
    array = numpy.array([[0, 1, 32768, 65535]], dtype=numpy.uint16)
    image, mask = read(saved(tmp_path / "x.png", array))
    assert torch.equal(image[0, 0, :, 1], torch.tensor([0, 1, 32768, 65535]) / 65535)
    assert mask.shape == (1, 64, 64)
    saved(tmp_path / "x.tiff", array.astype(numpy.int32))
    assert torch.equal(read(tmp_path / "x.tiff").image, image)


def test_floats_are_clamped(tmp_path: Path) -> None:
    saved(tmp_path / "x.tiff", numpy.array([[-1.0, 0.25, 2.0]], dtype=numpy.float32))
    assert read(tmp_path / "x.tiff").image[0, 0, :, 0].tolist() == [0.0, 0.25, 1.0]


def test_photos_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise
    image, _ = read(saved(tmp_path / "x.png", levels(), exif=exif))
    assert torch.equal(image[0], as_tensor(numpy.rot90(levels(), k=-1).copy()))
    assert read_channel(tmp_path / "x.png", "red").shape == (1, 6, 4)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tiff"])
def test_an_animation_becomes_a_batch(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (4, 3), (value, 0, 0)) for value in (0, 85, 255)]
    frames[0].save(
        tmp_path / f"x.{suffix}",
        save_all=True,
        append_images=frames[1:],
        **({"lossless": True} if suffix == "webp" else {}),
    )
    image, mask = read(tmp_path / f"x.{suffix}")
    assert image.shape == (3, 3, 4, 3)
    assert (image[:, 0, 0, 0] * 255).tolist() == [0, 85, 255]
    assert mask.shape == (3, 64, 64)
    assert read_channel(tmp_path / f"x.{suffix}", "red").shape == (1, 3, 4)


def test_frames_of_another_size_are_left_out(tmp_path: Path) -> None:
    frames = [Image.new("RGB", size) for size in ((4, 3), (2, 2), (4, 3))]
    frames[0].save(tmp_path / "x.tiff", save_all=True, append_images=frames[1:])
    assert read(tmp_path / "x.tiff").image.shape == (2, 3, 4, 3)


def test_frames_with_and_without_alpha_share_a_mask(tmp_path: Path) -> None:
    frames = [Image.new("RGBA", (4, 3), (9, 9, 9, 0)), Image.new("RGB", (4, 3))]
    frames[0].save(tmp_path / "x.tiff", save_all=True, append_images=frames[1:])
    assert read(tmp_path / "x.tiff").mask.tolist() == [[[1.0] * 4] * 3, [[0.0] * 4] * 3]


@pytest.mark.parametrize(("channel", "index"), [("red", 0), ("green", 1), ("blue", 2)])
def test_a_channel_is_read_as_a_mask(tmp_path: Path, channel: str, index: int) -> None:
    saved(tmp_path / "x.png", levels())
    assert torch.equal(read_channel(tmp_path / "x.png", channel), as_tensor(levels())[None, ..., index])


def test_the_alpha_channel_is_inverted_and_nothing_is_transparent_without_it(tmp_path: Path) -> None:
    array = levels(channels=4)
    assert torch.equal(read_channel(saved(tmp_path / "a.png", array), "alpha")[0], 1 - as_tensor(array)[..., 3])
    assert torch.equal(read_channel(saved(tmp_path / "b.png", levels()), "alpha"), torch.zeros(1, 4, 6))


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.4", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(PictureFileError, match=r'"x.png" is not a picture of a known kind \(PNG, JPEG'):
        read(tmp_path / "x.png")


def test_formats_outside_the_list_are_refused_whatever_they_are_called(tmp_path: Path) -> None:
    saved(tmp_path / "x.ppm", levels()).rename(tmp_path / "x.png")
    with pytest.raises(PictureFileError, match="not a picture of a known kind"):
        read(tmp_path / "x.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "bmp", "tiff"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_damaged_file_is_an_error_of_ours(tmp_path: Path, suffix: str, share: float) -> None:
    path = saved(tmp_path / f"x.{suffix}", levels(64, 64))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PictureFileError, match=r"(damaged|not a picture)"):
        read(path)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(PictureFileError, match=r'"bomb\.png" is too large: a picture may have 64 million pixels'):
        read(tmp_path / "bomb.png")
    monkeypatch.setattr(picture_files, "MAX_FRAME_PIXELS", 20)
    with pytest.raises(PictureFileError, match="too large"):
        read(saved(tmp_path / "x.png", levels()))


def test_many_frames_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("L", (4, 3), value) for value in range(5)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 4 * 12)
    with pytest.raises(PictureFileError, match="all frames together"):
        read(tmp_path / "x.gif")
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 5 * 12)
    assert read(tmp_path / "x.gif").image.shape[0] == 5
