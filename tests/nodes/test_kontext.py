"""Flux.1 Kontext through the nodes: pictures to look at while another is drawn."""

import pytest
import torch

from nodes.conditioning.combining import flux_kontext_multi_reference_latent_method, reference_latent
from nodes.conditioning.control import apply_controlnet_advanced, load_controlnet
from nodes.diffusion.families.tokens import packed, positions, unpacked
from nodes.diffusion.types import Start
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.control import transformer_controls
from tests.nodes.house import House, is_picture

SEEN = {"samples": torch.randn(1, 16, 8, 6, generator=torch.Generator().manual_seed(1))}
OTHER = {"samples": torch.randn(1, 16, 6, 8, generator=torch.Generator().manual_seed(2))}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("kontext"))
    originals.flux().write(house.folder / "checkpoints" / "k.safetensors")
    originals.write_t5_vocabulary(house.folder / "tokenizers" / "t5")
    control = transformer_controls.build("flux")
    transformer_controls.write(house.folder / "controlnet" / "c.safetensors", "flux", control)
    return house


@pytest.fixture
def parts(house: House):
    return load_checkpoint("k.safetensors", **house.files)


def drawn(house: House, parts, text):
    return house.sample(parts.MODEL, text, house.text(parts.CLIP, ""))["samples"]


def test_a_picture_changes_what_is_drawn(house: House, parts) -> None:
    text = house.text(parts.CLIP, "a cat")
    plain, one = drawn(house, parts, text), drawn(house, parts, reference_latent(text, SEEN))
    two = drawn(house, parts, reference_latent(reference_latent(text, SEEN), OTHER))
    assert (one - plain).abs().max() > 1e-3
    assert (two - one).abs().max() > 1e-3
    assert is_picture(house.decode({"samples": two}, parts.VAE))


def test_methods_to_tell_pictures_apart_differ(house: House, parts) -> None:
    text = reference_latent(reference_latent(house.text(parts.CLIP, "a cat"), SEEN), OTHER)
    methods = ("offset", "index", "uxo/uno")
    found = [drawn(house, parts, flux_kontext_multi_reference_latent_method(text, each)) for each in methods]
    assert not any(torch.equal(found[0], each) for each in found[1:])
    assert torch.equal(found[0], drawn(house, parts, text))


@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: House, parts) -> None:
    """As its pipeline for Kontext calls the network: the picture's tokens follow, with index 1."""
    text = house.text(parts.CLIP, "a cat")
    ((context, options),) = reference_latent(text, SEEN)
    x, timestep = torch.randn(1, 16, 8, 8), torch.tensor([0.5])
    with house.models.use_model(parts.MODEL) as model:
        told = model.inputs(options, "positive", Start(torch.zeros(1, 16, 8, 8)))
        found = model.predict(x, timestep, context, told)
        latent = model.latent_format.to_network(SEEN["samples"])
        places = positions(4, 3, x.device)
        places[:, 0] = 1
        output = model.network(
            hidden_states=torch.cat([packed(x, 2), packed(latent, 2)], dim=1),
            encoder_hidden_states=context,
            pooled_projections=options["pooled_output"],
            timestep=timestep,
            img_ids=torch.cat([positions(4, 4, x.device), places]),
            txt_ids=torch.zeros(context.shape[1], 3),
            guidance=torch.tensor([3.5]),
            return_dict=False,
        )[0]
    torch.testing.assert_close(found, unpacked(output[:, :16], 4, 4, 2), atol=1e-5, rtol=1e-5)


def test_a_controlnet_steers_beside_pictures_to_look_at(house: House, parts) -> None:
    net = load_controlnet("c.safetensors", folders=house.folders)
    text, nothing = reference_latent(house.text(parts.CLIP, "a cat"), SEEN), house.text(parts.CLIP, "")
    both = apply_controlnet_advanced(text, nothing, net, torch.rand(1, 64, 64, 3), vae=parts.VAE)
    found = house.sample(parts.MODEL, *both)["samples"]
    assert found.isfinite().all()
    assert not torch.equal(found, drawn(house, parts, text))
