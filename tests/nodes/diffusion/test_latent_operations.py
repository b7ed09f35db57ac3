"""Operations on latents: what happens to the samples happens to their noise mask and their noise indices."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nodes.diffusion import latent_operations as operations
from nodes.diffusion.errors import LatentMismatch
from nodes.diffusion.latent_operations import FlipMethod, Rotation
from nodes.diffusion.types import Latent

FLIPS: list[FlipMethod] = ["x-axis: vertically", "y-axis: horizontally"]


def latent(batch: int = 2, height: int = 10, width: int = 12, masks: int = 0, channels: int = 4) -> Latent:
    generator = torch.Generator().manual_seed(batch + height + width)
    result: Latent = {"samples": torch.randn(batch, channels, height, width, generator=generator)}
    if masks:
        result["noise_mask"] = torch.rand(masks, 1, height * 8, width * 8, generator=generator)
    return result


def same(first: Latent, second: Latent) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[key], second[key]) if isinstance(first[key], Tensor) else first[key] == second[key]  # type: ignore[literal-required]
        for key in first
    )


def test_an_empty_latent_is_zeros_an_eighth_of_the_picture() -> None:
    assert torch.equal(operations.empty(64, 48, 3)["samples"], torch.zeros(3, 4, 6, 8))


@pytest.mark.parametrize("shape", [(16, 24), (1, 16, 24), (2, 16, 24), (2, 1, 16, 24)], ids=str)
def test_a_noise_mask_gets_a_batch_and_a_channel(shape: tuple[int, ...]) -> None:
    before = latent()
    after = operations.with_noise_mask(before, torch.ones(shape))
    assert after["noise_mask"].shape[1:] == (1, 16, 24)
    assert "noise_mask" not in before


@pytest.mark.parametrize(
    ("size", "cells"),
    [((128, 64), (8, 16)), ((0, 160), (20, 24)), ((96, 0), (10, 12)), ((8, 8), (8, 8)), ((0, 0), (10, 12))],
)
def test_upscaling_takes_picture_pixels_and_keeps_a_minimum(size: tuple[int, int], cells: tuple[int, int]) -> None:
    resized = operations.upscale(latent(masks=1), *size, "bilinear", "disabled")
    assert resized["samples"].shape == (2, 4, *cells)
    assert torch.equal(resized["noise_mask"], latent(masks=1)["noise_mask"])  # masks have their own resolution


def test_cutting_the_sides_while_upscaling_cuts_the_mask_too() -> None:
    source = latent(1, 8, 16, masks=1)
    source["noise_mask"] = torch.zeros(1, 1, 64, 128)
    source["noise_mask"][..., 32:96] = 1.0
    resized = operations.upscale(source, 64, 64, "nearest-exact", "center")
    assert torch.equal(resized["samples"], source["samples"][..., 4:12])
    assert torch.equal(resized["noise_mask"], torch.ones(1, 1, 64, 64))


def test_upscaling_by_a_factor_rounds() -> None:
    assert operations.upscale_by(latent(), 1.25, "bislerp")["samples"].shape == (2, 4, 12, 15)
    assert operations.upscale_by(latent(), 0.01, "area")["samples"].shape == (2, 4, 1, 1)


@pytest.mark.parametrize("method", FLIPS)
@pytest.mark.parametrize("masks", [0, 1, 2])
def test_flipping_twice_changes_nothing_and_once_moves_the_mask_along(method: FlipMethod, masks: int) -> None:
    before = latent(masks=masks)
    once = operations.flip(before, method)
    assert not same(once, before)
    assert same(operations.flip(once, method), before)


def test_flips_go_the_way_they_say() -> None:
    source = latent()
    assert torch.equal(operations.flip(source, FLIPS[0])["samples"][:, :, 0], source["samples"][:, :, -1])
    assert torch.equal(operations.flip(source, FLIPS[1])["samples"][..., 0], source["samples"][..., -1])


def test_rotation_is_clockwise() -> None:
    source: Latent = {"samples": torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)}
    wanted: dict[Rotation, list[list[float]]] = {
        "none": [[1, 2], [3, 4]],
        "90 degrees": [[3, 1], [4, 2]],
        "180 degrees": [[4, 3], [2, 1]],
        "270 degrees": [[2, 4], [1, 3]],
    }
    for rotation, cells in wanted.items():
        assert operations.rotate(source, rotation)["samples"][0, 0].tolist() == cells


@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_four_quarter_turns_change_nothing(batch: int, height: int, width: int, has_mask: bool) -> None:
    before = latent(batch, height, width, masks=int(has_mask))
    after = before
    for _ in range(4):
        after = operations.rotate(after, "90 degrees")
    assert same(after, before)
    half = operations.rotate(before, "180 degrees")
    assert same(half, operations.flip(operations.flip(before, FLIPS[0]), FLIPS[1]))


def test_cropping_takes_pixels_and_cuts_the_mask_at_its_own_resolution() -> None:
    source = latent(2, 20, 24, masks=1)
    cut = operations.crop(source, 64, 80, 16, 24)
    assert torch.equal(cut["samples"], source["samples"][:, :, 3:13, 2:10])
    assert torch.equal(cut["noise_mask"], source["noise_mask"][..., 24:104, 16:80])
    small: Latent = {**source, "noise_mask": source["noise_mask"][..., ::16, ::16]}
    assert operations.crop(small, 64, 64, 0, 0)["noise_mask"].shape[-2:] == (4, 4)


def test_a_crop_beyond_the_edge_keeps_sixty_four_pixels_where_there_are_so_many() -> None:
    assert operations.crop(latent(2, 20, 24), 64, 64, 16384, 16384)["samples"].shape == (2, 4, 8, 8)
    assert operations.crop(latent(2, 4, 6), 64, 64, 512, 512)["samples"].shape == (2, 4, 4, 6)


def test_pasting_a_crop_where_it_came_from_is_identity() -> None:
    source = latent(2, 20, 24)
    cut = operations.crop(source, 64, 80, 16, 24)
    assert same(operations.composite(source, cut, 16, 24, 0), source)


def test_batches_are_taken_apart_and_put_together_again() -> None:
    source = latent(5, masks=5)
    parts = [operations.from_batch(source, start, length) for start, length in ((0, 2), (2, 1), (3, 64))]
    assert [part["batch_index"] for part in parts] == [[0, 1], [2], [3, 4]]
    joined = operations.join(operations.join(parts[0], parts[1]), parts[2])
    assert same(joined, {**source, "batch_index": [0, 1, 2, 3, 4]})


@pytest.mark.parametrize(
    ("start", "length", "wanted"), [(-1, 1, [4]), (-2, 5, [3, 4]), (-99, 1, [0]), (99, 2, [4]), (1, 2, [1, 2])]
)
def test_taking_from_a_batch_counts_from_either_end_and_stays_inside(
    start: int, length: int, wanted: list[int]
) -> None:
    source = latent(5, masks=2)
    part = operations.from_batch(source, start, length)
    assert part["batch_index"] == wanted
    assert torch.equal(part["samples"], source["samples"][wanted])
    assert torch.equal(part["noise_mask"], source["noise_mask"][[index % 2 for index in wanted]])


def test_what_was_taken_remembers_its_first_noise_and_one_mask_serves_all() -> None:
    source: Latent = {**latent(3, masks=1), "batch_index": [7, 8, 9]}
    part = operations.from_batch(source, 1, 2)
    assert part["batch_index"] == [8, 9]
    assert part["noise_mask"].shape[0] == 1
    assert operations.from_batch(part, 1, 1)["batch_index"] == [9]


def test_repeating_repeats_samples_masks_and_draws_new_noise() -> None:
    source = latent(2, masks=2)
    repeated = operations.repeat(source, 3)
    for turn in range(3):
        assert torch.equal(repeated["samples"][2 * turn : 2 * turn + 2], source["samples"])
        assert torch.equal(repeated["noise_mask"][2 * turn : 2 * turn + 2], source["noise_mask"])
    assert "batch_index" not in repeated
    assert operations.repeat(latent(2, masks=1), 3)["noise_mask"].shape[0] == 1
    numbered: Latent = {**latent(3), "batch_index": [2, 3, 5]}
    assert operations.repeat(numbered, 2)["batch_index"] == [2, 3, 5, 6, 7, 9]
    assert same(operations.repeat(numbered, 1), numbered)


def test_joining_fits_the_second_to_the_first() -> None:
    first, second = latent(1, 8, 8), latent(2, 16, 32)
    joined = operations.join(first, second)
    assert joined["samples"].shape == (3, 4, 8, 8)
    assert torch.equal(joined["samples"][:1], first["samples"])
    assert joined["batch_index"] == [0, 0, 1]


def test_joining_completes_masks_with_everything() -> None:
    first, second = latent(1, 8, 8), latent(2, 8, 8, masks=1)
    for pair, masked in (((first, second), [1, 2]), ((second, first), [0, 1])):
        joined = operations.join(*pair)
        assert joined["noise_mask"].shape == (3, 1, 64, 64)
        for index in range(3):
            wanted = second["noise_mask"][0] if index in masked else torch.ones(1, 64, 64)
            assert torch.equal(joined["noise_mask"][index], wanted)
    assert "noise_mask" not in operations.join(first, first)


def test_latents_of_different_models_are_not_joined() -> None:
    with pytest.raises(LatentMismatch, match="4 and with 16 channels cannot be joined"):
        operations.join(latent(), latent(channels=16))


def flat(value: float, height: int, width: int) -> Latent:
    return {"samples": torch.full((1, 1, height, width), value)}


def test_a_composite_fades_only_along_inner_edges() -> None:
    fade = operations.composite(flat(0.0, 4, 8), flat(1.0, 4, 6), 16, 0, 32)["samples"][0, 0]
    assert fade[2].tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert torch.equal(fade[0], fade[3])
    both = operations.composite(flat(0.0, 8, 8), flat(1.0, 4, 4), 16, 16, 16)["samples"][0, 0]
    assert both[2, 2:6].tolist() == [0.25, 0.5, 0.5, 0.25]
    assert both[3, 2:6].tolist() == [0.5, 1.0, 1.0, 0.5]
    assert both[[0, 1, 6, 7]].abs().max() == 0


def test_a_composite_is_cut_at_the_edge_and_leaves_its_inputs_alone() -> None:
    destination = flat(0.0, 4, 4)
    placed = operations.composite(destination, flat(1.0, 4, 4), 24, 16, 0)["samples"][0, 0]
    assert placed.sum() == 2
    assert placed[2:, 3].tolist() == [1, 1]
    assert same(operations.composite(destination, flat(1.0, 4, 4), 64, 0, 0), destination)
    assert destination["samples"].abs().max() == 0


def test_keys_of_node_packs_are_passed_on() -> None:
    source = {**latent(), "pack_key": "kept"}
    for change in (
        lambda each: operations.flip(each, FLIPS[0]),
        lambda each: operations.rotate(each, "90 degrees"),
        lambda each: operations.crop(each, 64, 64, 0, 0),
        lambda each: operations.repeat(each, 2),
        lambda each: operations.from_batch(each, 0, 1),
        lambda each: operations.upscale_by(each, 2.0, "area"),
        lambda each: operations.composite(each, latent(), 0, 0, 0),
        lambda each: operations.join(each, latent()),
    ):
        assert change(source)["pack_key"] == "kept"
