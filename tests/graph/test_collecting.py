"""The garbage collector rests while a document is read, and is as it was before afterwards."""

import gc

import pytest

from graph.collecting import undisturbed
from graph.errors import WorkflowError
from graph.workflow import Workflow


def test_garbage_is_looked_for_once_at_most_when_a_document_was_read() -> None:
    text = "[" + ",".join(['{"inputs": {}}'] * 5000) + "]"
    collections: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        collections.append(phase)

    gc.callbacks.append(note)
    try:
        with pytest.raises(WorkflowError):
            Workflow.from_text(text)
        looks = collections.count("start")
    finally:
        gc.callbacks.remove(note)
    assert looks <= 1  # the one that was due, afterwards: without, there are about fourteen
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with undisturbed():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_outermost_turns_the_collector_on_again_even_after_an_error() -> None:
    def fail() -> None:
        with undisturbed():
            with undisturbed():
                assert not gc.isenabled()
            assert not gc.isenabled()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert gc.isenabled()
