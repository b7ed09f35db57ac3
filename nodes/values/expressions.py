"""Arithmetic written as text: a parser and evaluator of our own, with bounded cost and nothing to break out of.

    >>> evaluate("a * 2 if a > 1 else 0", {"a": 3})
    6

The language is the arithmetic of Python: numbers, names, `True`, `False`, `+ - * / // % **`, comparisons (chained),
`and or not`, `x if c else y`, and the functions in `FUNCTIONS`. `values` holds all values, for `sum(values)`.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Number = int | float  # bool is an int
Value = Number | list[Number]
Thunk = Callable[[], Value]
"""A parsed part, to be evaluated only if the branch it stands in is taken."""

MAX_LENGTH = 10_000
"""Characters of an expression."""
MAX_DEPTH = 40
"""Levels of nesting."""
MAX_BITS = 4096
"""Size of the whole numbers that may occur; a power that would be larger is not computed."""


class ExpressionError(ValueError):
    """An expression cannot be read or has no value."""


def evaluate(expression: str, names: Mapping[str, Number]) -> Number:
    """The value of an expression, in which `names` stand for numbers.

    Raises:
        ExpressionError: it cannot be read, uses an unknown name, or has no finite value.
    """
    if len(expression) > MAX_LENGTH:
        raise ExpressionError(f"The expression has {len(expression)} characters; {MAX_LENGTH} are allowed.")
    for name, value in names.items():
        if not isinstance(value, int | float):
            raise ExpressionError(f'The value "{name}" is no number but {type(value).__name__}; link a number to it.')
    shown = expression if len(expression) <= 80 else f"{expression[:77]}..."
    try:
        result = _number(_Parser(expression, names).whole()())
        if not math.isfinite(result):
            raise ExpressionError(f"the result is {result}")
        return result
    except (ArithmeticError, TypeError, ValueError) as error:  # division by zero, overflow, sqrt(-1), log(0), …
        raise ExpressionError(f'The expression "{shown}" has no value: {error}.') from error


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


_TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>(),])""",
    re.VERBOSE | re.ASCII,
)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        found = _TOKENS.match(text, position)
        if found is None:
            raise ExpressionError(f'column {position + 1}: "{text[position]}" does not belong here')
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found[0], position + 1)
        position = found.end()
    yield _Token("end", "the end", len(text) + 1)


class _Parser:
    """Recursive descent, one method a level of precedence; chains of one level are loops, so only nesting recurses."""

    def __init__(self, text: str, names: Mapping[str, Number]) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0
        self._names: dict[str, Value] = {**_CONSTANTS, "values": list(names.values()), **names}

    def whole(self) -> Thunk:
        result = self._choice()
        if self._token.kind != "end":
            raise self._unexpected("an operator")
        return result

    def _choice(self) -> Thunk:
        self._deeper()
        yes = self._any()
        if self._take("if"):
            condition = self._any()
            self._expect("else")
            no = self._choice()
            self._depth -= 1
            return lambda: yes() if _number(condition()) else no()
        self._depth -= 1
        return yes

    def _any(self) -> Thunk:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda: _first(parts, stop=True)

    def _all(self) -> Thunk:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda: _first(parts, stop=False)

    def _negation(self) -> Thunk:
        if not self._take("not"):
            return self._comparison()
        self._deeper()
        part = self._negation()
        self._depth -= 1
        return lambda: not _number(part())

    def _comparison(self) -> Thunk:
        first, rest = self._sum(), []
        while sign := self._take(*_COMPARISONS):
            rest.append((_COMPARISONS[sign], self._sum()))
        return (lambda: _compare(first, rest)) if rest else first

    def _sum(self) -> Thunk:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Thunk:
        return self._chain(("*", "/", "//", "%"), self._signed)

    def _chain(self, signs: Sequence[str], part: Callable[[], Thunk]) -> Thunk:
        first, rest = part(), []
        while sign := self._take(*signs):
            rest.append((_ARITHMETIC[sign], part()))
        return (lambda: _fold(first, rest)) if rest else first

    def _signed(self) -> Thunk:
        sign = self._take("+", "-")
        if not sign:
            return self._power()
        self._deeper()
        part = self._signed()
        self._depth -= 1
        return lambda: -_number(part()) if sign == "-" else +_number(part())

    def _power(self) -> Thunk:
        base = self._atom()
        if not self._take("**"):
            return base
        self._deeper()
        exponent = self._signed()
        self._depth -= 1
        return lambda: _power(_number(base()), _number(exponent()))

    def _atom(self) -> Thunk:
        token = self._token
        self._next += 1
        if token.kind == "number":
            value = _literal(token.text)
            return lambda: value
        if token.text == "(":
            inside = self._choice()
            self._expect(")")
            return inside
        if token.kind == "name" and token.text not in _KEYWORDS:
            return self._call(token) if self._take("(") else self._name(token)
        self._next -= 1
        raise self._unexpected("a number, a name or (")

    def _name(self, token: _Token) -> Thunk:
        if token.text not in self._names:
            known = ", ".join(self._names)
            raise ExpressionError(f'column {token.column}: there is no value "{token.text}"; there are {known}')
        value = self._names[token.text]
        return lambda: value

    def _call(self, token: _Token) -> Thunk:
        if token.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise ExpressionError(f'column {token.column}: there is no function "{token.text}"; there are {known}')
        arguments: list[Thunk] = []
        while not self._take(")"):
            arguments.append(self._choice())
            if not self._take(","):
                self._expect(")")
                break
        return lambda: _applied(token.text, [argument() for argument in arguments])

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> str:
        """Step over the next token if it is one of these; what it was, or nothing."""
        if self._token.kind == "end" or self._token.text not in texts:
            return ""
        self._next += 1
        return self._tokens[self._next - 1].text

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._unexpected(text)

    def _unexpected(self, wanted: str) -> ExpressionError:
        return ExpressionError(f"column {self._token.column}: expected {wanted}, found {self._token.text}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"column {self._token.column}: nested more than {MAX_DEPTH} levels deep")


def _first(parts: Sequence[Thunk], stop: bool) -> Value:
    """The first part whose truth is `stop`, else the last: what `or` and `and` mean."""
    for part in parts[:-1]:
        if bool(value := _number(part())) is stop:
            return value
    return _number(parts[-1]())


def _compare(first: Thunk, rest: Sequence[tuple[Callable[[Number, Number], bool], Thunk]]) -> bool:
    left = _number(first())
    for is_true, part in rest:
        right = _number(part())
        if not is_true(left, right):
            return False
        left = right
    return True


def _fold(first: Thunk, rest: Sequence[tuple[Callable[[Number, Number], Number], Thunk]]) -> Number:
    result = _number(first())
    for operate, part in rest:
        result = _bounded(operate(result, _number(part())))
    return result


def _applied(name: str, arguments: Sequence[Value]) -> Number:
    least, most = _ARGUMENTS.get(name, (1, 1))
    if not least <= len(arguments) <= most:
        wanted = "at least one value" if most > 2 else " or ".join(map(str, sorted({least, most}))) + " value(s)"
        raise ExpressionError(f"{name} takes {wanted}, not {len(arguments)}")
    return _bounded(FUNCTIONS[name](*arguments))


def _number(value: Value) -> Number:
    if isinstance(value, list):
        raise ExpressionError("`values` is a list; use it as sum(values), min(values) or max(values)")
    return value


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ExpressionError(f"a whole number grows beyond {MAX_BITS} bits")
    if isinstance(value, complex):
        raise ExpressionError("a power of a negative number is not real")
    return value


def _literal(text: str) -> Number:
    return _bounded(int(text)) if text.isdigit() else float(text)


def _power(base: Number, exponent: Number) -> Number:
    if (
        isinstance(base, int)
        and isinstance(exponent, int)
        and abs(base) > 1
        and base.bit_length() * exponent > MAX_BITS
    ):
        raise ExpressionError(f"{_brief(int(base))} ** {_brief(int(exponent))} is too large")
    return _bounded(base**exponent)


def _brief(number: int) -> str:
    return str(number) if number.bit_length() < 64 else "a huge number"


def _flat(arguments: Sequence[Value]) -> list[Number]:
    """Either numbers, or one list of them."""
    if len(arguments) == 1 and isinstance(arguments[0], list):
        return arguments[0]
    return [_number(argument) for argument in arguments]


def _round(value: Value, digits: Value = 0) -> Number:
    places = int(_number(digits))
    if abs(places) > 300:
        raise ExpressionError("round takes at most 300 digits")
    return round(_number(value), places) if places else round(_number(value))


def _of_one(function: Callable[[Number], Number]) -> Callable[..., Number]:
    def applied(value: Value) -> Number:
        return function(_number(value))

    return applied


FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "sum": lambda *arguments: sum(_flat(arguments)),
    "min": lambda *arguments: min(_flat(arguments)),
    "max": lambda *arguments: max(_flat(arguments)),
    "abs": _of_one(abs),
    "round": _round,
    "pow": lambda base, exponent: _power(_number(base), _number(exponent)),
    "sqrt": _of_one(math.sqrt),
    "ceil": _of_one(math.ceil),
    "floor": _of_one(math.floor),
    "log": lambda value, base=math.e: math.log(_number(value), _number(base)),
    "log2": _of_one(math.log2),
    "log10": _of_one(math.log10),
    "exp": _of_one(math.exp),
    "sin": _of_one(math.sin),
    "cos": _of_one(math.cos),
    "tan": _of_one(math.tan),
    "int": _of_one(int),
    "float": _of_one(float),
}
"""What an expression may call."""


_ARGUMENTS = {
    "sum": (1, MAX_LENGTH),
    "min": (1, MAX_LENGTH),
    "max": (1, MAX_LENGTH),
    "pow": (2, 2),
    "round": (1, 2),
    "log": (1, 2),
}
"""How many values the functions take that do not take one."""
_CONSTANTS: Mapping[str, Number] = {"True": True, "False": False, "true": True, "false": False, "pi": math.pi}
_KEYWORDS = frozenset({"and", "or", "not", "if", "else"})
_COMPARISONS: Mapping[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
