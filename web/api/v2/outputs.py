"""What output nodes show, as assets: each entry has an id from which it is found again, listed nowhere."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graph.artefacts import Artefacts
from graph.errors import FolderError
from graph.jobs.records import Job, Output
from graph.jobs.store import JobStore
from graph.spec import Json
from web.api.errors import NotThere
from web.api.replies import to_json
from web.api.v2.shapes import AssetRecord, OutputRecord, OutputType, moment
from web.sniffing import HEAD_BYTES, kind_of

PREFIX = "out_"
"""How the ids of outputs begin."""
_DAY_SECONDS = 24 * 3600.0
_LINK_DAYS = 8
_LEFT_OUT = frozenset({"animated"})  # says how to show the pictures beside it
_TEXT, _JSON, _ANY = "text/plain", "application/json", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: in what a node of a job shows."""

    job: str
    node: str
    kind: str
    index: int

    @property
    def id(self) -> str:
        """The id that clients use."""
        text = json.dumps([self.job, self.node, self.kind, self.index], separators=(",", ":"))
        return PREFIX + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of what a node shows."""

    place: Place
    shown_by: str
    """The node of the document."""
    entry: Json

    @property
    def file(self) -> Mapping[str, Any] | None:
        """The description of a file, if it is one."""
        return self.entry if isinstance(self.entry, Mapping) and "filename" in self.entry else None

    @property
    def content(self) -> bytes:
        """The content of an entry that is no file."""
        return self.entry.encode("utf-8", "replace") if isinstance(self.entry, str) else to_json(self.entry)


def place_of(asset_id: str) -> Place:
    """The place that an id means.

    Raises:
        NotThere: it means none.
    """
    text = asset_id.removeprefix(PREFIX)
    try:
        job, node, kind, index = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error) as error:
        raise NotThere(f'There is no asset "{asset_id[:80]}".') from error
    if not (isinstance(job, str) and isinstance(node, str) and isinstance(kind, str) and type(index) is int):
        raise NotThere(f'There is no asset "{asset_id[:80]}".')
    return Place(job, node, kind, index)


def entries_of(job: str, outputs: Iterable[Output]) -> Iterator[Shown]:
    """Everything that the nodes of a job show, in order."""
    for output in outputs:
        yield from entries_in(job, output.node.id, output.node.display or output.node.id, output.ui)


def entries_in(job: str, node: str, shown_by: str, ui: Mapping[str, Json]) -> Iterator[Shown]:
    """Everything that one node shows."""
    for kind, entries in ui.items():
        if kind in _LEFT_OUT:
            continue
        listed = entries if isinstance(entries, list | tuple) else [entries]
        for index, entry in enumerate(listed):
            yield Shown(Place(job, node, kind, index), shown_by, entry)


async def find(store: JobStore, asset_id: str) -> tuple[Job, Shown]:
    """The job and the entry that an id means.

    Raises:
        NotThere: there is none, or its job was deleted.
    """
    place = place_of(asset_id)
    job = await store.get(place.job)
    if job is not None:
        for shown in entries_of(job.id, (await store.outputs([job.id])).get(job.id, ())):
            if shown.place == place:
                return job, shown
    raise NotThere(f'There is no asset "{asset_id[:80]}"; its job may have been deleted.')


def output_record(shown: Shown, artefacts: Artefacts, origin: str, now: float) -> OutputRecord:
    """An entry as outputs of jobs are told. Blocks."""
    size, content_type = _facts(shown, artefacts)
    return OutputRecord(
        node_id=shown.shown_by,
        name=_name(shown),
        type=_type(shown, content_type),
        content_type=content_type,
        size_bytes=size,
        id=shown.place.id,
        hash=_hash(shown),
        url=content_url(origin, shown.place.id),
        url_expires_at=link_end(now),
        job_id=shown.place.job,
    )


def asset_record(job: Job, shown: Shown, artefacts: Artefacts, origin: str, now: float) -> AssetRecord:
    """An entry as assets are told. Blocks."""
    size, content_type = _facts(shown, artefacts)
    return AssetRecord(
        id=shown.place.id,
        hash=_hash(shown),
        size_bytes=size,
        content_type=content_type,
        file_path=_name(shown),
        created_at=moment(job.ended or job.started or job.created),
        url=content_url(origin, shown.place.id),
        url_expires_at=link_end(now),
        job_id=job.id,
    )


def content_url(origin: str, asset_id: str) -> str:
    """Where the content of an asset is."""
    return f"{origin}/api/v2/assets/{asset_id}/content"


def link_end(now: float) -> datetime:
    """Until when to count on the link to an asset: the end of a day, so that the same is told all day.

    Links here hold for as long as their assets.
    """
    return moment((now // _DAY_SECONDS + _LINK_DAYS) * _DAY_SECONDS)


def media_type(path: Path) -> str:
    """What a file is, by its first bytes. Blocks."""
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    return kind.media_type if kind is not None else _ANY


def _facts(shown: Shown, artefacts: Artefacts) -> tuple[int, str]:
    """Size in bytes and media type; a file that is gone has no bytes."""
    if shown.file is None:
        return len(shown.content), _TEXT if isinstance(shown.entry, str) else _JSON
    try:
        path = artefacts.path(shown.file)
        return path.stat().st_size, media_type(path)
    except (FolderError, OSError):
        return 0, _ANY


def _name(shown: Shown) -> str:
    if shown.file is not None:
        return str(shown.file["filename"])
    suffix = "txt" if isinstance(shown.entry, str) else "json"
    return f"{shown.place.kind}_{shown.place.index + 1}.{suffix}"


def _type(shown: Shown, content_type: str) -> OutputType:
    family = content_type.partition("/")[0]
    if family in ("image", "video", "audio"):
        return family  # type: ignore[return-value]  # one of the three, which inference does not see
    if shown.place.kind == "latents":
        return "latent"
    return "text" if shown.file is None and isinstance(shown.entry, str) else "file"


def _hash(shown: Shown) -> str | None:
    digest = shown.file.get("digest") if shown.file is not None else None
    return f"blake3:{digest}" if isinstance(digest, str) and digest else None
