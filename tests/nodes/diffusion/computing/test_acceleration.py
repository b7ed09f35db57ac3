"""Recorded calls, on a pretended device whose recordings call the network again."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.diffusion.computing.acceleration import (
    RECORDINGS,
    Inputs,
    RecordedModel,
    Recording,
    accelerated,
    accelerations_of,
    unrecorded,
)
from nodes.diffusion.errors import ModelError
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion.networks import WIDTH, UnetNetwork, unet_network

CPU = Placement(torch.device("cpu"), torch.float32)


class Recorder:
    """Plays back into one piece of memory, as a graphics card does."""

    def __init__(self) -> None:
        self.recorded = self.played = 0

    def record(self, call: Callable[[Inputs], Tensor], inputs: Inputs) -> Recording:
        self.recorded += 1
        output = call(inputs)

        def play(inputs: Inputs) -> Tensor:
            self.played += 1
            return output.copy_(call(inputs))

        return play


def inputs(seed: int, size: int = 8, rows: int = 2) -> tuple[Any, ...]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, size, size, generator=generator)
    return x, torch.full((rows,), 10.0 * seed), torch.randn(rows, 7, WIDTH, generator=generator)


def recorded() -> tuple[RecordedModel, Recorder, UnetNetwork]:
    network, recorder = unet_network(), Recorder()
    return RecordedModel(network, recorder), recorder, network


def test_a_call_is_recorded_once_for_its_shape_and_played_back_with_other_numbers():
    model, recorder, network = recorded()
    results = [model.predict(*inputs(seed), {"sigma": float(seed)}) for seed in (1, 2, 3)]
    assert (recorder.recorded, recorder.played) == (1, 3)
    for seed, result in zip((1, 2, 3), results, strict=True):
        assert torch.equal(result, network.predict(*inputs(seed), {}))


def test_each_shape_is_recorded_and_the_oldest_is_forgotten():
    model, recorder, _ = recorded()
    for size in range(8, 8 * (RECORDINGS + 2), 8):
        model.predict(*inputs(1, size), {})
    assert recorder.recorded == RECORDINGS + 1
    model.predict(*inputs(1, 8 * (RECORDINGS + 1)), {})
    assert recorder.recorded == RECORDINGS + 1
    model.predict(*inputs(1, 8), {})
    assert recorder.recorded == RECORDINGS + 2


def test_further_tensors_belong_to_the_shape():
    model, recorder, _ = recorded()
    model.predict(*inputs(1), {"pooled": torch.zeros(2, 3)})
    model.predict(*inputs(1), {"pooled": torch.zeros(2, 4)})
    assert recorder.recorded == 2


def test_what_is_no_tensor_is_not_recorded():
    model, recorder, _ = recorded()
    model.predict(*inputs(1), {"residuals": object()})
    assert recorder.recorded == 0


def test_what_reaches_into_a_network_gets_it_unrecorded():
    model, _, network = recorded()
    assert unrecorded(model) is network
    assert unrecorded(network) is network
    assert model.prediction == network.prediction


def test_graphs_are_for_graphics_cards_and_streamed_networks_stay_as_they_are():
    network = unet_network()
    assert accelerated(network, CPU, {"graphs"}) is network
    streamed = Placement(torch.device("cuda"), torch.float16, is_streamed=True)
    assert accelerated(network, streamed, {"graphs", "compile"}) is network
    assert isinstance(accelerated(network, Placement(torch.device("cuda"), torch.float16), {"graphs"}), RecordedModel)
    autoencoder = object()
    assert accelerated(autoencoder, CPU, {"compile"}) is autoencoder


def test_accelerations_are_named_in_settings():
    assert accelerations_of(("graphs", "compile")) == {"graphs", "compile"}
    assert accelerations_of(()) == frozenset()
    with pytest.raises(ModelError, match='"magic"; there are compile and graphs'):
        accelerations_of(("magic",))
