"""LTX-Video from its files to the video, and from a picture, through the nodes."""

from typing import Any

import pytest
import torch

from nodes.diffusion.prediction import parameterisation_of
from nodes.latents.empty_latents import empty_ltxv_latent_video
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from nodes.models.model_sampling import model_sampling_ltxv
from nodes.video.ltx_video import ltxv_image_to_video, ltxv_preprocess
from nodes.video.timed_conditioning import ltxv_conditioning
from tests.nodes.diffusion import ltxv_originals
from tests.nodes.diffusion.originals import write_t5_vocabulary
from tests.nodes.house import House, is_picture

NAME = "x.safetensors"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Any, Any, Any]:
    """A house, and the handles of the three parts."""
    house = House(tmp_path_factory.mktemp("ltx"))
    ltxv_originals.ltxv().write(house.folder)
    write_t5_vocabulary(house.folder / "tokenizers" / "t5")
    model = load_diffusion_model(NAME, "default", **house.files)
    return house, model, load_clip(NAME, "ltxv", **house.files), load_vae(NAME, **house.files)


def test_a_text_becomes_a_video(bench: Any) -> None:
    house, model, clip, vae = bench
    assert model.source.architecture == clip.source.architecture == "ltxv"
    text, nothing = house.text(clip, "a cat"), house.text(clip, "")
    start = empty_ltxv_latent_video(64, 96, 17, 1)
    videos = []
    for rate in (25.0, 25.0, 8.0):
        both = ltxv_conditioning(text, nothing, rate)
        videos.append(house.sample(model, *both, start)["samples"])
    assert videos[0].shape == (1, 128, 3, 3, 2)
    assert torch.equal(videos[0], videos[1])
    assert not torch.allclose(videos[0], videos[2], atol=1e-4)
    frames = house.decode({"samples": videos[0]}, vae)
    assert len(frames) == 17
    assert is_picture(frames, 96, 64)


def test_a_video_begins_with_its_picture(bench: Any) -> None:
    house, model, clip, vae = bench
    text, nothing = house.text(clip, "a cat"), house.text(clip, "")
    image = torch.rand(1, 70, 90, 3, generator=torch.Generator().manual_seed(1))
    begun = ltxv_image_to_video(text, nothing, vae, image, 64, 64, 17, 2, models=house.models)
    assert begun.latent["samples"].shape == (2, 128, 3, 2, 2)
    assert begun.latent["noise_mask"].flatten().tolist() == [0, 1, 1] * 2
    drawn = house.sample(model, begun.positive, begun.negative, begun.latent)["samples"]
    torch.testing.assert_close(drawn[:, :, 0], begun.latent["samples"][:, :, 0], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(drawn[:, :, 1], begun.latent["samples"][:, :, 1], atol=1e-2)
    softer = ltxv_image_to_video(text, nothing, vae, image, 64, 64, 9, 1, 0.25, models=house.models)
    assert softer.latent["noise_mask"].flatten().tolist() == [0.75, 1]


def test_the_shift_follows_from_the_size_of_the_latent(bench: Any) -> None:
    house, model, _, _ = bench
    with house.models.use_model(model) as network:
        usual = parameterisation_of(network, model.options)
        assert usual.percent_to_sigma(0.5) == pytest.approx(0.9145, abs=1e-4)
        for cells, log_shift in ((1024, 0.95), (4096, 2.05), (2560, 1.5)):
            latent = {"samples": torch.zeros(1, 128, 1, 1, cells)}
            changed = model_sampling_ltxv(model, latent=latent)
            found = parameterisation_of(network, changed.options).percent_to_sigma(0.5)
            assert found == pytest.approx(1 / (1 + torch.e**-log_shift), abs=1e-4)
        assert float(usual.timestep(torch.tensor(1.0))) == 1000.0


def test_pictures_are_made_coarse_as_videos_are() -> None:
    image = torch.rand(2, 33, 49, 3, generator=torch.Generator().manual_seed(1))
    assert torch.equal(ltxv_preprocess(image, 0), image)
    fine, coarse = ltxv_preprocess(image, 10), ltxv_preprocess(image, 45)
    assert fine.shape == coarse.shape == (2, 32, 48, 3)
    errors = [float((each - image[:, :32, :48]).abs().mean()) for each in (fine, coarse)]
    assert 0 < errors[0] < errors[1]


def test_pictures_that_the_video_has_no_room_for_are_left_out(bench: Any) -> None:
    house, _, clip, vae = bench
    pictures = torch.rand(25, 64, 96, 3, generator=torch.Generator().manual_seed(0))
    text = house.text(clip, "a cat")
    fitting, many = (
        ltxv_image_to_video(text, text, vae, some, 96, 64, 9, models=house.models).latent["samples"]
        for some in (pictures[:9], pictures)
    )
    assert fitting.shape == many.shape == (1, 128, 2, 2, 3)
    assert torch.allclose(fitting[:, :, 0], many[:, :, 0], atol=1e-5)
