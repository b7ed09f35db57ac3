"""The x4 upscaler and Stable Zero123: found and loaded as their files are, and called as they were trained."""

import math
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler
from safetensors.torch import save_file

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.sd_x4 import noised
from nodes.diffusion.families.zero123 import camera
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import parameterisation_of, sigmas_of
from nodes.diffusion.types import Start
from nodes.diffusion.vision.encoder import load_vision, open_vision
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.families import relatives
from tests.nodes.diffusion.families.test_unet_families import same
from tests.nodes.diffusion.image_prompt import adapters

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
SCHEDULE = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "scaled_linear"}
"""As the folder of the x4 upscaler says it."""


@pytest.fixture(scope="module")
def x4(tmp_path_factory: pytest.TempPathFactory) -> SingleFile:
    return SingleFile(relatives.x4().write(tmp_path_factory.mktemp("x4") / "x.safetensors"))


@pytest.fixture(scope="module")
def zero123(tmp_path_factory: pytest.TempPathFactory) -> SingleFile:
    path = tmp_path_factory.mktemp("zero") / "x.safetensors"
    save_file({key: value.clone().contiguous() for key, value in relatives.whole_zero123().items()}, path)
    return SingleFile(path)


def test_the_upscaler_is_known_and_loads_bit_for_bit(x4: SingleFile) -> None:
    found = recognise(x4, "model")
    assert (found.family.name, set(found.parts)) == ("sd_x4", {"model", "clip", "vae"})
    model, original = found.family.load_model(x4, CPU), relatives.x4()
    assert same(model.network, original.unet)
    assert tuple(model.network.config.only_cross_attention) == (False, True, False)  # the first level has no attention
    vae = found.family.load_vae(x4, CPU)
    assert same(vae.network, original.vae)
    assert vae.downscale == model.latent_format.downscale == 4


def test_an_upscaler_of_full_size_is_known_and_every_weight_finds_its_place(tmp_path: Path) -> None:
    clips = {"cond_stage_model.model.": originals.CLIP_H}
    shapes = originals.full_size(originals.X4_UNET, clips, in_channels=7, vae_channels=(128, 256, 512))
    found = recognise(SingleFile(originals.write_hollow(tmp_path / "x.safetensors", shapes)), "model")
    assert (found.family.name, set(found.parts)) == ("sd_x4", {"model", "clip", "vae"})
    network = found.family.load_model(found.contents, NOWHERE).network
    assert tuple(network.config.only_cross_attention) == (False, True, True, False)
    assert network.down_blocks[3].attentions[0].transformer_blocks[0].attn1.heads == 8
    assert found.family.load_vae(found.contents, NOWHERE).downscale == 4


def test_the_upscaler_is_called_as_diffusers_calls_it(x4: SingleFile) -> None:
    model = recognise(x4, "model").family.load_model(x4, CPU)
    x, words, picture = torch.randn(2, 4, 8, 8), torch.randn(2, 7, 48), torch.rand(2, 3, 8, 8) * 2 - 1
    told = model.inputs(
        {"concat_image": picture, "noise_augmentation": 0.2}, "positive", Start(torch.zeros(2, 4, 8, 8), seed=30)
    )
    scheduler = DDPMScheduler(**SCHEDULE)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(20))
    wanted = scheduler.add_noise(picture, noise, torch.tensor([70, 70]))
    torch.testing.assert_close(told["overlay"], wanted)
    both = {**told, "class_labels": told["class_labels"].expand(2)}
    found = model.predict(x, torch.full((2,), 500.0), words, both)
    with torch.no_grad():
        output = relatives.x4().unet(torch.cat([x, wanted], dim=1), 500, words, class_labels=torch.tensor([70, 70]))
    torch.testing.assert_close(found, output.sample, atol=1e-5, rtol=1e-4)


def test_the_upscaler_steps_as_diffusers_does(x4: SingleFile) -> None:
    model, scheduler = recognise(x4, "model").family.load_model(x4, CPU), DDIMScheduler(**SCHEDULE, steps_offset=1)
    assert model.prediction == "v_prediction"
    kept = scheduler.alphas_cumprod.double()
    torch.testing.assert_close(sigmas_of(model.betas), ((1 - kept) / kept).sqrt(), atol=0, rtol=1e-4)
    found = parameterisation_of(model, {})
    x, velocity, sigma = torch.randn(1, 4, 4, 4), torch.randn(1, 4, 4, 4), found.sigmas[600]
    wanted = kept[600] ** 0.5 * x - (1 - kept[600]) ** 0.5 * velocity
    torch.testing.assert_close(
        found.denoised(velocity, x * (1 + sigma**2) ** 0.5, sigma), wanted.float(), atol=1e-4, rtol=1e-3
    )


def test_without_noise_the_picture_is_seen_as_it_is(x4: SingleFile) -> None:
    model = recognise(x4, "model").family.load_model(x4, CPU)
    start, picture = Start(torch.zeros(1, 4, 8, 8)), torch.rand(1, 3, 8, 8)
    told = model.inputs({"concat_image": picture}, "positive", start)
    assert torch.equal(told["overlay"], picture)
    assert told["class_labels"].tolist() == [0]
    assert not model.inputs({}, "negative", start)["overlay"].any()
    with pytest.raises(DiffusionError, match="3 colours"):
        model.inputs({"concat_image": torch.zeros(1, 4, 8, 8)}, "positive", start)
    assert torch.equal(noised(picture, 50, 1), noised(picture, 50, 1))


def test_zero123_is_known_with_what_it_sees_with(zero123: SingleFile) -> None:
    found = recognise(zero123, "model")
    assert (found.family.name, set(found.parts)) == ("zero123", {"model", "vae"})
    model = found.family.load_model(zero123, CPU)
    assert same(model.network, relatives.zero123().unet)
    assert torch.equal(model.weight, relatives.projection()["cc_projection.weight"])
    assert same(load_vision(open_vision(zero123.path), CPU).network, adapters.vision())


def test_without_its_projection_it_is_a_model_for_editing(tmp_path: Path) -> None:
    path = relatives.zero123().write(tmp_path / "x.safetensors")
    assert recognise(SingleFile(path), "model").family.name == "sd1"


def test_zero123_makes_a_word_of_picture_and_camera(zero123: SingleFile) -> None:
    model = recognise(zero123, "model").family.load_model(zero123, CPU)
    x, told, picture = torch.randn(1, 4, 8, 8), torch.randn(1, 1, adapters.SEEN + 4), torch.randn(1, 4, 8, 8)
    inputs = model.inputs({"concat_latent_image": picture}, "positive", Start(torch.zeros(1, 4, 8, 8)))
    found = model.predict(x, torch.full((1,), 300.0), told, inputs)
    parts = relatives.projection()
    word = told @ parts["cc_projection.weight"].t() + parts["cc_projection.bias"]
    with torch.no_grad():
        wanted = relatives.zero123().unet(torch.cat([x, picture], dim=1), 300, word).sample
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    assert torch.equal(model.predict(x, torch.full((1,), 300.0), word, inputs), found)


def test_the_camera_is_told_by_angles() -> None:
    torch.testing.assert_close(camera(10, 90), torch.tensor([[[-math.radians(10), 1.0, 0.0, math.pi / 2]]]))
