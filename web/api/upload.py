"""`/upload`: pictures and other files that graphs read, and masks painted over them."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from graph import strict_json
from graph.artefacts import Artefact
from graph.spec import Json
from web import pictures
from web.api.bodies import takes
from web.api.errors import Invalid, TooMuch
from web.api.parts import Parts, parts_of
from web.api.replies import reply
from web.names import safe_parts
from web.uploads import Wish

MULTIPART = "multipart/form-data"
_FIELD_BYTES = 64 * 1024
_MOST_FIELDS = 20


@dataclass(slots=True)
class Form:
    """The fields of an upload besides the file."""

    filename: str | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def wish(self) -> Wish:
        """How the file is to be called."""
        fields = self.fields
        if self.filename is None:
            raise Invalid('The form holds no file: put it into a field called "image".')
        overwrite = fields.get("overwrite", "").lower() in ("true", "1")
        return Wish(self.filename, fields.get("subfolder", ""), fields.get("type") or "input", overwrite)


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.post("/upload/image", post_image), web.post("/upload/mask", post_mask)]


@takes(MULTIPART)
async def post_image(request: web.Request) -> web.Response:
    """Save a file; the same content keeps its name, other content of that name is numbered."""
    uploads = parts_of(request).uploads
    with uploads.draft() as draft:
        form = await receive_form(request, draft)
        saved = await asyncio.to_thread(uploads.keep, draft, form.wish())
    return reply(_described(saved))


@takes(MULTIPART)
async def post_mask(request: web.Request) -> web.Response:
    """Save the picture `original_ref` with the alpha of an uploaded mask."""
    parts = parts_of(request)
    with parts.uploads.draft() as mask, parts.uploads.draft() as result:
        form = await receive_form(request, mask)
        original = await asyncio.to_thread(_original, parts, form.fields.get("original_ref", ""))
        await asyncio.to_thread(mask.flush)
        async with parts.decoding:
            content = await asyncio.to_thread(pictures.with_mask, original, Path(mask.name))
        await asyncio.to_thread(result.write, content)
        wish = form.wish()
        if not wish.filename.lower().endswith(".png"):
            wish = replace(wish, filename=f"{wish.filename}.png")
        saved = await asyncio.to_thread(parts.uploads.keep, result, wish)
    return reply(_described(saved))


def _described(saved: Artefact) -> dict[str, Json]:
    return {"name": saved.filename, "subfolder": saved.subfolder, "type": saved.type}


async def receive_form(request: web.Request, draft: BinaryIO) -> Form:
    """Write the file of a form to `draft` as it arrives; returns the other fields."""
    most = parts_of(request).settings.limits.upload_bytes
    if (request.content_length or 0) > most + _FIELD_BYTES * _MOST_FIELDS:
        raise TooMuch(f"The upload has {request.content_length} bytes; at most {most} are taken.")
    form = Form()
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or len(form.fields) > _MOST_FIELDS:
                raise Invalid("The form is more than one file with a few fields.")
            if part.name in ("image", "file") and part.filename is not None:
                if form.filename is not None:
                    raise Invalid("The form holds more than one file; send one at a time.")
                form.filename = part.filename
                await _receive_file(request, part, draft)
            elif part.name is not None:
                form.fields[part.name] = await _receive_field(part)
    except (ValueError, AssertionError, HttpProcessingError) as error:  # what the parser says of a form that is none
        raise Invalid(f"The form cannot be read: {' '.join(str(error).split())}") from error
    return form


async def _receive_file(request: web.Request, part: BodyPartReader, draft: BinaryIO) -> None:
    limits = parts_of(request).settings.limits
    size = 0
    while True:
        try:
            async with asyncio.timeout(limits.body_seconds):
                chunk = await part.read_chunk(1 << 18)
        except TimeoutError:
            raise Invalid(f"Nothing more of the upload came for {limits.body_seconds:g} s.", kind="too_slow") from None
        if not chunk:
            return
        size += len(chunk)
        if size > limits.upload_bytes:
            raise TooMuch(f"The upload has more than {limits.upload_bytes} bytes, which is the most that is taken.")
        await asyncio.to_thread(draft.write, chunk)


async def _receive_field(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk(8192):
        data += chunk
        if len(data) > _FIELD_BYTES:
            raise TooMuch(f'The field "{part.name}" has more than {_FIELD_BYTES} bytes.')
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid(f'The field "{part.name}" is not UTF-8 text.') from None


def _original(parts: Parts, reference: str) -> Path:
    """The picture that a mask belongs to. Blocks."""
    place = strict_json.loads(reference) if reference else None
    if not isinstance(place, dict):
        raise Invalid('The form says in "original_ref" which picture the mask is for: {"filename": …, "type": …}.')
    for key in ("filename", "subfolder"):
        safe_parts(str(place.get(key) or ""))
    return parts.artefacts.path(place)
