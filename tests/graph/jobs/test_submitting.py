import pytest

from graph.jobs.errors import JobConflict, StorageFull
from graph.jobs.records import Payload, Submission
from graph.jobs.store import JobStore, StoreSettings
from tests.graph.jobs.worlds import run_order, submission, submit, taken, whole_log


async def test_a_submitted_job_waits_with_its_payload(store: JobStore):
    payload = Payload({"2": {"seed": 2**64 - 1}}, ("2",), {"note": "nul \0, lone \ud800"}, "auto")
    job = await store.submit(Submission(payload, owner="anna", id="my-id"))
    assert (job.id, job.owner, job.state, job.created) == ("my-id", "anna", "queued", 1_700_000_000.0)
    assert await store.get("my-id") == job
    assert await store.payload("my-id") == payload


async def test_unknown_ids_are_nothing(store: JobStore):
    assert await store.get("nobody") is None
    assert await store.payload("nobody") is None


async def test_the_payload_is_a_snapshot(store: JobStore):
    document = {"1": {"inputs": {"seed": 1}}}
    job = await store.submit(Submission(Payload(document)))
    document["1"]["inputs"]["seed"] = 2
    payload = await store.payload(job.id)
    assert payload is not None
    assert payload.document == {"1": {"inputs": {"seed": 1}}}


async def test_a_repeated_idempotency_key_replays_the_first_answer(store: JobStore):
    first = await store.submit(submission(owner="anna", idempotency_key="k"))
    assert await store.submit(submission(owner="anna", idempotency_key="k")) == first
    lease = await taken(store)
    await store.desk.finish(lease, whole_log(lease))
    again = await store.submit(submission(owner="anna", idempotency_key="k"))
    assert (again.id, again.state) == (first.id, "succeeded")
    assert (await store.get_by_key("anna", "k")) == again


async def test_the_order_of_json_keys_does_not_make_another_request(store: JobStore):
    first = await store.submit(Submission(Payload({"a": 1, "b": 2}), idempotency_key="k"))
    assert await store.submit(Submission(Payload({"b": 2, "a": 1}), idempotency_key="k")) == first


@pytest.mark.parametrize("other", [1.0, True, "1"])
async def test_values_that_only_look_equal_make_another_request(store: JobStore, other: object):
    await store.submit(Submission(Payload({"a": 1}), idempotency_key="k"))
    with pytest.raises(JobConflict):
        await store.submit(Submission(Payload({"a": other}), idempotency_key="k"))


async def test_a_key_used_for_another_request_is_a_conflict(store: JobStore):
    first = await store.submit(submission("a", idempotency_key="k"))
    with pytest.raises(JobConflict, match=f'"k" was used before.*{first.id}'):
        await store.submit(submission("b", idempotency_key="k"))
    assert (await store.page()).total == 1


async def test_owners_do_not_share_keys(store: JobStore):
    anna = await store.submit(submission("a", owner="anna", idempotency_key="k"))
    bert = await store.submit(submission("b", owner="bert", idempotency_key="k"))
    assert anna.id != bert.id


async def test_an_id_may_be_used_again_only_for_the_same_request_of_the_same_owner(store: JobStore):
    first = await store.submit(submission("a", id="x", owner="anna"))
    assert await store.submit(submission("a", id="x", owner="anna")) == first
    for other in (submission("b", id="x", owner="anna"), submission("a", id="x", owner="bert")):
        with pytest.raises(JobConflict, match="There is a job x already"):
            await store.submit(other)


async def test_a_key_cannot_move_to_another_id(store: JobStore):
    await store.submit(submission("a", id="x", idempotency_key="k"))
    with pytest.raises(JobConflict, match='"k" was used before'):
        await store.submit(submission("a", id="y", idempotency_key="k"))
    with pytest.raises(JobConflict, match="There is a job x already"):
        await store.submit(submission("a", id="x", idempotency_key="l"))


@pytest.mark.parametrize("name", ["", "x" * 300, "a\0b", "a\nb"])
async def test_names_that_no_log_could_show_are_refused(store: JobStore, name: str):
    with pytest.raises(ValueError, match="printable"):
        await store.submit(submission(id=name))
    with pytest.raises(ValueError, match="idempotency key"):
        await store.submit(submission(idempotency_key=name))


async def test_one_owner_is_served_in_order_with_numbers_that_count(store: JobStore):
    jobs = [await store.submit(submission(str(index))) for index in range(4)]
    assert [job.number for job in jobs] == [0, 1, 2, 3]
    assert await run_order(store) == [job.id for job in jobs]
    assert (await store.submit(submission("later"))).number == 4


async def test_the_lowest_number_runs_first_and_front_before_everything(store: JobStore):
    jobs = {
        name: (await store.submit(submission(name, number=number, front=front))).id
        for name, number, front in [
            ("first", None, False),
            ("second", None, False),
            ("between", 0.5, False),
            ("low", -3, False),
            ("front", None, True),
            ("more front", None, True),
            ("last", 99, False),
        ]
    }
    names = {job_id: name for name, job_id in jobs.items()}
    expected = ["more front", "front", "low", "first", "between", "second", "last"]
    assert [names[job_id] for job_id in await run_order(store)] == expected


async def test_equal_numbers_run_in_the_order_of_submission(store: JobStore):
    jobs = [(await store.submit(submission(str(index), number=7))).id for index in range(5)]
    assert await run_order(store) == jobs


async def test_owners_take_turns(store: JobStore):
    anna = await submit(store, *["anna"] * 4)
    bert = await submit(store, *["bert"] * 2)
    assert await run_order(store) == [anna[0], bert[0], anna[1], bert[1], anna[2], anna[3]]


async def test_who_comes_late_waits_one_turn_and_no_more(store: JobStore):
    anna = await submit(store, *["anna"] * 6)
    for _ in range(3):
        await taken(store)
    bert = await submit(store, "bert")
    assert await run_order(store) == [anna[3], bert[0], anna[4], anna[5]]


async def test_who_submits_one_at_a_time_gets_every_second_turn(store: JobStore):
    await submit(store, *["anna"] * 6)
    owners = []
    for _ in range(3):
        await submit(store, "bert")
        owners += [(await taken(store)).job.owner, (await taken(store)).job.owner]
    assert owners == ["anna", "bert"] * 3


async def test_a_wish_for_a_late_place_does_not_delay_the_owners_next_job(store: JobStore):
    late = await store.submit(submission("late", number=1000))
    plain = await store.submit(submission("plain"))
    assert await run_order(store) == [plain.id, late.id]


async def test_no_job_is_accepted_when_the_disk_is_nearly_full(open_store):
    store = await open_store(StoreSettings(low_water_bytes=2**62))
    with pytest.raises(StorageFull, match=r"No job is accepted.*MiB left"):
        await store.submit(submission())


async def test_jobs_that_belong_together_are_queued_together_or_not_at_all(store: JobStore):
    jobs = await store.submit_all([submission(id="one"), submission("b", id="two")])
    assert [job.id for job in jobs] == await run_order(store) == ["one", "two"]
    with pytest.raises(JobConflict):
        await store.submit_all([submission(id="three"), submission("c", id="two")])
    assert (await store.jobs(["two", "one", "three"])).keys() == {"one", "two"}
