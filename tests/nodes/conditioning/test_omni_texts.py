"""Z-Image Omni: pictures among the words."""

import pytest
import torch
from diffusers import ZImageTransformer2DModel
from safetensors.torch import save_file
from transformers import SiglipVisionConfig, SiglipVisionModel

from nodes.conditioning.clip_vision import load_clip_vision
from nodes.conditioning.omni_texts import encode_omni
from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.errors import ModelError
from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import file_tensors
from nodes.diffusion.families.z_image import LAYOUT, SEEN, WORDS
from nodes.diffusion.types import Guider, Start
from nodes.latents.latent_families import empty_sd3_latent
from nodes.models.control_patches import apply_fun_controlnet, load_model_patch
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from tests.nodes.diffusion import newer_originals, originals
from tests.nodes.diffusion.control import model_patches
from tests.nodes.house import House, is_picture

WIDTH = 32
SIZE = {"dim": 64, "n_layers": 2, "n_refiner_layers": 1, "n_heads": 2, "n_kv_heads": 2, "cap_feat_dim": 64}
IMAGES = [torch.rand(1, 64, 48, 3, generator=torch.Generator().manual_seed(seed)) for seed in range(2)]


def omni() -> ZImageTransformer2DModel:
    """A tiny transformer that looks at pictures."""

    def build() -> ZImageTransformer2DModel:
        return newer_originals.alive(ZImageTransformer2DModel(**SIZE, axes_dims=[8, 12, 12], siglip_feat_dim=WIDTH))

    return originals.seeded(7, build)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("omni"))
    newer_originals.z_image().write(house.folder)
    network = omni()
    tensors = file_tensors(LAYOUT.key_map(state_shapes(network)), network.state_dict())
    whole = {key: each.contiguous().clone() for key, each in tensors.items()}
    save_file(whole, house.folder / "diffusion_models" / "omni.safetensors")
    newer_originals.write_language_vocabulary(house.folder / "tokenizers" / "qwen3")
    sizes = {"hidden_size": WIDTH, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 16}
    config = SiglipVisionConfig(**sizes, patch_size=16, image_size=64, vision_use_head=False)
    eyes = originals.seeded(8, lambda: SiglipVisionModel(config))
    (house.folder / "clip_vision").mkdir()
    save_file(dict(eyes.state_dict()), house.folder / "clip_vision" / "siglip.safetensors")
    model_patches.write(house.folder / "model_patches" / "fun.safetensors", "fun 1")
    return house


def encoded(house: House, *images, prompt="a cat", **others):
    clip = load_clip("x.safetensors", "lumina2", **house.files)
    eyes = load_clip_vision("siglip.safetensors", folders=house.folders)
    shown = {f"image{number}": image for number, image in enumerate(images, start=1)}
    wanted = {"vae": load_vae("x.safetensors", **house.files), "image_encoder": eyes, **shown, **others}
    return encode_omni(clip, prompt, models=house.models, **wanted)


def test_without_pictures_it_is_a_plain_prompt(house: House) -> None:
    ((hidden, options),) = encoded(house)
    clip = load_clip("x.safetensors", "lumina2", **house.files)
    assert torch.equal(hidden, house.text(clip, "a cat")[0][0])
    assert options == {"pooled_output": None}


def test_words_stand_around_each_picture(house: House) -> None:
    ((_, options),) = encoded(house, *IMAGES, auto_resize_images=False)
    assert [each.shape[1] for each in options[WORDS]] == [7, 2, 2]
    assert [tuple(each.shape) for each in options["reference_latents"]] == [(1, 16, 8, 6)] * 2
    assert len(options[SEEN]) == 2
    assert encoded(house, IMAGES[0])[0][1]["reference_latents"][0].shape[-2:] == (148, 111)


@pytest.mark.parametrize("name", ["omni", "x"])
def test_pictures_count(house: House, name: str) -> None:
    model, vae = (
        load_diffusion_model(f"{name}.safetensors", "default", **house.files),
        load_vae("x.safetensors", **house.files),
    )
    small = {"auto_resize_images": False}
    texts = [encoded(house, **small), encoded(house, IMAGES[0], **small), encoded(house, *IMAGES, **small)]
    found = [
        house.sample(model, each, encoded(house, prompt="", **small), empty_sd3_latent(64, 64, 1)) for each in texts
    ]
    assert len({each["samples"].sum().item() for each in found}) == 3
    assert is_picture(house.decode(found[-1], vae))


@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: House) -> None:
    text = encoded(house, *IMAGES, auto_resize_images=False)
    model = load_diffusion_model("omni.safetensors", "default", **house.files)
    guider = Guider(model, "basic", {"positive": text})
    ((context, options),) = text
    x, timestep = torch.randn(1, 16, 8, 8), torch.tensor([0.4])
    with equipped(house.models, guider) as network:
        told = network.inputs(options, "positive", Start(torch.zeros_like(x)))
        found = network.predict(x, timestep, context, {**told, "sigma": 0.4})
        latents = [network.latent_format.to_network(each)[0][:, None] for each in options["reference_latents"]]
    seen = [each.last_hidden_state.view(4, 4, WIDTH) for each in options[SEEN]]
    first, between, after = (each[0] for each in options[WORDS])
    wanted = omni()(
        [[*latents, x[0][:, None]]],
        1 - timestep,
        [[first, between, context[0], after]],
        siglip_feats=[[*seen, None]],
        image_noise_mask=[[0, 0, 1]],
        return_dict=False,
    )[0]
    torch.testing.assert_close(found, -torch.stack(wanted).squeeze(2), atol=1e-4, rtol=1e-4)


def test_a_controlnet_does_not_go_with_pictures(house: House) -> None:
    model = load_diffusion_model("omni.safetensors", "default", **house.files)
    patch, vae = load_model_patch("fun.safetensors", folders=house.folders), load_vae("x.safetensors", **house.files)
    text = encoded(house, IMAGES[0], auto_resize_images=False)
    steered = apply_fun_controlnet(model, patch, vae, image=IMAGES[0])
    with pytest.raises(ModelError, match=r"fun\.safetensors cannot steer Z-Image where it looks at pictures"):
        house.sample(steered, text, text, empty_sd3_latent(64, 64, 1))
