"""Training goes on after an interruption as if nothing had happened."""

import pytest
import torch
from torch import nn

from nodes.diffusion.training.loop import LoopSettings, Schedule, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates


def tiny_state() -> tuple[TrainingState, nn.Module]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 16))
    parameters = dict(network.named_parameters())
    return TrainingState(parameters, MuonAdam(parameters, Rates())), network


def regression(network: nn.Module):
    def loss_at(step: int) -> torch.Tensor:
        x = torch.randn(8, 16, generator=torch.Generator().manual_seed(step))
        return (network(x) - x.flip(1)).square().mean()

    return loss_at


def test_a_resumed_run_reaches_the_same_weights(tmp_path):
    schedule = Schedule(steps=20, warmup_steps=4, decay_from=8)
    whole, network = tiny_state()
    assert train(whole, regression(network), LoopSettings(schedule))

    first, network = tiny_state()
    settings = LoopSettings(schedule, checkpoint=tmp_path / "run" / "checkpoint.safetensors")
    assert not train(first, regression(network), settings, is_cancelled=lambda: first.step == 7)
    second, network = tiny_state()
    second.load(settings.checkpoint)
    assert second.step == 7
    assert train(second, regression(network), settings)

    for name, parameter in whole.parameters.items():
        assert torch.equal(parameter, second.parameters[name])
        assert torch.equal(whole.average[name], second.average[name])


def test_training_lowers_the_loss_and_reports_each_step():
    state, network = tiny_state()
    reports = []
    train(state, regression(network), LoopSettings(Schedule(steps=150)), on_step=reports.append)
    assert [report.step for report in reports] == list(range(1, 151))
    assert reports[-1].loss < 0.5 * reports[0].loss


def test_a_step_of_two_parts_is_the_mean_of_two_draws():
    halves, network = tiny_state()
    train(halves, regression(network), LoopSettings(Schedule(steps=5), parts=2))
    whole, network = tiny_state()
    loss_at = regression(network)
    train(whole, lambda step: (loss_at(2 * step) + loss_at(2 * step + 1)) / 2, LoopSettings(Schedule(steps=5)))
    for name, parameter in whole.parameters.items():
        torch.testing.assert_close(parameter, halves.parameters[name], atol=1e-3, rtol=1e-3)


def test_parameters_that_the_loss_does_not_touch_stay():
    state, network = tiny_state()
    before = network[2].weight.detach().clone()
    train(state, lambda _: network[0](torch.ones(1, 16)).square().mean(), LoopSettings(Schedule(steps=2)))
    assert torch.equal(network[2].weight, before)


def test_checkpoints_are_written_while_training(tmp_path):
    state, network = tiny_state()
    path = tmp_path / "checkpoint.safetensors"
    settings = LoopSettings(Schedule(steps=3), checkpoint=path, checkpoint_seconds=0)
    written = []
    train(state, regression(network), settings, on_step=lambda _: written.append(path.exists()))
    assert written == [False, True, True]
    assert not path.with_suffix(".part").exists()


def test_the_average_follows_the_weights():
    state, network = tiny_state()
    train(state, regression(network), LoopSettings(Schedule(steps=5)))
    before = {name: p.detach().clone() for name, p in state.parameters.items()}
    state.use_average()
    assert any(not torch.equal(before[name], p) for name, p in state.parameters.items())
    assert all(torch.equal(state.average[name], p) for name, p in state.parameters.items())


@pytest.mark.parametrize("decay", ["cosine", "linear"])
def test_learning_rate_rises_holds_and_falls(decay):
    schedule = Schedule(steps=100, warmup_steps=10, decay_from=50, final_scale=0.1, decay=decay)
    scales = [schedule.scale(step) for step in range(101)]
    assert scales[0] == pytest.approx(0.1)
    assert scales[9:51] == pytest.approx([1.0] * 42)
    assert scales[75] == pytest.approx(0.55)
    assert scales[100] == pytest.approx(0.1)


def test_averaged_weights_of_another_run_are_adopted_where_names_agree(tmp_path):
    first, network = tiny_state()
    settings = LoopSettings(Schedule(steps=5), checkpoint=tmp_path / "first.safetensors")
    train(first, regression(network), settings)
    lone = nn.Parameter(torch.zeros(16))
    parameters = {"0.weight": nn.Parameter(torch.zeros(32, 16)), "lone": lone}
    second = TrainingState(parameters, MuonAdam(parameters, Rates()))
    second.adopt_average(settings.checkpoint)
    assert torch.equal(parameters["0.weight"], first.average["0.weight"])
    assert torch.equal(lone, torch.zeros(16))
