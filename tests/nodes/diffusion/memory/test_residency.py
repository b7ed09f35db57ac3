"""The registry's memory on a pretended device of 100 bytes, whose clock stands still unless a thing takes time."""

import threading
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.memory.residency import Residents


class Device:
    """Counts loads; loading a thing takes as many seconds as its entry says."""

    def __init__(self, budget_bytes: int = 100) -> None:
        self.now = 0.0
        self.loads: list[str] = []
        self.evictions = 0
        self.residents: Residents[str] = Residents(budget_bytes, clock=lambda: self.now, on_evict=self._count)

    def _count(self) -> None:
        self.evictions += 1

    def use(self, name: str, size_bytes: int, seconds: float = 1.0):
        def load() -> str:
            self.loads.append(name)
            self.now += seconds
            return name.upper()

        return self.residents.use(name, lambda: size_bytes, load)

    def touch(self, name: str, size_bytes: int, seconds: float = 1.0) -> None:
        with self.use(name, size_bytes, seconds) as thing:
            assert thing == name.upper()


def test_a_thing_is_loaded_once():
    device = Device()
    device.touch("a", 10)
    device.touch("a", 10)
    assert device.loads == ["a"]
    assert device.residents.held_bytes == 10


def test_the_longest_unused_goes_first_among_equals():
    device = Device()
    for name in ("a", "b", "a", "c", "d"):
        device.touch(name, 30)
    assert device.residents.held_keys() == ["a", "c", "d"]


def test_what_was_used_since_the_last_eviction_outlives_what_was_not():
    device = Device()
    for name in ("a", "b", "c"):
        device.touch(name, 30)
    device.touch("d", 30)  # evicts one of the three and moves the clock on
    survivor, other = device.residents.held_keys()[:2]
    device.touch(str(survivor), 30)
    device.touch("e", 30)
    assert survivor in device.residents.held_keys()
    assert other not in device.residents.held_keys()


def test_what_is_quick_to_load_for_its_size_goes_before_what_is_slow():
    device = Device()
    device.touch("slow", 40, seconds=20)
    device.touch("quick", 40, seconds=1)
    device.touch("new", 40)
    assert device.residents.held_keys() == ["slow", "new"]


def test_a_slow_thing_goes_too_when_it_is_not_used_for_long():
    device = Device()
    device.touch("slow", 40, seconds=3)
    for number in range(12):
        device.touch(f"quick {number}", 40, seconds=1)
    assert "slow" not in device.residents.held_keys()


def test_a_thing_in_use_is_never_evicted():
    device = Device()
    with device.use("a", 60):
        device.touch("b", 60)
        device.touch("c", 60)
        device.touch("a", 60)
    assert device.loads == ["a", "b", "c"]


def test_things_in_use_may_take_more_than_the_budget_but_only_while_they_are():
    device = Device()
    with device.use("a", 60), device.use("b", 60):
        assert device.residents.held_bytes == 120
    assert device.residents.held_bytes <= 100


def test_a_thing_larger_than_the_budget_is_used_and_let_go():
    device = Device()
    device.touch("huge", 500)
    assert device.residents.held_keys() == []
    assert device.residents.held_bytes == 0


def test_room_is_made_before_loading():
    device = Device()
    device.touch("a", 80)
    seen = []
    with device.residents.use("b", lambda: 80, lambda: seen.append(device.residents.held_keys()) or "B"):
        assert seen == [[]]
    assert device.evictions == 1


def test_eviction_is_told_once_for_a_batch():
    device = Device()
    for name in ("a", "b", "c"):
        device.touch(name, 30)
    device.touch("d", 90)
    assert device.evictions == 1


def test_clearing_lets_go_of_all_that_is_not_in_use():
    device = Device()
    device.touch("a", 10)
    with device.use("b", 20):
        assert device.residents.clear() == 10
        assert device.residents.held_keys() == ["b"]
    assert device.residents.clear() == 20
    assert device.residents.clear() == 0


def test_a_failed_load_is_told_and_tried_again():
    device = Device()

    def fail() -> str:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), device.residents.use("a", lambda: 10, fail):
        pass
    assert device.residents.held_bytes == 0
    device.touch("a", 10)
    assert device.loads == ["a"]


def test_threads_that_ask_at_once_share_one_load():
    residents: Residents[object] = Residents(100)
    asked, go, loads = threading.Barrier(8), threading.Event(), []

    def load() -> object:
        go.wait(10)
        loads.append(1)
        return object()

    def ask() -> object:
        asked.wait(10)
        with residents.use("a", lambda: 10, load) as thing:
            return thing

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask) for _ in range(8)]
        go.set()
        things = {id(answer.result(10)) for answer in answers}
    assert len(things) == 1
    assert loads == [1]


def test_threads_that_wait_for_a_load_get_its_error():
    residents: Residents[str] = Residents(100)
    started, go = threading.Event(), threading.Event()

    def load() -> str:
        started.set()
        go.wait(10)
        raise ValueError("broken")

    def ask(thing_load) -> str:
        with residents.use("a", lambda: 10, thing_load) as thing:
            return thing

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, load)
        started.wait(10)
        second = pool.submit(ask, lambda: pytest.fail("loaded twice"))
        while residents._entries["a"].users < 2:  # both wait
            pass
        go.set()
        for answer in (first, second):
            with pytest.raises(ValueError, match="broken"):
                answer.result(10)


class Attic:
    """A shelf that remembers what it was given."""

    def __init__(self) -> None:
        self.things: dict[Hashable, str] = {}

    def put(self, key: Hashable, thing: str, size_bytes: int) -> None:
        self.things[key] = thing

    def take(self, key: Hashable) -> str | None:
        return self.things.pop(key, None)

    def clear(self) -> int:
        count = len(self.things)
        self.things.clear()
        return count


def test_what_is_evicted_goes_to_the_shelf_and_comes_back_without_loading():
    device, attic = Device(), Attic()
    device.residents = Residents(100, shelf=attic)
    device.touch("a", 60)
    device.touch("b", 60)
    assert attic.things == {"a": "A"}
    device.touch("a", 60)
    assert device.loads == ["a", "b"]
    assert attic.things == {"b": "B"}
    assert device.residents.clear() == 61
    assert attic.things == {}


def test_releasing_evicts_the_least_worthy_that_are_not_in_use():
    device = Device()
    device.touch("slow", 30, seconds=9)
    device.touch("quick", 30)
    with device.use("used", 30):
        device.residents.release(20)
        assert device.residents.held_keys() == ["slow", "used"]
        device.residents.release(1000)
        assert device.residents.held_keys() == ["used"]
        device.residents.release(0)
    assert device.evictions == 2


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=40))
def test_the_budget_holds_whatever_is_asked(steps):
    device = Device(budget_bytes=50)
    sizes = {name: 7 * (number + 1) for number, name in enumerate("abcdef")}
    for name, nested in steps:
        with device.use(name, sizes[name]):
            if nested:
                device.touch("a", sizes["a"])
            assert name in device.residents.held_keys()
        assert device.residents.held_bytes <= 50
