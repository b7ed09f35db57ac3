"""What a picture says about how it was made: texts that `read_any`, and the programs of the ecosystem, read again."""

import json
from collections.abc import Mapping

from graph.lock import LOCK
from graph.spec import Json

PROMPT = "prompt"
"""The graph that ran, in the API shape."""
WORKFLOW = "workflow"
"""The document it came from, or whatever the client calls its workflow."""
DOCUMENT = "latentloom"
"""The document, where the client's own workflow takes the place of `workflow`."""


def text_chunks(
    prompt: Mapping[str, Json],
    document: Mapping[str, Json] | None,
    extra: Mapping[str, Json] | None = None,
) -> dict[str, str]:
    """Keyword -> ASCII text to write into a picture (`tEXt` chunks of a PNG).

    Args:
        prompt: the graph that ran, in the API shape.
        document: the document it came from; None, or the bare graph itself, adds nothing.
        extra: what the client wants written (`extra_pnginfo`); it goes before ours where both have a name.
    """
    parts: dict[str, Json] = {PROMPT: prompt}
    client = dict(extra or {})
    if document is not None and "latentloom" in document:
        parts[DOCUMENT if client.get(WORKFLOW) is not None else WORKFLOW] = document
    parts.update({key: value for key, value in client.items() if value is not None})
    return {key: json.dumps(value) for key, value in parts.items()}


def with_lock(texts: Mapping[str, str], lock: Mapping[str, Json] | None) -> Mapping[str, str]:
    """The same texts with what the picture depends on besides its graph; what a client calls so stays the client's."""
    return texts if lock is None or LOCK in texts else {**texts, LOCK: json.dumps(lock)}
