import pytest
import torch

from nodes.diffusion import memory
from nodes.diffusion.memory import available_bytes, budget_for, has_bfloat16, place

CPU = torch.device("cpu")


def test_small_models_compute_in_float32():
    for component in ("model", "clip", "vae"):
        assert place(component, 10_000_000, CPU).dtype == torch.float32


def test_clip_text_encoders_compute_in_float32():
    assert place("clip", 123_000_000, CPU).dtype == torch.float32


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_large_models_take_bfloat16_where_the_processor_has_it(monkeypatch, has, dtype):
    monkeypatch.setattr(memory, "has_bfloat16", lambda device: has)
    assert place("model", 860_000_000, CPU).dtype == dtype
    assert place("vae", 84_000_000, CPU).dtype == dtype


def test_on_a_gpu_diffusion_models_take_float16_and_autoencoders_never(monkeypatch):
    monkeypatch.setattr(memory, "has_bfloat16", lambda device: True)
    gpu = torch.device("cuda")
    assert place("model", 860_000_000, gpu).dtype == torch.float16
    assert place("vae", 84_000_000, gpu).dtype == torch.bfloat16
    assert place("clip", 123_000_000, gpu).dtype == torch.float32


def test_what_the_user_asks_for_is_done():
    assert place("vae", 1, CPU, "fp16").dtype == torch.float16
    assert place("model", 10**9, CPU, "fp32").dtype == torch.float32


def test_there_is_some_memory_and_not_all_of_it_is_for_weights():
    assert 0 < budget_for(CPU) < available_bytes(CPU)


def test_bfloat16_support_is_known():
    assert has_bfloat16(CPU) in (True, False)
