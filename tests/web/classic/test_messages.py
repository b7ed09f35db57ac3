import json
import struct

from graph.events import (
    Event,
    Failure,
    JobCancelled,
    JobFailed,
    NodeFinished,
    NodePreview,
    NodeProgress,
    NodeRef,
    NodesCached,
    NodeSkipped,
    NodeStarted,
)
from web.classic.messages import Message, Preview, Story, landmark

A = NodeRef(id="a")
INNER = NodeRef(id="a.0.0.b", display="a", parent="a")


def told(*events: Event) -> list[Message | Preview]:
    story = Story("j")
    return [message for event in events for message in story.tell(event)]


def messages(*events: Event) -> list[Message]:
    return [each for each in told(*events) if isinstance(each, Message)]


def test_what_is_sent_grows_linearly_with_the_graph() -> None:
    def bytes_of(count: int) -> int:
        nodes = [NodeRef(id=f"{index:06}") for index in range(count)]
        events = [
            each
            for node in nodes
            for each in (NodeStarted(job="j", node=node, type="T"), NodeFinished(job="j", node=node))
        ]
        return sum(len(json.dumps(each.data)) for each in messages(*events))

    assert bytes_of(1000) == 10 * bytes_of(100)


def test_nodes_of_an_expansion_name_the_node_that_shows_them() -> None:
    state, executing = messages(NodeStarted(job="j", node=INNER, type="B"))
    assert executing.data == {"node": "a.0.0.b", "display_node": "a", "prompt_id": "j"}
    facts = state.data["nodes"]["a.0.0.b"]
    assert (facts["display_node_id"], facts["parent_node_id"], facts["real_node_id"]) == ("a", "a", "a.0.0.b")


def test_whole_numbers_are_told_as_such() -> None:
    _, progress = messages(NodeProgress(job="j", node=A, value=2.0, maximum=2.5))
    assert json.dumps(progress.data) == '{"value": 2, "max": 2.5, "prompt_id": "j", "node": "a"}'


def test_an_output_found_in_the_cache_is_shown_without_having_run() -> None:
    ui = {"text": ["x"]}
    found = messages(NodesCached(job="j", nodes=("a",)), NodeFinished(job="j", node=A, cached=True, ui=ui))
    assert [each.type for each in found] == ["execution_cached", "executed"]
    twin = messages(NodeFinished(job="j", node=A, cached=True, ui=ui))
    assert [each.type for each in twin] == ["executed", "progress_state"]


def test_a_blocker_with_a_message_is_an_error_of_that_node_only() -> None:
    error, state = messages(NodeSkipped(job="j", node=A, message="no face"))
    assert (error.type, error.data["exception_message"]) == ("execution_error", "Execution Blocked: no face")
    assert state.data["nodes"]["a"]["state"] == "finished"
    assert [each.type for each in messages(NodeSkipped(job="j", node=A))] == ["progress_state"]


def test_an_interruption_names_the_node_and_its_type() -> None:
    *_, end = messages(NodeStarted(job="j", node=A, type="T"), JobCancelled(job="j", at=1.5, node=A, executed=("b",)))
    assert end == Message(
        "execution_interrupted",
        {"prompt_id": "j", "timestamp": 1500, "node_id": "a", "node_type": "T", "executed": ["b"]},
    )


def test_a_failure_without_a_node_is_told_too() -> None:
    failure = Failure(reason="worker_lost", message="The worker ended.")
    (error,) = messages(JobFailed(job="j", failure=failure))
    assert (error.data["node_id"], error.data["exception_type"]) == (None, "worker_lost")


def test_what_is_no_landmark_is_not_in_the_history() -> None:
    assert landmark(NodeStarted(job="j", node=A, type="T")) is None


def test_previews_come_in_two_forms() -> None:
    (preview,) = told(NodePreview(job="j", node=INNER, image=b"picture", media_type="image/png"))
    assert isinstance(preview, Preview)
    assert preview.frame(with_metadata=False) == struct.pack(">II", 1, 2) + b"picture"
    frame = preview.frame(with_metadata=True)
    kind, length = struct.unpack_from(">II", frame)
    assert (kind, frame[8 + length :]) == (4, b"picture")
    assert json.loads(frame[8 : 8 + length]) == {
        "node_id": "a.0.0.b",
        "display_node_id": "a",
        "parent_node_id": "a",
        "real_node_id": "a.0.0.b",
        "prompt_id": "j",
        "image_type": "image/png",
    }
