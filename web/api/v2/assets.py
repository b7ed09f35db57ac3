"""`/api/v2/assets`: files that clients send for graphs to read, and what jobs show."""

import asyncio
import mimetypes
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from graph.errors import FolderError
from graph.library.assets import Asset
from web.api.errors import Invalid, NotThere, Taken, TooMuch, Unprocessable, WrongKind
from web.api.parts import Parts, parts_of
from web.api.routes import INTEGRAL, Answer, Wish, endpoint
from web.api.upload import MULTIPART, receive_form
from web.api.v2.outputs import PREFIX, asset_record, content_url, find, link_end, media_type
from web.api.v2.parts import now, origin_of, shelf_of
from web.api.v2.shapes import AssetRecord, moment
from web.api.view import file_reply
from web.uploads import Wish as UploadWish

SUBFOLDER = "assets"
"""Where files that clients sent this way are, below the folder of inputs."""
_HASH = "blake3:"
_LONGEST_NAME = 512
AssetId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Hash = Annotated[str, Field(pattern=r"^blake3:[0-9a-f]{64}$")]
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "content_type": {"type": "string", "description": "Not believed: the content says what it is."},
        "file_path": {"type": "string", "description": "What the client calls it."},
        "expected_hash": {"type": "string", "description": "`blake3:<hex>`; other content is refused."},
        "tags": {"type": "array", "items": {"type": "string"}, "description": "Not kept."},
        "expires_in": {"type": "integer", "description": "Not kept: assets stay until they are deleted."},
        "file": {"type": "string", "format": "binary", "description": "The content; last in the form."},
    },
}


class FromHashWish(Wish):
    """A further reference to content that is here already."""

    hash: Hash
    file_path: Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)] | None = None
    """What the client calls it."""
    tags: list[str] = Field(default_factory=list)
    """Not kept."""
    expires_in: Annotated[int, Field(ge=60, le=604800), INTEGRAL] | None = None
    """Not kept: assets stay until they are deleted."""


@endpoint(
    "POST",
    "/api/v2/assets",
    status=201,
    also=(200,),
    errors=(Invalid, Taken, TooMuch, WrongKind, Unprocessable),
    takes=(MULTIPART,),
    form=_FORM,
)
async def post_asset(request: web.Request) -> Answer[AssetRecord]:
    """Send a file: a picture, a video, a sound or a saved latent.

    Content that is here already is not stored again.
    """
    parts, shelf = parts_of(request), shelf_of(request)
    with parts.uploads.draft() as draft:
        form = await receive_form(request, draft)
        if form.filename is None:
            raise Unprocessable('The form holds no file: put it into a field called "file".')
        name = _checked_name(form.fields.get("file_path") or form.filename)
        async with shelf.files:
            asset = await asyncio.to_thread(_keep, parts, draft, name, form.fields.get("expected_hash"), now(request))
            was_here = await shelf.assets.with_digest(asset.digest) is not None
            kept, is_new = await shelf.assets.add(asset)
    record = _record(request, kept).model_copy(update={"created_new": not was_here})
    return Answer(record, 201 if is_new else 200)


@endpoint("POST", "/api/v2/assets/from-hash", status=201, also=(200,), errors=(NotThere, Unprocessable))
async def post_asset_from_hash(request: web.Request, body: FromHashWish) -> Answer[AssetRecord]:
    """Refer to content that is here already, without sending it."""
    shelf = shelf_of(request)
    async with shelf.files:
        known = await _with_hash(request, body.hash)
        name = _checked_name(body.file_path or known.file_path)
        wanted = Asset(
            str(uuid4()), known.digest, known.size_bytes, known.content_type, name, known.filename, now(request)
        )
        kept, is_new = await shelf.assets.add(wanted)
    record = _record(request, kept).model_copy(update={"created_new": False})
    return Answer(record, 201 if is_new else 200)


@endpoint("GET", "/api/v2/assets/by-hash/{hash}", errors=(Unprocessable,))
async def get_asset_by_hash(request: web.Request, hash: Hash) -> AssetRecord:
    """The latest asset of this content; ask with HEAD to learn whether it is here."""
    return _record(request, await _with_hash(request, hash))


@endpoint("GET", "/api/v2/assets/{id}", errors=(Unprocessable,))
async def get_asset(request: web.Request, id: AssetId) -> AssetRecord:
    """What is known of a file: one that a client sent, or an output of a job."""
    if not id.startswith(PREFIX):
        return _record(request, await shelf_of(request).assets.find(id))
    parts = parts_of(request)
    job, shown = await find(parts.store, id)
    return await asyncio.to_thread(asset_record, job, shown, parts.artefacts, origin_of(request), now(request))


@endpoint("GET", "/api/v2/assets/{id}/content", errors=(Unprocessable,), also=(206,), gives="application/octet-stream")
async def get_asset_content(request: web.Request, id: AssetId) -> web.StreamResponse:
    """The content of a file, whole or a range of it."""
    parts = parts_of(request)
    if not id.startswith(PREFIX):
        asset = await shelf_of(request).assets.find(id)
        return await file_reply(await asyncio.to_thread(_path, parts, {"type": "input", "filename": asset.filename}))
    _, shown = await find(parts.store, id)
    if shown.file is not None:
        return await file_reply(await asyncio.to_thread(_path, parts, dict(shown.file)))
    content_type = "text/plain" if isinstance(shown.entry, str) else "application/json"
    return web.Response(body=shown.content, headers={"Content-Type": f"{content_type}; charset=utf-8"})


@endpoint("DELETE", "/api/v2/assets/{id}", status=204, errors=(Unprocessable, Taken), gives="")
async def delete_asset(request: web.Request, id: AssetId) -> None:
    """Forget a file that a client sent; its content goes with the last reference to it.

    An output belongs to its job, and a file that a waiting job needs stays: both are refused.
    """
    parts, shelf = parts_of(request), shelf_of(request)
    if id.startswith(PREFIX):
        await find(parts.store, id)
        raise Taken("An output belongs to its job; delete the job.", kind="asset_in_use")
    async with shelf.files:
        last = await shelf.assets.delete(id)
        if last is not None:
            await asyncio.to_thread(_remove, parts, last.filename)


ENDPOINTS = (
    post_asset,
    post_asset_from_hash,
    get_asset_by_hash,
    get_asset,
    get_asset_content,
    delete_asset,
)


async def _with_hash(request: web.Request, hash: str) -> Asset:
    """The latest asset of this content, if its file is still there.

    Raises:
        NotThere: there is none.
    """
    found = await shelf_of(request).assets.with_digest(hash.removeprefix(_HASH))
    place = {"type": "input", "filename": found.filename} if found is not None else {}
    if found is None or not await asyncio.to_thread(parts_of(request).artefacts.exists, place):
        raise NotThere(f"There is no content {hash} here; upload it.", kind="blob_not_found")
    return found


def _keep(parts: Parts, draft: BinaryIO, name: str, expected: str | None, at: float) -> Asset:
    """Keep the file of a draft under a name made of its content. Blocks.

    Raises:
        Taken: it is not what the client meant to send.
        BadName: it is empty.
        UnknownKind: it is of no kind that is taken.
    """
    path = Path(draft.name)
    digest = parts.uploads.digest(draft)
    if expected is not None and expected.removeprefix(_HASH).lower() != digest:
        raise Taken(
            f"The content that arrived is {_HASH}{digest}, not {expected[:80]}; send it again.", kind="hash_mismatch"
        )
    size, content_type = path.stat().st_size, media_type(path)
    suffix = PurePosixPath(name).suffix or mimetypes.guess_extension(content_type) or ""
    saved = parts.uploads.keep(draft, UploadWish(f"{digest[:32]}{suffix.lower()}", SUBFOLDER))
    return Asset(str(uuid4()), digest, size, content_type, name, f"{saved.subfolder}/{saved.filename}", at)


def _path(parts: Parts, description: dict[str, str]) -> Path:
    """The file of an asset. Blocks.

    Raises:
        NotThere: it is gone.
    """
    try:
        return parts.artefacts.path(description)
    except FolderError as error:
        raise NotThere("The file of this asset is gone.") from error


def _remove(parts: Parts, filename: str) -> None:
    try:
        parts.folders.path("input", filename).unlink(missing_ok=True)
    except FolderError:  # it was taken away by hand
        return


def _checked_name(name: str) -> str:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise Unprocessable(f"file_path must have 1 to {_LONGEST_NAME} printable characters.")
    return name


def _record(request: web.Request, asset: Asset) -> AssetRecord:
    return AssetRecord(
        id=asset.id,
        hash=f"{_HASH}{asset.digest}",
        size_bytes=asset.size_bytes,
        content_type=asset.content_type,
        file_path=asset.file_path,
        created_at=moment(asset.created),
        url=content_url(origin_of(request), asset.id),
        url_expires_at=link_end(now(request)),
    )
