"""Normalised attention guidance is its formula, where texts meet pictures, and works without guidance."""

import pytest
import torch

from nodes.diffusion.effects.altered import with_effects
from nodes.diffusion.effects.normalised_attention import away_from
from nodes.diffusion.errors import ModelError
from nodes.models.guidance_refinements import normalised_attention_guidance
from tests.nodes.diffusion.effects.runs import run
from tests.nodes.diffusion.effects.transformers import KINDS, tiny

KNOWN = [name for name in KINDS if name != "z_image"]


def test_attention_moves_away_and_grows_by_a_factor_at_most() -> None:
    positive, negative = torch.randn(2, 3, 5, 8, generator=torch.Generator().manual_seed(1))
    guided = 4.0 * positive - 3.0 * negative
    lengths = [each.abs().sum(-1, keepdim=True) for each in (positive, guided)]
    found = away_from(positive, negative, 4.0, 1.0, 1.5)
    torch.testing.assert_close(found.abs().sum(-1, keepdim=True), torch.minimum(lengths[1], 1.5 * lengths[0]))
    torch.testing.assert_close(found / found.norm(dim=-1, keepdim=True), guided / guided.norm(dim=-1, keepdim=True))
    torch.testing.assert_close(away_from(positive, negative, 4.0, 0.25, 1.5), 0.25 * found + 0.75 * positive)
    torch.testing.assert_close(away_from(positive, negative, 1.0, 1.0, 1.5), positive)


@pytest.mark.parametrize("name", KNOWN)
def test_both_sides_must_be_there_and_neutral_settings_change_nothing(name: str) -> None:
    model = tiny(name)
    usual = model.call()
    altered = with_effects(model.model, normalised_attention_guidance(model.handle, 5.0, 1.0, 2.0))
    found = model.call(altered)
    assert not torch.allclose(found[0], usual[0], atol=1e-4)
    torch.testing.assert_close(model.call(altered, roles=("positive",)), model.call(roles=("positive",)))
    neutral = with_effects(model.model, normalised_attention_guidance(model.handle, 5.0, 0.0))
    torch.testing.assert_close(model.call(neutral)[0], usual[0])
    assert torch.equal(model.call(), usual)


@pytest.mark.parametrize("name", KNOWN)
def test_the_same_text_on_both_sides_is_as_without(name: str) -> None:
    model = tiny(name)
    altered = with_effects(model.model, normalised_attention_guidance(model.handle))
    rows = torch.tensor([0, 0])
    (effect,) = altered.effects
    x = torch.randn(1, *model.kind.shape)[rows]
    told = {name: torch.randn(1, width)[rows] for name, width in model.kind.told}
    told |= {"sigma": 0.5, "frame_rate": torch.full((2,), 25.0)}
    marks = torch.cat([*effect.inputs("positive").values(), *effect.inputs("negative").values()])
    (mark,) = effect.inputs("positive")
    asked = x, torch.full((2,), 0.5), torch.randn(1, 5, 24)[rows]
    found = altered.predict(*asked, {**told, mark: marks})
    torch.testing.assert_close(found, model.model.predict(*asked, told), atol=1e-4, rtol=1e-3)


def test_pictures_change_with_the_negative_text_at_a_scale_of_one(registry, handle) -> None:
    plain = run(registry, handle, cfg=1.0)
    found = run(registry, normalised_attention_guidance(handle, 5.0, 1.0), cfg=1.0)
    assert (found - plain).abs().max() > 1e-3
    torch.testing.assert_close(
        run(registry, normalised_attention_guidance(handle, 5.0, 0.0), cfg=1.0), plain, atol=1e-3, rtol=1e-3
    )
    assert torch.equal(run(registry, handle, cfg=1.0), plain)


def test_it_says_when_it_never_took_effect() -> None:
    model = tiny("flux")
    altered = with_effects(model.model, normalised_attention_guidance(model.handle))
    (effect,) = altered.effects
    assert effect.notes() == ()
    model.call(altered, roles=("positive",))
    assert effect.notes()[0].startswith("Normalised attention guidance took no effect")
    model.call(altered)
    assert effect.notes() == ()


def test_networks_without_such_attention_are_refused() -> None:
    model = tiny("z_image")
    with pytest.raises(ModelError, match="no attention to a text in a ZImageTransformer2DModel"):
        with_effects(model.model, normalised_attention_guidance(model.handle))
