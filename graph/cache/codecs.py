"""How values become bytes and back: structure as JSON, leaves as named blobs. Never a pickle.

A value is encoded as a skeleton (JSON text) and blobs. In the skeleton None, booleans, numbers and strings stand for
themselves; everything else is a list that starts with its tag:

    ["l", ...]  list      ["t", ...]  tuple      ["d", [key, value], ...]  dict
    ["b", n]    bytes: blob n                    ["x", codec, n]  a leaf that `codec` wrote: blob n
    ["k", message]  a blocker

Other types are leaves: whoever owns a type registers a `LeafCodec` for it. A value that nobody can encode is not an
error for caches: it is kept in memory only.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from blake3 import blake3

from graph.errors import CacheError
from graph.spec import Json
from graph.values import Blocker

_PLAIN = frozenset({str, int, float, bool, type(None)})
_OBJECT_BYTES = 512
"""What an object of unknown type is taken to weigh: handles are small."""


class LeafCodec(Protocol):
    """Reads and writes one kind of value that is not plain data, such as tensors."""

    @property
    def name(self) -> str:
        """Stands in every encoded value; a changed format needs a new name."""
        ...

    def matches(self, value: object) -> bool:
        """Whether this codec can write `value`."""
        ...

    def encode(self, value: Any) -> bytes:  # a value that matched
        """The value as bytes; equal values give equal bytes."""
        ...

    def decode(self, data: bytes) -> Any:  # whatever the codec is for
        """The value that `encode` wrote."""
        ...

    def nbytes(self, value: Any) -> int:  # a value that matched
        """How much memory the value takes."""
        ...


@dataclass(frozen=True, slots=True)
class JsonCodec:
    """A leaf codec for small immutable objects, such as handles: they are written as the JSON that `dump` gives."""

    name: str
    kind: type
    dump: Callable[[Any], Json]  # from a value of `kind`
    load: Callable[[Json], Any]  # back to a value of `kind`

    def matches(self, value: object) -> bool:
        """Whether the value is exactly of this codec's type."""
        return type(value) is self.kind

    def encode(self, value: Any) -> bytes:  # a value that matched
        """The value as JSON with sorted keys."""
        return json.dumps(self.dump(value), sort_keys=True, separators=(",", ":")).encode()

    def decode(self, data: bytes) -> Any:  # a value of `kind`
        """The value that `encode` wrote."""
        return self.load(json.loads(data))

    def nbytes(self, value: Any) -> int:  # a value that matched
        """A guess: handles are small."""
        return _OBJECT_BYTES


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value as data: a skeleton in JSON, and the blobs that it refers to by number."""

    skeleton: str
    blobs: tuple[bytes, ...] = ()


class Codecs:
    """Encodes, decodes, compares and weighs values, with the leaf codecs it was given."""

    def __init__(self, leaves: Sequence[LeafCodec] = ()) -> None:
        self._leaves = tuple(leaves)
        self._leaf_by_name = {leaf.name: leaf for leaf in leaves}

    def encode(self, value: object) -> Encoded:
        """The value as data.

        Raises:
            CacheError: some part of it has no codec.
        """
        blobs: list[bytes] = []
        try:
            skeleton = json.dumps(self._pack(value, blobs), separators=(",", ":"))
        except RecursionError as error:
            raise CacheError("A value is nested too deeply to be stored.") from error
        return Encoded(skeleton, tuple(blobs))

    def decode(self, encoded: Encoded) -> Any:  # whatever was encoded
        """The value that `encode` wrote.

        Raises:
            CacheError: it is not such data, or a codec is missing.
        """
        try:
            return self._unpack(json.loads(encoded.skeleton), encoded.blobs)
        except CacheError:
            raise
        except Exception as error:  # foreign codecs may raise anything on bytes they do not like
            raise CacheError(f"A stored value cannot be read: {error}") from error

    def digest(self, value: object) -> str | None:
        """Tells whether two values are the same (hexadecimal BLAKE3); None if some part of it has no codec."""
        try:
            encoded = self.encode(value)
        except CacheError:
            return None
        digest = blake3(encoded.skeleton.encode("utf-8", "surrogatepass"))
        for blob in encoded.blobs:
            digest.update(blake3(blob).digest())
        return digest.hexdigest()

    def nbytes(self, value: object) -> int:
        """About how much memory the value takes."""
        total = 0
        stack = [value]
        while stack:
            each = stack.pop()
            total += self._weigh(each)
            if isinstance(each, (list, tuple)):
                stack.extend(each)
            elif isinstance(each, dict):
                stack.extend(each.keys())
                stack.extend(each.values())
        return total

    def _weigh(self, value: object) -> int:
        if type(value) in _PLAIN or isinstance(value, (list, tuple, dict, bytes)):
            return sys.getsizeof(value)
        leaf = self._leaf(value)
        return leaf.nbytes(value) if leaf else _OBJECT_BYTES

    def _leaf(self, value: object) -> LeafCodec | None:
        return next((leaf for leaf in self._leaves if leaf.matches(value)), None)

    def _pack(self, value: Any, blobs: list[bytes]) -> Json:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is list:
            return ["l", *[self._pack(each, blobs) for each in value]]
        if kind is tuple:
            return ["t", *[self._pack(each, blobs) for each in value]]
        if kind is dict:
            return ["d", *[[self._pack(key, blobs), self._pack(each, blobs)] for key, each in value.items()]]
        if kind is Blocker:
            return ["k", value.message]
        if kind is bytes:
            blobs.append(value)
            return ["b", len(blobs) - 1]
        return self._pack_leaf(value, blobs)

    def _pack_leaf(self, value: object, blobs: list[bytes]) -> Json:
        leaf = self._leaf(value)
        if leaf is None:
            raise CacheError(f"A value of type {type(value).__qualname__} cannot be stored: no codec is registered.")
        try:
            blobs.append(leaf.encode(value))
        except Exception as error:  # foreign codecs may raise anything on values they do not like
            raise CacheError(f"A value of type {type(value).__qualname__} cannot be stored: {error}") from error
        return ["x", leaf.name, len(blobs) - 1]

    def _unpack(self, data: Json, blobs: Sequence[bytes]) -> Any:
        if not isinstance(data, list):
            return data
        tag, *rest = data
        if tag == "l":
            return [self._unpack(each, blobs) for each in rest]
        if tag == "t":
            return tuple(self._unpack(each, blobs) for each in rest)
        if tag == "d":
            return {self._unpack(key, blobs): self._unpack(each, blobs) for key, each in rest}
        if tag == "k":
            return Blocker(rest[0])
        if tag == "b":
            return blobs[rest[0]]
        if tag == "x":
            return self._named(rest[0]).decode(blobs[rest[1]])
        raise CacheError(f"A stored value has an unknown part {tag!r}.")

    def _named(self, name: str) -> LeafCodec:
        leaf = self._leaf_by_name.get(name)
        if leaf is None:
            raise CacheError(f'A stored value needs the codec "{name}", which this process does not have.')
        return leaf
