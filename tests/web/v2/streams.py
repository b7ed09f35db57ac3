"""Reads server-sent events as the standard says, ids included."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.web.serving import DEADLINE_SECONDS, ServerProcess


@dataclass(frozen=True)
class Heard:
    name: str
    data: Any
    id: int | None


def hear(server: ServerProcess, job: str, after: int | None = None, most: int | None = None) -> list[Heard]:
    """The events of a job until the stream ends, or `most` of them."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    request = urllib.request.Request(f"{server.url}/api/v2/jobs/{job}/events", headers=headers)
    heard: list[Heard] = []
    fields: dict[str, str] = {}
    with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as stream:
        for line in stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                heard.append(Heard(fields["event"], json.loads(fields["data"]), number))
            fields = {}
            if most is not None and len(heard) >= most:
                break
    return heard
