import subprocess
import sys

import pytest

from graph.faults import Fault, arm, fault_point


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm(None)


def test_a_fault_point_does_nothing_unless_armed():
    arm(None)
    fault_point("anywhere")


def test_a_fault_happens_at_its_point_at_the_right_passing():
    happened = []
    arm(Fault("here", 2, lambda: happened.append("here")))
    fault_point("here")
    fault_point("there")
    assert happened == []
    fault_point("here")
    fault_point("here")
    assert happened == ["here"]


def test_a_star_counts_every_point():
    happened = []
    arm(Fault("*", 2, lambda: happened.append("any")))
    fault_point("here")
    fault_point("there")
    assert happened == ["any"]


@pytest.mark.parametrize(("text", "fault"), [("x", Fault("x", 1)), ("x:3", Fault("x", 3)), ("*:7", Fault("*", 7))])
def test_a_setting_names_point_and_count(text: str, fault: Fault):
    assert Fault.parse(text) == fault


def test_a_bad_count_is_refused_with_the_way_to_write_it():
    with pytest.raises(ValueError, match="write NAME:COUNT"):
        Fault.parse("x:none")


@pytest.mark.skipif(sys.platform == "win32", reason="the exit code is that of a signal")
def test_the_environment_makes_a_process_die_on_the_spot():
    code = "from graph.faults import fault_point as pass_by; pass_by('a'); print('alive', flush=True); pass_by('b')"
    environment = {"LATENTLOOM_FAULT": "b", "PYTHONPATH": "."}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (-9, "alive\n")
