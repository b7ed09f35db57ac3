"""Files of a folder as a browser loads them: nothing outside of the folder, each as what its name says it is."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import hdrs, web

from web.names import place_below

_TEXTS = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/plain",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
_OTHERS = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".png": "image/png",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
MEDIA_TYPES: Mapping[str, str] = {
    **{suffix: f"{kind}; charset=utf-8" for suffix, kind in _TEXTS.items()},
    **_OTHERS,
}
"""Suffix -> media type. Not asked of the system, whose answers differ from machine to machine; scripts need theirs."""


def file_in(folder: Path, name: str) -> Path | None:
    """The file that a name means in a folder; None if there is none. Blocks.

    Raises:
        BadName: the name leads out of the folder, or is hidden.
    """
    path = place_below(folder, name)
    return path if path.is_file() else None


def static_reply(path: Path, policy: str | None = None) -> web.StreamResponse:
    """A file, by the type that its name tells; browsers ask each time whether it has changed.

    Args:
        path: the file.
        policy: the content policy of a page; without one no script of it runs.
    """
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
        hdrs.CACHE_CONTROL: "no-cache",
    }
    if policy is not None:
        headers["Content-Security-Policy"] = policy
    return web.FileResponse(path, headers=headers)
