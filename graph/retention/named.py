"""Which files jobs that wait or run will read: nothing takes them away before."""

import json
import re
from collections.abc import Mapping

from sqlalchemy import Connection, or_, select

from graph.jobs.schema import IS_QUEUED, IS_RUNNING, JOB, PAYLOAD

_MARKED = re.compile(r'"((?:[^"\\]|\\.)*) \[(temp|output|input)\]"')
_ASSET = re.compile(r'"(assets/[0-9A-Za-z._-]+)')
_BATCH = 200


def names_in_use(connection: Connection) -> Mapping[str, frozenset[str]]:
    """Names by folder (`temp`, `output`, `input`), as documents of waiting and running jobs hold them."""
    found: dict[str, set[str]] = {"temp": set(), "output": set(), "input": set()}
    query = select(PAYLOAD.c.document).join(JOB, JOB.c.key == PAYLOAD.c.job_key).where(or_(IS_QUEUED, IS_RUNNING))
    for document in connection.execution_options(yield_per=_BATCH).execute(query).scalars():
        for text, folder in _MARKED.findall(document):
            found[folder].add(_unescaped(text))
        found["input"].update(_ASSET.findall(document))
    return {folder: frozenset(names) for folder, names in found.items()}


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
