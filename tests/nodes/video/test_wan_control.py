"""Wan follows videos: VACE as diffusers tells it, and the models of the kind Fun Control."""

from typing import Any

import pytest
import torch
from diffusers import WanVACEPipeline

from nodes.diffusion.errors import DiffusionError
from nodes.latents.empty_latents import empty_hunyuan_latent_video
from nodes.video.wan_control import wan22_fun_control_to_video, wan_fun_control_to_video, wan_vace_to_video
from nodes.video.wan_latents import trim_video_latent
from tests.nodes.video.wan_house import WanHouse, as_pixels, pictures

VIDEO, PICTURE = pictures(9), pictures(seed=8)
MASKS = (pictures(9, seed=3)[..., 0] > 0.5).float()


@pytest.fixture(scope="module")
def vace(tmp_path_factory: Any) -> WanHouse:
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), "vace")


@pytest.fixture(scope="module", params=["2.2 control", "5 billion control"])
def control(request: Any, tmp_path_factory: Any) -> WanHouse:
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), request.param)


def following(house: WanHouse, strength: float = 1.0, **inputs: Any) -> Any:
    return house.begun(wan_vace_to_video, strength=strength, **{"control_video": VIDEO, **inputs})


@torch.no_grad()
@pytest.mark.parametrize("looks", [False, True], ids=["video", "video and picture"])
def test_what_vace_follows_is_what_diffusers_prepares(vace: WanHouse, looks: bool) -> None:
    found = following(vace, control_masks=MASKS, reference_image=PICTURE if looks else None)
    assert found.trim_latent == int(looks)
    pipeline = vace.pipeline(WanVACEPipeline)
    video = as_pixels(VIDEO).movedim(0, 1).unsqueeze(0)
    masks = MASKS.expand(3, -1, -1, -1).unsqueeze(0)
    pictures_of = [[as_pixels(PICTURE)[0]] if looks else []]
    wanted = torch.cat(
        [
            pipeline.prepare_video_latents(video, masks, pictures_of, device="cpu"),
            pipeline.prepare_masks(masks, pictures_of),
        ],
        dim=1,
    )
    told = vace.told(found.positive, found.latent["samples"])
    torch.testing.assert_close(told["control_0"], wanted, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_one_call_of_vace_is_that_of_diffusers(vace: WanHouse, strength: float) -> None:
    conditioning = following(vace, strength, control_masks=MASKS).positive
    x = torch.randn(1, 16, 3, 8, 8)
    control = vace.told(conditioning, x)["control_0"]
    with vace.house.models.use_model(vace.model) as model:
        strengths = torch.full((2,), strength)
        wanted = model.network(
            x, torch.tensor([500.0]), conditioning[0][0], None, control, strengths, return_dict=False
        )[0]
    torch.testing.assert_close(vace.predicted(conditioning, x), wanted, atol=1e-5, rtol=1e-5)


def test_a_video_follows_another_and_shows_a_picture(vace: WanHouse) -> None:
    found = following(vace, reference_image=PICTURE)
    assert found.latent["samples"].shape == (1, 16, 4, 8, 8)
    made = vace.sampled(found.positive, found.negative, found.latent)
    kept = trim_video_latent({"samples": made}, found.trim_latent)
    assert len(vace.house.decode(kept, vace.vae)) == 9
    for other in ({"control_video": 1 - VIDEO}, {"reference_image": 1 - PICTURE}, {"control_masks": MASKS}):
        changed = following(vace, **{"reference_image": PICTURE, **other})
        assert not torch.allclose(made, vace.sampled(changed.positive, changed.negative, changed.latent))


def test_vace_without_strength_follows_nothing(vace: WanHouse) -> None:
    x = torch.randn(1, 16, 3, 8, 8)
    results = [vace.predicted(following(vace, 0.0, control_video=each).positive, x) for each in (VIDEO, 1 - VIDEO)]
    assert torch.equal(*results)
    assert not torch.allclose(results[0], vace.predicted(following(vace).positive, x))


def test_two_videos_are_followed_together(vace: WanHouse) -> None:
    """Half as strongly twice is once, where both are the same."""
    once = following(vace, 1.0)
    half = following(vace, 0.5)
    sizes = {"width": 64, "height": 64, "length": 9, "batch_size": 1, "strength": 0.5}
    twice = wan_vace_to_video(
        half.positive, half.negative, vace.vae, **sizes, control_video=VIDEO, models=vace.house.models
    )
    x = torch.randn(1, 16, 3, 8, 8)
    torch.testing.assert_close(
        vace.predicted(twice.positive, x), vace.predicted(once.positive, x), atol=1e-5, rtol=1e-5
    )


def test_what_is_missing_of_a_video_is_grey_and_made(vace: WanHouse) -> None:
    short = following(vace, control_video=VIDEO[:5], control_masks=MASKS[:5]).positive[0][1]
    whole = {"control_video": torch.cat([VIDEO[:5], torch.full((4, 64, 64, 3), 0.5)])}
    filled = following(vace, **whole, control_masks=torch.cat([MASKS[:5], torch.ones(4, 64, 64)])).positive[0][1]
    for name in ("vace_frames", "vace_mask"):
        assert torch.equal(short[name][0], filled[name][0])


def test_vace_makes_videos_from_texts_alone(vace: WanHouse) -> None:
    assert vace.sampled(*vace.texts, empty_hunyuan_latent_video(64, 64, 9, 1)).isfinite().all()


def test_a_video_of_another_size_is_refused(vace: WanHouse) -> None:
    found = following(vace)
    with pytest.raises(
        DiffusionError, match="3 frames of 8 by 8 cells in its latent, but the latent that is sampled 2"
    ):
        vace.sampled(found.positive, found.negative, empty_hunyuan_latent_video(64, 64, 5, 1))


@torch.no_grad()
def test_fun_control_sees_video_and_picture_beside_the_latent(tmp_path_factory: Any) -> None:
    house = WanHouse.furnished(tmp_path_factory.mktemp("wan"), "control")
    inputs = {"clip_vision_output": house.seen(PICTURE), "start_image": PICTURE, "control_video": VIDEO}
    found = house.begun(wan_fun_control_to_video, **inputs)
    shown = found.positive[0][1]["concat_latent_image"]
    assert shown.shape == (1, 32, 3, 8, 8)
    with house.house.models.use_model(house.model) as model, house.house.models.use_vae(house.vae) as autoencoder:
        video = autoencoder.encode(as_pixels(VIDEO).movedim(0, 1).unsqueeze(0))
        told = house.told(found.positive, found.latent["samples"])["overlay"]
        assert torch.allclose(told[:, :16], model.latent_format.to_network(video), atol=1e-5)
        assert torch.allclose(told[:, 16:, 1:], torch.zeros(1, 16, 2, 8, 8), atol=1e-5)
        assert told[:, 16:, :1].std() > 0
    made = house.sampled(*found)
    assert not torch.allclose(
        made, house.sampled(*house.begun(wan_fun_control_to_video, **inputs | {"control_video": None}))
    )


def test_newer_fun_control_looks_like_a_picture(control: WanHouse) -> None:
    inputs = {"control_video": VIDEO, "ref_image": PICTURE}
    found = control.begun(wan22_fun_control_to_video, **inputs)
    made = control.sampled(*found)
    assert made.shape == found.latent["samples"].shape
    for other in ({"ref_image": None}, {"ref_image": 1 - PICTURE}, {"control_video": 1 - VIDEO}):
        changed = control.begun(wan22_fun_control_to_video, **{**inputs, **other})
        assert not torch.allclose(made, control.sampled(*changed))


@torch.no_grad()
def test_the_picture_is_one_frame_before_the_video(control: WanHouse) -> None:
    """Where both are read by the same weights, it is the same as a video with one more frame."""
    found = control.begun(wan22_fun_control_to_video, control_video=VIDEO, ref_image=PICTURE)
    x = torch.randn_like(found.latent["samples"])
    told = control.told(found.positive, x)
    with control.house.models.use_model(control.model) as model:
        network, channels = model.network, x.shape[1]
        before = network.ref_conv.weight.clone(), network.ref_conv.bias.clone()
        network.ref_conv.weight.copy_(network.patch_embedding.weight[:, :channels, 0])
        network.ref_conv.bias.copy_(network.patch_embedding.bias)
        seen = torch.cat([x, told["overlay"]], dim=1)
        frame = torch.zeros_like(seen[:, :, :1])
        frame[:, :channels, 0] = told["reference"]
        context, time = found.positive[0][0], torch.tensor([500.0])
        wanted = network(torch.cat([frame, seen], dim=2), time, context, return_dict=False)[0][:, :, 1:]
        torch.testing.assert_close(model.predict(x, time, context, told), wanted, atol=1e-5, rtol=1e-5)
        network.ref_conv.weight.copy_(before[0])
        network.ref_conv.bias.copy_(before[1])
