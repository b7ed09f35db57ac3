import pytest
import torch
from diffusers.models.attention_processor import Attention, AttnProcessor2_0

from nodes.diffusion.computing import attention
from nodes.diffusion.computing.attention import AttentionProcessor, attend


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize("rows", [1, 16, 64])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_attention_is_torch_s_own_however_it_is_cut(monkeypatch, dtype, rows):
    monkeypatch.setattr(attention, "ROWS", rows)
    monkeypatch.setattr(attention, "MANY", 1)
    query, key, value = (draw(2, length, 3, 8).transpose(1, 2) for length in (50, 20, 20))  # as layers lay them
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    found = attend(query.to(dtype), key.to(dtype), value.to(dtype))
    assert found.dtype == dtype
    assert torch.allclose(found.float(), expected, atol=1e-6 if dtype == torch.float32 else 3e-2)


@pytest.mark.parametrize("cross", [False, True])
def test_the_processor_does_what_diffusers_does(cross):
    layer = Attention(query_dim=32, cross_attention_dim=24 if cross else None, heads=4, dim_head=8).eval()
    x, text = draw(2, 30, 32), draw(2, 7, 24) if cross else None
    layer.set_processor(AttnProcessor2_0())
    expected = layer(x, text)
    layer.set_processor(AttentionProcessor())
    assert torch.allclose(layer(x, text), expected, atol=1e-6)
