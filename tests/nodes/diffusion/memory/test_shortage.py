"""Sampling on a pretended device whose memory runs out when a call is given more latents than it holds."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from nodes.diffusion.errors import OutOfMemory
from nodes.diffusion.memory import shortage
from nodes.diffusion.memory.activations import Activations
from nodes.diffusion.memory.shortage import SparingModel, attempt, is_shortage, sparing
from tests.nodes.diffusion.networks import HANDLE, WIDTH, UnetNetwork, unet_network


@dataclass
class Card:
    """A device that holds `room` latents at once, more once the models beside are gone."""

    room: int
    beside: int = 0
    free: int = 1 << 40
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    activations: Activations = field(default_factory=Activations)
    unloaded: int = 0
    wanted: list[int] = field(default_factory=list)

    def free_bytes(self) -> int:
        return self.free

    def make_room(self, nbytes: int) -> None:
        self.wanted.append(nbytes)

    def unload(self) -> int:
        self.unloaded += 1
        self.room, self.beside = self.room + self.beside, 0
        return 1


@dataclass
class Crowded:
    """A network that runs out of the memory of a card."""

    inner: UnetNetwork
    card: Card
    error: BaseException = field(default_factory=lambda: torch.OutOfMemoryError("no"))
    tried: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def predict(self, x, timestep, context, extra):
        self.tried.append(len(x))
        if len(x) > self.card.room:
            raise self.error
        assert all(len(each) == len(x) for each in extra.values() if isinstance(each, torch.Tensor))
        return self.inner.predict(x, timestep, context, extra)


def call(rows: int = 4) -> tuple[Any, ...]:
    generator = torch.Generator().manual_seed(rows)
    x = torch.randn(rows, 4, 8, 8, generator=generator)
    return x, torch.full((rows,), 500.0), torch.randn(rows, 7, WIDTH, generator=generator), {"pooled": x, "sigma": 1.0}


def crowded(room: int, **card: Any) -> tuple[SparingModel, Crowded, Card]:
    made = Card(room, **card)
    network = Crowded(unet_network(), made)
    return SparingModel(network, made, HANDLE.source), network, made


def test_with_enough_memory_there_is_one_call():
    model, network, card = crowded(4)
    model.predict(*call())
    assert (network.tried, card.unloaded) == ([4], 0)


def test_models_beside_go_first():
    model, network, card = crowded(1, beside=3)
    model.predict(*call())
    assert (network.tried, card.unloaded) == ([4, 4], 1)


@pytest.mark.parametrize(("room", "tried"), [(2, [4, 4, 2, 2]), (1, [4, 4, 2, 1, 1, 1, 1]), (3, [4, 4, 2, 2])])
def test_then_the_batch_is_halved_until_it_fits(room, tried):
    model, network, _ = crowded(room)
    found = model.predict(*call())
    assert network.tried == tried
    assert torch.allclose(found, unet_network().predict(*call()), atol=1e-5)


def test_what_fitted_is_remembered_for_the_next_step():
    model, network, _ = crowded(2)
    model.predict(*call())
    network.tried.clear()
    model.predict(*call())
    assert network.tried == [2, 2]


def test_where_not_even_one_latent_fits_the_error_has_figures():
    model, _, _ = crowded(0, free=3_000_000_000)
    with pytest.raises(OutOfMemory, match=r"tiny at 64 x 64 takes more memory .* GB of weights, and 3\.00 GB are free"):
        model.predict(*call())


def test_what_is_expected_to_be_too_large_is_divided_without_trying():
    card = Card(4)
    card.activations.note((HANDLE.source.architecture, torch.float32), 64, 1000)
    card.free = int(2 * 1000 / shortage.SHARE) + 1
    network = Crowded(unet_network(), card)
    SparingModel(network, card, HANDLE.source).predict(*call())
    assert network.tried == [2, 2]
    assert card.wanted == [int(4000 / shortage.SHARE) + 1]


def test_measured_peaks_correct_what_is_expected(monkeypatch):
    @contextmanager
    def pretended(device):
        peak = type("Peak", (), {"nbytes": None})()
        yield peak
        peak.nbytes = 8000

    monkeypatch.setattr(shortage, "measured_peak", pretended)
    model, _, card = crowded(4)
    model.predict(*call())
    kind = (HANDLE.source.architecture, torch.float32)
    assert card.activations.expected(kind, 64, 1) == 2000
    failing, _, card = crowded(2)
    before = card.activations.expected(kind, 64, 1)
    failing.predict(*call())
    assert card.activations.expected(kind, 64, 1) == before  # the peak was that of the failure


def test_other_errors_are_left_alone():
    model, network, card = crowded(0)
    network.error = RuntimeError("shapes do not fit")
    with pytest.raises(RuntimeError, match="shapes"):
        model.predict(*call())
    assert card.unloaded == 0


def test_shortages_of_processors_and_libraries_are_known_by_their_words():
    assert is_shortage(RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"))
    assert is_shortage(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"))
    assert is_shortage(MemoryError())
    assert not is_shortage(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_shortage(ValueError("out of memory"))


def test_nothing_holds_on_to_a_failed_attempt():
    class Block:
        freed = 0

        def __del__(self):
            Block.freed += 1

    def fill():
        block = Block()
        raise torch.OutOfMemoryError(str(block))

    assert attempt(fill) is None
    assert Block.freed == 1


def test_only_where_somebody_can_make_room_a_network_is_sparing():
    network = unet_network()
    assert sparing(network, object(), HANDLE.source) is network
    assert isinstance(sparing(network, Card(1), HANDLE.source), SparingModel)
