"""What only says where and how fast models run changes nothing; a precision is kept."""

from pathlib import Path

import torch

from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import ClipHandle, ModelHandle, ModelSource, VaeHandle
from nodes.models.placement import (
    card_options,
    compile_model,
    model_attention,
    model_precision,
    select_clip_device,
    select_model_device,
    select_vae_device,
    share_among_cards,
)
from tests.nodes.diffusion import tiny


def test_what_goes_in_comes_out() -> None:
    model = ModelHandle(ModelSource(Path("m"), "model", "sd1"))
    clip, vae = ClipHandle(ModelSource(Path("m"), "clip", "sd1")), VaeHandle(ModelSource(Path("m"), "vae", "sd1"))
    assert select_model_device(model, "gpu:1") is model
    assert select_clip_device(clip, "cpu") is clip
    assert select_vae_device(vae, "default") is vae
    assert compile_model(model, "inductor") is model


def test_workflows_for_several_cards_run_on_one() -> None:
    model = ModelHandle(ModelSource(Path("m"), "model", "sd1"))
    assert share_among_cards(model, 4) is model
    assert card_options(1, 0.5, card_options(0, 1.0)) == {0: 1.0, 1: 0.5}
    assert model_attention(model, "comfy kitchen attention").model is model


def test_a_model_computes_in_the_precision_of_its_node(tmp_path: Path) -> None:
    registry = ModelRegistry("cpu", budget_bytes=1 << 30)
    handle = registry.checkpoint(tiny.write_file(tmp_path / "m.safetensors")).model
    halved = model_precision(handle, "bf16")
    with registry.use_model(handle) as whole, registry.use_model(halved) as half:
        assert (whole.dtype, half.dtype) == (torch.float32, torch.bfloat16)
        assert next(half.network.parameters()).dtype == torch.bfloat16
    with registry.use_model(model_precision(halved, "default")) as again:
        assert again.dtype == torch.float32
