"""How a worker ended is told in words that say what to do."""

import sys

import pytest

from graph.errors import WorkerCrashed, WorkerError, WorkerHung
from graph.events import NodeRef, NodeStarted
from graph.runners.endings import Ending, failure_of_ending

NODE = NodeStarted(job="j", node=NodeRef(id="4.1", display="4"), type="KSampler")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX ones")
@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending(3), "ended with exit code 3"),
        (Ending(71), "ended because it lost its connection: something closed or replaced its file descriptors"),
        (
            Ending(-11),
            "was ended by SIGSEGV (a segmentation fault: native code touched memory that is not its own)",
        ),
        (Ending(-1), "was ended by SIGHUP"),
        (Ending(-200), "was ended by signal 200"),
        (Ending(-9, "hang", "it was silent."), "was replaced: it was silent"),
        (Ending(-9, "cancel"), "was replaced because a cancelled job did not stop"),
        (Ending(0, "stop"), "was stopped"),
    ],
)
def test_an_ending_is_told_in_words(ending, words):
    assert ending.sentence() == words


@pytest.mark.parametrize(
    ("ending", "kind"), [(Ending(1), WorkerCrashed), (Ending(-9, "hang"), WorkerHung), (Ending(0, "stop"), WorkerError)]
)
def test_an_ending_is_an_error_of_its_kind(ending, kind):
    assert type(ending.error()) is kind


def test_a_failure_names_the_node_by_its_title_and_says_what_to_do():
    failure = failure_of_ending(Ending(3, output=("last words",)), [NODE], 2, {"4": "Sample"})
    assert failure.message == (
        'Node 4.1 "Sample": the worker process ended with exit code 3 (attempt 2, the last one). Finished nodes are '
        "kept in the cache. Change the inputs of that node, or update the node pack or library it comes from; the "
        "traceback shows the last lines that the worker printed."
    )
    assert (failure.reason, failure.node, failure.type) == ("crash", NODE.node, "KSampler")
    assert failure.traceback == ("last words",)


def test_a_failure_without_a_running_node_says_so():
    failure = failure_of_ending(Ending(-9), [], 1, {})
    assert failure.message.startswith("While no node was running: the worker process was ended by SIGKILL")
    assert "give the machine more memory" in failure.message
    assert failure.node is None


def test_a_worker_that_was_stopped_is_no_fault_of_the_job():
    failure = failure_of_ending(Ending(0, "stop"), [NODE], 1, {})
    assert failure.reason == "worker_lost"
    assert failure.message == 'Node 4.1 "KSampler": the worker was stopped; run the job again.'
