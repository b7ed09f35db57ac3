"""What only says where and how fast models run changes nothing."""

from pathlib import Path

from nodes.diffusion.types import ClipHandle, ModelHandle, ModelSource, VaeHandle
from nodes.models.placement import compile_model, select_clip_device, select_model_device, select_vae_device


def test_what_goes_in_comes_out() -> None:
    model = ModelHandle(ModelSource(Path("m"), "model", "sd1"))
    clip, vae = ClipHandle(ModelSource(Path("m"), "clip", "sd1")), VaeHandle(ModelSource(Path("m"), "vae", "sd1"))
    assert select_model_device(model, "gpu:1") is model
    assert select_clip_device(clip, "cpu") is clip
    assert select_vae_device(vae, "default") is vae
    assert compile_model(model, "inductor") is model
