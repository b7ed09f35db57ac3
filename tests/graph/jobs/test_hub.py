import asyncio

from graph.events import NodeLog, NodePreview, NodeRef
from graph.jobs.hub import Changes, Hub


def log(seq: int) -> NodeLog:
    return NodeLog(job="j", seq=seq, message="")


async def test_what_was_just_committed_needs_no_look_into_the_log():
    hub = Hub()
    with hub.following("j") as news:
        hub.publish("j", [log(1), log(2)])
        assert news.after(1) == [log(2)]


async def test_who_falls_far_behind_is_sent_to_the_log():
    hub = Hub()
    with hub.following("j") as news:
        for seq in range(1, 5000):
            hub.publish("j", [log(seq)])
        assert news.after(5) is None
        assert news.after(4998) == [log(4999)]


async def test_a_gap_sends_everybody_to_the_log():
    hub = Hub()
    with hub.following("j") as news:
        hub.publish("j", [log(1)])
        hub.publish("j", [log(5)])
        assert news.after(1) is None


async def test_a_reader_who_never_reads_keeps_a_bounded_number_of_previews():
    hub = Hub()
    with hub.following("j") as news:
        for node in range(100):
            for _ in range(10):
                hub.show(NodePreview(job="j", node=NodeRef(id=str(node)), image=b""))
        assert len(news.take_previews()) == 16


async def test_nothing_is_kept_for_jobs_that_nobody_follows():
    hub = Hub()
    with hub.following("j"):
        pass
    hub.publish("j", [log(1)])
    with hub.following("j") as news:
        assert news.after(0) == []
        assert news.take_doubt()


async def test_too_many_changes_to_name_are_told_as_such():
    changes = Changes()
    changes.add(str(index) for index in range(10_000))
    assert await changes.next() is None
    changes.add(["a"])
    changes.add(["b", "a"])
    assert await changes.next() == {"a", "b"}
    assert await asyncio.wait_for(changes.next(0.01), 1) == frozenset()
