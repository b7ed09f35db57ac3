"""The arithmetic that people may write, and what it refuses."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.values.expressions import FUNCTIONS, MAX_BITS, MAX_DEPTH, MAX_LENGTH, ExpressionError, Number, evaluate

VALUES = {"a": 3, "b": 4.5, "c": True}

CASES: dict[str, Number] = {
    "a + b": 7.5,
    "a/2": 1.5,
    "7 // 2 - 7 % 2": 2,
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "10 - 3 - 2": 5,
    "2 ** 3 ** 2": 512,
    "-2 ** 2": -4,
    "2 ** -1": 0.5,
    "--1 + +1": 2,
    ".5 + 1. + 1e2": 101.5,
    "1 < 2 < 3": True,
    "1 < 2 > 3": False,
    "a == 3 and b != 4": True,
    "not a": False,
    "not not c": True,
    "0 or a": 3,
    "a and 0 or 5": 5,
    "1 / 0 if false else 5": 5,
    "a if a > b else b": 4.5,
    "1 if 0 else 2 if 0 else 3": 3,
    "0 and 1 / 0": 0,
    "1 or 1 / 0": 1,
    "sum(values)": 8.5,
    "sum(1, 2, 3)": 6,
    "min(a, b) + max(values)": 7.5,
    "round(2.567, 1)": 2.6,
    "round(2.5)": 2,
    "pow(2, 10)": 1024,
    "floor(b) + ceil(b)": 9,
    "abs(-a)": 3,
    "sqrt(16) + log2(8) + log10(100) + log(8, 2)": 12.0,
    "int(3.9) + float(1)": 4.0,
    "exp(0) + sin(0) + cos(0) + tan(0)": 2.0,
    "True + True": 2,
    "pi": math.pi,
    " a\n+\tb ": 7.5,
}


@pytest.mark.parametrize("expression", CASES)
def test_an_expression_means_what_it_means_in_python(expression: str) -> None:
    result = evaluate(expression, VALUES)
    assert result == CASES[expression]
    assert type(result) is type(CASES[expression])


REFUSED = {
    "": "expected a number",
    "1 +": "column 4: expected a number, a name or (, found the end",
    "(1": "expected )",
    "1 2": "column 3: expected an operator, found 2",
    "a.b": 'column 2: "." does not belong here',
    "a[0]": "does not belong",
    "'x'": "does not belong",
    "lambda: 1": "does not belong",
    "d": 'there is no value "d"; there are True, False, true, false, pi, values, a, b, c',
    "__import__": 'there is no value "__import__"',
    "eval(1)": 'there is no function "eval"',
    "a(1)": 'there is no function "a"',
    "if": "expected a number",
    "1 if 2": "expected else",
    "1 / 0": "division by zero",
    "1 % 0": "zero",
    "sqrt(-1)": "",
    "(-8) ** 0.5": "not real",
    "log(0)": "",
    "10.0 ** 400": "",
    "1e999": "the result is inf",
    "1e999 - 1e999": "the result is nan",
    "9 ** 9 ** 9": "9 ** 387420489 is too large",
    "pow(9, 99999)": "9 ** 99999 is too large",
    "9" * 5000: "",
    "round(5, -1000000)": "at most 300 digits",
    "values": "`values` is a list",
    "values * 1000": "`values` is a list",
    "sum()": "sum takes at least one value, not 0",
    "sqrt(1, 2)": "sqrt takes 1 value(s), not 2",
    "round(1, 2, 3)": "round takes 1 or 2 value(s), not 3",
    "sum(values, 1)": "`values` is a list",
    "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1): "nested more than",
    "-" * (MAX_DEPTH + 1) + "1": "nested more than",
    "not " * (MAX_DEPTH + 1) + "1": "nested more than",
    "2 ** " * (MAX_DEPTH + 1) + "1": "nested more than",
    "1" + "+1" * MAX_LENGTH: "characters",
}


@pytest.mark.parametrize("expression", REFUSED, ids=lambda text: text[:30])
def test_anything_else_is_refused_with_the_place_and_the_reason(expression: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression, VALUES)
    assert REFUSED[expression] in str(caught.value)


def test_long_chains_need_no_depth() -> None:
    assert evaluate("1" + "+1" * 4000, {}) == 4001
    assert evaluate("1" + " and 1" * 1500, {}) == 1
    assert evaluate("0" + " < 1 > 0" * 1200, {}) is True


def test_whole_numbers_stay_below_their_bound() -> None:
    assert evaluate("2 ** 1000 // 2 ** 999", {}) == 2
    with pytest.raises(ExpressionError, match="grows beyond"):
        evaluate(f"2 ** {MAX_BITS // 2} " + f"* 2 ** {MAX_BITS // 2 - 2}" * 2 + " > 0", {})


@pytest.mark.parametrize("value", ["1", None, [1, 2], object()])
def test_only_numbers_can_be_calculated_with(value: object) -> None:
    with pytest.raises(ExpressionError, match='The value "a" is no number but'):
        evaluate("a * 1000000000", {"a": value})  # type: ignore[dict-item]


_WORDS = [" if ", " else ", " and ", " or ", " not ", "values", "True"]
PIECES = st.sampled_from(
    [*FUNCTIONS, *_WORDS, *"abcxyz", *"+-*/%(),<>=!. ", "**", "//", "<=", "==", "1", "0", "2.5", "1e308", "9" * 30]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join), st.text(string.printable)))
def test_no_text_makes_it_raise_anything_but_its_own_error(expression: str) -> None:
    try:
        result = evaluate(expression, {"a": 2, "b": -0.5, "c": False})
    except ExpressionError:
        return
    assert math.isfinite(result)


NUMBERS = st.one_of(st.integers(-50, 50), st.floats(-50, 50).map(lambda value: round(value, 3)))
ARITHMETIC = st.recursive(
    st.one_of(st.sampled_from(["a", "b", "1", "2", "0.5"])),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "<", "==", " and ", " or "]), inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-({text})"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
    ),
    max_leaves=12,
)


@given(ARITHMETIC, NUMBERS, NUMBERS)
def test_random_arithmetic_agrees_with_python(expression: str, a: Number, b: Number) -> None:
    wanted = eval(expression, {"__builtins__": {}}, {"a": a, "b": b})  # a formula that this test made itself
    assert evaluate(expression, {"a": a, "b": b}) == pytest.approx(wanted)
