"""The key of a call by the content that reaches it: what makes early cut-off possible.

A node that ran again and gave the same content as before leads to the same content keys below it, so what consumes it
is found although its Merkle key is new.
"""

from graph.cache.entry import Elements
from graph.canonical import canonical
from graph.errors import FolderError
from graph.execution.calls import Call
from graph.execution.house import House
from graph.execution.ledger import Ledger
from graph.fingerprint import Fingerprints, content_key, head_text
from graph.spec import InputSpec
from graph.topology import Link


def key_of_content(call: Call, ledger: Ledger, prints: Fingerprints, house: House) -> str | None:
    """The content key of a call; None if some input cannot be compared, or the result is never kept."""
    state = call.state
    is_unknowable = prints.volatile.get(state.id) is not None and state.id not in prints.linked_files
    if is_unknowable or not house.is_keeping:
        return None
    digests: dict[str, str] = {}
    for name, value in state.node.literals.items():
        if name in call.inputs:
            digest = house.codecs.digest((value,))
            if digest is None:
                return None
            digests[name] = digest
    for name, link, spec in state.type.shape.links(state.node):
        if state.is_asleep(name, spec):
            digests[name] = "asleep"
            continue
        digest = _digest(link, spec, ledger, prints)
        if digest is not None and spec is not None and spec.files:
            digest = _with_files(digest, spec, call.inputs[name], house)
        if digest is None:
            return None
        digests[name] = digest
    return content_key(head_text(state.node, prints), digests)


def _digest(link: Link, spec: InputSpec | None, ledger: Ledger, prints: Fingerprints) -> str | None:
    """What a link brings: by content where that can be compared, otherwise by where it comes from."""
    feeder = ledger.state(link.node)
    origin = None if link.node in prints.volatile else f"{feeder.key}#{link.slot}"
    if spec is not None and spec.raw_link:
        return origin and f"{canonical(link.node)}{origin}"
    return (feeder.digests[link.slot] if feeder.digests else None) or origin


def _with_files(digest: str, spec: InputSpec, names: Elements, house: House) -> str | None:
    """The digest of file names that came by a link, with the content of those files."""
    digest_of_file = house.surroundings.digest_of_file
    if digest_of_file is None or spec.files is None:
        return None
    try:
        files = [
            digest_of_file(spec.files, name)
            for name in names
            if isinstance(name, str) and name not in spec.extra_choices
        ]
    except (FolderError, OSError):
        return None
    return f"{digest} {' '.join(files)}"
