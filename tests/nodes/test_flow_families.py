"""Stable Diffusion 3 and Flux, from the file to the picture, through the nodes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.conditioning_families import (
    encode_prompt_flux,
    encode_prompt_sd3,
    flux_guidance,
    inpaint_model_conditioning,
)
from nodes.conditioning.text_encoding import t5_tokenizer_options
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.sd3_layout import LAYOUT as SD3
from nodes.diffusion.prediction import parameterisation_of
from nodes.latents.latent_families import empty_flux2_latent, empty_sd3_latent
from nodes.models.loaders import (
    load_checkpoint,
    load_clip,
    load_diffusion_model,
    load_three_clips,
    load_two_clips,
    load_vae,
)
from nodes.models.model_sampling import model_sampling_aura_flow, model_sampling_flux, model_sampling_sd3
from tests.nodes.diffusion import originals
from tests.nodes.house import House, is_picture, plain_image

HEADER = {"latentloom.transformer": '{"axes_dims_rope": [4, 14, 14]}'}


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = House(tmp_path)
    originals.write_t5_vocabulary(found.folder / "tokenizers" / "t5")
    return found


def checkpoint(house: House, original: Any, name: str = "x.safetensors") -> Any:
    header = None if original.layout is SD3 else HEADER
    original.write(house.folder / "checkpoints" / name, header)
    return load_checkpoint(name, **house.files)


BUILDERS = {
    "sd3": originals.sd3,
    "sd3 large": lambda: originals.sd3(kind="large"),
    "sd3 medium 3.5": lambda: originals.sd3(kind="medium 3.5"),
    "chroma": originals.chroma,
    "flux": originals.flux,
    "flux schnell": lambda: originals.flux(guidance=False),
}


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_file_becomes_a_picture(house: House, kind: str) -> None:
    parts = checkpoint(house, BUILDERS[kind]())
    assert {part.source.architecture for part in parts} == {kind.split()[0]}
    assert is_picture(house.picture(parts, scheduler="simple"))


@pytest.mark.parametrize("kind", ["sd3", "flux"])
def test_parts_in_files_of_their_own_give_the_same_picture(house: House, kind: str) -> None:
    original = BUILDERS[kind]()
    whole = house.picture(checkpoint(house, original))
    files = {"diffusion_models/u": original.transformer(), "vae/v": originals.vae_tensors(original.vae, "")}
    files |= {f"text_encoders/{name}": original.text(name) for name in original.texts}
    for name, tensors in files.items():
        path = house.folder / f"{name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        header = HEADER if kind == "flux" else None
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, header)
    model = load_diffusion_model("u.safetensors", "default", **house.files)
    if kind == "sd3":
        names = ("t5xxl.safetensors", "clip_g.safetensors", "clip_l.safetensors")
        clip = load_three_clips(*names, **house.files)
    else:
        clip = load_two_clips("clip_l.safetensors", "t5xxl.safetensors", "flux", **house.files)
    vae = load_vae("v.safetensors", **house.files)
    assert torch.allclose(house.picture((model, clip, vae)), whole, atol=1e-5)
    if kind == "sd3":
        for names in (("clip_g.safetensors", "clip_l.safetensors"), ("t5xxl.safetensors", "clip_l.safetensors")):
            fewer = load_two_clips(*names, "sd3", **house.files)
            assert fewer.source.architecture == "sd3"
        assert load_clip("t5xxl.safetensors", "sd3", **house.files).source.architecture == "sd3"
        with pytest.raises(UnsupportedModel, match="cannot be read as the text encoder of Flux"):
            load_two_clips("clip_g.safetensors", "clip_l.safetensors", "flux", **house.files)


def test_results_of_text_encoders_stand_where_stable_diffusion_3_looks_for_them(house: House) -> None:
    clip = checkpoint(house, originals.sd3())[1]
    ((hidden, options),) = house.text(clip, "a cat")
    assert hidden.shape == (1, 77 + 77, 96)
    assert not hidden[:, :77, 80:].any()
    assert options["pooled_output"].shape == (1, 80)
    ((only, pooled),) = encode_prompt_sd3(clip, "a cat", "", "", "none", **house.files)
    assert torch.equal(only, torch.cat([hidden[:, :77, :32], torch.zeros(1, 77, 64)], dim=-1))
    assert torch.equal(pooled["pooled_output"][:, :32], options["pooled_output"][:, :32])
    assert not pooled["pooled_output"][:, 32:].any()
    ((all_, _),) = encode_prompt_sd3(clip, "a cat", "", "", "empty_prompt", **house.files)
    assert all_.shape == hidden.shape
    ((t5, _),) = encode_prompt_sd3(clip, "", "", "a cat", "none", **house.files)
    assert torch.equal(t5, hidden[:, 77:])


def test_flux_reads_t5_and_sums_up_with_clip(house: House) -> None:
    clip = checkpoint(house, originals.flux())[1]
    ((hidden, options),) = house.text(clip, "a cat")
    assert (hidden.shape, options["pooled_output"].shape) == ((1, 256, 96), (1, 32))
    ((other, told),) = encode_prompt_flux(clip, "a dog", "a cat", 2.0, **house.files)
    assert torch.equal(other, hidden)
    assert not torch.equal(told["pooled_output"], options["pooled_output"])
    assert told["guidance"] == 2.0
    ((long, _),) = house.text(clip, "cat " * 300)
    assert long.shape[1] > 300


def test_how_short_texts_are_filled_up_can_be_said(house: House) -> None:
    clip = checkpoint(house, originals.flux())[1]
    lengths = [
        house.text(t5_tokenizer_options(clip, *options), "a cat")[0][0].shape[1]
        for options in ((0, 0), (1, 0), (3, 0), (0, 40), (50, 40))
    ]
    plain = lengths[0]
    assert lengths == [plain, plain + 1, plain + 3, 40, plain + 50]
    default, same = (house.text(each, "a cat")[0] for each in (clip, t5_tokenizer_options(clip, 0, 256)))
    assert torch.equal(default[0], same[0])
    assert torch.equal(default[1]["pooled_output"], same[1]["pooled_output"])
    weighted = house.text(t5_tokenizer_options(clip, 1, 0), "a (cat:1.5)")[0][0]
    assert weighted.shape[1] == plain + 1


def test_a_weight_of_one_changes_nothing_and_others_do(house: House) -> None:
    clip = checkpoint(house, originals.flux())[1]
    plain, same, more = (house.text(clip, text)[0][0] for text in ("a cat", "a (cat:1.0)", "a (cat:1.5)"))
    assert torch.allclose(plain, same, atol=1e-5)
    assert not torch.allclose(plain, more, atol=1e-3)


def test_guidance_by_training_changes_the_picture(house: House) -> None:
    parts = checkpoint(house, originals.flux())
    text = house.text(parts[1], "a cat")
    drawn = [house.sample(parts[0], flux_guidance(text, value), text, cfg=1.0)["samples"] for value in (1.0, 9.0)]
    assert not torch.allclose(*drawn)
    assert torch.equal(house.sample(parts[0], flux_guidance(text, 3.5), text, cfg=1.0)["samples"],
                       house.sample(parts[0], text, text, cfg=1.0)["samples"])  # fmt: skip


@pytest.mark.parametrize("channels", [128, 384])
def test_models_that_follow_or_fill_see_the_picture(house: House, channels: int) -> None:
    parts = checkpoint(house, originals.flux(in_channels=channels))
    text = house.text(parts[1], "a cat")
    results = []
    for value in (0.2, 0.8):
        seen = inpaint_model_conditioning(
            text, text, parts[2], plain_image(value), torch.zeros(1, 64, 64), False, models=house.models
        )
        latent = empty_sd3_latent(64, 64, 1)
        results.append(house.sample(parts[0], seen.positive, seen.negative, latent, cfg=1.0)["samples"])
    assert not torch.allclose(*results)
    assert house.sample(parts[0], text, text, empty_sd3_latent(64, 64, 1))["samples"].isfinite().all()


def test_noise_levels_are_shifted_as_asked(house: House) -> None:
    stable, flux = checkpoint(house, originals.sd3(), "s.safetensors"), checkpoint(house, originals.flux())
    schnell = checkpoint(house, originals.flux(guidance=False), "n.safetensors")
    for handle, half in (
        (stable[0], 0.75),  # shift 3
        (model_sampling_sd3(stable[0], 1.0), 0.5),
        (model_sampling_aura_flow(stable[0], 3.0), 0.75),
        (flux[0], 0.7595),  # exp(1.15)
        (model_sampling_flux(flux[0], 1.15, 0.5, 256, 256), 0.6225),  # exp(0.5)
        (schnell[0], 0.5),
    ):
        with house.models.use_model(handle) as network:
            found = parameterisation_of(network, handle.options)
            assert found.percent_to_sigma(0.5) == pytest.approx(half, abs=1e-4)
            told = float(found.timestep(torch.tensor(1.0)))
            assert told == (1000.0 if handle.source.architecture == "sd3" else 1.0)


def test_a_latent_of_another_kind_is_refused(house: House) -> None:
    parts = checkpoint(house, originals.sd3())
    text = house.text(parts[1], "a cat")
    with pytest.raises(DiffusionError, match="4 channels, but the model works with 16"):
        house.sample(parts[0], text, text, {"samples": torch.ones(1, 4, 8, 8)})


def test_empty_latents_have_the_shape_of_their_family() -> None:
    assert empty_sd3_latent(64, 32, 2)["samples"].shape == (2, 16, 4, 8)
    assert empty_flux2_latent(64, 32, 2)["samples"].shape == (2, 128, 2, 4)
