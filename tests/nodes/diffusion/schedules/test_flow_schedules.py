"""Schedules of flow models, against the libraries of their authors' models."""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu

from nodes.diffusion.schedules import flow_schedules


def reference(steps: int, mu: float, terminal: float | None = None) -> torch.Tensor:
    scheduler = FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True, time_shift_type="exponential", shift_terminal=terminal
    )
    scheduler.set_timesteps(sigmas=torch.linspace(1, 1 / steps, steps).tolist(), mu=mu)
    return scheduler.sigmas


@pytest.mark.parametrize(("steps", "width", "height"), [(4, 512, 512), (20, 1024, 1024), (50, 1536, 1024)])
def test_flux2_is_its_pipeline(steps: int, width: int, height: int) -> None:
    wanted = reference(steps, compute_empirical_mu(width * height // 256, steps))
    assert torch.allclose(flow_schedules.flux2(steps, width, height), wanted, atol=1e-5)


@pytest.mark.parametrize("terminal", [None, 0.1])
@pytest.mark.parametrize("tokens", [512, 4096])
def test_ltx_video_is_its_pipeline(tokens: int, terminal: float | None) -> None:
    mu = 0.95 + (2.05 - 0.95) * (tokens - 1024) / (4096 - 1024)
    found = flow_schedules.ltxv(12, tokens, 2.05, 0.95, terminal)
    assert torch.allclose(found, reference(12, mu, terminal), atol=1e-5)
    assert found[-2] == pytest.approx(0.1, abs=1e-5) or terminal is None


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_levels_fall_from_one_to_zero(steps: int) -> None:
    for levels in (flow_schedules.flux2(steps, 1024, 1024), flow_schedules.ltxv(steps)):
        assert len(levels) == steps + 1
        assert levels[0] == pytest.approx(1)
        assert levels[-1] == 0
        assert (levels.diff() < 0).all()
