import pytest
import torch

from nodes.diffusion.errors import ModelError
from nodes.diffusion.memory import placing
from nodes.diffusion.memory.placing import (
    Placement,
    available_bytes,
    budget_for,
    has_bfloat16,
    in_wide,
    place,
    precisions_of,
)

CPU = torch.device("cpu")


def test_small_models_compute_in_float32():
    for component in ("model", "clip", "vae"):
        assert place(component, 10_000_000, CPU).dtype == torch.float32


def test_clip_text_encoders_compute_in_float32():
    assert place("clip", 123_000_000, CPU).dtype == torch.float32


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_large_models_take_bfloat16_where_the_processor_has_it(monkeypatch, has, dtype):
    monkeypatch.setattr(placing, "has_bfloat16", lambda device: has)
    assert place("model", 860_000_000, CPU).dtype == dtype
    assert place("vae", 84_000_000, CPU).dtype == dtype


def test_on_a_gpu_diffusion_models_take_float16_and_autoencoders_never(monkeypatch):
    monkeypatch.setattr(placing, "has_bfloat16", lambda device: True)
    gpu = torch.device("cuda")
    assert place("model", 860_000_000, gpu).dtype == torch.float16
    assert place("vae", 84_000_000, gpu).dtype == torch.bfloat16
    assert place("clip", 123_000_000, gpu).dtype == torch.float32


def test_on_a_gpu_flow_transformers_take_bfloat16(monkeypatch):
    monkeypatch.setattr(placing, "has_bfloat16", lambda device: True)
    assert place("model", 10**9, torch.device("cuda"), is_wide=True).dtype == torch.bfloat16


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_what_float16_cannot_hold_goes_where_it_fits(monkeypatch, has, dtype):
    monkeypatch.setattr(placing, "has_bfloat16", lambda device: has)
    device = torch.device("cuda")
    assert in_wide(Placement(device, torch.float16)) == Placement(device, dtype)
    assert in_wide(Placement(device, torch.float32)) == Placement(device, torch.float32)


def test_precisions_are_named_for_all_parts_or_for_single_ones():
    assert precisions_of("bf16") == {"model": "bf16", "clip": "bf16", "vae": "bf16"}
    assert precisions_of("fp16, vae=fp32") == {"model": "fp16", "clip": "fp16", "vae": "fp32"}
    assert precisions_of("model=bf16") == {"model": "bf16"}
    assert precisions_of("") == {}


@pytest.mark.parametrize("text", ["fp8", "unet=fp16", "model=", "=fp16,fp"])
def test_what_is_no_precision_is_refused(text):
    with pytest.raises(ModelError, match="no precision"):
        precisions_of(text)


def test_what_the_user_asks_for_is_done():
    assert place("vae", 1, CPU, "fp16").dtype == torch.float16
    assert place("model", 10**9, CPU, "fp32").dtype == torch.float32


def test_there_is_some_memory_and_not_all_of_it_is_for_weights():
    assert 0 < budget_for(CPU) < available_bytes(CPU)


def test_bfloat16_support_is_known():
    assert has_bfloat16(CPU) in (True, False)
