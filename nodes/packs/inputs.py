"""Reads what a class of the classic protocol declares with `INPUT_TYPES` into specifications of inputs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.folders import DATA_FOLDERS, MODEL_FOLDERS
from graph.spec import InputSpec
from nodes.packs.file_names import FileNames
from nodes.packs.json_values import as_json
from nodes.packs.wire_types import COMBO, is_choices, wire_type

HIDDEN = frozenset({"UNIQUE_ID", "PROMPT", "EXTRA_PNGINFO", "DYNPROMPT", "AUTH_TOKEN_COMFY_ORG", "API_KEY_COMFY_ORG"})
"""What a node may be given without being linked to it."""
_LISTED = frozenset({*MODEL_FOLDERS, *DATA_FOLDERS})
"""Folders whose files the server can list by itself."""
_UPLOADS = ("image_upload", "video_upload", "audio_upload", "file_upload")
_FLAGS = {
    "multiline": "multiline",
    "forceInput": "socket_only",
    "lazy": "lazy",
    "rawLink": "raw_link",
    "control_after_generate": "control_after_generate",
}
_READ = frozenset({"default", "min", "max", "step", "tooltip", "options", *_FLAGS})
_PROBE = "an input that nobody declares"


@dataclass(frozen=True, slots=True)
class DeclaredInputs:
    """The inputs of one class."""

    inputs: tuple[InputSpec, ...]
    hidden: Mapping[str, str] = field(default_factory=dict)
    """Parameter -> what it is given (see `HIDDEN`)."""
    takes_anything: bool = False
    """Whether the declaration says yes to every name, as some packs write for inputs that their scripts add."""


def read_inputs(declared: Mapping[str, Any]) -> DeclaredInputs:
    """The inputs that `INPUT_TYPES()` declares.

    Raises:
        TypeError: the declaration is of no known form.
    """
    inputs: list[InputSpec] = []
    for group in ("required", "optional"):
        entries = declared.get(group) or {}
        inputs += [_read(str(name), entry, group == "required") for name, entry in entries.items()]
    hidden: dict[str, str] = {}
    for name, entry in (declared.get("hidden") or {}).items():
        kind = wire_type(entry[0] if isinstance(entry, (tuple, list)) and entry else entry)
        if kind in HIDDEN:
            hidden[str(name)] = kind
        else:  # given by scripts in the browser, or not at all
            inputs.append(InputSpec(name=str(name), type="*", required=False, options={"hidden": True}))
    takes_anything = any(_PROBE in (declared.get(group) or ()) for group in ("required", "optional"))
    return DeclaredInputs(tuple(_unique(inputs)), hidden, takes_anything)


def input_spec(name: str, kind: Any, options: Mapping[str, Any], is_required: bool) -> InputSpec:
    """One input.

    Args:
        name: what documents call it.
        kind: its type, as packs write types; or its choices.
        options: as in the classic protocol.
        is_required: whether it has to be given.
    """
    facts: dict[str, Any] = {"name": name, "type": wire_type(kind), "required": is_required}
    choices = kind if is_choices(kind) else options.get("options") if facts["type"] == COMBO else None
    if choices is not None and is_choices(choices):
        facts |= _choices(choices, options)
    default = as_json(options.get("default"))
    if default is not None and default in (facts.get("choices") or (default,)):
        facts |= {"has_default": True, "default": default}
    facts |= {ours: bool(options[theirs]) for theirs, ours in _FLAGS.items() if theirs in options}
    facts |= {"minimum": _number(options.get("min")), "maximum": _number(options.get("max"))}
    facts |= {"step": _number(options.get("step")), "help": _text(options.get("tooltip"))}
    rest = {str(key): value for key, value in options.items() if key not in _READ and not callable(value)}
    return InputSpec(**facts, options=as_json(rest))


def _read(name: str, entry: Any, is_required: bool) -> InputSpec:
    """An entry is `(type, options)`, `(type,)` or, by a mistake that works, the type alone."""
    if isinstance(entry, str):
        return input_spec(name, entry, {}, is_required)
    if not isinstance(entry, Sequence) or not entry:
        raise TypeError(f'input "{name}" is declared as {entry!r}, where (type, options) is expected')
    options = entry[1] if len(entry) > 1 and isinstance(entry[1], Mapping) else {}
    return input_spec(name, entry[0], options, is_required)


def _choices(declared: Iterable[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    values = tuple(as_json(each) for each in declared)
    folder = declared.folder if isinstance(declared, FileNames) else None
    if folder is None and any(options.get(each) for each in _UPLOADS):
        folder = str(getattr(options.get("image_folder"), "value", options.get("image_folder") or "input"))
    if folder is None or folder not in _LISTED:
        return {"choices": values}
    if not isinstance(declared, FileNames):
        return {"files": folder}
    own = tuple(each for each in values if isinstance(each, str) and each not in declared.files)
    return {"files": folder, "extra_choices": own}


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value) if isinstance(value, float) else int(value)


def _text(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else ""


def _unique(inputs: Iterable[InputSpec]) -> Iterable[InputSpec]:
    """Each name once; the first declaration counts."""
    by_name: dict[str, InputSpec] = {}
    for each in inputs:
        by_name.setdefault(each.name, each)
    return by_name.values()
