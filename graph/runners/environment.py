"""The environment and the command line of a worker process: what it needs, and nothing of the server's secrets."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import graph
from graph.runners.settings import WorkerSettings

_PASSED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        *("USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_PROCESSORS"),
        *("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "TORCH_HOME", "TRITON_CACHE_DIR"),
    }
)
_PASSED_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "NCCL_", "HIP_", "HSA_", "ROCR_", "PYTORCH_", "OMP_", "MKL_")
_UNLESS_SAID_OTHERWISE = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait must not take the cores from those that compute
}
_ALWAYS = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "DIFFUSERS_DISABLE_REMOTE_CODE": "1",
    "PYTHONFAULTHANDLER": "1",  # a crash or a hang prints where it was
    "PYTHONIOENCODING": "utf-8:backslashreplace",
}
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def worker_environment(settings: WorkerSettings, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables of a worker: an allow-list of the server's `own`, then what its settings say."""
    own = os.environ if own is None else own
    passed = {name: value for name, value in own.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    threads = {name: str(settings.threads) for name in _THREADS} if settings.threads is not None else {}
    root = str(Path(graph.__file__).resolve().parent.parent)
    paths = {"PYTHONPATH": os.pathsep.join((root, *settings.import_paths))}
    return {**_UNLESS_SAID_OTHERWISE, **passed, **_ALWAYS, **threads, **paths, **settings.environment}


def worker_command(settings: WorkerSettings, connection: Sequence[str]) -> list[str]:
    """The command line of a worker. The current directory is not imported from (`-P`)."""
    return [settings.python, "-P", "-m", "graph.worker", "--parent", str(os.getpid()), *connection]
