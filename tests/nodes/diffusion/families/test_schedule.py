import pytest
import torch
from diffusers import DDIMScheduler

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.schedule import betas_of

PUBLISHED = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@pytest.mark.parametrize("config", [PUBLISHED, {"num_train_timesteps": 500, "beta_schedule": "linear"}])
def test_betas_are_those_of_diffusers(config):
    theirs = DDIMScheduler(**{"beta_start": 0.00085, "beta_end": 0.012, **config}).betas
    assert torch.allclose(betas_of(config), theirs.double(), atol=1e-8)
    assert betas_of(config).dtype == torch.float64


def test_without_a_configuration_it_is_the_published_one():
    assert torch.equal(betas_of({}), betas_of(PUBLISHED))


@pytest.mark.parametrize("config", [{"beta_schedule": "sigmoid"}, {"trained_betas": [0.1]}])
def test_other_schedules_are_refused(config):
    with pytest.raises(UnsupportedModel):
        betas_of(config)
