"""Wan 2.2 with 5 billion weights makes videos from a picture as diffusers does; frames of a latent are left out."""

from typing import Any

import pytest
import torch
from diffusers import WanImageToVideoPipeline

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.sampling import Recipe, sample
from nodes.diffusion.types import Guider, Noise, Sampler, Start
from nodes.video.video_conditioning import wan_first_last_frame_to_video
from nodes.video.wan_latents import trim_video_latent, wan22_image_to_video_latent
from tests.nodes.house import is_picture
from tests.nodes.video.wan_house import SIZES, WanHouse, as_pixels, pictures

IMAGE = pictures()


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any) -> WanHouse:
    return WanHouse.furnished(tmp_path_factory.mktemp("wan"), "5 billion")


def latent_of(house: WanHouse, **inputs: Any) -> Any:
    return wan22_image_to_video_latent(house.vae, **{**SIZES, **inputs}, models=house.house.models)


def test_a_video_begins_with_a_picture_and_is_seen_again(house: WanHouse) -> None:
    start = latent_of(house, start_image=IMAGE)
    assert start["samples"].shape == (1, 48, 3, 4, 4)
    assert start["noise_mask"][0, 0, :, 0, 0].tolist() == [0.0, 1.0, 1.0]
    made = house.sampled(*house.texts, start)
    assert torch.allclose(made[:, :, :1], start["samples"][:, :, :1], atol=1e-4)
    assert not torch.allclose(made, house.sampled(*house.texts, latent_of(house, start_image=1 - IMAGE)))
    frames = house.house.decode({"samples": made}, house.vae)
    assert len(frames) == 9
    assert is_picture(frames)


def test_from_texts_alone_the_latent_is_empty(house: WanHouse) -> None:
    start = latent_of(house, batch_size=2)
    assert start["samples"].shape == (2, 48, 3, 4, 4)
    assert not start["samples"].any()
    assert "noise_mask" not in start
    assert house.sampled(*house.texts, start).isfinite().all()


@torch.no_grad()
def test_the_video_is_that_of_the_pipeline(house: WanHouse) -> None:
    (context, _options), noise = house.texts[0][0], initial_noise((1, 48, 3, 4, 4), 7)
    pipeline = house.pipeline(WanImageToVideoPipeline, image_encoder=None, image_processor=None, expand_timesteps=True)
    wanted = pipeline(
        image=as_pixels(IMAGE) / 2 + 0.5,
        prompt_embeds=context,
        height=64,
        width=64,
        num_frames=9,
        num_inference_steps=3,
        guidance_scale=1.0,
        latents=noise,
        output_type="latent",
        return_dict=False,
    )[0]
    guider = Guider(house.model, "basic", {"positive": house.texts[0]})
    recipe = Recipe(guider, Sampler("euler"), pipeline.scheduler.sigmas, Noise(7), 7)
    with house.house.models.use_model(house.model) as model:
        made = sample(model, recipe, latent_of(house, start_image=IMAGE), lambda *step: None).output["samples"]
        torch.testing.assert_close(model.latent_format.to_network(made), wanted, atol=1e-3, rtol=1e-3)


def test_frames_that_are_given_are_told_without_noise(house: WanHouse) -> None:
    x = torch.zeros(1, 48, 3, 4, 4)
    mask = latent_of(house, start_image=IMAGE)["noise_mask"]
    with house.house.models.use_model(house.model) as model:
        assert model.inputs({}, "positive", Start(x, mask))["times"].tolist() == [[0.0, 1.0, 1.0]]
        alike = model.inputs({}, "positive", Start(x, mask[:, :, :1] + 0.5))["times"]
        assert alike.tolist() == [[0.5, 0.5, 0.5]]
        assert "times" not in model.inputs({}, "positive", Start(x))


def test_its_model_for_inpainting_is_given_frames(tmp_path_factory: Any) -> None:
    house = WanHouse.furnished(tmp_path_factory.mktemp("wan"), "5 billion inpaint")
    first = house.begun(wan_first_last_frame_to_video, start_image=IMAGE)
    assert first.latent["samples"].shape == (1, 48, 3, 4, 4)
    made = house.sampled(*first)
    assert not torch.allclose(made, house.sampled(*house.begun(wan_first_last_frame_to_video, start_image=1 - IMAGE)))


def test_an_autoencoder_of_the_others_is_refused(tmp_path_factory: Any) -> None:
    other = WanHouse.furnished(tmp_path_factory.mktemp("wan"), "text")
    with pytest.raises(DiffusionError, match=r"no autoencoder of Wan 2\.2 with 5 billion weights"):
        latent_of(other, start_image=IMAGE)


def test_the_first_frames_of_a_latent_are_left_out() -> None:
    latent: Any = {"samples": torch.arange(5.0).view(1, 1, 5, 1, 1), "batch_index": [3]}
    assert trim_video_latent(latent, 2)["samples"].flatten().tolist() == [2.0, 3.0, 4.0]
    assert trim_video_latent(latent, 2)["batch_index"] == [3]
    assert trim_video_latent(latent, 0) is latent
    with pytest.raises(DiffusionError, match="trim_amount is 5, but the latent has 5 frames"):
        trim_video_latent(latent, 5)
    with pytest.raises(DiffusionError, match="has 1 frames"):
        trim_video_latent({"samples": torch.zeros(1, 4, 8, 8)}, 1)
