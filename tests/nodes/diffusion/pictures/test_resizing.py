"""Resizing, by every method that graphs name."""

import pytest
import torch

from nodes.diffusion.pictures.resizing import Method, bislerp, crop_to_aspect, lanczos, missing_side, resize

METHODS: list[Method] = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos", "bislerp"]


@pytest.mark.parametrize("method", METHODS)
def test_the_same_size_changes_nothing(method: Method) -> None:
    samples = torch.rand(2, 4, 5, 7, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(resize(samples, 7, 5, method), samples, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(3, 2), (14, 10), (1, 1), (7, 20)], ids=str)
def test_a_flat_field_stays_flat_at_every_size(method: Method, size: tuple[int, int]) -> None:
    width, height = size
    resized = resize(torch.full((1, 4, 5, 7), 0.25), width, height, method)
    assert resized.shape == (1, 4, height, width)
    assert torch.allclose(resized, torch.full_like(resized, 0.25), atol=1e-5)


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        ("nearest-exact", [0.0, 0.0, 1.0, 1.0]),
        ("bilinear", [0.0, 0.25, 0.75, 1.0]),
        ("area", [0.0, 0.0, 1.0, 1.0]),
        ("bicubic", [-0.10546875, 0.2265625, 0.7734375, 1.10546875]),
    ],
)
def test_doubling_an_edge(method: Method, wanted: list[float]) -> None:
    assert resize(torch.tensor([[[[0.0, 1.0]]]]), 4, 1, method).flatten().tolist() == pytest.approx(wanted)


def test_area_takes_the_mean() -> None:
    assert resize(torch.tensor([[[[0.0, 1.0, 2.0, 5.0]]]]), 2, 1, "area").flatten().tolist() == [0.5, 3.5]


def test_lanczos_is_exact_on_batches_and_stays_in_range() -> None:
    edge = torch.zeros(2, 1, 8, 8)
    edge[1, :, :, 4:] = 1.0
    resized = lanczos(edge, 16, 16)
    assert resized[0].abs().max() == 0.0
    assert resized[1].min() == 0.0
    assert resized[1].max() == 1.0
    assert torch.allclose(resized[1] + resized[1].flip(-1), torch.ones(1, 16, 16), atol=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ((8, 4), (4, 4), [2, 3, 4, 5]),  # wider than wanted: the sides go
        ((8, 4), (16, 4), [0, 1, 2, 3, 4, 5, 6, 7]),
        ((4, 4), (4, 4), [0, 1, 2, 3]),
        ((3, 1), (1, 100), [1]),  # something always stays
    ],
)
def test_cropping_keeps_the_middle(old: tuple[int, int], new: tuple[int, int], wanted: list[int]) -> None:
    samples = torch.arange(old[0]).expand(1, 1, old[1], old[0])
    assert crop_to_aspect(samples, *new)[0, 0, 0].tolist() == wanted


def test_a_center_crop_does_not_distort() -> None:
    samples = torch.zeros(1, 1, 4, 8)
    samples[..., 2:6] = 1.0
    assert torch.equal(resize(samples, 4, 4, "bilinear", "center"), torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize(
    ("width", "height", "wanted"), [(0, 50, (100, 50)), (100, 0, (100, 50)), (7, 9, (7, 9)), (0, 1, (2, 1))]
)
def test_a_missing_side_follows_from_the_aspect_ratio(width: int, height: int, wanted: tuple[int, int]) -> None:
    assert missing_side(width, height, 200, 100) == wanted


def test_bislerp_turns_directions_and_keeps_lengths() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    samples = torch.tensor([east, north]).t().reshape(1, 2, 1, 2)  # (1, channels, 1, width)
    resized = bislerp(samples, 4, 1)[0, :, 0, :].t()
    angles = torch.tensor([0.0, 0.25, 0.75, 1.0]) * torch.pi / 2
    assert torch.allclose(resized, torch.stack((angles.cos(), angles.sin()), dim=1), atol=1e-6)


def test_bislerp_blends_lengths_and_survives_zeros_and_opposites() -> None:
    lengths = torch.tensor([[1.0, 0.0], [0.0, 3.0]]).t().reshape(1, 2, 1, 2)
    assert bislerp(lengths, 4, 1)[0, :, 0, 1].norm() == pytest.approx(1.5)
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).t().reshape(1, 2, 1, 2)
    assert bislerp(opposite, 4, 1)[0, 0, 0].tolist() == pytest.approx([1.0, 0.5, -0.5, -1.0])
    zeros = torch.zeros(1, 4, 3, 3)
    assert torch.equal(bislerp(zeros, 6, 6), torch.zeros(1, 4, 6, 6))


def test_bislerp_keeps_the_spread_of_noise_where_bilinear_loses_it() -> None:
    noise = torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    assert bislerp(noise, 64, 64).std() == pytest.approx(1.0, abs=0.06)
    assert resize(noise, 64, 64, "bilinear").std() < 0.7


def test_bislerp_agrees_with_itself_in_half_precision() -> None:
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    half = bislerp(noise.half(), 12, 12)
    assert half.dtype is torch.float16
    assert torch.allclose(half.float(), bislerp(noise, 12, 12), atol=1e-2)
