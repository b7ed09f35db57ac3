"""LTX-Video with guides, through the nodes: what is given at its time stays as it is, and steers the rest."""

from typing import Any

import pytest
import torch

from nodes.latents.empty_latents import empty_ltxv_latent_video
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from nodes.video.ltx_guides import ltxv_add_guide, ltxv_crop_guides, ltxv_image_to_video_in_place
from nodes.video.timed_conditioning import ltxv_conditioning
from tests.nodes.diffusion import ltxv_originals
from tests.nodes.diffusion.originals import write_t5_vocabulary
from tests.nodes.house import House

NAME = "x.safetensors"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Any, Any, Any]:
    """A house, a model, both texts and an autoencoder."""
    house = House(tmp_path_factory.mktemp("guides"))
    ltxv_originals.ltxv().write(house.folder)
    write_t5_vocabulary(house.folder / "tokenizers" / "t5")
    clip = load_clip(NAME, "ltxv", **house.files)
    texts = ltxv_conditioning(house.text(clip, "a cat"), house.text(clip, ""), 25.0)
    return house, load_diffusion_model(NAME, "default", **house.files), texts, load_vae(NAME, **house.files)


def picture(seed: int) -> torch.Tensor:
    return torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(seed))


def test_first_and_last_picture_are_given_and_cut_off_again(bench: Any) -> None:
    house, model, texts, vae = bench
    plain = house.sample(model, *texts, empty_ltxv_latent_video(64, 64, 17, 1))["samples"]
    videos = []
    for last in (-1, 8):
        first = ltxv_add_guide(
            *texts, vae, empty_ltxv_latent_video(64, 64, 17, 1), picture(1), 0, 1.0, models=house.models
        )
        both = ltxv_add_guide(
            first.positive, first.negative, vae, first.latent, picture(2), last, 1.0, models=house.models
        )
        drawn = house.sample(model, *both)
        assert drawn["samples"].shape == (1, 128, 5, 2, 2)
        torch.testing.assert_close(drawn["samples"][:, :, 3:], both.latent["samples"][:, :, 3:], atol=1e-4, rtol=1e-4)
        videos.append(ltxv_crop_guides(both.positive, both.negative, drawn).latent["samples"])
    assert videos[0].shape == plain.shape
    assert not torch.allclose(videos[0], plain, atol=1e-4)
    assert not torch.allclose(videos[0], videos[1], atol=1e-4), "where a guide belongs makes a difference"
    assert len(house.decode({"samples": videos[0]}, vae)) == 17


def test_a_sampled_video_may_begin_with_a_picture(bench: Any) -> None:
    house, _, _, vae = bench
    latent = {"samples": torch.randn(1, 128, 3, 2, 2)}
    begun = ltxv_image_to_video_in_place(vae, picture(3), latent, 0.75, models=house.models)
    assert begun["noise_mask"].flatten().tolist() == [0.25, 1, 1]
    assert torch.equal(begun["samples"][:, :, 1:], latent["samples"][:, :, 1:])
    assert not torch.allclose(begun["samples"][:, :, 0], latent["samples"][:, :, 0])
    assert ltxv_image_to_video_in_place(vae, picture(3), latent, bypass=True, models=house.models) is latent


def test_a_weak_guide_is_heeded_less_and_a_small_one_leaves_nothing_behind(bench: Any) -> None:
    house, model, texts, vae = bench
    drawn = []
    for strength, told, heed in ((0.5, None, 0.5), (0.5, None, 1.0), (1.0, {"reference_downscale_factor": 2}, 1.0)):
        guided = ltxv_add_guide(
            *texts,
            vae,
            empty_ltxv_latent_video(64, 64, 9, 1),
            picture(1),
            0,
            strength,
            told,
            models=house.models,
        )
        for text, _ in ((guided.positive, 0), (guided.negative, 1)):
            text[0][1]["guide_attention_entries"][0]["strength"] = heed
        result = house.sample(model, *guided)
        assert bool(result["samples"].isfinite().all())
        drawn.append(ltxv_crop_guides(guided.positive, guided.negative, result).latent["samples"])
    assert drawn[0].shape == drawn[2].shape == (1, 128, 2, 2, 2)
    assert not torch.allclose(drawn[0], drawn[1], atol=1e-4)
    assert not torch.allclose(drawn[1], drawn[2], atol=1e-4)
