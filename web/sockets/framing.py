"""Writes websocket frames (RFC 6455, section 5.2) as a server sends them: whole, unmasked, uncompressed."""

import struct

_TEXT, _BINARY = 0x81, 0x82  # the last frame of its message, and its kind
_SHORT, _MEDIUM = 125, 0xFFFF


def framed(message: str | bytes) -> bytes:
    """A message as one frame."""
    kind = _TEXT if isinstance(message, str) else _BINARY
    payload = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    length = len(payload)
    if length <= _SHORT:
        return struct.pack(">BB", kind, length) + payload
    if length <= _MEDIUM:
        return struct.pack(">BBH", kind, 126, length) + payload
    return struct.pack(">BBQ", kind, 127, length) + payload
