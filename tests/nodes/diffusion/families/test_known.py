"""Which family a file is given to, and what is said of files that none takes. Names of files never matter."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodes.diffusion.errors import IncompleteModel, UnsupportedModel
from nodes.diffusion.families.contents import ModelFolder, SingleFile, open_contents
from nodes.diffusion.families.known import recognise
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import tiny

UNET = "model.diffusion_model."
CONTEXT = f"{UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
FIRST = f"{UNET}input_blocks.0.0.weight"
TIME = f"{UNET}time_embed.0.weight"
LABEL = f"{UNET}label_emb.0.0.weight"

LOOKS = [
    ({TIME: (4, 4), FIRST: (4, 7, 3, 3), CONTEXT: (4, 768)}, "for inpainting or editing"),
    ({TIME: (4, 4), FIRST: (4, 4, 3, 3), CONTEXT: (4, 33)}, "a UNet that reads texts of width 33"),
    ({"model.diffusion_model.joint_blocks.0.context_block.attn.qkv.weight": (4, 4)}, "Stable Diffusion 3"),
    ({"double_blocks.0.img_attn.qkv.weight": (4, 4)}, "Flux"),
    ({"double_blocks.0.img_attn.qkv.weight": (4, 4), "single_stream_modulation.lin.weight": (4, 4)}, "Flux.2"),
    ({"transformer_blocks.0.img_mod.1.weight": (4, 4)}, "Qwen-Image"),
    ({"diffusion_model.layers.0.adaLN_modulation.0.weight": (4, 4)}, "Z-Image"),
    ({"head.modulation": (1, 2, 4)}, "Wan"),
    ({"lora_unet_down.lora_up.weight": (4, 4)}, "a LoRA"),
    ({"control_model.time_embed.0.weight": (4, 4)}, "a ControlNet"),
    ({"decoder.conv_in.weight": (4, 4, 3, 3, 3)}, "an autoencoder without a diffusion model"),
    ({"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}, "a text encoder"),
    ({"emb_params": (4, 4)}, "a textual inversion"),
    ({"something": (1,), "else": (1,)}, "nothing known"),
]


@pytest.mark.parametrize(("shapes", "title"), LOOKS, ids=[title for _, title in LOOKS])
def test_an_unknown_file_is_told_what_it_looks_like(tmp_path: Path, shapes, title):
    path = tmp_path / "sd1 checkpoint.safetensors"
    save_file({key: torch.zeros(shape) for key, shape in shapes.items()}, path)
    with pytest.raises(UnsupportedModel, match="not supported yet") as error:
        recognise(SingleFile(path), "model")
    assert title in str(error.value)


def change(path: Path, part: str, **values) -> None:
    config = path / part / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **values}))


FOLDER_LOOKS = [
    ("unet", {"_class_name": "FluxTransformer2DModel"}, "FluxPipeline", "Flux"),
    ("unet", {"_class_name": "Other"}, "OtherPipeline", "a OtherPipeline"),
]


@pytest.mark.parametrize(("part", "values", "pipeline", "title"), FOLDER_LOOKS, ids=[each[3] for each in FOLDER_LOOKS])
def test_an_unknown_folder_is_told_what_it_looks_like(tmp_path: Path, part, values, pipeline, title):
    path = tiny.write_folder(tmp_path / "m")
    change(path, part, **values)
    (path / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    with pytest.raises(UnsupportedModel, match=title):
        recognise(ModelFolder(path), "model")


def test_files_and_folders_of_the_first_family_are_recognised(tmp_path: Path):
    for path in (tiny.write_file(tmp_path / "flux.safetensors"), tiny.write_folder(tmp_path / "sdxl")):
        assert recognise(open_contents(path), "model").family.name == "sd1"


def test_a_model_without_a_part_says_which(tmp_path: Path):
    tensors = {k: t for k, t in tiny.original_tensors(tiny.build()).items() if not k.startswith("first_stage")}
    save_file(tensors, tmp_path / "x.safetensors")
    contents = SingleFile(tmp_path / "x.safetensors")
    assert set(recognise(contents, "model").parts) == {"model", "clip"}
    with pytest.raises(IncompleteModel, match="without autoencoder"):
        recognise(contents, "vae")


@pytest.mark.parametrize("layout", ["original", "diffusers", "prefixed", "whole checkpoint"])
def test_an_autoencoder_loads_from_any_layout(tmp_path: Path, layout):
    model = tiny.build()
    path = tmp_path / "x.safetensors"
    original = {k.removeprefix("first_stage_model."): t for k, t in tiny.original_tensors(model).items()}
    only = {k: t for k, t in original.items() if not k.startswith(("model.", "cond_", "alphas"))}
    if layout == "original":
        save_file({**only, "loss.logvar": torch.zeros(1)}, path)
    elif layout == "prefixed":
        save_file({f"vae.{key}": tensor for key, tensor in only.items()}, path)
    elif layout == "diffusers":
        model.vae.save_pretrained(tmp_path / "vae")
        save_file(load_file(tmp_path / "vae" / "diffusion_pytorch_model.safetensors"), path)
    else:
        tiny.write_file(path, model)
    found = recognise(SingleFile(path), "vae")
    loaded = found.family.load_vae(found.contents, Placement(torch.device("cpu"), torch.float32)).network.state_dict()
    expected = model.vae.state_dict()
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[key], expected[key]) for key in expected)
