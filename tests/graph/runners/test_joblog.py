"""The log of a job counts on across attempts and knows what runs."""

from graph.events import Failure, JobSucceeded, NodeFinished, NodeLog, NodePreview, NodeRef, NodeStarted
from graph.runners import JobRequest
from graph.runners.joblog import JobLog


def started(node: str) -> NodeStarted:
    return NodeStarted(job="", node=NodeRef(id=node), type="T")


def finished(node: str, cached: bool = False) -> NodeFinished:
    return NodeFinished(job="", node=NodeRef(id=node), cached=cached)


def new_log(**changes) -> JobLog:
    return JobLog(JobRequest(id="j", document={}, **changes), clock=lambda: 7.0)


def test_events_are_numbered_but_previews_are_not():
    log = new_log(first_seq=3)
    preview = NodePreview(job="j", node=NodeRef(id="1"), image=b"")
    events = [log.write(event) for event in (preview, started("1"), preview, preview, finished("1"))]
    assert [event.seq for event in events] == [2, 3, 3, 3, 4]
    assert {event.job for event in events} == {"j"}


def test_an_event_keeps_the_time_that_it_has():
    log = new_log()
    assert [log.write(NodeLog(job="j", message="", at=at)).at for at in (0.0, 5.0)] == [7.0, 5.0]


def test_a_line_is_put_down_to_the_only_running_node():
    log = new_log()
    assert log.noted("nobody").node is None
    log.write(started("1"))
    assert log.noted("one").node == NodeRef(id="1")
    log.write(started("2"))
    assert log.noted("which?").node is None
    log.write(finished("1"))
    assert log.noted("two", "warning").node == NodeRef(id="2")


def test_what_ran_is_told_over_all_attempts():
    log = new_log()
    for event in (started("1"), finished("1"), finished("0", cached=True), started("2")):
        log.write(event)
    log.interrupt()
    assert log.running == {}
    for event in (started("2"), finished("2")):
        log.write(event)
    end = log.write(JobSucceeded(job="j", seconds=1.0, executed=("2",)))
    assert end.executed == ("1", "2")
    assert log.is_ended


def test_a_job_that_failed_between_two_workers_tells_what_ran():
    log = new_log()
    log.write(started("1"))
    log.write(finished("1"))
    log.interrupt()
    assert log.failed(Failure(reason="crash", message="")).executed == ("1",)


def test_a_cancelled_job_tells_what_was_running():
    log = new_log()
    assert log.cancelled().node is None
    log.write(started("1"))
    assert log.cancelled().node == NodeRef(id="1")
