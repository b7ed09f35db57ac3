"""`read_any` and `read_file`: a workflow from whatever file somebody has; `read_lock`: what its result depended on."""

import re
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from graph import strict_json
from graph.errors import JsonError, WorkflowError
from graph.formats import exif, png
from graph.formats.editor import Conversion, convert, laid_out
from graph.formats.embedding import DOCUMENT, PROMPT, WORKFLOW
from graph.formats.parameters import from_parameters, is_parameters
from graph.lock import LOCK, Lock
from graph.registry import Catalogue
from graph.spec import Json
from graph.workflow import EDITOR_FORMAT, Workflow, is_editor_format

MAXIMUM_BYTES = 256 * 1024**2
"""Larger files are not looked into."""

_WRAPPERS = ("prompt", "workflow", "input")
_PARAMETERS = "parameters"
"""How the text is called in PNG files of other programs."""
_NAMED = re.compile(r"\s*(latentloom|workflow|prompt|lock)\s*:\s*", re.IGNORECASE)
_CONTAINERS = {b"GIF8": "GIF", b"\0\0\0\x0cJXL ": "JPEG XL", b"\x1aE\xdf\xa3": "WebM", b"PK\x03\x04": "ZIP"}


def read_any(data: bytes | str, name: str = "", catalogue: Catalogue | None = None) -> Workflow:
    """The workflow in a file's content: a document, an API graph, what ComfyUI's browser saves, or a picture (PNG,
    WebP, JPEG) or saved latent that carries one.

    An API graph may be wrapped as requests wrap it, `{"prompt": …}`, `{"workflow": …}` or `{"input": {"workflow": …}}`.
    Where a file carries both a document of ours and a plain graph, the document is taken.

    Args:
        data: the content of the file.
        name: the name of the file, for messages.
        catalogue: the node types there are; the browser format of ComfyUI cannot be read without.

    Raises:
        WorkflowError: there is no workflow in it; the message says what there is instead, and what to do.
    """
    return read_file(data, name, catalogue).workflow


def read_file(data: bytes | str, name: str = "", catalogue: Catalogue | None = None) -> Conversion:
    """As `read_any`, with what there is to say about the conversion, if one was needed."""
    try:
        return _read(data, catalogue)
    except WorkflowError as error:
        if not name:
            raise
        raise WorkflowError(f"{name}: {error}") from error


def read_lock(data: bytes) -> Lock | None:
    """The lock that a file carries; None if it has none that can be read."""
    embedded = _embedded(data)
    text = embedded[1].get(LOCK) if embedded is not None else None
    try:
        return Lock.model_validate_json(text) if text is not None else None
    except ValidationError:
        return None


def _read(data: bytes | str, catalogue: Catalogue | None) -> Conversion:
    if len(data) > MAXIMUM_BYTES:
        raise WorkflowError(f"The file is larger than {MAXIMUM_BYTES // 1024**2} MiB; that is no workflow.")
    if not data:
        raise WorkflowError("The file is empty.")
    if isinstance(data, str):
        return _from_json_text(data, catalogue)
    embedded = _embedded(data)
    if embedded is not None:
        return _from_file(*embedded, catalogue)
    for start, kind in _CONTAINERS.items():
        if data.startswith(start):
            raise WorkflowError(f"Workflows cannot be read from {kind} files; give a JSON file or a PNG picture.")
    return _from_json_text(data, catalogue)


def _embedded(data: bytes) -> tuple[str, Mapping[str, str]] | None:
    """What kind of file it is, and the texts that it carries by what they are; None for files without texts."""
    if data.startswith(png.SIGNATURE):
        return "PNG picture", png.texts(data)
    if exif.is_webp(data):
        return "WebP picture", _named(exif.texts_of_webp(data))
    if exif.is_jpeg(data):
        return "JPEG picture", _named(exif.texts_of_jpeg(data))
    if _is_safetensors(data):
        return "file of tensors", _metadata(data)
    return None


def _from_json_text(text: bytes | str, catalogue: Catalogue | None) -> Conversion:
    try:
        data = strict_json.loads(text)
    except JsonError as error:
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        if is_parameters(plain):
            return from_parameters(plain)
        raise WorkflowError(f"This is neither a picture nor valid JSON: {error}") from error
    data = _unwrapped(data)
    if catalogue is not None and is_editor_format(data):
        return convert(data, catalogue)
    return Conversion(Workflow.parse(data))


def _unwrapped(data: Json) -> Json:
    """The graph inside the envelope of a request."""
    for _ in range(3):
        if not isinstance(data, dict) or "latentloom" in data or is_editor_format(data):
            return data
        inner = next((data[key] for key in _WRAPPERS if _is_envelope(data, key)), None)
        if inner is None:
            return data
        data = inner
    return data


def _is_envelope(data: Mapping[str, Json], key: str) -> bool:
    """Whether `key` holds the graph, and is not a node of it that happens to be called so."""
    inner = data.get(key)
    return isinstance(inner, dict) and not isinstance(inner.get("class_type"), str)


def _from_file(kind: str, texts: Mapping[str, str], catalogue: Catalogue | None) -> Conversion:
    """The best of what a file carries: our document, else the graph that ran with the layout of the browser's file."""
    trouble: str | None = None
    drawn: Conversion | None = None
    for key in (DOCUMENT, WORKFLOW, PROMPT):
        if key not in texts:
            continue
        try:
            # Other programs write NaN into pictures, as the change tokens of nodes that always run.
            data = _unwrapped(strict_json.loads(texts[key], allow_nan=True))
        except JsonError as error:
            trouble = trouble or f'The text "{key}" of this {kind} is not valid JSON: {error}'
            continue
        if key == WORKFLOW and is_editor_format(data):
            drawn = convert(data, catalogue) if catalogue is not None else None
            trouble = trouble or EDITOR_FORMAT
            continue
        try:
            workflow = Workflow.parse(data)
        except WorkflowError as error:
            trouble = trouble or f'The text "{key}" of this {kind}: {error}'
            continue
        return Conversion(workflow) if drawn is None or catalogue is None else laid_out(workflow, drawn, catalogue)
    if drawn is not None:
        return drawn
    if trouble is None and is_parameters(texts.get(_PARAMETERS, "")):
        return from_parameters(texts[_PARAMETERS])
    raise WorkflowError(trouble or _nothing_in(kind, texts))


def _nothing_in(kind: str, texts: Mapping[str, str]) -> str:
    if _PARAMETERS in texts:
        return (
            f"This {kind} carries generation parameters of another program as text, but no graph: build the "
            "graph in the editor and copy the values over."
        )
    there = f" (only {', '.join(sorted(texts))})" if texts else ""
    return (
        f"This {kind} carries no workflow{there}. Programs that shrink or share pictures often remove it: use "
        "the file as it was saved."
    )


def _is_safetensors(data: bytes) -> bool:
    """Whether a file holds tensors, such as a saved latent: eight bytes of length, then a JSON object."""
    return data[8:9] == b"{" and 2 <= int.from_bytes(data[:8], "little") <= len(data) - 8


def _metadata(data: bytes) -> Mapping[str, str]:
    try:
        header = strict_json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except JsonError:
        return {}
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return {key: value for key, value in metadata.items() if isinstance(value, str)}


def _named(texts: Iterable[str]) -> dict[str, str]:
    """EXIF texts by what they are: `workflow:{…}`, or an object that holds both."""
    found: dict[str, str] = {}
    for text in texts:
        match = _NAMED.match(text)
        if match is not None:
            found.setdefault(match.group(1).lower(), text[match.end() :])
        elif text.lstrip().startswith("{"):
            found.setdefault(PROMPT, text)
        elif is_parameters(text):
            found.setdefault(_PARAMETERS, text)
    return found
