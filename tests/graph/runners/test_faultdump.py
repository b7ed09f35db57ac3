"""The dump of Python's fault handler is recognised and cut to the threads that matter."""

from graph.runners.faultdump import FaultDump, condense

NODE = ["Thread 0x01 (most recent call first):", '  File "pack.py", line 3 in sample', '  File "x.py", line 9 in run']
OURS = ["Thread 0x02 (most recent call first):", '  File "/a/graph/worker/session.py", line 1 in _keep_sending']
IDLE = ["Thread 0x03 (most recent call first):", '  File "/p/concurrent/futures/thread.py", line 81 in _worker']
DUMP = ["Fatal Python error: Aborted", *OURS, *IDLE, *NODE, "Extension modules: a.b, c (total: 2)"]


def test_the_lines_of_a_dump_are_told_from_others():
    dump = FaultDump()
    lines = ["loading", *DUMP, '  File "mine", said a node', "goodbye", '  File "mine"']
    assert [line for line in lines if not dump.takes(line)] == ["loading", "goodbye", '  File "mine"']


def test_only_threads_that_were_running_a_node_are_kept():
    assert condense(["before", *DUMP]) == ("before", "Fatal Python error: Aborted", *NODE)


def test_the_machinery_is_kept_where_nothing_else_was_running():
    assert condense(["Fatal Python error: Aborted", *OURS]) == ("Fatal Python error: Aborted", *OURS)


def test_without_a_dump_the_last_lines_are_kept():
    assert condense([str(index) for index in range(100)], longest=3) == ("97", "98", "99")
