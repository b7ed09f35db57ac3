"""Every family with a UNet, from the file to the picture, through the nodes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from nodes.conditioning.conditioning_families import (
    encode_prompt_refiner,
    encode_prompt_sdxl,
    flux_disable_guidance,
    flux_guidance,
    inpaint_model_conditioning,
    instruct_pix_to_pix_conditioning,
)
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.latents.editing import empty_latent_image, set_latent_noise_mask
from nodes.models.loaders import load_checkpoint, load_clip, load_diffusion_model, load_two_clips, load_vae
from nodes.models.model_sampling import (
    model_sampling_continuous_edm,
    model_sampling_continuous_v,
    model_sampling_discrete,
    rescale_cfg,
)
from tests.nodes.diffusion import originals, tiny
from tests.nodes.house import House, is_picture, plain_image

BUILDERS = {"sd2": originals.sd2, "sdxl": originals.sdxl, "sdxl_refiner": originals.refiner}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def checkpoint(house: House, original: Any, name: str = "x.safetensors") -> Any:
    original.write(house.folder / "checkpoints" / name)
    return load_checkpoint(name, **house.files)


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_file_becomes_a_picture(house: House, kind: str) -> None:
    parts = checkpoint(house, BUILDERS[kind]())
    assert {part.source.architecture for part in parts} == {kind}
    assert is_picture(house.picture(parts))


def test_parts_in_files_of_their_own_give_the_same_picture(house: House) -> None:
    original = originals.sdxl()
    whole = house.picture(checkpoint(house, original))
    first, second = (net for net, _ in original.clips.values())
    files = {
        "diffusion_models/u": originals.original_unet(original.unet),
        "text_encoders/l": {f"text_model.{k}": t for k, t in originals.clip_tensors(first, False).items()},
        "text_encoders/g": originals.clip_tensors(second, True),
        "vae/v": originals.vae_tensors(original.vae, ""),
    }
    for name, tensors in files.items():
        path = house.folder / f"{name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    model = load_diffusion_model("u.safetensors", "default", **house.files)
    clip = load_two_clips("g.safetensors", "l.safetensors", "sdxl", **house.files)
    vae = load_vae("v.safetensors", **house.files)
    assert torch.allclose(house.picture((model, clip, vae)), whole, atol=1e-5)


def test_a_text_encoder_alone_is_read_as_its_file_looks(house: House) -> None:
    (house.folder / "text_encoders").mkdir(parents=True)
    original = originals.sd2()
    save_file(originals.clip_tensors(*original.clips["cond_stage_model.model."]), house.folder / "text_encoders/h.sft")
    assert load_clip("h.sft", "stable_diffusion", **house.files).source.architecture == "sd2"
    with pytest.raises(UnsupportedModel, match=r"h\.sft cannot be read as the text encoder of Stable Diffusion XL"):
        load_two_clips("h.sft", "h.sft", "sdxl", **house.files)
    with pytest.raises(UnsupportedModel, match='the type "mochi" belong to models that cannot be loaded'):
        load_clip("h.sft", "mochi", **house.files)


@pytest.mark.parametrize("kind", ["sd1", "sd2", "sdxl"])
def test_models_for_inpainting_see_the_picture_and_the_mask(house: House, kind: str) -> None:
    parts = checkpoint(house, inpainting(kind))
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    mask = torch.zeros(1, 64, 64)
    mask[:, :32] = 1
    results = []
    for value in (0.2, 0.8):
        seen = inpaint_model_conditioning(*texts, parts[2], plain_image(value), mask, True, models=house.models)
        assert seen.latent["samples"].shape == (1, 4, 8, 8)
        results.append(house.sample(parts[0], seen.positive, seen.negative, seen.latent)["samples"])
        kept = (results[-1] - seen.latent["samples"])[..., 4:, :]
        assert kept.abs().max() < 1e-3
    assert not torch.allclose(results[0][..., :4, :], results[1][..., :4, :])


def test_a_model_for_inpainting_sees_the_latent_it_starts_from_where_nothing_else_is_said(house: House) -> None:
    parts = checkpoint(house, inpainting("sd1"))
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    start = {"samples": torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))}
    mask = torch.ones(1, 64, 64)
    masked = house.sample(parts[0], *texts, set_latent_noise_mask(start, mask))["samples"]
    plain = house.sample(parts[0], *texts, start)["samples"]
    empty = house.sample(parts[0], *texts, empty_latent_image(64, 64, 1))["samples"]
    assert all(each.isfinite().all() for each in (masked, plain, empty))
    assert not torch.allclose(masked, plain)


def test_a_model_for_editing_sees_the_picture(house: House) -> None:
    parts = checkpoint(house, inpainting("sd1", channels=8))
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    results = []
    for value in (0.2, 0.8):
        seen = instruct_pix_to_pix_conditioning(*texts, parts[2], plain_image(value), models=house.models)
        assert not seen.latent["samples"].any()
        results.append(house.sample(parts[0], seen.positive, seen.negative, seen.latent)["samples"])
    assert not torch.allclose(*results)


def test_sizes_change_what_stable_diffusion_xl_draws(house: House) -> None:
    parts = checkpoint(house, originals.sdxl())
    plain = house.text(parts[1], "a cat")
    same = encode_prompt_sdxl(parts[1], 64, 64, 0, 0, 64, 64, "a cat", "a cat", **house.files)
    cut = encode_prompt_sdxl(parts[1], 64, 64, 32, 0, 64, 64, "a cat", "a cat", **house.files)
    drawn = [house.sample(parts[0], each, plain)["samples"] for each in (plain, same, cut)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2])


def test_each_text_encoder_of_stable_diffusion_xl_may_have_a_text_of_its_own(house: House) -> None:
    clip = checkpoint(house, originals.sdxl())[1]
    long = " ".join(["cat"] * 100)
    ((hidden, options),) = encode_prompt_sdxl(clip, 64, 64, 0, 0, 64, 64, long, "dog", **house.files)
    ((dog, _),) = house.text(clip, "dog")
    assert hidden.shape == (1, 154, 80)
    assert torch.equal(hidden[:, :77, :32], dog[..., :32])
    assert not torch.allclose(hidden[:, :77, 32:], dog[..., 32:])
    assert options["pooled_output"].shape == (1, 48)


def test_the_refiner_takes_a_score(house: House) -> None:
    parts = checkpoint(house, originals.refiner())
    texts = [encode_prompt_refiner(score, 64, 64, "a cat", parts[1], **house.files) for score in (2.0, 9.0)]
    drawn = [house.sample(parts[0], each, texts[0])["samples"] for each in texts]
    assert not torch.allclose(*drawn)


def test_a_text_of_another_kind_of_model_is_refused_by_name(house: House) -> None:
    xl = checkpoint(house, originals.sdxl(), "xl.safetensors")
    two = checkpoint(house, originals.sd2(), "two.safetensors")
    text = house.text(two[1], "a cat")
    with pytest.raises(DiffusionError, match=r"32 numbers wide, but xl\.safetensors \(sdxl\) reads 80"):
        house.sample(xl[0], text, text)


@pytest.mark.parametrize("sampling", ["eps", "v_prediction", "lcm", "x0"])
@pytest.mark.parametrize("zsnr", [False, True])
def test_what_a_model_predicts_may_be_said(house: House, sampling: Any, zsnr: bool) -> None:
    parts = checkpoint(house, originals.sd2())
    model = model_sampling_discrete(parts[0], sampling, zsnr)
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    assert house.sample(rescale_cfg(model), *texts, sampler_name="lcm")["samples"].isfinite().all()


def test_continuous_noise_levels_are_limited_and_sampled(house: House) -> None:
    parts = checkpoint(house, originals.sd2())
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    for model in (
        model_sampling_continuous_edm(parts[0], "edm", 80.0, 0.002),
        model_sampling_continuous_v(parts[0], "v_prediction"),
    ):
        assert house.sample(model, *texts)["samples"].isfinite().all()
    with pytest.raises(DiffusionError, match="below sigma_max"):
        model_sampling_continuous_edm(parts[0], "eps", 0.1, 0.2)


def test_guidance_by_training_is_an_option_of_the_conditioning() -> None:
    text = [(torch.zeros(1, 1, 1), {"pooled_output": None})]
    assert flux_guidance(text, 2.0)[0][1]["guidance"] == 2.0
    assert flux_disable_guidance(flux_guidance(text, 2.0))[0][1]["guidance"] is None


def inpainting(kind: str, channels: int = 9) -> Any:
    """A tiny model whose UNet sees more than the noisy latent."""
    if kind != "sd1":
        return BUILDERS[kind](in_channels=channels)
    model = tiny.build()
    unet = UNet2DConditionModel(
        **{**originals.TINY_UNET, "cross_attention_dim": 32, "attention_head_dim": 8}, in_channels=channels
    )
    prefix = "cond_stage_model.transformer.text_model."
    return originals.Original(unet.eval(), {prefix: (model.text_encoder, False)}, model.vae)
