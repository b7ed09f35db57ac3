"""Z-Image, Qwen-Image, Flux.2 and Wan, from their files to the picture or the video, through the nodes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nodes.conditioning.combining import reference_latent
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import parameterisation_of
from nodes.latents.autoencoding import encode_image
from nodes.latents.empty_latents import empty_hunyuan_latent_video
from nodes.latents.latent_families import empty_flux2_latent, empty_sd3_latent
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from nodes.models.model_sampling import model_sampling_aura_flow, model_sampling_sd3
from tests.nodes.diffusion import newer_originals as originals
from tests.nodes.diffusion.originals import write_t5_vocabulary
from tests.nodes.house import House, is_picture

NAME = "x.safetensors"
KINDS = {
    "lumina2": originals.z_image,
    "qwen_image": originals.qwen_image,
    "flux2": originals.flux2,
    "flux2 klein": lambda: originals.flux2(is_klein=True),
    "wan": originals.wan,
}


def parts_of(tmp_path: Path, kind: str, build: Any = None) -> tuple[House, tuple[Any, Any, Any]]:
    """A house with the three files of a family, and their handles."""
    house = House(tmp_path)
    (build or KINDS[kind])().write(house.folder)
    for name in ("qwen3", "qwen2.5", "mistral3"):
        originals.write_language_vocabulary(house.folder / "tokenizers" / name)
    write_t5_vocabulary(house.folder / "tokenizers" / "umt5")
    model = load_diffusion_model(NAME, "default", **house.files)
    clip = load_clip(NAME, kind.split()[0], **house.files)
    return house, (model, clip, load_vae(NAME, **house.files))


def latent_for(kind: str) -> Any:
    return empty_flux2_latent(64, 64, 1) if "flux2" in kind else empty_sd3_latent(64, 64, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_three_files_become_a_picture(tmp_path: Path, kind: str) -> None:
    house, parts = parts_of(tmp_path, kind)
    assert parts[0].source.architecture == parts[1].source.architecture
    pictures = [house.picture(parts, latent=latent_for(kind), scheduler="simple", seed=seed) for seed in (1, 1, 2)]
    assert all(is_picture(each) for each in pictures)
    assert torch.equal(pictures[0], pictures[1])
    assert not torch.allclose(pictures[0], pictures[2])
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    drawn = [house.sample(parts[0], text, text, latent_for(kind), cfg=1.0)["samples"] for text in texts]
    assert not torch.equal(*drawn)


def test_a_decoder_may_be_narrower_than_its_encoder(tmp_path: Path) -> None:
    def build() -> Any:
        return replace(originals.flux2(), vae=originals.flux2_vae((32, 32, 32, 32)))

    house, parts = parts_of(tmp_path, "flux2", build)
    assert is_picture(house.picture(parts, latent=latent_for("flux2"), scheduler="simple"))
    with house.models.use_vae(parts[2]) as autoencoder:
        widths = {conv.out_channels for conv in autoencoder.network.decoder.mid_block.modules() if is_conv(conv)}
    assert widths == {32}


def is_conv(module: torch.nn.Module) -> bool:
    return isinstance(module, torch.nn.Conv2d)


def test_wan_makes_videos(tmp_path: Path) -> None:
    house, parts = parts_of(tmp_path, "wan")
    text = house.text(parts[1], "a cat")
    video = house.sample(parts[0], text, text, empty_hunyuan_latent_video(64, 64, 9, 1))
    assert video["samples"].shape == (1, 16, 3, 8, 8)
    frames = house.decode(video, parts[2])
    assert len(frames) == 9
    assert is_picture(frames)
    again = encode_image(frames, parts[2], models=house.models)
    assert again["samples"].shape == (1, 16, 3, 8, 8)
    mask = torch.zeros(1, 64, 64)
    mask[..., 32:] = 1
    kept = house.sample(parts[0], text, text, {**again, "noise_mask": mask})["samples"]
    assert torch.allclose(kept[..., :4], again["samples"][..., :4], atol=1e-4)
    assert not torch.allclose(kept[..., 4:], again["samples"][..., 4:], atol=1e-2)


def test_a_video_is_not_drawn_by_a_model_of_pictures(tmp_path: Path) -> None:
    house, parts = parts_of(tmp_path, "qwen_image")
    text = house.text(parts[1], "a cat")
    with pytest.raises(DiffusionError, match="video of 3 frames"):
        house.sample(parts[0], text, text, empty_hunyuan_latent_video(64, 64, 9, 1))
    single = house.sample(parts[0], text, text, empty_hunyuan_latent_video(64, 64, 1, 1))
    assert single["samples"].shape == (1, 16, 8, 8)


@pytest.mark.parametrize("kind", ["qwen_image", "qwen_image 2511", "flux2"])
def test_models_for_editing_look_at_pictures(tmp_path: Path, kind: str) -> None:
    build = (lambda: originals.qwen_image(clean_references=True)) if "2511" in kind else None
    house, parts = parts_of(tmp_path, kind, build)
    text = house.text(parts[1], "a cat")
    results = []
    for value in (0.2, 0.8):
        seen = encode_image(torch.full((1, 64, 48, 3), value), parts[2], models=house.models)
        shown = reference_latent(text, seen)
        results.append(house.sample(parts[0], shown, text, latent_for(kind))["samples"])
    assert results[0].shape[-2:] == latent_for(kind)["samples"].shape[-2:]
    assert not torch.equal(*results)
    assert results[0].isfinite().all()


def test_texts_of_unequal_length_do_not_disturb_each_other(tmp_path: Path) -> None:
    house, parts = parts_of(tmp_path, "qwen_image")
    short, long = house.text(parts[1], "a cat"), house.text(parts[1], "a cat and a dog in the rain")
    assert short[0][0].shape[1] != long[0][0].shape[1]
    both = house.sample(parts[0], short, long, latent_for(""), cfg=1.0 + 1e-9)["samples"]
    assert torch.allclose(both, house.sample(parts[0], short, short, latent_for(""), cfg=1.0)["samples"], atol=1e-5)


def test_noise_levels_are_those_of_the_families(tmp_path: Path) -> None:
    for number, (kind, half, told) in enumerate(
        (("lumina2", 0.75, 1.0), ("qwen_image", 0.7595, 1.0), ("flux2", 0.8829, 1.0), ("wan", 0.8889, 1000.0))
    ):
        house, parts = parts_of(tmp_path / str(number), kind)
        with house.models.use_model(parts[0]) as network:
            found = parameterisation_of(network, parts[0].options)
            assert found.percent_to_sigma(0.5) == pytest.approx(half, abs=1e-4)
            assert float(found.timestep(torch.tensor(1.0))) == told
            for change in (model_sampling_aura_flow, model_sampling_sd3):
                changed = parameterisation_of(network, change(parts[0], 3.0).options)
                assert changed.percent_to_sigma(0.5) == pytest.approx(0.75)
                assert len(changed.sigmas) == 1000
