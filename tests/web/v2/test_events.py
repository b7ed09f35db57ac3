"""The events of a job as a stream that can be taken up again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.web.serving import ServerProcess, eventually, graph, hello, slow
from tests.web.v2.streams import hear


def submitted(server: ServerProcess, workflow: dict[str, Any], **more: Any) -> str:
    status, job, _ = server.ask("POST", "/api/v2/jobs", {"workflow": workflow, **more})
    assert status == 201, job
    return job["id"]


def ended(server: ServerProcess, workflow: dict[str, Any], **more: Any) -> str:
    job = submitted(server, workflow, **more)
    assert server.get(f"/api/v2/jobs/{job}?wait=30")["completed_at"]
    return job


def test_everything_is_told_again_from_any_place_each_once(server: ServerProcess):
    job = ended(server, slow("replayed", steps=5))
    whole = hear(server, job, after=0)
    assert [each.data["status"] for each in whole if each.name == "status"] == ["queued", "running", "succeeded"]
    ids = [each.id for each in whole if each.id is not None]
    assert ids == sorted(set(ids))
    for number in ids:
        cut = next(index for index, each in enumerate(whole) if each.id == number)
        assert hear(server, job, after=number) == whole[cut + 1 :]


def test_a_stream_that_broke_goes_on_where_it_was(server: ServerProcess):
    job = submitted(server, slow("taken up", steps=8))
    first = hear(server, job, after=0, most=6)
    last = max(each.id for each in first if each.id is not None)
    kept = first[: 1 + max(index for index, each in enumerate(first) if each.id == last)]
    rest = hear(server, job, after=last)
    assert [*kept, *rest] == hear(server, job, after=0)


def test_without_a_place_the_stream_begins_with_how_things_are(server: ServerProcess):
    job = ended(server, hello("late"))
    heard = hear(server, job)
    assert [each.name for each in heard] == ["output", "progress", "status"]
    assert heard[1].data["value"] == 1.0
    assert heard[2].data["status"] == "succeeded"
    assert heard[2].id is not None


def test_pictures_of_the_work_come_to_those_who_want_them(server: ServerProcess):
    job = submitted(server, slow("pictured", steps=6), previews="auto")
    previews = [each for each in hear(server, job) if each.name == "preview"]
    assert previews
    assert all(each.id is None and each.data["node_id"] == "s" for each in previews)


def test_a_failure_is_logged_before_the_last_status(server: ServerProcess):
    job = submitted(server, graph(a=("Text", {}), f=("Fail", {"text": ["a", 0]}), s=("Show", {"text": ["f", 0]})))
    heard = hear(server, job, after=0)
    assert (heard[-1].name, heard[-1].data["status"]) == ("status", "failed")
    assert any(each.name == "log" and "not acceptable" in each.data["message"] for each in heard)


def test_that_a_job_is_being_stopped_is_told_before_it_has_stopped(server: ServerProcess):
    # One that listens to nobody for half a second, so that there is time to see it.
    job = submitted(
        server,
        graph(
            a=("Text", {}), s=("Steps", {"text": ["a", 0], "steps": 60, "seconds": 0.5}), b=("Show", {"text": ["s", 0]})
        ),
    )
    with ThreadPoolExecutor() as pool:
        listening = pool.submit(hear, server, job)
        eventually(lambda: server.get(f"/api/v2/jobs/{job}")["progress"])
        assert server.post(f"/api/v2/jobs/{job}/cancel")["status"] == "canceling"
        told = [each for each in listening.result() if each.name == "status"]
    statuses = [each.data["status"] for each in told]
    assert statuses[-2:] == ["canceling", "canceled"]
    assert statuses.count("canceling") == 1
    assert [each.id for each in told if each.data["status"] == "canceling"] == [None]  # no event: nothing to go on from
    assert [each.data["status"] for each in hear(server, job, after=0) if each.name == "status"] == [
        *("queued", "running", "canceled")
    ]


def test_unknown_jobs_have_no_events(server: ServerProcess):
    status, _, headers = server.ask("GET", "/api/v2/jobs/nothing/events")
    assert (status, headers["Content-Type"].partition(";")[0]) == (404, "application/problem+json")


def test_a_place_that_is_no_number_is_refused(server: ServerProcess):
    assert server.ask("GET", "/api/v2/jobs/nothing/events", headers={"Last-Event-ID": "x"})[0] == 422


def test_open_streams_do_not_keep_a_server_from_stopping(own_server: Any):
    server = own_server()
    job = submitted(server, slow("never ends", steps=2000))
    hear(server, job, most=2)
    assert server.stop() == 0


def test_events_are_told_again_after_a_restart(own_server: Any):
    first = own_server()
    job = ended(first, slow("before the restart", steps=3))
    whole = hear(first, job, after=0)
    first.process.kill()
    again = hear(own_server(), job, after=whole[0].id or 0)
    assert [(each.name, each.id) for each in again] == [(each.name, each.id) for each in whole]
