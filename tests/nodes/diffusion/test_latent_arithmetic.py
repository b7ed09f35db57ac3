"""Calculating with latents."""

import pytest
import torch

from nodes.diffusion import latent_arithmetic as arithmetic
from nodes.diffusion.errors import LatentMismatch
from nodes.diffusion.latent_arithmetic import LatentOperation, Side
from nodes.diffusion.types import Latent


def latent(seed: int = 0, batch: int = 2, height: int = 10, width: int = 12, channels: int = 4) -> Latent:
    generator = torch.Generator().manual_seed(seed)
    return {"samples": torch.randn(batch, channels, height, width, generator=generator), "batch_index": [5] * batch}


def test_sums_and_differences_undo_each_other() -> None:
    first, second = latent(0), latent(1)
    total = arithmetic.add(first, second)
    assert torch.allclose(arithmetic.subtract(total, second)["samples"], first["samples"], atol=1e-6)
    assert total["batch_index"] == [5, 5]
    assert torch.equal(arithmetic.multiply(first, -2.0)["samples"], first["samples"] * -2)


def test_the_second_takes_size_and_number_of_the_first() -> None:
    total = arithmetic.add(latent(0, batch=3), latent(1, batch=2, height=20, width=30))
    assert total["samples"].shape == (3, 4, 10, 12)
    with pytest.raises(LatentMismatch, match="4 and with 16 channels"):
        arithmetic.add(latent(), latent(channels=16))


@pytest.mark.parametrize("mix", [arithmetic.blend, arithmetic.interpolate])
def test_mixtures_begin_and_end_with_the_latents_themselves(mix) -> None:
    first, second = latent(0), latent(1)
    assert torch.allclose(mix(first, second, 1.0)["samples"], first["samples"], atol=1e-5)
    assert torch.allclose(mix(first, second, 0.0)["samples"], second["samples"], atol=1e-5)


def test_interpolation_keeps_lengths_where_blending_loses_them() -> None:
    first, second = latent(0), latent(1)
    wanted = (first["samples"].norm(dim=1) + second["samples"].norm(dim=1)).mean() / 2
    assert arithmetic.interpolate(first, second, 0.5)["samples"].norm(dim=1).mean() == pytest.approx(float(wanted))
    assert arithmetic.blend(first, second, 0.5)["samples"].norm(dim=1).mean() < 0.85 * wanted
    empty: Latent = {"samples": torch.zeros(1, 4, 2, 2)}
    assert arithmetic.interpolate(empty, empty, 0.5)["samples"].abs().sum() == 0


@pytest.mark.parametrize("side", ["x", "-x", "y", "-y"])
def test_what_was_put_together_can_be_cut_out_again(side: Side) -> None:
    first, second = latent(0), latent(1)
    both = arithmetic.concatenate(first, second, side)
    axis, length = ("x", 12) if side.endswith("x") else ("y", 10)
    starts = (length, 0) if side.startswith("-") else (0, length)
    for start, wanted in zip(starts, (first, second), strict=True):
        assert torch.equal(arithmetic.cut(both, axis, start, length)["samples"], wanted["samples"])


def test_time_is_an_axis_of_videos_only() -> None:
    video: Latent = {"samples": torch.rand(1, 4, 3, 2, 2)}
    assert arithmetic.concatenate(video, video, "-t")["samples"].shape == (1, 4, 6, 2, 2)
    assert torch.equal(arithmetic.cut(video, "t", -1, 9)["samples"], video["samples"][:, :, 2:])
    with pytest.raises(LatentMismatch, match="no time"):
        arithmetic.cut(latent(), "t", 0, 1)


def test_sides_that_do_not_fit_are_told() -> None:
    with pytest.raises(LatentMismatch, match="Resize or crop"):
        arithmetic.concatenate(latent(), latent(height=4), "x")


def test_a_latent_is_put_where_the_mask_says() -> None:
    empty: Latent = {"samples": torch.zeros(1, 4, 8, 8)}
    ones: Latent = {"samples": torch.ones(1, 4, 2, 2)}
    mask = torch.zeros(1, 16, 16)
    mask[:, :, 8:] = 1
    placed = arithmetic.composite_masked(empty, ones, 16, 24, mask, False)["samples"]
    assert placed[0, 0].nonzero().tolist() == [[3, 3], [4, 3]]
    assert arithmetic.composite_masked(empty, ones, 0, 0, None, True)["samples"].min() == 1


def test_a_batch_has_one_noise_or_many() -> None:
    assert arithmetic.with_seed_behaviour(latent(), "fixed")["batch_index"] == [5, 5]
    assert arithmetic.with_seed_behaviour({"samples": torch.zeros(3, 4, 2, 2)}, "fixed")["batch_index"] == [0, 0, 0]
    assert "batch_index" not in arithmetic.with_seed_behaviour(latent(), "random")


def test_tone_mapping_compresses_the_strongest_and_keeps_directions() -> None:
    before = latent()["samples"]
    after = arithmetic.operate(before, LatentOperation("tonemap_reinhard", {"multiplier": 1.0}))
    ratio = after.norm(dim=1) / before.norm(dim=1)
    assert (ratio < 1).all()
    strongest = before.norm(dim=1).flatten().argmax()
    assert ratio.flatten()[strongest] == pytest.approx(float(ratio.min()), abs=0.05)
    cosine = torch.cosine_similarity(before, after, dim=1)
    assert torch.allclose(cosine, torch.ones_like(cosine), atol=1e-5)


def test_sharpening_leaves_what_is_even() -> None:
    operation = LatentOperation("sharpen", {"radius": 2, "sigma": 1.0, "alpha": 0.2})
    even = torch.ones(1, 4, 8, 8)
    assert torch.allclose(arithmetic.operate(even, operation), even, atol=1e-4)
    before = latent()
    assert arithmetic.apply(before, operation)["samples"].std() > before["samples"].std()
