"""Keys of results: what a node would compute, as a hash of everything that it depends on.

Keys are Merkle hashes (R. Merkle, "A Digital Signature Based on a Conventional Encryption Function", CRYPTO 1987): a
key holds the keys of the nodes that feed it, not their ancestry, so a graph takes time linear in its size. A key is
SHA-256 over the node type and its version, the literal inputs, for each link the key of the node that feeds it and the
slot, the content of the files it names, its change token, and the device and precision where the node computes.
Literals are tagged by type: `1`, `1.0`, `true` and `"1"` differ. The order of keys in the document never matters.

Some results cannot be known by what goes in: the type is never cached, its change token is NaN, a file's name comes
from a link. Such nodes get a key of this run only; they are *volatile*, and so is everything below them. What they feed
may still be found by content, once they have run: `content_key`.
"""

import hashlib
import secrets
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.canonical import canonical
from graph.errors import FolderError
from graph.shape import Shape, Shapes
from graph.tokens import Token
from graph.topology import GraphNode

Digest = Callable[[object], str | None]
"""Compares values that are not JSON, such as tensors in expansions; None if it cannot."""
DigestOfFile = Callable[[str, str], str]
"""Content digest of a file, by folder and name; raises FolderError if it is not there."""
_SCHEMA = "latentloom 1"
_COMPUTES = frozenset({"cpu", "gpu"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What keys depend on besides the graph."""

    digest_of_file: DigestOfFile | None = None
    salt: str = ""
    """Device and precision, such as `cpu/fp32`: part of the key of every node that computes."""
    digest: Digest | None = None


@dataclass(slots=True)
class Fingerprints:
    """The keys of some nodes, with what they were made of."""

    keys: dict[str, str] = field(default_factory=dict)
    volatile: dict[str, str | None] = field(default_factory=dict)
    """Nodes whose key is of this run only, and why; None where that is inherited from a node that feeds them."""
    tokens: dict[str, Token] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    """Content digests of the files that a node names, by input."""
    linked_files: set[str] = field(default_factory=set)
    """Volatile nodes whose files are known once what feeds them has run: they can be found by content."""
    salt: str = ""

    def update(self, other: "Fingerprints") -> None:
        """Add the keys of further nodes."""
        self.keys.update(other.keys)
        self.volatile.update(other.volatile)
        self.tokens.update(other.tokens)
        self.files.update(other.files)
        self.linked_files |= other.linked_files


def fingerprint(
    nodes: Iterable[GraphNode],
    tokens: Mapping[str, Token],
    surroundings: Surroundings,
    known: Fingerprints | None = None,
) -> Fingerprints:
    """The key of each node, given in an order in which every node comes after all that feed it.

    Args:
        nodes: the nodes to look at; what feeds them is among them or in `known`.
        tokens: change tokens by node id, from `change_tokens`.
        surroundings: files, device and precision.
        known: keys of nodes outside, for graphs that grow.
    """
    result = Fingerprints(salt=surroundings.salt)
    outside = known or Fingerprints()
    shapes = Shapes()
    nonce = secrets.token_hex(16)
    for node in nodes:
        shape = shapes.of(node.spec)
        token = tokens.get(node.id)
        if token is not None:
            result.tokens[node.id] = token
        trouble = _trouble(node, token) or _look_at_files(node, shape, surroundings, result)
        literals = None if trouble else _literals_text(node, shape, surroundings.digest)
        if literals is None:
            result.volatile[node.id] = trouble or f"an input of {_call(node)} is a value that cannot be compared"
            result.keys[node.id] = f"{nonce}.{node.id}"
            continue
        parts = [head_text(node, result), literals]
        for name, link, spec in sorted(shape.links(node), key=_name):
            key = result.keys.get(link.node) or outside.keys[link.node]
            raw = canonical(link.node) if spec is not None and spec.raw_link else ""
            parts.append(f"{canonical(name)}>{raw}{link.slot}@{key};")
            if link.node in result.volatile or link.node in outside.volatile:
                result.volatile[node.id] = None
        result.keys[node.id] = _hash("".join(parts))
    return result


def content_key(head: str, digests: Mapping[str, str]) -> str:
    """The key of a node by the content that reaches it. A literal and a link that brings the same value are the same.

    Args:
        head: what `head_text` says of the node.
        digests: content of each input.
    """
    return _hash(head + "".join([f"{canonical(name)}={digests[name]};" for name in sorted(digests)]))


def head_text(node: GraphNode, prints: Fingerprints) -> str:
    """Everything that a node's key holds except its inputs."""
    spec = node.spec
    salt = prints.salt if spec.occupies in _COMPUTES else ""
    parts = [_SCHEMA, canonical(spec.id), str(spec.version), ";", canonical(salt)]
    if spec.depends_on_id:
        parts.append(f"id{canonical(node.id)}")
    token = prints.tokens.get(node.id)
    if token is not None:
        parts.append(f"token{canonical(token.value)}")
    for name, digest in sorted(prints.files.get(node.id, {}).items()):
        parts.append(f"file{canonical(name)}{digest};")
    return "".join(parts)


def _literals_text(node: GraphNode, shape: Shape, digest_of: Digest | None) -> str | None:
    """The literal inputs that reach a node; None if one cannot be compared."""
    literals = node.literals
    parts: list[str] = []
    for name in sorted(literals):
        if shape.reaches(name):
            try:
                text = canonical(literals[name])
            except TypeError:
                digest = digest_of(literals[name]) if digest_of else None
                if digest is None:
                    return None
                text = f"x{digest};"
            parts.append(f"{canonical(name)}{text}")
    return "".join(parts)


def parts_of(node: GraphNode, shape: Shape, prints: Fingerprints) -> dict[str, int]:
    """Checksums of what a key is made of, in the order in which a change is worth telling: see `graph.cache.seen`."""
    parts = {"version": node.spec.version}
    if prints.salt and node.spec.occupies in _COMPUTES:
        parts["salt"] = _checksum(prints.salt)
    for name, digest in prints.files.get(node.id, {}).items():
        parts[f"file {name}"] = _checksum(digest)
    for name, value in node.literals.items():
        if shape.reaches(name):
            parts[f"input {name}"] = _checksum(_readable(value))
    if node.id in prints.tokens:
        parts["token"] = _checksum(_readable(prints.tokens[node.id].value))
    for name, link, _ in shape.links(node):
        parts[f"link {name}"] = _checksum(f"{link.slot}:{link.node}")
    return parts


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _readable(value: object) -> str:
    try:
        return canonical(value)
    except TypeError:
        return ""


def _name(named: Sequence[Any]) -> str:
    return str(named[0])


def _trouble(node: GraphNode, token: Token | None) -> str | None:
    """Why the result cannot be known by what goes in; None if it can."""
    if not node.spec.cacheable:
        return f"{_call(node)} is never cached"
    return f"{_call(node)} {token.trouble}" if token is not None and token.trouble else None


def _look_at_files(node: GraphNode, shape: Shape, surroundings: Surroundings, result: Fingerprints) -> str | None:
    """Note the digests of the files that the node names; returns why one cannot be read."""
    if not shape.has_files:
        return None
    for name, value in node.literals.items():
        spec = shape.find(name)
        if spec is None or not spec.files or not isinstance(value, str) or value in spec.extra_choices:
            continue
        if surroundings.digest_of_file is None:
            return f'the content of file "{value}" of {_call(node)} is not known here'
        try:
            digest = surroundings.digest_of_file(spec.files, value)
        except (FolderError, OSError) as error:
            return f'file "{value}" of {_call(node)} cannot be read: {error}'
        result.files.setdefault(node.id, {})[name] = digest
    for name, _, spec in shape.links(node):
        if spec is not None and spec.files:
            result.linked_files.add(node.id)
            return f'the file name of input "{name}" of {_call(node)} comes from a link'
    return None


def _call(node: GraphNode) -> str:
    return f'node {node.id} "{node.title or node.spec.title}"'
