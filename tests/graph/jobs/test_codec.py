import itertools
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.events import Event, Failure, JobFailed, NodeFinished, NodeLog, NodeRef
from graph.jobs.codec import digest_of, event_columns, event_of, is_same_payload, new_id, payload_columns
from graph.jobs.records import Payload


@given(st.floats(0, 2**47 / 1000), st.floats(0, 2**47 / 1000))
def test_ids_are_uuids_of_version_7_that_sort_by_time(one: float, other: float):
    ids = [new_id(one), new_id(other)]
    assert [UUID(each).version for each in ids] == [7, 7]
    if int(one * 1000) < int(other * 1000):
        assert ids[0] < ids[1]


def test_ids_differ():
    assert len({new_id(1.0) for _ in range(1000)}) == 1000


PAYLOADS = [
    Payload({}),
    Payload({"1": {}}),
    Payload({}, ()),
    Payload({}, ("1",)),
    Payload({}, None, {"a": 1}),
    Payload({}, None, {}, "auto"),
]


def test_every_part_of_a_payload_makes_its_digest():
    columns = [payload_columns(payload) for payload in PAYLOADS]
    assert len({digest_of(each) for each in columns}) == len(PAYLOADS)
    assert digest_of(columns[0]) != digest_of(columns[0], "https://hooks.example.com")
    for one, other in itertools.product(columns, columns):
        assert is_same_payload(one, other) == (one is other)


def test_the_order_of_keys_makes_no_other_payload():
    one, other = payload_columns(Payload({"a": {"x": 1, "y": 2}})), payload_columns(Payload({"a": {"y": 2, "x": 1}}))
    assert is_same_payload(one, other)


@pytest.mark.parametrize(
    "event",
    [
        NodeFinished(job="j", seq=2, at=1.5, node=NodeRef(id="7"), ui={"text": ["nul \0, lone \ud800", None, 1.0]}),
        NodeFinished(job="j", seq=2, at=1.5, node=NodeRef(id="7", parent="3"), seconds=2.5, cached=True),
        JobFailed(job="j", seq=2, at=1.5, failure=Failure(reason="crash", message="it ended"), executed=("1",)),
        NodeLog(job="j", seq=2, at=1.5, level="info", message=""),
    ],
)
def test_an_event_is_read_as_it_was_written(event: Event):
    columns = event_columns(5, event)
    assert event_of("j", SimpleNamespace(**columns)) == event  # type: ignore[arg-type]  # it has what a row has
