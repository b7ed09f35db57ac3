"""Blocks that take turns, on a pretended device whose lane of copies writes down what it is told."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn

from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.memory.streaming import PlainLane, Streaming, streamed_bytes, units
from tests.nodes.diffusion.networks import WIDTH, unet_network

CPU = Placement(torch.device("cpu"), torch.float32)
WIDTHS = 16


class Stack(nn.Module):
    """A network of equal blocks between two layers; blocks may be called in any order."""

    def __init__(self, blocks: int = 6) -> None:
        super().__init__()
        self.first = nn.Linear(WIDTHS, WIDTHS)
        self.blocks = nn.ModuleList(nn.Linear(WIDTHS, WIDTHS) for _ in range(blocks))
        self.last = nn.Conv2d(1, 1, 3, padding=1)
        self.register_buffer("shift", torch.ones(WIDTHS))
        self.order = list(range(blocks))
        self.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x) + self.shift
        for number in self.order:
            x = torch.tanh(self.blocks[number](x))
        return self.last(x[None, None])[0, 0]


class Journal(PlainLane):
    """Counts marks, and remembers which marks each copy waited for."""

    def __init__(self) -> None:
        self.marks = 0
        self.is_copying = False
        self.events: list[tuple[str, int]] = []

    @contextmanager
    def copying(self) -> Iterator[None]:
        self.is_copying = True
        yield
        self.is_copying = False

    def mark(self) -> int:
        self.marks += 1
        self.events.append(("copied" if self.is_copying else "computed", self.marks))
        return self.marks

    def wait(self, mark: int) -> None:
        self.events.append(("copy waits" if self.is_copying else "compute waits", mark))


def drawn() -> Tensor:
    return torch.randn(4, WIDTHS, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("resident", [0, 2000, 4000, 1 << 30])
def test_a_streamed_network_computes_what_it_computes_as_a_whole(resident):
    torch.manual_seed(1)
    network = Stack()
    expected = network(drawn())
    with torch.inference_mode():
        Streaming(network, CPU, resident)
        for _ in range(3):
            assert torch.equal(network(drawn()), expected)


def test_more_room_keeps_more_blocks_spread_evenly():
    counts = [Streaming(Stack(), CPU, share * 1280 + 500).blocks for share in (0, 2, 3, 6)]
    assert counts == [6, 4, 3, 0]


def test_weights_are_at_home_again_after_each_run():
    network = Stack()
    homes = [weight.data_ptr() for weight in network.parameters()]
    Streaming(network, CPU)
    network(drawn())
    assert [weight.data_ptr() for weight in network.parameters()] == homes


def test_blocks_are_converted_on_the_way():
    network = Stack().half()
    expected = Stack()
    expected.load_state_dict(network.state_dict())
    Streaming(network, CPU)
    assert torch.equal(network(drawn()), expected(drawn()))
    assert network.blocks[0].weight.dtype == torch.float16
    assert network.first.weight.dtype == torch.float32


def test_the_next_block_is_sent_for_while_one_computes():
    lane = Journal()
    network = Stack(4)
    Streaming(network, CPU, lane=lane)
    network(drawn())
    copied = [at for at, (kind, _) in enumerate(lane.events) if kind == "copied"]
    computed = [at for at, (kind, _) in enumerate(lane.events) if kind == "computed"]
    assert len(copied) == len(computed) == 4
    # before block n is done, block n + 1 is on its way
    assert all(copied[number + 1] < computed[number] for number in range(3))


def test_a_copy_waits_for_the_computation_that_used_its_slot_and_computing_for_the_copy():
    lane = Journal()
    network = Stack(5)
    Streaming(network, CPU, lane=lane)
    for _ in range(2):
        network(drawn())
    computed = [mark for kind, mark in lane.events if kind == "computed"]
    copied = [mark for kind, mark in lane.events if kind == "copied"]
    copies_wait = [mark for kind, mark in lane.events if kind == "copy waits"]
    compute_waits = [mark for kind, mark in lane.events if kind == "compute waits"]
    assert compute_waits == copied[: len(compute_waits)]
    assert copies_wait == computed[: len(copies_wait)]  # the first two copies find their slots empty
    assert len(copied) - len(copies_wait) == 2


def test_another_order_than_that_of_the_lists_is_learned():
    lane = Journal()
    network = Stack(5)
    network.order = [4, 0, 3, 1, 2]
    expected = network(drawn())
    Streaming(network, CPU, lane=lane)
    for _ in range(2):
        network(drawn())
    before = sum(kind == "copied" for kind, _ in lane.events)
    assert torch.equal(network(drawn()), expected)
    assert sum(kind == "copied" for kind, _ in lane.events) - before == 5  # each once: nothing was sent for in vain


def test_a_block_that_is_called_twice_in_a_row_is_right_both_times():
    network = Stack(3)
    network.order = [0, 0, 1, 1, 2]
    expected = network(drawn())
    Streaming(network, CPU)
    assert torch.equal(network(drawn()), expected)
    assert torch.equal(network(drawn()), expected)


def test_after_an_error_weights_are_at_home_and_the_network_works():
    network = Stack()
    expected = network(drawn())
    Streaming(network, CPU)
    with pytest.raises(RuntimeError):
        network(torch.zeros(4, WIDTHS, 2))
    network.order = [0, 1, 2, 3, 4, 5]
    assert torch.equal(network(drawn()), expected)


def test_weights_that_are_replaced_at_home_are_used_from_then_on():
    network, other = Stack(), Stack()
    Streaming(network, CPU)
    network(drawn())
    for weight, new in zip(network.parameters(), other.parameters(), strict=True):
        weight.data = new.data.clone()
    assert torch.equal(network(drawn()), other(drawn()))


def test_a_streamed_network_goes_when_nobody_uses_it():
    network = Stack()
    Streaming(network, CPU)
    network(drawn())
    gone = weakref.ref(network)
    gc.disable()
    try:
        del network
        assert gone() is None
    finally:
        gc.enable()


def test_a_unet_is_divided_into_blocks_and_computes_the_same():
    network = unet_network()
    x, timestep, context = torch.randn(2, 4, 8, 8), torch.full((2,), 10.0), torch.randn(2, 5, WIDTH)
    expected = network.predict(x, timestep, context, {})
    assert len(list(units(network.unet))) > 5
    Streaming(network.unet, CPU)
    for _ in range(2):  # weights of convolutions have their channels last from now on, which rounds differently
        assert torch.allclose(network.predict(x, timestep, context, {}), expected, atol=1e-5)


def test_a_streamed_network_takes_two_slots_and_what_is_in_no_block():
    network = Stack(6)
    beside = 4 * (WIDTHS * WIDTHS + WIDTHS + 10)
    assert streamed_bytes(network, CPU) == pytest.approx(2 * 1280 + beside, abs=6 * 256)
