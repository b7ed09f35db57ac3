"""Starts the real server as a process of its own, with small nodes, and talks to it over real sockets."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.web.light import START_SECONDS

ROOT = Path(__file__).parents[2]
SCRIPT = """
import argparse, sys
import web.serve
parser = argparse.ArgumentParser()
web.serve.configure(parser)
sys.exit(web.serve.answer(parser.parse_args(sys.argv[1:]), "tests.web.light:create"))
"""
DEADLINE_SECONDS = 30.0


class DidNotStart(Exception):
    """The server ended before it listened; says what it printed."""


class ServerProcess:
    """A server process; `url` is known once it listens."""

    def __init__(self, data: Path, *flags: str, start_seconds: float | None = None, script: str = SCRIPT) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        if start_seconds is not None:
            (data / START_SECONDS).write_text(str(start_seconds))
        self._log = (data / "server.log").open("a+b")
        command = [sys.executable, "-c", script, "--port", "0", "--data-dir", str(data), "--models", str(data / "m")]
        self.process = subprocess.Popen(
            [*command, *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        if not line.startswith("To see the GUI go to: "):
            said = self.log()
            self.close()
            raise DidNotStart(said)
        self.url = line.split(": ", 1)[1].strip()
        self.port = int(self.url.rpartition(":")[2])

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(DEADLINE_SECONDS)
        self.close()
        return code

    def stop_and_keep_log(self) -> int:
        """Ask it to stop, and leave its log open; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_SECONDS)

    def close(self) -> None:
        """Kill it if it still runs, and give everything back."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()

    def get(self, path: str, **headers: str) -> Any:
        """The JSON answer."""
        status, answer, _ = self.ask("GET", path, headers=headers)
        assert status == 200, answer
        return answer

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON answer; None if there is none."""
        status, answer, _ = self.ask("POST", path, body, headers=headers)
        assert status == 200, answer
        return answer

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, answer (JSON where it is JSON, else bytes) and headers."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {"Content-Type": "application/json"} if data is not None else {}
        request = urllib.request.Request(self.url + path, data, {**named, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
                return answer.status, _content(answer.headers, answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _content(error.headers, error.read()), error.headers

    def finished(self, job: str) -> Any:
        """The history entry of a job, as soon as it is over."""
        return eventually(lambda: self.get(f"/history/{job}").get(job))

    def running(self, job: str) -> Any:
        """The queue item of a job, as soon as it runs."""
        return eventually(lambda: [item for item in self.get("/queue")["queue_running"] if item[1] == job])


def eventually(question: Any, seconds: float = DEADLINE_SECONDS) -> Any:
    """The first answer that is something."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return answer


def _content(headers: Mapping[str, str], body: bytes) -> Any:
    if body and headers.get("Content-Type", "").startswith("application/json"):
        return json.loads(body)
    return body or None


def graph(**nodes: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    """`graph(a=("Text", {"text": "x"}))` in the API shape."""
    return {name: {"class_type": kind, "inputs": dict(inputs)} for name, (kind, inputs) in nodes.items()}


def hello(text: str = "hello") -> dict[str, Any]:
    """The smallest graph that shows something."""
    return graph(a=("Text", {"text": text}), b=("Show", {"text": ["a", 0]}))


def slow(text: str, steps: int = 400) -> dict[str, Any]:
    """A graph that runs for a while, and stops when it is told to."""
    return graph(
        a=("Text", {"text": text}), s=("Steps", {"text": ["a", 0], "steps": steps}), b=("Show", {"text": ["s", 0]})
    )
