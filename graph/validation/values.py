"""What a value written into a document must be: converted first, then held against its limits.

Conversions are the ecosystem's: `int()`, `float()`, `str()` and `bool()`, whatever the document holds.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from graph.errors import FolderError, ProblemCode
from graph.folders import DATA_FOLDERS, INPUT_FOLDERS, PICKLES
from graph.spec import InputSpec, Json
from graph.suggest import Suggester, said

Choices = Callable[[str], Sequence[str]]
"""The names of what is in a folder."""
Checker = Callable[[Json], Json]
"""Takes a value as it stands in the document and returns it as the node gets it; raises `Refused`."""

_LINK_ONLY = """
    AUDIO CLIP CLIP_VISION CLIP_VISION_OUTPUT CONDITIONING CONTROL_NET GLIGEN GUIDER HOOKS IMAGE LATENT LATENT_OPERATION
    LATENT_UPSCALE_MODEL LORA_MODEL LOSS_MAP MASK MESH MODEL MODEL_PATCH NOISE PHOTOMAKER SAMPLER SIGMAS STYLE_MODEL
    UPSCALE_MODEL VAE VIDEO
"""
LINK_ONLY = frozenset(_LINK_ONLY.split())
"""Types whose values no document can hold."""


class Refused(Exception):
    """A value cannot be taken; `reason` is the rest of a sentence that names the node."""

    def __init__(self, code: ProblemCode, reason: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.details = details or {}


class Folders:
    """What is in the folders that inputs choose from; asked once a folder."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._known: dict[str, dict[str, None]] = {}

    def names(self, folder: str) -> Collection[str]:
        """The names in a folder, in order; quick to search."""
        found = self._known.get(folder)
        if found is None:
            try:
                found = dict.fromkeys(self._choices(folder))
            except FolderError:  # a folder that only the machine of the graph's author has
                found = {}
            self._known[folder] = found
        return found


def checker(spec: InputSpec, folders: Folders, suggester: Suggester, is_limited: bool = True) -> Checker | None:
    """What checks the values of one input; None if it takes anything.

    Args:
        spec: the input.
        folders: what file inputs may name.
        suggester: finds near names for messages.
        is_limited: whether limits and choices hold; not where the node's own code checks the input.
    """
    if spec.type in _CONVERSIONS:
        return _converter(spec) if not is_limited or not _has_limits(spec) else _number(spec)
    if spec.type in LINK_ONLY:
        return _link_only(spec)
    if spec.type == "COMBO" and is_limited:
        if spec.files is not None:
            return _file(spec, spec.files, folders, suggester)
        if spec.choices is not None:
            return _choice(spec, spec.choices, suggester)
    return None


AUTO = "auto"
"""What newer versions of nodes write where a number is to be chosen by itself: here, the default of the input."""
_CONVERSIONS: Mapping[str, tuple[type, str]] = {
    "INT": (int, "a whole number"),
    "FLOAT": (float, "a number"),
    "STRING": (str, "text"),
    "BOOLEAN": (bool, "true or false"),
}


def _converter(spec: InputSpec) -> Checker:
    wanted, words = _CONVERSIONS[spec.type]
    name = spec.name
    has_auto = spec.has_default and wanted in (int, float)

    def convert(value: Json) -> Json:
        if type(value) is wanted:
            return value
        if value == AUTO and has_auto:
            return spec.default
        try:
            result = wanted(value)
            if wanted is float and not math.isfinite(result):
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            hint = _placeholder_hint(value)
            raise Refused("invalid_input_type", f"{name} must be {words}, got {shown(value)}.{hint}") from None
        return result

    return convert


def _has_limits(spec: InputSpec) -> bool:
    return spec.type in ("INT", "FLOAT") and (spec.minimum is not None or spec.maximum is not None)


def _number(spec: InputSpec) -> Checker:
    convert = _converter(spec)
    wanted = _CONVERSIONS[spec.type][0]
    low = -math.inf if spec.minimum is None else spec.minimum
    high = math.inf if spec.maximum is None else spec.maximum

    def check(value: Json) -> Json:
        number: Any = value if type(value) is wanted else convert(value)  # an int or a float
        if low <= number <= high:
            return number
        code: ProblemCode = "value_smaller_than_min" if number < low else "value_bigger_than_max"
        limits = {"min": spec.minimum, "max": spec.maximum}
        raise Refused(code, f"{spec.name} must be {_range(spec)}, got {number}.", limits)

    return check


def _range(spec: InputSpec) -> str:
    if spec.minimum is None:
        return f"at most {spec.maximum}"
    if spec.maximum is None:
        return f"at least {spec.minimum}"
    return f"between {spec.minimum} and {spec.maximum}"


def _link_only(spec: InputSpec) -> Checker:
    def check(value: Json) -> Json:
        raise Refused(
            "invalid_input_type",
            f'{spec.name} must be linked to an output of type {spec.type}, as in ["4", 0]; got {shown(value)}.',
        )

    return check


def _choice(spec: InputSpec, choices: tuple[Json, ...], suggester: Suggester) -> Checker:
    texts = tuple(each for each in choices if isinstance(each, str))
    known = frozenset(each for each in choices if isinstance(each, (str, int, float)))

    def check(value: Json) -> Json:
        if isinstance(value, (str, int, float)):
            if value in known:
                return value
        elif isinstance(value, list) and value and all(each in choices for each in value):
            return value  # several at once, written {"__value__": […]}
        near = suggester.nearest(value, texts)
        hint = f" Did you mean {said(near)}?" if near else f" Choose {said(texts)}." if texts else " It has no choices."
        reason = f"{spec.name} must be one of its choices, got {shown(value)}.{_placeholder_hint(value)}{hint}"
        raise Refused("value_not_in_list", reason, {"choices": list(choices[:100]), "nearest": list(near)})

    return check


def _file(spec: InputSpec, folder: str, folders: Folders, suggester: Suggester) -> Checker:
    extra = frozenset(spec.extra_choices)
    listed: list[tuple[str, ...]] = []  # what is there, once somebody has to be told

    def check(value: Json) -> Json:
        if isinstance(value, str):
            place, name, suffix = _place(value, folder)
            names = folders.names(place)
            converted = _converted(name) if place not in DATA_FOLDERS else None
            if converted is not None and converted in names:
                return converted
            if name in names or value in extra:
                return value
            name = name.replace("\\", "/")  # graphs made on Windows
            if name in names or name in extra:
                return f"{name}{suffix}"
        if not listed:
            listed.append(tuple(dict.fromkeys((*spec.extra_choices, *folders.names(folder)))))
        there = listed[0]
        near = suggester.nearest(value, there)
        reason = f"{spec.name}: {shown(value)} is not in {_folder(folder)}.{_placeholder_hint(value)}"
        reason += f" Put the file there, or {_what_is_there(near, there)}"
        details = {"folder": folder, "choices": list(there[:100]), "nearest": list(near)}
        raise Refused("value_not_in_list", reason, details)

    return check


def _converted(name: str) -> str | None:
    """What a pickle of weights is called once `convert-model` made it safe; None for other files."""
    stem, dot, ending = name.replace("\\", "/").rpartition(".")
    return f"{stem}.safetensors" if f"{dot}{ending}".lower() in PICKLES else None


def _place(value: str, folder: str) -> tuple[str, str, str]:
    """The folder that a name is in, the name and its suffix: `a.png [output]` is in the folder `output`."""
    if value.endswith("]") and folder in DATA_FOLDERS:
        for other in DATA_FOLDERS:
            suffix = f" [{other}]"
            if value.endswith(suffix):
                return other, value.removesuffix(suffix), suffix
    return folder, value, ""


def _folder(folder: str) -> str:
    if folder == INPUT_FOLDERS:
        return "the sub-folders of the input folder"
    return f'the {folder} folder "{folder}"' if folder in DATA_FOLDERS else f'the model folder "{folder}"'


def _what_is_there(near: Sequence[str], there: Sequence[str]) -> str:
    if near:
        return f"take {said(near)}, which is there."
    return f"take what is there: {said(there)}." if there else "put another one there: the folder is empty."


def shown(value: Json) -> str:
    """A value as part of a sentence, shortened."""
    if isinstance(value, str):
        return f'"{value[:80]}…"' if len(value) > 80 else f'"{value}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _placeholder_hint(value: Json) -> str:
    """Many saved graphs are templates of another program."""
    if isinstance(value, str) and value.startswith(("{", "${", "%")) and value.endswith(("}", "%")) and len(value) < 80:
        return " It looks like a placeholder that was never filled in."
    return ""
