"""Wan makes videos that begin with a picture, or lie between two, through the nodes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import WanImageToVideoPipeline

from nodes.diffusion.errors import DiffusionError
from nodes.video.video_conditioning import (
    wan_first_last_frame_to_video,
    wan_fun_inpaint_to_video,
    wan_image_to_video,
)
from tests.nodes.house import is_picture
from tests.nodes.video.wan_house import WanHouse, as_pixels, pictures

FIRST, LAST = pictures(seed=5), pictures(seed=6)


@pytest.fixture(scope="module", params=["2.1 from pictures", "2.2 from pictures"])
def house(request: Any, tmp_path_factory: Any) -> WanHouse:
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), request.param)


@pytest.fixture(scope="module")
def told_both(tmp_path_factory: Any) -> WanHouse:
    """The model of Wan 2.1 that is told what CLIP sees in the first and in the last frame."""
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), "first and last")


def begun(house: WanHouse, image: Any = FIRST, **inputs: Any) -> Any:
    seen = house.seen(FIRST)
    return house.begun(wan_image_to_video, **{"clip_vision_output": seen, "start_image": image, **inputs})


def between(house: WanHouse, **inputs: Any) -> Any:
    seen = {"clip_vision_start_image": house.seen(FIRST), "clip_vision_end_image": house.seen(LAST)}
    given = {"start_image": FIRST, "end_image": LAST}
    return house.begun(wan_first_last_frame_to_video, **{**seen, **given, **inputs})


def test_a_video_follows_its_first_picture(house: WanHouse) -> None:
    first, other = begun(house), begun(house, 1 - FIRST)
    found = [house.sampled(*each) for each in (first, first, other)]
    assert found[0].shape == (1, 16, 3, 8, 8)
    assert torch.equal(found[0], found[1])
    assert not torch.allclose(found[0], found[2])
    frames = house.house.decode({"samples": found[0]}, house.vae)
    assert len(frames) == 9
    assert is_picture(frames)


def test_the_mask_says_which_frames_are_made(house: WanHouse) -> None:
    for count, given in ((1, 1), (5, 2), (20, 3)):
        options = begun(house, FIRST.expand(count, -1, -1, -1)).positive[0][1]
        assert options["concat_mask"].shape == (1, 1, 3, 8, 8)
        assert options["concat_mask"][0, 0, :, 0, 0].tolist() == [0.0] * given + [1.0] * (3 - given)
        assert options["concat_latent_image"].shape == (1, 16, 3, 8, 8)
    assert "concat_mask" not in begun(house, None).positive[0][1]


def test_a_batch_is_several_videos(house: WanHouse) -> None:
    found = house.sampled(*begun(house, batch_size=2))
    assert found.shape[0] == 2
    assert not torch.equal(found[0], found[1])


@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: WanHouse) -> None:
    """Its pipeline gives the mask of the first frame, 1 where it is given, then the latent of the frames."""
    conditioning = begun(house).positive
    x, timestep = torch.randn(1, 16, 3, 8, 8), torch.tensor([500.0])
    found = house.predicted(conditioning, x)
    ((context, options),) = conditioning
    with house.house.models.use_model(house.model) as model:
        seen = options["clip_vision_output"].penultimate_hidden_states if model.config["image_dim"] else None
        pipeline = house.pipeline(WanImageToVideoPipeline, image_encoder=None, image_processor=None)
        _, beside = pipeline.prepare_latents(as_pixels(FIRST), 1, 16, 64, 64, 9, torch.float32, "cpu")
        wanted = model.network(torch.cat([x, beside], dim=1), timestep, context, seen, return_dict=False)[0]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_wan_that_is_told_what_clip_sees_asks_for_it(house: WanHouse) -> None:
    unseen = begun(house, clip_vision_output=None)
    if house.told(begun(house).positive, unseen.latent["samples"]).get("seen") is None:
        assert house.sampled(*unseen).isfinite().all()
        return
    with pytest.raises(DiffusionError, match="what CLIP sees in the first frame"):
        house.sampled(*unseen)


@torch.no_grad()
def test_first_and_last_frame_are_told_as_diffusers_tells_them(told_both: WanHouse) -> None:
    conditioning = between(told_both).positive
    x, timestep = torch.randn(1, 16, 3, 8, 8), torch.tensor([500.0])
    found = told_both.predicted(conditioning, x)
    seen = [told_both.seen(each).penultimate_hidden_states for each in (FIRST, LAST)]
    with told_both.house.models.use_model(told_both.model) as model:
        pipeline = told_both.pipeline(WanImageToVideoPipeline, image_encoder=None, image_processor=None)
        images = as_pixels(FIRST), as_pixels(LAST)
        _, beside = pipeline.prepare_latents(images[0], 1, 16, 64, 64, 9, torch.float32, "cpu", last_image=images[1])
        context = conditioning[0][0]
        wanted = model.network(torch.cat([x, beside], 1), timestep, context, torch.cat(seen), return_dict=False)[0]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_a_video_lies_between_two_pictures(told_both: WanHouse) -> None:
    results = [
        told_both.sampled(*between(told_both, **each))
        for each in ({}, {"end_image": FIRST}, {"start_image": LAST}, {"end_image": None})
    ]
    assert all(result.isfinite().all() for result in results)
    assert all(not torch.allclose(results[0], other) for other in results[1:])


def test_a_model_of_two_pictures_asks_for_the_second(told_both: WanHouse) -> None:
    with pytest.raises(DiffusionError, match="clip_vision_end_image"):
        told_both.sampled(*between(told_both, clip_vision_end_image=None))


def test_wan_2_2_needs_no_clip_between_two_pictures(tmp_path: Path) -> None:
    house = WanHouse.furnished(tmp_path, "2.2 from pictures")
    unseen = between(house, clip_vision_start_image=None, clip_vision_end_image=None)
    assert house.sampled(*unseen).isfinite().all()
    mask = unseen.positive[0][1]["concat_mask"][0, :, :, 0, 0]
    assert mask.T.flatten().tolist() == [0.0] * 4 + [1.0] * 7 + [0.0]


def test_fun_inpaint_shows_the_same_as_first_and_last(house: WanHouse) -> None:
    given = {"start_image": FIRST, "end_image": LAST}
    inpaint = house.begun(wan_fun_inpaint_to_video, clip_vision_output=house.seen(FIRST), **given)
    other = between(house, clip_vision_end_image=None)
    for mine, theirs in zip(inpaint.positive[0][1].items(), other.positive[0][1].items(), strict=True):
        assert mine[0] == theirs[0]
        assert not isinstance(mine[1], torch.Tensor) or torch.equal(mine[1], theirs[1])
    assert house.sampled(*inpaint).isfinite().all()


def test_conditionings_of_another_kind_of_model_are_refused(tmp_path: Path) -> None:
    house = WanHouse.furnished(tmp_path, "control")
    unfit = house.begun(wan_fun_inpaint_to_video, clip_vision_output=house.seen(FIRST), start_image=FIRST)
    with pytest.raises(DiffusionError, match="sees 32 channels beside the latent, but the conditioning brings 16"):
        house.sampled(*unfit)
