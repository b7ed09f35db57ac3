"""A worker's environment is an allow-list."""

import os
from pathlib import Path

from graph.runners import WorkerSettings
from graph.runners.environment import worker_command, worker_environment


def test_only_what_a_worker_needs_is_passed_on():
    own = {"PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "1", "OMP_NUM_THREADS": "8", "HF_TOKEN": "secret"}
    environment = worker_environment(WorkerSettings("m:f", threads=2), own)
    assert environment["PATH"] == "/bin"
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert environment["OMP_NUM_THREADS"] == "2"
    assert "HF_TOKEN" not in environment


def test_what_the_settings_say_wins():
    environment = worker_environment(WorkerSettings("m:f", environment={"HF_HUB_OFFLINE": "0"}), {})
    assert environment["HF_HUB_OFFLINE"] == "0"


def test_a_worker_imports_from_this_engine_first_and_never_from_where_it_was_started():
    settings = WorkerSettings("m:f", import_paths=("/packs",), python="python")
    root, packs = worker_environment(settings, {})["PYTHONPATH"].split(os.pathsep)
    assert (Path(root) / "graph" / "worker").is_dir()
    assert packs == "/packs"
    assert worker_command(settings, ["--port", "1"])[:4] == ["python", "-P", "-m", "graph.worker"]
