from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers.utils.torch_utils import apply_freeu
from safetensors.torch import save_file
from torch import nn

from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.base import EFFECTS, with_effect, without_effect
from nodes.diffusion.effects.freeu import FreeU, FreeU2, backbones
from nodes.diffusion.effects.hypernetwork import HypernetworkFile
from nodes.diffusion.errors import ModelError
from nodes.diffusion.types import Guider, ModelHandle, ModelSource
from nodes.models.model_patches import (
    add_downscale,
    freeu,
    freeu_v2,
    hypertile,
    merge_tokens,
    perturbed_attention,
    self_attention_guidance,
)
from tests.nodes.diffusion.effects.runs import run

MAKERS = {
    "freeu": freeu,
    "freeu_v2": freeu_v2,
    "downscale": lambda model: add_downscale(model, 2, end_percent=1.0),
    "downscale before the skip connection": lambda model: add_downscale(
        model, 2, end_percent=1.0, downscale_after_skip=False
    ),
    "perturbed_attention": perturbed_attention,
    "self_attention_guidance": self_attention_guidance,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_an_effect_changes_the_picture_and_leaves_no_trace(registry, handle, make):
    plain = run(registry, handle)
    found = run(registry, make(handle))
    assert found.isfinite().all()
    assert (found - plain).abs().max() > 1e-4
    assert torch.equal(found, run(registry, make(handle)))
    assert torch.equal(plain, run(registry, handle))


NEUTRAL = {
    "freeu": lambda model: freeu(model, 1.0, 1.0, 1.0, 1.0),
    "freeu_v2": lambda model: freeu_v2(model, 1.0, 1.0, 1.0, 1.0),
    "downscale by one": lambda model: add_downscale(model, 2, 1.0, end_percent=1.0),
    "downscale at no time": lambda model: add_downscale(model, 2, start_percent=0.6, end_percent=0.6),
    "downscale below a block that is not there": lambda model: add_downscale(model, 30, end_percent=1.0),
    "hypertile of one tile": lambda model: hypertile(model, 2048),
    "no token merged": lambda model: merge_tokens(model, 0.0),
    "perturbed by nought": lambda model: perturbed_attention(model, 0.0),
    "self-attention by nought": lambda model: self_attention_guidance(model, 0.0),
}


@pytest.mark.parametrize("make", NEUTRAL.values(), ids=NEUTRAL)
def test_neutral_settings_change_nothing(registry, handle, make):
    torch.testing.assert_close(run(registry, make(handle)), run(registry, handle), atol=1e-3, rtol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("kind", [FreeU, FreeU2])
def test_freeu_scales_as_diffusers_does(registry, handle, kind):
    torch.manual_seed(0)
    with registry.use_model(handle) as network:
        unet = network.network
    effect = kind({"b1": 1.3, "b2": 1.4, "s1": 0.9, "s2": 0.2}, unet, lambda percent: 0.0)
    resnet, channels = next(iter(backbones(unet)))
    backbone, skip = torch.randn(2, channels, 6, 6), torch.randn(2, 24, 6, 6)
    (found,) = effect._hook(channels, 1.3, 0.9)(resnet, (torch.cat([backbone, skip], dim=1),))
    scaled, filtered = apply_freeu(0, backbone.clone(), skip, s1=0.9, s2=0.2, b1=1.3, b2=1.4)  # the first version
    if kind is FreeU2:  # the paper's second version: more where there is structure
        mean = backbone.mean(dim=1, keepdim=True)
        low, high = mean.amin(dim=(2, 3), keepdim=True), mean.amax(dim=(2, 3), keepdim=True)
        half = channels // 2
        scaled = backbone.clone()
        scaled[:, :half] *= 0.3 * (mean - low) / (high - low) + 1
    torch.testing.assert_close(found, torch.cat([scaled, filtered], dim=1))


def test_backbones_and_skip_connections_fill_every_block(registry, handle):
    with registry.use_model(handle) as network:
        widths = [(resnet.in_channels, channels) for resnet, channels in backbones(network.network)]
    assert widths == [(128, 64), (96, 64), (96, 64), (64, 32)]


def test_effects_follow_one_another_and_can_be_taken_away(handle):
    both = with_effect(with_effect(handle, "freeu", b1=1), "hypertile", tile_size=1)
    assert [name for name, _ in both.options[EFFECTS]] == ["freeu", "hypertile"]
    assert without_effect(both, "freeu").options[EFFECTS] == (("hypertile", {"tile_size": 1}),)
    assert handle.options.get(EFFECTS) is None


def test_hooks_are_gone_after_an_error(registry, handle):
    guider = Guider(freeu(handle), "cfg", {"positive": [], "negative": []}, {"cfg": 1.0})
    with equipped(registry, guider) as network:
        with pytest.raises(RuntimeError):
            network.predict(torch.zeros(1, 9, 8, 8), torch.zeros(1), torch.zeros(1, 77, 32), {"sigma": 1.0})
        assert not any(module._forward_pre_hooks for module in network.network.modules())


def test_perturbed_attention_asks_for_one_more_prediction_of_the_positive_side(registry, handle):
    guided = run(registry, perturbed_attention(handle, 2.0), cfg=1.0, steps=1)
    assert not torch.allclose(guided, run(registry, handle, cfg=1.0, steps=1))


def test_models_without_a_unet_are_refused_by_name():
    class Flow(nn.Module):
        network = nn.Linear(1, 1)

    handle = ModelHandle(ModelSource(Path("f.safetensors"), "model", "flux"))
    with pytest.raises(ModelError, match=r"freeu: .*UNet.*f\.safetensors \(flux\)"):
        with_effects(Flow(), freeu(handle))
    assert replace(handle) == handle


def test_hypernetworks_add_what_they_find(registry, handle, tmp_path):
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for side in (0, 1):
        weights[f"32.{side}.linear.0.weight"] = torch.randn(64, 32, generator=generator) / 8
        weights[f"32.{side}.linear.0.bias"] = torch.zeros(64)
        weights[f"32.{side}.linear.1.weight"] = torch.randn(32, 64, generator=generator) / 8
        weights[f"32.{side}.linear.1.bias"] = torch.zeros(32)
    save_file(weights, tmp_path / "h.safetensors", {"activation_func": "relu"})
    path = str(tmp_path / "h.safetensors")
    plain = run(registry, handle)
    assert torch.equal(plain, run(registry, with_effect(handle, "hypernetwork", path=path, strength=0.0)))
    assert not torch.allclose(plain, run(registry, with_effect(handle, "hypernetwork", path=path, strength=1.0)))


@torch.no_grad()
def test_a_hypernetwork_is_the_layers_of_its_file(tmp_path, registry, handle):
    first, second = torch.randn(6, 4), torch.randn(4, 6)
    save_file(
        {
            "4.0.linear.0.weight": first,
            "4.0.linear.0.bias": torch.ones(6),
            "4.0.linear.1.weight": second,
            "4.0.linear.1.bias": torch.zeros(4),
        },
        tmp_path / "h.safetensors",
        {"activation_func": "relu"},
    )
    file = HypernetworkFile(tmp_path / "h.safetensors")
    assert file.widths == (4,)
    x = torch.randn(3, 4)
    torch.testing.assert_close(file.network(4, 0)(x), torch.relu(x @ first.T + 1) @ second.T)
