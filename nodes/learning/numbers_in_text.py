"""Lists that people type into one line: `0, 250, 500` and `euler, heun`."""


def items(text: str) -> list[str]:
    """What stands between the commas, or on lines of their own; empty ones are left out."""
    return [item for line in text.splitlines() for each in line.split(",") if (item := each.strip())]


def whole_numbers(text: str, input_name: str) -> list[int]:
    """The whole numbers of a text, at least one.

    Raises:
        ValueError: something else stands there; the message begins with the name of the input.
    """
    try:
        numbers = [int(each) for each in items(text)]
    except ValueError as error:
        raise ValueError(f"{input_name}: needs whole numbers separated by commas, got {text[:80]!r}.") from error
    if not numbers:
        raise ValueError(f"{input_name}: needs at least one number, such as 0, 250, 500.")
    return numbers


def value_of(text: str) -> int | float | str:
    """A whole number, a number or the text itself, whichever it is first."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
