import pytest
import torch

from nodes.diffusion.effects.differential import mask_at_of
from nodes.diffusion.prediction import parameterisation_of
from nodes.models.model_patches import differential_diffusion
from tests.nodes.diffusion.effects.runs import run
from tests.nodes.diffusion.networks import unet_network


@pytest.fixture
def parameterisation():
    return parameterisation_of(unet_network(), {})


def test_a_place_is_kept_until_so_much_is_left_as_its_mask_allows(parameterisation):
    sigmas = torch.stack([parameterisation.sigma(torch.tensor(float(t))) for t in (999, 749, 499, 249, 0)])
    mask_at = mask_at_of({"differential_diffusion": 1.0}, parameterisation, torch.cat([sigmas, torch.zeros(1)]))
    mask = torch.tensor([0.0, 0.3, 0.6, 1.0])
    found = [mask_at(mask, sigma).tolist() for sigma in sigmas]
    assert found == [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]]


def test_without_the_option_masks_stay(parameterisation):
    mask = torch.rand(4)
    assert mask_at_of({}, parameterisation, torch.tensor([1.0, 0.0]))(mask, torch.tensor(1.0)) is mask


def test_half_the_strength_is_half_of_both(parameterisation):
    sigmas = torch.tensor([14.0, 5.0, 0.0])
    mask = torch.tensor([0.4])
    half = mask_at_of({"differential_diffusion": 0.5}, parameterisation, sigmas)(mask, sigmas[0])
    assert half.tolist() == pytest.approx([0.2])


def test_a_grey_mask_changes_a_picture_more_than_it_keeps(registry, handle):
    original = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    grey = {"samples": original, "noise_mask": torch.full((1, 64, 64), 0.5)}
    plain = run(registry, handle, steps=4, **grey)
    found = run(registry, differential_diffusion(handle), steps=4, **grey)
    assert not torch.allclose(found, plain)
    kept = {"samples": original, "noise_mask": torch.zeros(1, 64, 64)}
    whole = {"samples": original, "noise_mask": torch.ones(1, 64, 64)}
    assert torch.equal(run(registry, differential_diffusion(handle), **whole), run(registry, handle, **whole))
    assert run(registry, differential_diffusion(handle), **kept).isfinite().all()
