"""Attention and positions are scaled as if the weights, or the angles, were others."""

import pytest
import torch
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed

from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.base import EFFECTS
from nodes.diffusion.errors import ModelError
from nodes.models.attention_scaling import (
    scale_cross_attention,
    scale_positions,
    scale_self_attention,
    scale_temporal_attention,
)
from tests.nodes.diffusion.effects.runs import run
from tests.nodes.diffusion.effects.transformers import tiny

PARTS = {"q": ("to_q",), "k": ("to_k",), "v": ("to_v",), "out": ("to_out.0",)}


@torch.no_grad()
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("make", "layer"), [(scale_self_attention, "attn1"), (scale_cross_attention, "attn2")])
def test_a_part_is_scaled_as_if_its_weights_were(registry, handle, make, layer, part) -> None:
    found = run(registry, make(handle, **{part: 1.5}))
    with registry.use_model(handle) as network:
        names = tuple(f"{layer}.{name}" for name in PARTS[part])
        weights = [w for name, w in network.network.named_parameters() if name.rpartition(".")[0].endswith(names)]
        assert weights
        before = [each.clone() for each in weights]
        for each in weights:
            each *= 1.5
    wanted = run(registry, handle)
    for each, old in zip(weights, before, strict=True):
        each.copy_(old)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(found, run(registry, handle), atol=1e-3)


def test_factors_of_one_leave_the_model_alone(handle) -> None:
    assert scale_self_attention(handle) is handle
    assert scale_temporal_attention(handle) is handle


def test_temporal_layers_have_factors_of_their_own(handle) -> None:
    chosen = scale_temporal_attention(handle, self_temporal=2.0, cross_structural=0.5).options[EFFECTS]
    said = [(numbers["is_self"], numbers["is_temporal"], numbers["out"]) for _, numbers in chosen]
    assert said == [(True, True, 2.0), (False, False, 0.5)]


def test_without_frames_only_structure_is_scaled(registry, handle) -> None:
    plain = run(registry, handle)
    assert torch.equal(run(registry, scale_temporal_attention(handle, self_temporal=2.0, cross_temporal=3.0)), plain)
    structural = run(registry, scale_temporal_attention(handle, self_structural=2.0))
    torch.testing.assert_close(structural, run(registry, scale_self_attention(handle, out=2.0)))


def test_transformers_are_left_alone_and_it_is_said() -> None:
    model = tiny("wan")
    altered = with_effects(model.model, scale_temporal_attention(model.handle, cross_structural=1.2))
    assert torch.equal(model.call(altered), model.call())
    assert altered.effects[0].notes() == ("Attention was not scaled: the layers meant are those of a UNet.",)


def test_unscaled_positions_have_the_angles_of_diffusers() -> None:
    model = tiny("wan")
    usual = model.call()
    torch.testing.assert_close(model.call(with_effects(model.model, scale_positions(model.handle))), usual)
    stretched = model.call(with_effects(model.model, scale_positions(model.handle, scale_t=7.0)))
    assert not torch.allclose(stretched, usual)
    assert torch.equal(model.call(), usual)


def test_scaled_positions_are_those_further_along() -> None:
    model = tiny("wan")
    altered = with_effects(model.model, scale_positions(model.handle, scale_t=2.0, shift_t=1.0, shift_x=3.0))
    rope = WanRotaryPosEmbed(24, (1, 2, 2), 64)
    latent = torch.zeros(1, 16, 2, 4, 6)
    found = altered.effects[0]._angles(latent, rope(latent))
    further = rope(torch.zeros(1, 16, 4, 4, 12))
    for mine, theirs in zip(found, further, strict=True):
        grid = theirs.view(4, 2, 6, 24)[1::2, :, 3:]  # frames 1 and 3, columns from 3 on
        torch.testing.assert_close(mine.view(2, 2, 3, 24), grid, atol=1e-5, rtol=1e-5)


def test_other_families_count_positions_differently() -> None:
    model = tiny("flux")
    with pytest.raises(ModelError, match="positions of Wan"):
        with_effects(model.model, scale_positions(model.handle, scale_x=2.0))
