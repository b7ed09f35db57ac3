"""Blocks of transformers are left out, and guidance leads away from what is drawn without them."""

from typing import Any

import pytest
import torch
from torch import nn

from nodes.diffusion.computing.skipping import Skipped, known_blocks, stack_of, without_blocks
from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.base import Guidance
from nodes.diffusion.effects.skip_layers import contrast
from nodes.diffusion.errors import ModelError
from nodes.models.saving_work import skip_layer_guidance, skip_layer_guidance_sd3, skip_layers_of_negative
from tests.nodes.diffusion.effects.runs import handle_of
from tests.nodes.diffusion.effects.transformers import KINDS, tiny

ALL_TIME: dict[str, Any] = {"start_percent": 0.0, "end_percent": 1.0}


def less(network: nn.Module, kind: str, numbers: tuple[int, ...]) -> dict[str, nn.ModuleList]:
    """A stack of blocks without some of them, by its name."""
    stack = stack_of(network, kind)
    name = next(name for name, module in network.named_children() if module is stack)
    return {name: nn.ModuleList(block for at, block in enumerate(stack or ()) if at not in numbers)}


@pytest.mark.parametrize("name", [name for name in KINDS if name != "chroma"])  # Chroma modulates blocks by number
@pytest.mark.parametrize("skipped", [{"double": (0,)}, {"double": (1, 2)}, {"single": (1,)}], ids=str)
def test_a_skipped_block_is_as_if_it_were_not_there(name: str, skipped: dict[str, tuple[int, ...]]) -> None:
    model = tiny(name)
    network = model.model.network
    usual = model.call()
    with without_blocks(network, skipped):
        found = model.call()
    assert torch.equal(model.call(), usual)
    ((kind, numbers),) = skipped.items()
    if stack_of(network, kind) is None:
        torch.testing.assert_close(found, usual)
        return
    ((place, blocks),) = less(network, kind, numbers).items()
    before = getattr(network, place)
    if name == "sd3" and 2 in numbers:  # the last block of SD3 is the one that gives no text back
        assert not torch.allclose(found, usual)
        return
    setattr(network, place, blocks)
    wanted = model.call()
    setattr(network, place, before)
    torch.testing.assert_close(found, wanted)
    assert not torch.allclose(found, usual)


def test_blocks_of_chroma_can_be_skipped_too() -> None:
    model = tiny("chroma")
    usual = model.call()
    for skipped in ({"double": (1,)}, {"single": (0, 2)}):
        with without_blocks(model.model.network, skipped):
            assert not torch.allclose(model.call(), usual)
    assert torch.equal(model.call(), usual)


def test_skipping_is_that_of_diffusers() -> None:
    model = tiny("sd3")
    network = model.model.network
    x, text = torch.randn(1, 16, 4, 6), torch.randn(1, 5, 24)
    told = {"pooled_projections": torch.zeros(1, 16), "timestep": torch.ones(1), "return_dict": False}
    with torch.no_grad():
        wanted = network(x, text, skip_layers=[0, 1], **told)[0]
        with without_blocks(network, {"double": (0, 1)}):
            torch.testing.assert_close(network(x, text, **told)[0], wanted)


def test_blocks_come_back_after_an_error_and_those_that_are_not_there_are_passed_over() -> None:
    network = tiny("flux").model.network
    blocks = list(stack_of(network, "double") or ())
    with without_blocks(network, {"double": (0, 99), "single": (5,)}):
        assert isinstance(network.transformer_blocks[0], Skipped)
        assert network.transformer_blocks[0].norm1 is blocks[0].norm1
    with pytest.raises(ZeroDivisionError), without_blocks(network, {"double": (1,)}):
        raise ZeroDivisionError
    assert list(network.transformer_blocks) == blocks
    assert known_blocks(network, {"double": (7, 1, 1), "single": (7,)}) == {"double": [1], "single": []}
    assert known_blocks(nn.Linear(1, 1), {"double": (0,)}) == {"double": []}


def guidance(model: Any, sigma: float = 0.5) -> Guidance:
    """What guidance knows; predictions are those of the network."""
    positive = model.call(roles=("positive",))
    altered = with_effects(model.model, model.handle)
    return Guidance(
        {"positive": positive},
        torch.zeros_like(positive),
        torch.tensor(sigma),
        lambda role, x: model.call(altered, roles=(role,)),
    )


def test_guidance_leads_away_from_the_prediction_without_the_blocks() -> None:
    model = tiny("flux")
    altered = with_effects(model.model, skip_layer_guidance(model.handle, "0, 9", "1", 2.0, **ALL_TIME))
    at = guidance(model)
    with without_blocks(model.model.network, {"double": (0,), "single": (1,)}):
        weaker = model.call(roles=("positive",))
    positive = at.denoised["positive"]
    (effect,) = altered.effects
    found = effect.after_guidance(positive * 1.5, at, altered)
    torch.testing.assert_close(found, positive * 1.5 + 2.0 * (positive - weaker))
    handle = skip_layer_guidance(model.handle, "0, 9", "1", 2.0, **ALL_TIME, rescaling_scale=1.0)
    kept = with_effects(model.model, handle)
    rescaled = kept.effects[0].after_guidance(positive * 1.5, at, kept)
    torch.testing.assert_close(contrast(rescaled), contrast(positive))
    torch.testing.assert_close(rescaled / contrast(rescaled), found / contrast(found))


@pytest.mark.parametrize(("sigma", "applies"), [(0.99, False), (0.9, True), (0.6, True), (0.5, False)])
def test_it_holds_between_two_moments(sigma: float, applies: bool) -> None:
    model = tiny("sd3")
    handle = skip_layer_guidance_sd3(model.handle, "1", 2.0, start_percent=0.05, end_percent=0.5)
    altered = with_effects(model.model, handle)
    at = guidance(model, sigma)
    found = altered.effects[0].after_guidance(at.denoised["positive"], at, altered)
    assert torch.equal(found, at.denoised["positive"]) != applies


def test_only_the_negative_side_lacks_the_blocks() -> None:
    model = tiny("qwen_image")
    altered = with_effects(model.model, skip_layers_of_negative(model.handle, "1", "", **ALL_TIME))
    usual, found = model.call(), model.call(altered)
    with without_blocks(model.model.network, {"double": (1,)}):
        skipped = model.call()
    torch.testing.assert_close(found[0], usual[0])
    torch.testing.assert_close(found[1], skipped[1])
    torch.testing.assert_close(model.call(altered, roles=("positive",)), model.call(roles=("positive",)))
    torch.testing.assert_close(model.call(altered, sigma=2.0), usual)  # before the start


def test_texts_without_numbers_change_nothing() -> None:
    model = tiny("flux").handle
    assert skip_layer_guidance(model, "", "none") is model
    assert skip_layers_of_negative(model, "", "") is model
    assert skip_layer_guidance_sd3(model, "") is model


def test_models_that_are_no_transformers_are_refused(registry, tmp_path) -> None:
    handle = handle_of(registry, tmp_path / "m.safetensors")
    with registry.use_model(handle) as network, pytest.raises(ModelError, match="models that are transformers"):
        with_effects(network, skip_layer_guidance(handle))
