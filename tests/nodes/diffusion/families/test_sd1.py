import json
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

from nodes.diffusion.errors import IncompleteModel, ModelFileError, PickleRefused, UnsupportedModel
from nodes.diffusion.families.contents import ModelFolder, SingleFile
from nodes.diffusion.families.sd1 import RGB_FACTORS, StableDiffusion1
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import tiny

FAMILY = StableDiffusion1()
FLOAT32 = Placement(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def model() -> tiny.TinyModel:
    return tiny.build(seed=1)


@pytest.fixture(scope="module")
def file(model, tmp_path_factory) -> SingleFile:
    return SingleFile(tiny.write_file(tmp_path_factory.mktemp("file") / "any name.safetensors", model))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> ModelFolder:
    return ModelFolder(tiny.write_folder(tmp_path_factory.mktemp("folder") / "any name"))


def same_weights(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = network.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_a_file_has_three_parts_and_their_sizes(file, model):
    sizes = {
        "model": sum(p.numel() for p in model.unet.parameters()),
        "clip": sum(p.numel() for p in model.text_encoder.parameters()) + 77,  # the file holds positions too
        "vae": sum(p.numel() for p in model.vae.parameters()),
    }
    assert FAMILY.parts(file) == sizes


def test_a_folder_has_three_parts(folder):
    assert set(FAMILY.parts(folder)) == {"model", "clip", "vae"}


def test_modules_of_a_file_are_bit_for_bit_what_was_saved(file, model):
    assert same_weights(FAMILY.load_model(file, FLOAT32).network, model.unet)
    assert same_weights(FAMILY.load_clip(file, FLOAT32).network, model.text_encoder)
    assert same_weights(FAMILY.load_vae(file, FLOAT32).network, model.vae)


def test_modules_of_a_folder_are_what_diffusers_loads(folder):
    unet = UNet2DConditionModel.from_pretrained(folder.path / "unet", local_files_only=True)
    assert same_weights(FAMILY.load_model(folder, FLOAT32).network, unet)
    text = CLIPTextModel.from_pretrained(folder.path / "text_encoder", local_files_only=True)
    assert same_weights(FAMILY.load_clip(folder, FLOAT32).network, text)
    autoencoder = AutoencoderKL.from_pretrained(folder.path / "vae", local_files_only=True)
    assert same_weights(FAMILY.load_vae(folder, FLOAT32).network, autoencoder)


def test_a_network_from_a_file_predicts_what_the_saved_one_does(file, model):
    x, timestep, context = torch.randn(2, 4, 8, 8), torch.tensor([3.0, 700.0]), torch.randn(2, 77, tiny.WIDTH)
    with torch.no_grad():
        expected = model.unet(x, timestep, context).sample
    predicted = FAMILY.load_model(file, FLOAT32).predict(x, timestep, context, {})
    assert torch.allclose(predicted, expected, atol=1e-5)
    assert predicted.dtype == x.dtype


def test_precision_is_what_was_decided_and_results_are_float32(file):
    placement = Placement(torch.device("cpu"), torch.bfloat16)
    network = FAMILY.load_model(file, placement)
    assert {p.dtype for p in network.network.parameters()} == {torch.bfloat16}
    x = torch.randn(1, 4, 8, 8)
    assert network.predict(x, torch.tensor([1.0]), torch.randn(1, 77, tiny.WIDTH), {}).dtype == torch.float32


def test_convolutions_have_their_channels_last(file):
    weight = FAMILY.load_model(file, FLOAT32).network.conv_in.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_nothing_needs_gradients_and_dropout_is_off(file):
    network = FAMILY.load_model(file, FLOAT32).network
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_a_file_is_scaled_and_coloured_as_published(file):
    format = FAMILY.load_model(file, FLOAT32).latent_format
    assert (format.channels, format.scale, format.shift, format.downscale) == (4, 0.18215, 0.0, 8)
    assert format.rgb_factors == RGB_FACTORS


def test_a_folder_says_how_it_is_scaled_and_coloured(tmp_path):
    path = tiny.write_folder(tmp_path / "m", prediction="v_prediction")
    config = json.loads((path / "vae" / "config.json").read_text())
    (path / "vae" / "config.json").write_text(json.dumps({**config, "scaling_factor": 0.5, "shift_factor": 0.25}))
    rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    (path / "vae" / "latent_rgb.json").write_text(json.dumps({"latent_rgb_factors": rows, "bias": [0.1, 0.2, 0.3]}))
    network = FAMILY.load_model(ModelFolder(path), FLOAT32)
    assert (network.latent_format.scale, network.latent_format.shift) == (0.5, 0.25)
    assert network.latent_format.rgb_factors == tuple(map(tuple, rows))
    assert network.latent_format.rgb_bias == (0.1, 0.2, 0.3)
    assert network.prediction == "v_prediction"


@pytest.mark.parametrize(
    ("metadata", "prediction"),
    [
        ({}, "epsilon"),
        ({"modelspec.prediction_type": "v"}, "v_prediction"),
        ({"prediction_type": "epsilon"}, "epsilon"),
    ],
)
def test_a_file_may_say_what_it_predicts(tmp_path, model, metadata, prediction):
    file = SingleFile(tiny.write_file(tmp_path / "x.safetensors", model, metadata=metadata))
    assert FAMILY.load_model(file, FLOAT32).prediction == prediction


def test_an_unknown_prediction_is_refused(tmp_path, model):
    file = SingleFile(tiny.write_file(tmp_path / "x.safetensors", model, metadata={"prediction_type": "magic"}))
    with pytest.raises(UnsupportedModel, match="magic"):
        FAMILY.load_model(file, FLOAT32)


def test_a_header_may_tell_what_shapes_do_not(tmp_path):
    model = tiny.build(groups=8)
    settings = {
        "latentloom.unet": '{"norm_num_groups": 8, "in_channels": 7}',
        "latentloom.vae": '{"norm_num_groups": 8}',
    }
    file = SingleFile(tiny.write_file(tmp_path / "x.safetensors", model, metadata=settings))
    network = FAMILY.load_model(file, FLOAT32).network
    assert network.conv_norm_out.num_groups == 8
    assert network.config.in_channels == 4  # only what shapes do not tell
    assert FAMILY.load_vae(file, FLOAT32).network.decoder.conv_norm_out.num_groups == 8


def test_the_schedule_is_the_published_one(file, folder):
    for contents in (file, folder):
        betas = FAMILY.load_model(contents, FLOAT32).betas
        sigmas = ((1 - (1 - betas).cumprod(0)) / (1 - betas).cumprod(0)).sqrt()
        assert (sigmas[0].item(), sigmas[-1].item()) == pytest.approx((0.0292, 14.6146), abs=1e-4)


def test_half_precision_files_load_exactly(tmp_path, model):
    file = SingleFile(tiny.write_file(tmp_path / "x.safetensors", model, dtype=torch.float16))
    weight = FAMILY.load_model(file, FLOAT32).network.conv_in.weight
    assert torch.equal(weight, model.unet.conv_in.weight.half().float())


def test_a_file_without_text_encoder_is_told_by_the_width_of_its_texts(tmp_path):
    shapes = {"model.diffusion_model.input_blocks.0.0.weight": (320, 4, 3, 3)}
    key = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    shapes["model.diffusion_model.input_blocks.1.0.in_layers.2.weight"] = (8, 8, 3, 3)
    for width, found in ((768, {"model"}), (1024, set())):
        path = tmp_path / f"{width}.safetensors"
        save_file({k: torch.zeros(shape) for k, shape in {**shapes, key: (8, width)}.items()}, path)
        assert set(FAMILY.parts(SingleFile(path))) == found


def test_a_missing_weight_is_named(tmp_path, model):
    tensors = tiny.original_tensors(model)
    del tensors["model.diffusion_model.middle_block.0.in_layers.2.bias"]
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(UnsupportedModel, match=r"lacks weights .*middle_block\.0\.in_layers\.2\.bias"):
        FAMILY.load_model(SingleFile(tmp_path / "x.safetensors"), FLOAT32)


def test_a_weight_too_many_is_named(tmp_path, model):
    tensors = {**tiny.original_tensors(model), "model.diffusion_model.extra.weight": torch.zeros(1)}
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(UnsupportedModel, match=r"has not: extra\.weight"):
        FAMILY.load_model(SingleFile(tmp_path / "x.safetensors"), FLOAT32)


def test_a_weight_of_another_shape_is_named(tmp_path, model):
    tensors = {**tiny.original_tensors(model), "model.diffusion_model.out.0.weight": torch.zeros(5)}
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(UnsupportedModel, match=r"other shapes .*out\.0\.weight"):
        FAMILY.load_model(SingleFile(tmp_path / "x.safetensors"), FLOAT32)


def test_old_folders_load(tmp_path):
    """Folders of 2022 nest the text encoder below `text_model` and call the autoencoder's attention otherwise."""
    path = tiny.write_folder(tmp_path / "m")
    new = FAMILY.load_vae(ModelFolder(path), FLOAT32).network
    old_names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    weights = path / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    for key in [key for key in tensors if ".attentions." in key]:
        old = key
        for now, then in old_names.items():
            old = old.replace(f".{now}.", f".{then}.")
        tensors[old] = tensors.pop(key).clone()
    save_file({key: tensor.clone() for key, tensor in tensors.items()}, weights)
    text = path / "text_encoder" / "model.safetensors"
    nested = {f"text_model.{key}": tensor.clone() for key, tensor in load_file(text).items()}
    save_file({**nested, "text_model.embeddings.position_ids": torch.arange(77)[None]}, text)
    assert same_weights(FAMILY.load_vae(ModelFolder(path), FLOAT32).network, new)
    assert FAMILY.load_clip(ModelFolder(path), FLOAT32).encode("a cat").hidden.shape == (1, 77, tiny.WIDTH)


def test_half_precision_and_cut_weights_of_folders_are_found(tmp_path):
    path = tiny.write_folder(tmp_path / "m")
    expected = FAMILY.load_model(ModelFolder(path), FLOAT32).network
    whole = path / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(whole)
    keys = sorted(tensors)
    names = ["diffusion_pytorch_model-00001-of-00002.safetensors", "diffusion_pytorch_model-00002-of-00002.safetensors"]
    for name, part in zip(names, (keys[:9], keys[9:]), strict=True):
        save_file({key: tensors[key].clone() for key in part}, path / "unet" / name)
    whole.unlink()
    index = {"weight_map": {key: names[position >= 9] for position, key in enumerate(keys)}}
    (path / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    vae = path / "vae" / "diffusion_pytorch_model.safetensors"
    vae.rename(vae.with_name("diffusion_pytorch_model.fp16.safetensors"))
    assert same_weights(FAMILY.load_model(ModelFolder(path), FLOAT32).network, expected)
    assert set(FAMILY.parts(ModelFolder(path))) == {"model", "clip", "vae"}


def test_a_folder_of_pickles_is_refused(tmp_path):
    path = tiny.write_folder(tmp_path / "m")
    weights = path / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save({}, weights.with_name("diffusion_pytorch_model.bin"))
    weights.unlink()
    with pytest.raises(PickleRefused, match="convert-model"):
        FAMILY.parts(ModelFolder(path))


def test_a_folder_without_weights_says_so(tmp_path):
    path = tiny.write_folder(tmp_path / "m")
    (path / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(IncompleteModel, match="holds no weights"):
        FAMILY.parts(ModelFolder(path))


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_configuration_is_named(tmp_path, content):
    path = tiny.write_folder(tmp_path / "m")
    (path / "unet" / "config.json").write_text(content)
    with pytest.raises(ModelFileError, match=r"config\.json"):
        FAMILY.parts(ModelFolder(path))


def test_an_index_cannot_name_files_elsewhere(tmp_path):
    path = tiny.write_folder(tmp_path / "m")
    (path / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    index = {"weight_map": {"conv_in.weight": "../../other.safetensors"}}
    (path / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelFileError, match="not in the same folder"):
        FAMILY.parts(ModelFolder(path))


def test_a_path_that_is_no_model_folder_says_what_is_missing(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"model_index\.json"):
        ModelFolder(tmp_path)
