"""`/view`: files that nodes saved, and files that clients uploaded."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from graph.errors import FolderError
from web import pictures
from web.api.bodies import number_in
from web.api.errors import Invalid, NotThere
from web.api.parts import Parts, parts_of
from web.names import safe_parts
from web.sniffing import HEAD_BYTES, kind_of

_DEFAULT_QUALITY = 90
_LARGEST_SIDE = 4096
_FORMATS: Mapping[str, pictures.PreviewFormat] = {"webp": "webp", "jpeg": "jpeg", "jpg": "jpeg"}
_CHANNELS: Mapping[str, pictures.Channel] = {"rgb": "rgb", "a": "a"}


def routes() -> list[web.RouteDef]:
    """The routes of this resource."""
    return [web.get("/view", get_view)]


async def get_view(request: web.Request) -> web.StreamResponse:
    """A file by `filename`, `type` and `subfolder`; as a smaller `preview=webp;90`, or one `channel` of it.

    With `size=256` the preview has at most so many pixels a side.
    """
    parts = parts_of(request)
    path = await asyncio.to_thread(_path, parts, request.query)
    channel = _CHANNELS.get(request.query.get("channel", ""))
    if channel is not None:
        async with parts.decoding:
            content = await asyncio.to_thread(pictures.channel, path, channel)
        return _picture(content, "image/png", path)
    if request.query.get("preview"):
        return await _preview(request, path)
    return await file_reply(path)


async def _preview(request: web.Request, path: Path) -> web.Response:
    """A smaller file of a picture; not made again for a client that has it."""
    format, quality = _format_of(request.query["preview"])
    longest = number_in(request, "size", 0, most=_LARGEST_SIDE) or None
    facts = await asyncio.to_thread(path.stat)
    tag = f"{facts.st_mtime_ns:x}-{facts.st_size:x}-{format}-{quality}-{longest}"
    if any(each.value == tag for each in request.if_none_match or ()):
        return web.Response(status=304, headers={hdrs.ETAG: f'"{tag}"', hdrs.CACHE_CONTROL: "no-cache"})
    async with parts_of(request).decoding:
        content, media_type = await asyncio.to_thread(pictures.preview, path, format, quality, longest)
    response = _picture(content, media_type, path)
    response.etag = tag
    return response


async def file_reply(path: Path, as_download: bool = False) -> web.StreamResponse:
    """A file, typed by its content: pictures, videos and sounds in place, anything else as a download."""
    kind = kind_of(await asyncio.to_thread(_head, path))
    is_inline = kind is not None and kind.is_inline and not as_download
    headers = {
        hdrs.CONTENT_TYPE: kind.media_type if kind is not None and is_inline else "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: _disposition(path.name, is_inline),
        hdrs.CACHE_CONTROL: "no-cache",
    }
    return web.FileResponse(path, headers=headers)


def _path(parts: Parts, query: Mapping[str, str]) -> Path:
    """The file that a request means. Blocks.

    Raises:
        BadName: a name leads out of the folder.
        NotThere: there is no such file.
    """
    filename = query.get("filename")
    if not filename:
        raise Invalid("Say which file: filename=…")
    place = {"filename": filename, "subfolder": query.get("subfolder", ""), "type": query.get("type") or "output"}
    safe_parts(filename)
    safe_parts(place["subfolder"])
    try:
        return parts.artefacts.path(place)
    except FolderError as error:
        raise NotThere(f'There is no file "{filename[:200]}" in the folder "{place["type"][:40]}".') from error


def _format_of(text: str) -> tuple[pictures.PreviewFormat, int]:
    """`webp;90` as a format and a quality; what cannot be read becomes WebP at 90."""
    name, _, quality = text.partition(";")
    number = int(quality) if quality.isdecimal() and len(quality) < 4 else _DEFAULT_QUALITY
    return _FORMATS.get(name.lower(), "webp"), min(max(number, 1), 100)


def _picture(content: bytes, media_type: str, path: Path) -> web.Response:
    headers = {hdrs.CONTENT_DISPOSITION: _disposition(path.name, is_inline=True), hdrs.CACHE_CONTROL: "no-cache"}
    return web.Response(body=content, content_type=media_type, headers=headers)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _disposition(name: str, is_inline: bool) -> str:
    return f"{'inline' if is_inline else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"
