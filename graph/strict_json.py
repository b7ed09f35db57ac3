"""Reads JSON as the standard has it: no NaN, no repeated keys, bounded depth; errors name line and column.

Python's own reader is more generous, and a file that only some programs can read is a trap. Reading is fast: text is
scanned a second time only to find the place of an error.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

from graph.errors import JsonError
from graph.spec import Json

MAXIMUM_DEPTH = 100
"""How deeply lists and objects may be nested."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
_REPEATED = "the key {} stands twice in one object; remove one of them."
_NOT_FINITE = "{} is not a number that JSON can hold; write a finite number, or null."
_TOO_DEEP = f"lists and objects are nested more than {MAXIMUM_DEPTH} deep."


class _Refused(Exception):
    """The reader met something that strict JSON does not have."""


def loads(text: str | bytes, *, allow_nan: bool = False) -> Json:
    """The value that a JSON text holds.

    Args:
        text: text, or its UTF-8 bytes; a byte order mark is skipped.
        allow_nan: read NaN and infinities as null instead of refusing them; some programs write them into pictures.

    Raises:
        JsonError: it is not strict JSON.
    """
    if isinstance(text, bytes):
        text = _decoded(text)
    text = text.removeprefix("\ufeff")
    not_finite = _as_null if allow_nan else _refuse
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=not_finite,
            parse_float=_number_or_null if allow_nan else _number,
        )
        if is_too_deep(value):
            raise _Refused
    except json.JSONDecodeError as error:
        message = f"{error.msg[0].lower()}{error.msg[1:]}."
        raise JsonError(message, error.lineno, error.colno) from error
    except (_Refused, RecursionError, ValueError) as error:  # ValueError: an integer of thousands of digits
        _explain(text, error, allow_nan)
    return value


def is_too_deep(value: Json, limit: int = MAXIMUM_DEPTH) -> bool:
    """Whether lists and objects are nested more than `limit` deep."""
    level = [value]
    for _ in range(limit):
        inner: list[Json] = []
        for each in level:
            if type(each) is dict:
                inner.extend(each.values())
            elif type(each) is list:
                inner.extend(each)
        if not inner:
            return False
        level = inner
    return any(isinstance(each, (dict, list)) for each in level)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise JsonError("this is not UTF-8 text; save the file as UTF-8.", line, column) from error


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused
    return result


def _refuse(word: str) -> NoReturn:
    raise _Refused


def _as_null(word: str) -> None:
    return None


def _number(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        raise _Refused
    return number


def _number_or_null(word: str) -> float | None:
    number = float(word)
    return None if math.isinf(number) else number


def _explain(text: str, error: Exception, allow_nan: bool) -> NoReturn:
    """Scan again, slowly, for what was refused, to say where it stands."""
    keys: list[set[str] | None] = []  # the keys seen in each open object; None for a list
    previous: tuple[str, int] = ("", 0)
    for token, at in _tokens(text):
        if token in "{[":
            keys.append(set() if token == "{" else None)
            if len(keys) > MAXIMUM_DEPTH:
                _fail(_TOO_DEEP, text, at, error)
        elif token in "}]" and keys:
            keys.pop()
        elif token == ":" and keys and keys[-1] is not None:
            key = json.loads(previous[0])
            if key in keys[-1]:
                _fail(_REPEATED.format(previous[0]), text, previous[1], error)
            keys[-1].add(key)
        elif len(token) > 1000 and token.lstrip("-").isdigit():
            _fail("this number has too many digits.", text, at, error)
        elif token[0] != '"' and not allow_nan and _is_not_finite(token):
            _fail(_NOT_FINITE.format(token), text, at, error)
        previous = token, at
    raise JsonError(f"{error}.", 1, 1) from error


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    for match in _TOKEN.finditer(text):
        yield match.group(), match.start()


def _is_not_finite(token: str) -> bool:
    if token in ("NaN", "Infinity", "-Infinity"):
        return True
    try:
        return math.isinf(float(token))
    except ValueError:
        return False


def _fail(message: str, text: str, at: int, cause: Exception) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    raise JsonError(message, line, at - text.rfind("\n", 0, at)) from cause
