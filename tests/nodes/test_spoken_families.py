"""Lumina 2, AuraFlow, Krea 2 and HiDream, from their files to the picture, through the nodes."""

from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.conditioning_families import encode_prompt_hidream, encode_prompt_lumina2
from nodes.diffusion.errors import ModelError
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.text.hidream_texts import LLAMA_TEXT
from nodes.latents.latent_families import empty_sd3_latent
from nodes.models.loaders import load_clip, load_diffusion_model, load_four_clips, load_two_clips, load_vae
from nodes.models.model_sampling import model_sampling_aura_flow
from tests.nodes.diffusion import spoken_originals as originals
from tests.nodes.diffusion.newer_originals import write_language_vocabulary, z_image
from tests.nodes.diffusion.originals import write_t5_vocabulary
from tests.nodes.house import House, is_picture

TEXTS = ("clip_l", "clip_g", "t5xxl", "llama")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with the files of all three, and the text encoder of Z-Image."""
    house = House(tmp_path_factory.mktemp("spoken"))
    originals.lumina2().write(house.folder, "lumina.safetensors")
    originals.aura_flow().write(house.folder, "aura.safetensors")
    originals.krea2().write(house.folder, "krea.safetensors")
    z_image().write(house.folder, "z_image.safetensors")
    for name, tensors in originals.hidream().files().items():
        folder = {"model": "diffusion_models", "vae": "vae"}.get(name, "text_encoders")
        path = house.folder / folder / f"hidream {name}.safetensors"
        held = {key: tensor.clone().contiguous() for key, tensor in tensors.items()}
        save_file(held, path, originals.IS_LLAMA if name == "llama" else None)
    for name in ("qwen3", "gemma2", "llama3"):
        write_language_vocabulary(house.folder / "tokenizers" / name)
    for name in ("t5", "pile_t5"):
        write_t5_vocabulary(house.folder / "tokenizers" / name)
    return house


def parts_of(house: House, name: str, kind: str) -> tuple[Any, Any, Any]:
    """The handles of a model in three files."""
    model = load_diffusion_model(f"{name}.safetensors", "default", **house.files)
    clip = load_clip(f"{name}.safetensors", kind, **house.files)  # type: ignore[arg-type]  # one of the choices
    return model, clip, load_vae(f"{name}.safetensors", **house.files)


def hidream(house: House) -> tuple[Any, Any, Any]:
    """The handles of HiDream."""
    model = load_diffusion_model("hidream model.safetensors", "default", **house.files)
    clip = load_four_clips(*(f"hidream {name}.safetensors" for name in TEXTS), **house.files)
    return model, clip, load_vae("hidream vae.safetensors", **house.files)


@pytest.mark.parametrize("name", ["lumina", "aura", "krea", "hidream"])
def test_files_become_a_picture(house: House, name: str) -> None:
    kinds = {"lumina": "lumina2", "aura": "stable_diffusion", "krea": "krea2"}
    parts = parts_of(house, name, kinds[name]) if name in kinds else hidream(house)
    assert parts[0].source.architecture == parts[1].source.architecture
    latent = None if name == "aura" else empty_sd3_latent(64, 64, 1)
    pictures = [house.picture(parts, latent=latent, scheduler="simple", seed=seed) for seed in (1, 1, 2)]
    assert all(is_picture(each) for each in pictures)
    assert torch.equal(pictures[0], pictures[1])
    assert not torch.allclose(pictures[0], pictures[2])
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    drawn = [house.sample(parts[0], text, text, latent, cfg=1.0)["samples"] for text in texts]
    assert not torch.equal(*drawn)


def test_one_type_names_two_families_and_the_file_decides(house: House) -> None:
    assert load_clip("lumina.safetensors", "lumina2", **house.files).source.architecture == "lumina2"
    assert load_clip("z_image.safetensors", "lumina2", **house.files).source.architecture == "z_image"


def test_a_prompt_for_lumina_stands_behind_a_sentence(house: House) -> None:
    clip = load_clip("lumina.safetensors", "lumina2", **house.files)
    found = {
        kind: encode_prompt_lumina2(kind, "a cat", clip, **house.files)  # type: ignore[arg-type]  # one of the choices
        for kind in ("superior", "alignment")
    }
    whole = (
        "You are an assistant designed to generate high-quality images with the highest degree of image-text alignment "
        "based on textual prompts. <Prompt Start> a cat"
    )
    assert torch.equal(found["alignment"][0][0], house.text(clip, whole)[0][0])
    assert found["superior"][0][0].shape != found["alignment"][0][0].shape


def test_a_prompt_for_hidream_has_four_texts(house: House) -> None:
    _, clip, _ = hidream(house)
    plain = encode_prompt_hidream(clip, "a cat", "a cat", "a cat", "a cat", **house.files)
    other = encode_prompt_hidream(clip, "a cat", "a cat", "a cat", "a dog", **house.files)
    assert torch.equal(plain[0][0], house.text(clip, "a cat")[0][0])
    assert torch.equal(plain[0][0], other[0][0])
    assert not torch.equal(plain[0][1][LLAMA_TEXT], other[0][1][LLAMA_TEXT])


def test_hidream_does_without_some_of_its_text_encoders(house: House) -> None:
    model, _, vae = hidream(house)
    clip = load_two_clips("hidream llama.safetensors", "hidream t5xxl.safetensors", "hidream", **house.files)
    options = house.text(clip, "a cat")[0][1]
    assert options["pooled_output"].shape == (1, 2048), "as wide as the published CLIPs"
    assert not options["pooled_output"].any()
    assert model.source.architecture == clip.source.architecture
    assert vae is not None
    with pytest.raises(ModelError, match="cannot be read as the text encoder of HiDream"):
        load_two_clips("hidream clip_l.safetensors", "hidream t5xxl.safetensors", "hidream", **house.files)


@pytest.mark.parametrize(
    ("name", "half", "told"), [("lumina", 6 / 7, 1.0), ("aura", 1.73 / 2.73, 1.0), ("krea", 0.7595, 1.0)]
)
def test_noise_levels_are_those_of_the_families(house: House, name: str, half: float, told: float) -> None:
    model = load_diffusion_model(f"{name}.safetensors", "default", **house.files)
    with house.models.use_model(model) as network:
        found = parameterisation_of(network, model.options)
        assert found.percent_to_sigma(0.5) == pytest.approx(half, abs=1e-4)
        assert float(found.timestep(torch.tensor(1.0))) == 1.0
        changed = parameterisation_of(network, model_sampling_aura_flow(model, 4.0).options)
        assert changed.percent_to_sigma(0.5) == pytest.approx(0.8)


def test_hidream_is_not_shifted_and_told_thousands(house: House) -> None:
    model = load_diffusion_model("hidream model.safetensors", "default", **house.files)
    with house.models.use_model(model) as network:
        found = parameterisation_of(network, model.options)
    assert found.percent_to_sigma(0.5) == pytest.approx(0.5)
    assert float(found.timestep(torch.tensor(1.0))) == 1000.0
