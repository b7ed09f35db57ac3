"""JSON data as one text that is the same exactly when the data is the same."""

from collections.abc import Callable, Mapping
from typing import Any


def canonical(value: object) -> str:
    """JSON data (tuples and bytes too) as text: equal texts mean equal values of equal types.

    Strings carry their length, so texts can be joined; the order of keys does not matter; every NaN is the same.

    Raises:
        TypeError: some part of it is not JSON data.
    """
    kind = type(value)
    if kind is str:
        return f"s{len(value)}:{value}"  # type: ignore[arg-type]  # `kind` says that it is a string
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    parts: list[str] = []
    stack: list[Any] = [value]  # values still to be written, and finished texts
    while stack:
        each = stack.pop()
        kind = type(each)
        if kind is _Text:
            parts.append(each)
        elif kind in _SCALARS:
            parts.append(_SCALARS[kind](each))
        elif kind is list or kind is tuple:
            parts.append(f"{'l' if kind is list else 'u'}{len(each)}:")
            stack.extend(reversed(each))
        elif isinstance(each, Mapping):
            parts.append(f"d{len(each)}:")
            for key in sorted(each, reverse=True):
                stack += (each[key], _Text(canonical(str(key))))
        elif isinstance(each, (str, int, float)):  # subclasses, such as the type strings of node packs
            stack.append(next(base(each) for base in (str, int, float) if isinstance(each, base)))
        else:
            raise TypeError(f"{kind.__name__} is not JSON data")
    return "".join(parts)


class _Text(str):
    __slots__ = ()


_SCALARS: Mapping[type, Callable[[Any], str]] = {
    str: lambda value: f"s{len(value)}:{value}",
    bool: lambda value: "t;" if value else "f;",
    int: lambda value: f"i{value};",
    float: lambda value: f"r{value.hex()};",
    type(None): lambda value: "n;",
    bytes: lambda value: f"b{value.hex()};",
}


def has_nan(value: object) -> bool:
    """Whether NaN stands anywhere in JSON data."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, float) and each != each:
            return True
        if isinstance(each, (list, tuple)):
            stack.extend(each)
        elif isinstance(each, Mapping):
            stack.extend(each.values())
    return False
