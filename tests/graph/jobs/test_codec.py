from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from graph.jobs.codec import digest_of, new_id
from graph.jobs.records import Payload


@given(st.floats(0, 2**47 / 1000), st.floats(0, 2**47 / 1000))
def test_ids_are_uuids_of_version_7_that_sort_by_time(one: float, other: float):
    ids = [new_id(one), new_id(other)]
    assert [UUID(each).version for each in ids] == [7, 7]
    if int(one * 1000) < int(other * 1000):
        assert ids[0] < ids[1]


def test_ids_differ():
    assert len({new_id(1.0) for _ in range(1000)}) == 1000


def test_every_part_of_a_payload_makes_its_digest():
    payloads = [
        Payload({}),
        Payload({"1": {}}),
        Payload({}, ()),
        Payload({}, ("1",)),
        Payload({}, None, {"a": 1}),
        Payload({}, None, {}, "auto"),
    ]
    assert len({digest_of(payload) for payload in payloads}) == len(payloads)
