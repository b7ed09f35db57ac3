"""Lotus: a map of depth or normals from a picture, as the templates of the ecosystem make one."""

import math

import pytest
import torch
from safetensors.torch import save_file

from graph.context import Context
from nodes.conditioning.conditioning_families import instruct_pix_to_pix_conditioning
from nodes.conditioning.lotus import lotus_conditioning
from nodes.latents.autoencoding import encode_image
from nodes.models.loaders import load_diffusion_model, load_vae
from nodes.sampling.denoising import basic_guider, basic_scheduler, disable_noise, ksampler_select, random_noise
from nodes.sampling.denoising import sampler_custom_advanced as sample
from nodes.sampling.schedulers import set_first_sigma
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.families import lotuses
from tests.nodes.house import House

IMAGE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(2))
TASK = torch.tensor([[math.sin(1), math.sin(0), math.cos(1), math.cos(0)]])


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("lotus"))
    lotuses.write(house.folder / "diffusion_models" / "d.safetensors")
    lotuses.write(house.folder / "diffusion_models" / "d_diffusers.safetensors", is_original=False)
    lotuses.write(house.folder / "diffusion_models" / "g.safetensors", 8)
    (house.folder / "vae").mkdir()
    save_file(originals.vae_tensors(originals.autoencoder(), ""), house.folder / "vae" / "vae.safetensors")
    return house


def drawn(house: House, name: str, latent, conditioning, noise) -> torch.Tensor:
    """One step, as the templates take it."""
    model = load_diffusion_model(name, "default", **house.files)
    assert model.source.architecture == "lotus"
    sigmas = set_first_sigma(basic_scheduler(model, "normal", 1, 1.0, models=house.models), 999.0)
    guider = basic_guider(model, conditioning)
    chosen = ksampler_select("euler")
    return sample(noise, guider, chosen, sigmas, latent, ctx=Context(), models=house.models).output["samples"]


def test_it_reads_no_words() -> None:
    ((text, options),) = lotus_conditioning()
    assert (text.shape, text.dtype, options) == ((1, 2, 1024), torch.float32, {})
    assert text.std() > 0.5


@pytest.mark.parametrize("name", ["d", "d_diffusers"])
@torch.no_grad()
def test_a_picture_becomes_a_map_in_one_step(house: House, name: str) -> None:
    vae = load_vae("vae.safetensors", **house.files)
    latent = encode_image(IMAGE, vae, models=house.models)
    found = drawn(house, f"{name}.safetensors", latent, lotus_conditioning(), disable_noise())
    text = lotus_conditioning()[0][0]
    seen = latent["samples"] * 0.18215
    wanted = lotuses.unet()(seen, torch.tensor([999]), text, class_labels=TASK).sample / 0.18215
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_one_that_sees_noise_too_sees_the_picture_first(house: House) -> None:
    vae = load_vae("vae.safetensors", **house.files)
    text = lotus_conditioning()
    shown = instruct_pix_to_pix_conditioning(text, text, vae, IMAGE, models=house.models)
    found = drawn(house, "g.safetensors", shown.latent, shown.positive, random_noise(5))
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    seen = encode_image(IMAGE, vae, models=house.models)["samples"] * 0.18215
    both = torch.cat([seen, noise], dim=1)
    wanted = lotuses.unet(8)(both, torch.tensor([999]), text[0][0], class_labels=TASK).sample / 0.18215
    torch.testing.assert_close(found, wanted, atol=1e-2, rtol=1e-2)
