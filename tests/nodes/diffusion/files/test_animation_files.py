"""Animations: as many pictures as given, as long as asked, with their making inside."""

from io import BytesIO

import pytest
import torch
from PIL import Image, ImageSequence

from graph.formats.exif import texts_of_webp
from nodes.diffusion.files.animation_files import encode_apng, encode_webp

TEXTS = {"prompt": '{"1": "a"}', "workflow": "{}"}


def pictures(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 6, 8, 3, generator=torch.Generator().manual_seed(0))


def frames(data: bytes) -> tuple[torch.Tensor, list[int]]:
    with Image.open(BytesIO(data)) as picture:
        shown = [(frame.convert("RGB"), frame.info.get("duration")) for frame in ImageSequence.Iterator(picture)]
    levels = [torch.frombuffer(bytearray(frame.tobytes()), dtype=torch.uint8).reshape(6, 8, 3) for frame, _ in shown]
    return torch.stack(levels), [round(duration) for _, duration in shown]


@pytest.mark.parametrize("kind", ["webp", "png"])
def test_every_picture_is_kept_exactly_and_for_its_time(kind: str) -> None:
    if kind == "webp":
        data = encode_webp(pictures(), 8.0, TEXTS, lossless=True, quality=80, effort="fastest")
    else:
        data = encode_apng(pictures(), 8.0, TEXTS, 4)
    found, durations = frames(data)
    assert torch.equal(found, (pictures() * 255).round().to(torch.uint8))
    assert durations == [125] * 3


def test_files_say_how_they_were_made() -> None:
    webp = encode_webp(pictures(1), 8.0, TEXTS, lossless=False, quality=50, effort="default")
    assert sorted(texts_of_webp(webp)) == ['prompt:{"1": "a"}', "workflow:{}"]
    with Image.open(BytesIO(encode_apng(pictures(2), 8.0, {"prompt": "{}"}, 4))) as picture:
        assert picture.info["prompt"] == "{}"


def test_quality_costs_bytes() -> None:
    smooth = torch.linspace(0, 1, 64 * 64).reshape(1, 64, 64, 1).expand(2, 64, 64, 3)
    sizes = [len(encode_webp(smooth, 8.0, {}, lossless=False, quality=q, effort="fastest")) for q in (1, 100)]
    assert sizes[0] < sizes[1]
