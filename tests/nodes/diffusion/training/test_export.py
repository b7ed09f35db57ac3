"""An exported model is a Stable Diffusion folder."""

import json

import pytest
import torch
from PIL import Image

from nodes.diffusion.training.architecture import load_denoiser
from nodes.diffusion.training.evaluation import Sampling, draw_prompts, load_pipeline, measure
from nodes.diffusion.training.export import export_model, folder_size
from nodes.diffusion.training.objective import Objective
from nodes.diffusion.training.prompts import single_prompts


@pytest.fixture
def folder(denoiser, autoencoder, tokenizer, tmp_path):
    source = tmp_path / "vae"
    autoencoder.save_pretrained(source)
    (source / "latent_rgb.json").write_text("{}")
    export_model(denoiser, source, tokenizer, Objective(), tmp_path / "model")
    return tmp_path / "model"


def test_diffusers_draws_with_an_exported_folder(folder):
    pipeline = load_pipeline(folder)
    prompts = single_prompts(3)
    sampling = Sampling(steps=2, width=64, height=32)
    pictures = list(draw_prompts(pipeline, prompts, sampling, batch=2))
    assert [picture.size for picture in pictures] == [(64, 32)] * 3
    assert all(isinstance(picture, Image.Image) for picture in pictures)
    assert 0 <= measure(pipeline, prompts, sampling)["all"] <= 1


def test_weights_are_stored_in_half_precision(folder):
    unet = load_pipeline(folder).unet
    stored = folder_size(folder / "unet")
    assert stored < 2.5 * sum(p.numel() for p in unet.parameters())
    assert unet.dtype == torch.float32


def test_no_configuration_names_a_folder_of_the_machine_that_trained_the_model(folder, tmp_path):
    configurations = [path.read_text() for path in folder.rglob("*.json")]
    assert len(configurations) > 5
    assert not [text for text in configurations if str(tmp_path) in text or "_name_or_path" in text]


def test_exporting_again_replaces_the_weights_and_keeps_the_model_card(folder, denoiser, tokenizer, tmp_path):
    (folder / "README.md").write_text("card")
    torch.nn.init.ones_(denoiser.unet.conv_out.bias)
    export_model(denoiser, tmp_path / "vae", tokenizer, Objective(), folder)
    assert (folder / "README.md").read_text() == "card"
    assert (load_pipeline(folder).unet.conv_out.bias == 1).all()
    assert {path.name for path in tmp_path.iterdir()} == {"vae", "model"}


def test_an_exported_denoiser_can_be_trained_further(folder, denoiser):
    again = load_denoiser(folder)
    assert again.parameters().keys() == denoiser.parameters().keys()
    inputs = torch.zeros(1, 77, dtype=torch.long), torch.randn(1, 4, 8, 8), torch.tensor([10])
    again(*inputs).square().mean().backward()
    assert again.unet.conv_out.bias.grad is not None


def test_the_index_names_no_safety_checker(folder):
    index = json.loads((folder / "model_index.json").read_text())
    assert index["safety_checker"] == [None, None]
    assert index["_class_name"] == "StableDiffusionPipeline"
