"""HunyuanVideo and HunyuanVideo 1.5 make videos from texts and from their first picture, through the nodes."""

from typing import Any

import pytest
import torch

from nodes.conditioning.clip_vision import encode_clip_vision, load_clip_vision
from nodes.conditioning.conditioning_families import flux_guidance
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.text.summed_texts import CLOSING, PICTURE, SHOWN, SKIPPED
from nodes.diffusion.vision.encoder import Seen, prepared
from nodes.latents.empty_latents import empty_hunyuan_latent_video
from nodes.models.loaders import load_diffusion_model, load_two_clips, load_vae
from nodes.video.hunyuan_video import (
    empty_hunyuan_video_15_latent,
    encode_hunyuan_image_to_video,
    hunyuan_image_to_video,
    hunyuan_video_15_image_to_video,
)
from tests.nodes.diffusion import hunyuan_originals
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.house import House, is_picture
from tests.nodes.video.wan_house import SIZES, pictures

NAME = "x.safetensors"
IMAGE = pictures()


def furnished(folder: Any, channels: int = 16) -> tuple[House, tuple[Any, Any, Any]]:
    house = House(folder)
    hunyuan_originals.hunyuan(channels).write(house.folder)
    write_language_vocabulary(house.folder / "tokenizers" / "llama3")
    clip = load_two_clips("clip_l.safetensors", "llava.safetensors", "hunyuan_video", **house.files)
    return house, (load_diffusion_model(NAME, "default", **house.files), clip, load_vae(NAME, **house.files))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: Any) -> tuple[House, tuple[Any, Any, Any]]:
    return furnished(tmp_path_factory.mktemp("hunyuan"))


def test_a_text_becomes_a_video(plain: Any) -> None:
    house, (model, clip, vae) = plain
    text, other = house.text(clip, "a cat"), house.text(clip, "a dog in the rain")
    start = empty_hunyuan_latent_video(64, 64, 9, 1)
    made = [house.sample(model, each, each, start, cfg=1.0)["samples"] for each in (text, text, other)]
    assert made[0].shape == (1, 16, 3, 8, 8)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
    guided = flux_guidance(text, 1.0)
    assert not torch.equal(made[0], house.sample(model, guided, guided, start, cfg=1.0)["samples"])
    frames = house.decode({"samples": made[0]}, vae)
    assert len(frames) == 9
    assert is_picture(frames)


def test_texts_of_unequal_length_do_not_disturb_each_other(plain: Any) -> None:
    house, (model, clip, _) = plain
    short, long = house.text(clip, "a cat"), house.text(clip, "a cat and a dog in the rain")
    start = empty_hunyuan_latent_video(64, 64, 5, 1)
    both = house.sample(model, short, long, start, cfg=1.0 + 1e-9)["samples"]
    assert torch.allclose(both, house.sample(model, short, short, start, cfg=1.0)["samples"], atol=1e-5)


def test_noise_levels_are_those_of_the_family(plain: Any) -> None:
    house, (model, _, _) = plain
    with house.models.use_model(model) as network:
        found = parameterisation_of(network, model.options)
        assert found.percent_to_sigma(0.5) == pytest.approx(7 / 8)
        assert float(found.timestep(torch.tensor(1.0))) == 1000.0


@pytest.fixture(scope="module")
def seeing(plain: Any) -> tuple[Any, Any]:
    """A LLaVA, and a picture as the file of its eyes shows it."""
    house, _ = plain
    whole = hunyuan_originals.llava(hunyuan_originals.hunyuan().language)
    hunyuan_originals.write_files({"clip_vision/llava": hunyuan_originals.eyes_file(whole)}, house.folder)
    eyes = load_clip_vision("llava.safetensors", folders=house.folders)
    return whole, encode_clip_vision(eyes, IMAGE, "center", models=house.models)


@torch.no_grad()
@pytest.mark.parametrize("every", [1, 2])
def test_a_prompt_about_a_picture_is_read_as_transformers_reads_it(plain: Any, seeing: Any, every: int) -> None:
    house, parts = plain
    whole, seen = seeing
    ((hidden, options),) = encode_hunyuan_image_to_video(parts[1], seen, "a cat", every, models=house.models)
    with house.models.use_clip(parts[1]) as encoder:
        ids = encoder.language.vocabulary.ids
        before, after = (ids(part) for part in SHOWN.replace("{}", "a cat").split(PICTURE))
        closing = len(ids(CLOSING))
        pooled = encoder.clip_l.encode("a cat").pooled
    tokens = torch.tensor([[*before, *[hunyuan_originals.WHERE_SEEN] * 4, *after]])
    shown = prepared(IMAGE, 28, "center", is_clip=True)
    told = whole(input_ids=tokens, pixel_values=shown, output_hidden_states=True).hidden_states[-3]
    picture = told[:, len(before) : len(before) + 4][:, ::every]
    wanted = torch.cat([picture, told[:, SKIPPED + 3 : -closing], told[:, -1:]], dim=1)
    torch.testing.assert_close(hidden, wanted, atol=1e-5, rtol=1e-5)
    assert torch.equal(options["pooled_output"], pooled)


def test_a_video_is_told_of_its_first_picture(plain: Any, seeing: Any) -> None:
    house, parts = plain
    text = encode_hunyuan_image_to_video(parts[1], seeing[1], "a cat", 2, models=house.models)
    start = empty_hunyuan_latent_video(64, 64, 5, 1)
    made = house.sample(parts[0], text, text, start, cfg=1.0)["samples"]
    assert made.isfinite().all()
    other = house.text(parts[1], "a cat")
    assert not torch.equal(made, house.sample(parts[0], other, other, start, cfg=1.0)["samples"])


def test_pictures_are_told_only_through_llava(plain: Any, seeing: Any) -> None:
    house, parts = plain
    states = torch.zeros(1, 5, 64)
    with pytest.raises(DiffusionError, match="LLaVA"):
        encode_hunyuan_image_to_video(parts[1], Seen(states, states, None), "a cat", models=house.models)


def begun(house: House, parts: Any, way: str, image: Any = IMAGE) -> Any:
    text = house.text(parts[1], "a cat")
    return hunyuan_image_to_video(text, parts[2], **SIZES, guidance_type=way, start_image=image, models=house.models)


def test_a_video_begins_with_the_picture_that_replaces_its_first_frame(plain: Any) -> None:
    house, parts = plain
    found = begun(house, parts, "v2 (replace)")
    made = house.sample(parts[0], found.positive, found.positive, found.latent, cfg=1.0)["samples"]
    assert torch.allclose(made[:, :, :1], found.latent["samples"][:, :, :1], atol=1e-4)
    other = begun(house, parts, "v2 (replace)", 1 - IMAGE)
    again = house.sample(parts[0], other.positive, other.positive, other.latent, cfg=1.0)["samples"]
    assert not torch.allclose(made[:, :, 1:], again[:, :, 1:])
    custom = begun(house, parts, "custom")
    with pytest.raises(DiffusionError, match="custom"):
        house.sample(parts[0], custom.positive, custom.positive, custom.latent, cfg=1.0)


def test_a_video_begins_with_the_picture_beside_it(tmp_path: Any) -> None:
    house, parts = furnished(tmp_path, 33)
    results = []
    for image in (IMAGE, 1 - IMAGE, None):
        found = begun(house, parts, "v1 (concat)", image)
        assert not found.latent["samples"].any()
        results.append(house.sample(parts[0], found.positive, found.positive, found.latent, cfg=1.0)["samples"])
    assert not torch.allclose(results[0], results[1])
    assert not torch.allclose(results[0], results[2])


@pytest.fixture(scope="module")
def later(tmp_path_factory: Any) -> tuple[House, tuple[Any, Any, Any]]:
    """HunyuanVideo 1.5."""
    house = House(tmp_path_factory.mktemp("hunyuan"))
    hunyuan_originals.hunyuan15().write(house.folder)
    write_language_vocabulary(house.folder / "tokenizers" / "qwen2.5")
    clip = load_two_clips("qwen.safetensors", "byt5.safetensors", "hunyuan_video_15", **house.files)
    return house, (load_diffusion_model(NAME, "default", **house.files), clip, load_vae(NAME, **house.files))


def test_a_text_with_words_to_write_becomes_a_video(later: Any) -> None:
    house, (model, clip, vae) = later
    texts = [house.text(clip, text) for text in ("a sign", 'a sign "Open"', 'a sign "Shut"')]
    start = empty_hunyuan_video_15_latent(64, 64, 9, 1)
    assert start["samples"].shape == (1, 32, 3, 4, 4)
    made = [house.sample(model, text, texts[0], start)["samples"] for text in texts]
    assert not torch.equal(made[1], made[2])
    frames = house.decode({"samples": made[0]}, vae)
    assert len(frames) == 9
    assert is_picture(frames)


def test_a_video_of_1_5_begins_with_a_picture(later: Any) -> None:
    house, (model, clip, vae) = later
    texts = house.text(clip, "a cat"), house.text(clip, "")
    results = []
    for image, seen in ((IMAGE, 0.0), (1 - IMAGE, 0.0), (IMAGE, 1.0), (None, 0.0)):
        states = torch.full((1, 9, 64), seen)
        output = Seen(states + torch.arange(64), states, None) if seen else None
        found = hunyuan_video_15_image_to_video(
            *texts, vae, **SIZES, start_image=image, clip_vision_output=output, models=house.models
        )
        assert found.latent["samples"].shape == (1, 32, 3, 4, 4)
        results.append(house.sample(model, *found)["samples"])
    assert all(not torch.allclose(results[0], other) for other in results[1:])
