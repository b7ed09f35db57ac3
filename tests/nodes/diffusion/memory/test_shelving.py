import torch
from torch import nn

from nodes.diffusion.memory.shelving import NetworkMover, RamShelf


class Mover:
    """Writes down what it moves."""

    def __init__(self) -> None:
        self.moves: list[str] = []
        self.fixed = ""

    def lower(self, thing: str) -> bool:
        self.moves.append(f"{thing} down")
        return thing != self.fixed

    def lift(self, thing: str) -> None:
        self.moves.append(f"{thing} up")


def shelf_of(budget: int = 100) -> tuple[RamShelf[str], Mover]:
    mover = Mover()
    return RamShelf(budget, mover), mover


def test_things_move_down_when_they_are_put_and_up_when_they_are_taken():
    shelf, mover = shelf_of()
    shelf.put("a", "A", 10)
    assert shelf.take("a") == "A"
    assert shelf.take("a") is None
    assert mover.moves == ["A down", "A up"]


def test_what_was_put_first_makes_room():
    shelf, _ = shelf_of()
    for key in "abc":
        shelf.put(key, key.upper(), 40)
    assert shelf.held_keys() == ["b", "c"]


def test_what_is_too_large_or_cannot_be_moved_is_let_go():
    shelf, mover = shelf_of()
    shelf.put("a", "A", 101)
    mover.fixed = "B"
    shelf.put("b", "B", 10)
    assert shelf.held_keys() == []


def test_a_thing_that_is_put_again_takes_its_place_once():
    shelf, _ = shelf_of()
    shelf.put("a", "A", 60)
    shelf.put("a", "A", 60)
    assert shelf.clear() == 60
    assert shelf.clear() == 0


class Holder:
    def __init__(self) -> None:
        self.network = nn.BatchNorm1d(4)


def test_networks_keep_their_weights_and_stay_the_objects_that_they_were():
    holder = Holder()
    before = dict(holder.network.named_parameters())
    values = {name: value.clone() for name, value in holder.network.state_dict().items()}
    mover = NetworkMover(torch.device("cpu"), lambda thing: thing)
    assert mover.lower(holder)
    mover.lift(holder)
    assert all(weight is before[name] for name, weight in holder.network.named_parameters())
    assert all(torch.equal(value, values[name]) for name, value in holder.network.state_dict().items())


def test_what_holds_no_network_cannot_be_moved():
    mover = NetworkMover(torch.device("cpu"), lambda thing: thing)
    assert not mover.lower(object())
