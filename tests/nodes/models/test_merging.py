import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from graph.artefacts import Artefacts
from graph.context import Context
from graph.folders import Folders
from nodes.diffusion.errors import ModelError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.weights.extraction import low_rank
from nodes.models.loaders import load_checkpoint, load_vae
from nodes.models.lora import load_lora
from nodes.models.merging import (
    add_clips,
    add_models,
    merge_blocks,
    merge_clips,
    merge_models,
    save_checkpoint,
    save_clip,
    save_lora,
    save_model,
    save_vae,
    subtract_clips,
    subtract_models,
)
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.patches import loras


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("models")
    model = tiny.build(seed=1)
    tiny.write_file(root / "checkpoints" / "a.safetensors", model, dtype=torch.float16)
    tiny.write_file(root / "checkpoints" / "b.safetensors", tiny.build(seed=2), dtype=torch.float16)
    tiny.write_folder(root / "checkpoints" / "f")
    text = {key.removeprefix("text_model."): value for key, value in model.text_encoder.named_parameters()}
    loras.write_lora(root / "loras" / "l.safetensors", dict(model.unet.named_parameters()), text)
    return root


@pytest.fixture
def house(root, tmp_path) -> dict:
    folders = Folders(data=tmp_path / "data", models=[root, tmp_path / "data" / "output"])
    return {"models": ModelRegistry("cpu", budget_bytes=1 << 30), "folders": folders}


@pytest.fixture
def saving(house) -> dict:
    ctx = Context(prompt={"1": {"class_type": "X", "inputs": {}}})
    return {"ctx": ctx, "models": house["models"], "artefacts": Artefacts(house["folders"])}


def unet(house, handle) -> dict[str, torch.Tensor]:
    with house["models"].use_model(handle) as network:
        return {key: value.detach().clone() for key, value in network.network.named_parameters()}


def text(house, handle) -> dict[str, torch.Tensor]:
    with house["models"].use_clip(handle) as encoder:
        return {key: value.detach().clone() for key, value in encoder.network.named_parameters()}


def assert_close(found, wanted):
    for key, value in wanted.items():
        torch.testing.assert_close(found[key], value, atol=1e-5, rtol=1e-4, msg=key)


def saved(house, folder) -> Path:
    (path,) = (house["folders"].data / "output" / folder).glob("*.safetensors")
    return path


def test_models_are_mixed_by_their_share(house):
    a, b = (load_checkpoint(name, **house).MODEL for name in ("a.safetensors", "b.safetensors"))
    x, y = unet(house, a), unet(house, b)
    models = house["models"]
    assert_close(unet(house, merge_models(a, b, 0.3, models=models)), {k: 0.3 * x[k] + 0.7 * y[k] for k in x})
    assert_close(unet(house, add_models(a, b, models=models)), {k: x[k] + y[k] for k in x})
    assert_close(unet(house, subtract_models(a, b, 2.0, models=models)), {k: 2 * (x[k] - y[k]) for k in x})
    for key, value in unet(house, merge_models(a, b, 1.0, models=models)).items():
        assert torch.equal(value, x[key])


def test_blocks_have_shares_of_their_own(house):
    a, b = (load_checkpoint(name, **house).MODEL for name in ("a.safetensors", "b.safetensors"))
    x, y = unet(house, a), unet(house, b)
    found = unet(house, merge_blocks(a, b, 0.0, 0.5, 1.0, models=house["models"]))
    shares = {"down_": 0.0, "mid_": 0.5, "up_": 1.0, "time_embedding": 0.0, "conv_in": 0.0, "conv_out": 1.0}
    for key, value in found.items():
        share = (
            next(share for start, share in shares.items() if key.startswith(start)) if "norm_out" not in key else 1.0
        )
        torch.testing.assert_close(value, share * x[key] + (1 - share) * y[key], atol=1e-5, rtol=1e-4, msg=key)


def test_text_encoders_are_mixed_alike(house):
    a, b = (load_checkpoint(name, **house).CLIP for name in ("a.safetensors", "b.safetensors"))
    x, y = text(house, a), text(house, b)
    models = house["models"]
    assert_close(text(house, merge_clips(a, b, 0.3, models=models)), {k: 0.3 * x[k] + 0.7 * y[k] for k in x})
    assert_close(text(house, add_clips(a, b, models=models)), {k: x[k] + y[k] for k in x})
    assert_close(text(house, subtract_clips(a, b, 0.5, models=models)), {k: 0.5 * (x[k] - y[k]) for k in x})


def test_a_difference_can_be_added_to_a_third(house):
    a, b = (load_checkpoint(name, **house).MODEL for name in ("a.safetensors", "b.safetensors"))
    models = house["models"]
    difference = subtract_models(a, b, 1.0, models=models)
    assert_close(unet(house, add_models(b, difference, models=models)), unet(house, a))


def test_a_model_for_inpainting_keeps_what_it_takes_in(house, root):
    tensors, first = load_file(root / "checkpoints" / "b.safetensors"), "model.diffusion_model.input_blocks.0.0.weight"
    tensors[first] = torch.cat([tensors[first], torch.ones_like(tensors[first]), tensors[first][:, :1]], dim=1)
    save_file(tensors, root / "checkpoints" / "inpainting.safetensors")
    a, b, nine = (load_checkpoint(f"{name}.safetensors", **house).MODEL for name in ("a", "b", "inpainting"))
    models = house["models"]
    found = unet(house, add_models(subtract_models(nine, b, 1.0, models=models), a, models=models))
    wanted = unet(house, a) | {"conv_in.weight": tensors[first].float()}
    assert_close(found, wanted)


def test_models_of_different_kinds_are_not_mixed(house):
    a, folder = (load_checkpoint(name, **house) for name in ("a.safetensors", "f"))
    merge_models(a.MODEL, folder.MODEL, 0.5, models=house["models"])
    with pytest.raises(ModelError, match=r"a\.safetensors \(sd1\) and f \(sd1\) are built differently"):
        merge_clips(a.CLIP, folder.CLIP, 0.5, models=house["models"])


def test_a_saved_checkpoint_is_its_file_where_nothing_changed(house, root, saving):
    parts = load_checkpoint("a.safetensors", **house)
    save_checkpoint(*parts, **saving)
    path = saved(house, "checkpoints")
    assert path.name == "ComfyUI_00001_.safetensors"
    before, after = load_file(root / "checkpoints" / "a.safetensors"), load_file(path)
    beside = {"alphas_cumprod", "cond_stage_model.transformer.text_model.embeddings.position_ids"}
    assert set(after) == set(before) - beside
    for key, value in after.items():
        assert value.dtype == before[key].dtype
        assert torch.equal(value, before[key]), key
    with safe_open(path, "pt") as file:
        header = file.metadata()
    assert json.loads(header["prompt"]) == {"1": {"class_type": "X", "inputs": {}}}
    assert header["modelspec.architecture"] == "stable-diffusion-v1"
    assert header["modelspec.prediction_type"] == "epsilon"


def test_a_saved_checkpoint_holds_what_was_patched_and_mixed(house, saving):
    a, b = (load_checkpoint(name, **house) for name in ("a.safetensors", "b.safetensors"))
    models = house["models"]
    patched = load_lora(a.MODEL, a.CLIP, "l.safetensors", 0.5, 0.5, **house)
    model = merge_models(patched.MODEL, b.MODEL, 0.5, models=models)
    save_checkpoint(model, patched.CLIP, a.VAE, "checkpoints/mixed", **saving)
    again = load_checkpoint("mixed_00001_.safetensors", **house)
    wanted, found = unet(house, model), unet(house, again.MODEL)
    for key in wanted:
        assert torch.equal(found[key], wanted[key].half().float()), key
    for key, value in text(house, patched.CLIP).items():
        assert torch.equal(text(house, again.CLIP)[key], value.half().float()), key


def test_parts_are_saved_alone(house, saving):
    parts = load_checkpoint("a.safetensors", **house)
    save_model(parts.MODEL, **saving)
    save_clip(parts.CLIP, **saving)
    save_vae(parts.VAE, **saving)
    assert saved(house, "clip").name == "ComfyUI_clip_l_00001_.safetensors"
    assert all(key.startswith("text_model.") for key in load_file(saved(house, "clip")))
    model = house["models"].diffusion_model(saved(house, "diffusion_models"))
    assert_close(unet(house, model), unet(house, parts.MODEL))
    again = load_vae(saved(house, "vae").name, **house)
    with house["models"].use_vae(again) as one, house["models"].use_vae(parts.VAE) as other:
        assert torch.equal(one.network.decoder.conv_in.weight, other.network.decoder.conv_in.weight)
        assert torch.equal(one.decode(torch.ones(1, 4, 2, 2)), other.decode(torch.ones(1, 4, 2, 2)))


def test_a_folder_is_saved_as_one_file_that_says_what_no_shape_tells(house, saving, root):
    parts = load_checkpoint("f", **house)
    save_model(parts.MODEL, **saving)
    again = house["models"].diffusion_model(saved(house, "diffusion_models"))
    assert_close(unet(house, again), unet(house, parts.MODEL))


def test_a_lora_is_extracted_from_a_difference(house, saving):
    a = load_checkpoint("a.safetensors", **house)
    patched = load_lora(a.MODEL, a.CLIP, "l.safetensors", **house)
    models = house["models"]
    model = subtract_models(patched.MODEL, a.MODEL, 1.0, models=models)
    clip = subtract_clips(patched.CLIP, a.CLIP, 1.0, models=models)
    save_lora("loras/x", 2, "standard", True, model, clip, **saving)
    again = load_lora(a.MODEL, a.CLIP, "x_00001_.safetensors", **house)
    wanted, found = unet(house, patched.MODEL), unet(house, again.MODEL)
    for key in wanted:
        torch.testing.assert_close(found[key], wanted[key], atol=5e-3, rtol=5e-3, msg=key)
    for key, value in text(house, patched.CLIP).items():
        torch.testing.assert_close(text(house, again.CLIP)[key], value, atol=5e-3, rtol=5e-3, msg=key)


def test_whole_differences_can_be_kept(house, saving):
    a, b = (load_checkpoint(name, **house) for name in ("a.safetensors", "b.safetensors"))
    difference = subtract_models(b.MODEL, a.MODEL, 1.0, models=house["models"])
    save_lora("loras/d", 1, "full_diff", True, difference, None, **saving)
    again = load_lora(a.MODEL, a.CLIP, "d_00001_.safetensors", **house)
    for key, value in unet(house, b.MODEL).items():
        torch.testing.assert_close(unet(house, again.MODEL)[key], value, atol=2e-3, rtol=2e-3, msg=key)


def test_without_a_difference_nothing_is_saved(house, saving):
    save_lora("loras/n", 2, "standard", True, None, None, **saving)
    assert not (house["folders"].data / "output" / "loras").exists()


def test_no_matrices_of_the_same_rank_come_closer():
    torch.manual_seed(0)
    exact = torch.randn(8, 2) @ torch.randn(2, 5)
    up, down = low_rank(exact, 2)
    torch.testing.assert_close(up @ down, exact)
    kernel = torch.randn(8, 5, 3, 3)
    up, down = low_rank(kernel, 8)
    assert (up.shape, down.shape) == ((8, 8, 1, 1), (8, 5, 3, 3))
    torch.testing.assert_close((up.flatten(1) @ down.flatten(1)).reshape(kernel.shape), kernel, atol=1e-4, rtol=1e-4)
    values = torch.linalg.svdvals(kernel.flatten(1))
    up, down = low_rank(kernel, 3)
    error = (up.flatten(1) @ down.flatten(1) - kernel.flatten(1)).norm()
    torch.testing.assert_close(error, values[3:].norm())


def test_handles_keep_their_options(house):
    a, b = (load_checkpoint(name, **house).MODEL for name in ("a.safetensors", "b.safetensors"))
    found = merge_models(a.with_options(shift=3.0), b, 0.5, models=house["models"])
    assert found.options == {"shift": 3.0}
    assert replace(found, patches=()) == a.with_options(shift=3.0)
