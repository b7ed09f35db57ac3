"""The loop of fine-tuning: it descends, accumulates, and goes on after any kind of end."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import Parameter

from nodes.diffusion.training.finetuning.loop import OPTIMISERS, LoopSettings, Progress, train

TARGET = torch.tensor([1.0, -2.0, 0.5])


class Killed(BaseException):
    """What stands for the end of the process."""


def start() -> dict[str, Parameter]:
    return {"x": Parameter(torch.zeros(3)), "y": Parameter(torch.ones(2, 2))}


def loss_of(parameters: dict[str, Parameter]):
    def loss_at(draw: int) -> Tensor:
        noise = torch.randn(3, generator=torch.Generator().manual_seed(draw))
        return (parameters["x"] - TARGET + 0.1 * noise).square().sum() + parameters["y"].square().sum()

    return loss_at


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_descends_and_resumes_to_the_same_bits(name, tmp_path: Path) -> None:
    whole, parts = start(), start()
    settings = LoopSettings(20, learning_rate=0.05, optimiser=name)
    losses = train(whole, loss_of(whole), settings)
    assert losses[-1] < losses[0]
    checkpoint = tmp_path / "c.safetensors"
    train(parts, loss_of(parts), LoopSettings(8, 1, 0.05, name, checkpoint))
    again = start()
    assert train(again, loss_of(again), LoopSettings(20, 1, 0.05, name, checkpoint)) == losses
    assert all(torch.equal(again[key], whole[key]) for key in whole)


def test_a_killed_training_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    whole, killed, again = start(), start(), start()
    checkpoint = tmp_path / "deep" / "c.safetensors"
    losses = train(whole, loss_of(whole), LoopSettings(10))
    settings = LoopSettings(10, checkpoint=checkpoint, checkpoint_seconds=0.0)

    def kill(progress: Progress) -> None:
        if len(progress.losses) == 6:
            checkpoint.rename(tmp_path / "saved")  # nothing that is written from now on counts
            raise Killed

    with pytest.raises(Killed):
        train(killed, loss_of(killed), settings, kill)
    (tmp_path / "saved").rename(checkpoint)
    told: list[int] = []
    assert train(again, loss_of(again), settings, lambda progress: told.append(len(progress.losses))) == losses
    assert told == [7, 8, 9, 10]
    assert torch.equal(again["x"], whole["x"])


def test_accumulated_draws_move_as_their_mean() -> None:
    one, two = start(), start()
    single, double = loss_of(one), loss_of(two)
    train(one, lambda draw: (single(2 * draw) + single(2 * draw + 1)) / 2, LoopSettings(5))
    train(two, double, LoopSettings(5, accumulation=2))
    torch.testing.assert_close(one["x"], two["x"])


def test_a_damaged_checkpoint_begins_anew(tmp_path: Path) -> None:
    checkpoint, parameters = tmp_path / "c.safetensors", start()
    checkpoint.write_bytes(b"not a checkpoint")
    assert len(train(parameters, loss_of(parameters), LoopSettings(3, checkpoint=checkpoint))) == 3


def test_fewer_steps_than_a_checkpoint_has_begin_anew(tmp_path: Path) -> None:
    checkpoint, first, second = tmp_path / "c.safetensors", start(), start()
    train(first, loss_of(first), LoopSettings(5, checkpoint=checkpoint))
    assert len(train(second, loss_of(second), LoopSettings(3, checkpoint=checkpoint))) == 3
