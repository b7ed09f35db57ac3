"""Control-LoRAs steer as the whole ControlNets do that they stand for."""

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.control import apply_controlnet_advanced, load_controlnet
from nodes.diffusion.errors import ModelError
from nodes.models.loaders import load_checkpoint
from nodes.models.lora import load_lora_model_only
from tests.nodes.diffusion import originals, tiny
from tests.nodes.diffusion.control import controls, low_ranks
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(9))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("low_rank"))
    small, large = tiny.build(seed=1), originals.sdxl(seed=1)
    tiny.write_file(house.folder / "checkpoints" / "sd1.safetensors", small)
    large.write(house.folder / "checkpoints" / "sdxl.safetensors")
    (house.folder / "controlnet").mkdir()
    (house.folder / "loras").mkdir()
    for name, unet in (("sd1", small.unet), ("sdxl", large.unet)):
        tensors, whole = low_ranks.low_rank(unet)
        save_file(tensors, house.folder / "controlnet" / f"{name}_low.safetensors")
        controls.write_original(house.folder / "controlnet" / f"{name}_whole.safetensors", whole)
    key = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q"
    lora = {f"{key}.lora_up.weight": torch.randn(64, 2), f"{key}.lora_down.weight": torch.randn(2, 64)}
    save_file(lora, house.folder / "loras" / "l.safetensors")
    return house


def steered(house: House, parts, name: str, model=None):
    net = load_controlnet(f"{name}.safetensors", folders=house.folders)
    texts = house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")
    return house.sample(model or parts.MODEL, *apply_controlnet_advanced(*texts, net, IMAGE))["samples"]


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_it_steers_as_the_whole_network_does(house: House, family: str) -> None:
    parts = load_checkpoint(f"{family}.safetensors", **house.files)
    found = steered(house, parts, f"{family}_low")
    texts = house.text(parts.CLIP, "a cat"), house.text(parts.CLIP, "")
    assert (found - house.sample(parts.MODEL, *texts)["samples"]).abs().max() > 1e-3
    torch.testing.assert_close(found, steered(house, parts, f"{family}_whole"), atol=1e-4, rtol=1e-4)
    assert is_picture(house.decode({"samples": found}, parts.VAE))


def test_its_weights_follow_those_of_a_model_with_a_lora(house: House) -> None:
    parts = load_checkpoint("sd1.safetensors", **house.files)
    changed = load_lora_model_only(parts.MODEL, "l.safetensors", 1.0, **house.files)
    whole, low = (steered(house, parts, f"sd1_{each}", changed) for each in ("whole", "low"))
    assert not torch.allclose(whole, low, atol=1e-4)  # only the latter has the LoRA in it as well
    torch.testing.assert_close(
        steered(house, parts, "sd1_low"), steered(house, parts, "sd1_whole"), atol=1e-4, rtol=1e-4
    )


def test_one_for_another_kind_of_model_is_refused_by_name(house: House) -> None:
    parts = load_checkpoint("sd1.safetensors", **house.files)
    with pytest.raises(ModelError, match=r"sdxl_low\.safetensors does not fit the model that it shall steer: "):
        steered(house, parts, "sdxl_low")


def test_a_model_for_inpainting_is_refused(house: House) -> None:
    originals.sd2(in_channels=9).write(house.folder / "checkpoints" / "inpaint.safetensors")
    parts = load_checkpoint("inpaint.safetensors", **house.files)
    with pytest.raises(ModelError, match=r"inpaint\.safetensors sees more than the noisy latent"):
        steered(house, parts, "sd1_low")
