import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.upscaling import zoo
from nodes.diffusion.upscaling.loading import load_upscaler, open_upscaler
from tests.nodes.diffusion.upscaling import upscalers

ON_CPU = Placement(torch.device("cpu"), torch.float32)
PICTURE = torch.rand(2, 3, 12, 16, generator=torch.Generator().manual_seed(1))


def load(tmp_path, weights):
    return load_upscaler(open_upscaler(upscalers.write(tmp_path / "x.safetensors", weights)), ON_CPU)


def reference(weights, picture, *, folds, is_plus):
    """The network written down as its papers do, layer by layer."""

    def conv(name, x, padding=1):
        return F.conv2d(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"), padding=padding)

    def dense(name, x):
        x1 = F.leaky_relu(conv(f"{name}.conv1", x), 0.2)
        x2 = F.leaky_relu(conv(f"{name}.conv2", torch.cat([x, x1], 1)), 0.2)
        x2 = x2 + conv(f"{name}.conv1x1", x, 0) if is_plus else x2
        x3 = F.leaky_relu(conv(f"{name}.conv3", torch.cat([x, x1, x2], 1)), 0.2)
        x4 = F.leaky_relu(conv(f"{name}.conv4", torch.cat([x, x1, x2, x3], 1)), 0.2)
        x4 = x4 + x2 if is_plus else x4
        return x + 0.2 * conv(f"{name}.conv5", torch.cat([x, x1, x2, x3, x4], 1))

    x = first = conv("conv_first", F.pixel_unshuffle(picture, folds))
    for block in range(upscalers.BLOCKS):
        inner = x
        for number in (1, 2, 3):
            inner = dense(f"body.{block}.rdb{number}", inner)
        x = x + 0.2 * inner
    x = first + conv("conv_body", x)
    up = 1
    while f"conv_up{up}.weight" in weights:
        x = F.leaky_relu(conv(f"conv_up{up}", F.interpolate(x, scale_factor=2)), 0.2)
        up += 1
    return conv("conv_last", F.leaky_relu(conv("conv_hr", x), 0.2))


@pytest.mark.parametrize("layout", upscalers.LAYOUTS)
@pytest.mark.parametrize(("scale", "folds"), [(1, 1), (1, 4), (2, 1), (2, 2), (4, 1), (8, 1)])
@pytest.mark.parametrize("is_plus", [False, True])
def test_every_layout_and_scale_is_the_network_of_the_papers(tmp_path, layout, scale, folds, is_plus):
    weights = upscalers.rrdb(scale, folds=folds, is_plus=is_plus)
    upscaler = load(tmp_path, upscalers.in_layout(weights, layout))
    assert upscaler.scale == scale
    wanted = reference(weights, PICTURE, folds=folds, is_plus=is_plus)
    torch.testing.assert_close(upscaler.enlarge(PICTURE), wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_compact_network_is_a_row_of_convolutions(tmp_path, scale):
    weights = upscalers.compact(scale)
    upscaler = load(tmp_path, weights)
    x = PICTURE
    for number in range(0, 7, 2):
        x = F.conv2d(x, weights[f"body.{number}.weight"], weights[f"body.{number}.bias"], padding=1)
        x = F.prelu(x, weights[f"body.{number + 1}.weight"]) if number < 6 else x
    wanted = F.pixel_shuffle(x, scale) + F.interpolate(PICTURE, scale_factor=scale)
    assert upscaler.scale == scale
    torch.testing.assert_close(upscaler.enlarge(PICTURE), wanted)


def test_pictures_that_cannot_be_folded_are_filled_up_and_cut(tmp_path):
    upscaler = load(tmp_path, upscalers.rrdb(2, folds=2))
    assert upscaler.enlarge(PICTURE[..., :11, :15]).shape == (2, 3, 22, 30)


def test_what_enlarges_nothing_is_refused_with_what_would(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "is_installed", lambda: False)
    save_file({"x": torch.zeros(2)}, tmp_path / "x.safetensors")
    with pytest.raises(UnsupportedModel, match=r"ESRGAN.*spandrel"):
        open_upscaler(tmp_path / "x.safetensors")
