import logging
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from graph.folders import Folders
from nodes.diffusion.errors import ModelError, PickleRefused
from nodes.diffusion.models import ModelRegistry
from nodes.models.loaders import load_checkpoint
from nodes.models.lora import load_lora, load_lora_bypass, load_lora_bypass_model_only, load_lora_model_only
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.patches import loras


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    root, model = tmp_path_factory.mktemp("models"), tiny.build()
    tiny.write_file(root / "checkpoints" / "m.safetensors", model)
    text = {key.removeprefix("text_model."): value for key, value in model.text_encoder.named_parameters()}
    loras.write_lora(root / "loras" / "l.safetensors", dict(model.unet.named_parameters()), text)
    return root


@pytest.fixture
def services(root, tmp_path) -> dict:
    return {
        "models": ModelRegistry("cpu", budget_bytes=1 << 30),
        "folders": Folders(data=tmp_path / "data", models=[root]),
    }


def test_both_parts_get_the_lora_with_strengths_of_their_own(services):
    parts = load_checkpoint("m.safetensors", **services)
    patched = load_lora(parts.MODEL, parts.CLIP, "l.safetensors", 0.5, -1.5, **services)
    (model,), (clip,) = patched.MODEL.patches, patched.CLIP.patches
    assert (model.strength, clip.strength) == (0.5, -1.5)
    assert model.digest == services["folders"].digest("loras", "l.safetensors")
    assert parts.MODEL.patches == ()


def test_loras_follow_one_another(services):
    parts = load_checkpoint("m.safetensors", **services)
    once = load_lora_model_only(parts.MODEL, "l.safetensors", 1.0, **services)
    twice = load_lora_model_only(once, "l.safetensors", -1.0, **services)
    with services["models"].use_model(parts.MODEL) as network:
        before = network.network.mid_block.attentions[0].proj_in.weight.detach().clone()
    with services["models"].use_model(once) as network:
        assert not torch.allclose(network.network.mid_block.attentions[0].proj_in.weight, before)
    with services["models"].use_model(twice) as network:
        torch.testing.assert_close(network.network.mid_block.attentions[0].proj_in.weight, before)


def test_beside_the_weights_is_the_same(services):
    parts = load_checkpoint("m.safetensors", **services)
    wanted = load_lora(parts.MODEL, parts.CLIP, "l.safetensors", 0.5, 0.7, **services)
    assert load_lora_bypass(parts.MODEL, parts.CLIP, "l.safetensors", 0.5, 0.7, **services) == wanted
    assert load_lora_bypass_model_only(parts.MODEL, "l.safetensors", 0.5, **services) == wanted.MODEL


def test_the_text_follows_the_lora(services):
    parts = load_checkpoint("m.safetensors", **services)
    patched = load_lora(parts.MODEL, parts.CLIP, "l.safetensors", **services)
    texts = []
    for clip in (parts.CLIP, patched.CLIP, parts.CLIP):
        with services["models"].use_clip(clip) as encoder:
            texts.append(encoder.encode("a cat").hidden)
    assert not torch.allclose(texts[0], texts[1])
    assert torch.equal(texts[0], texts[2])


def test_layers_that_have_no_effect_are_reported(services, root, caplog):
    extra = {"lora_unet_z.lora_up.weight": torch.zeros(2, 2), "lora_unet_z.lora_down.weight": torch.zeros(2, 2)}
    save_file({**load_file(root / "loras" / "l.safetensors"), **extra}, root / "loras" / "more.safetensors")
    parts = load_checkpoint("m.safetensors", **services)
    with caplog.at_level(logging.WARNING):
        load_lora_model_only(parts.MODEL, "more.safetensors", **services)
    assert "more.safetensors: 1 of its layers are not in the model and have no effect: lora_unet_z." in caplog.text


def test_what_is_no_lora_is_refused(services, root):
    parts = load_checkpoint("m.safetensors", **services)
    save_file({"x": torch.zeros(1)}, root / "loras" / "x.safetensors")
    with pytest.raises(ModelError, match="no changes of weights"):
        load_lora(parts.MODEL, parts.CLIP, "x.safetensors", **services)
    (root / "loras" / "p.pt").write_bytes(b"x")
    with pytest.raises(PickleRefused):
        load_lora_model_only(parts.MODEL, "p.pt", **services)
