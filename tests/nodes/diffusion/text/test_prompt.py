import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.text.prompt import Stretch, parse, split_inversions

CASES = [
    ("", []),
    ("a cat", [("a cat", 1.0)]),
    ("(cat)", [("cat", 1.1)]),
    ("((cat))", [("cat", 1.21)]),
    ("(((cat)))", [("cat", 1.331)]),
    ("(cat:1.3)", [("cat", 1.3)]),
    ("(cat: 1.3 )", [("cat", 1.3)]),
    ("(cat:0)", [("cat", 0.0)]),
    ("(cat:-0.5)", [("cat", -0.5)]),
    ("a (red:1.5) cat", [("a ", 1.0), ("red", 1.5), (" cat", 1.0)]),
    ("(a)(b)", [("a", 1.1), ("b", 1.1)]),
    ("(a (b))", [("a ", 1.1), ("b", 1.21)]),
    ("((cat:1.3))", [("cat", 1.3)]),
    ("((cat):1.5)", [("cat", 1.65)]),
    ("(a (b:2) c:3)", [("a ", 3.0), ("b", 2.0), (" c", 3.0)]),
    ("(ratio 16:9:1.2)", [("ratio 16:9", 1.2)]),
    ("(a:b)", [("a:b", 1.1)]),
    ("(:1.5)", [(":1.5", 1.1)]),
    ("(cat:nan)", [("cat:nan", 1.1)]),
    ("(cat:inf)", [("cat:inf", 1.1)]),
    ("()", []),
    (r"\(cat\)", [("(cat)", 1.0)]),
    (r"(a \(b\):1.2)", [("a (b)", 1.2)]),
    (r"a \ b", [(r"a \ b", 1.0)]),
    ("(cat", [("(cat", 1.0)]),
    ("cat)", [("cat)", 1.0)]),
    ("a) b (c)", [("a) b (c)", 1.0)]),
    ("(a (b)", [("a ", 1.1), ("(b", 1.1)]),
    ("[cat] {dog} <x>", [("[cat] {dog} <x>", 1.0)]),
]


@pytest.mark.parametrize(("prompt", "expected"), CASES, ids=[prompt for prompt, _ in CASES])
def test_weights_are_what_the_syntax_says(prompt, expected):
    found = parse(prompt)
    assert [each.text for each in found] == [text for text, _ in expected]
    assert [each.weight for each in found] == pytest.approx([weight for _, weight in expected])


def test_weight_one_is_exactly_one():
    assert parse("plain (but not) here")[0] == Stretch("plain ", 1.0)


@given(st.text(alphabet=st.characters(exclude_characters="()\\\0"), min_size=1))
def test_text_without_parentheses_is_one_stretch(text):
    assert parse(text) == [Stretch(text, 1.0)]


@given(st.text(alphabet="ab()\\:1. ", max_size=60))
def test_every_letter_of_a_prompt_survives(prompt):
    letters = [each for each in prompt if each in "ab"]
    assert [each for stretch in parse(prompt) for each in stretch.text if each in "ab"] == letters


def test_nesting_may_be_deeper_than_python_recurses():
    assert parse("(" * 1200 + "x" + ")" * 1200)[0].text == "x"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a cat", ["a cat"]),
        ("embedding:x", ["embedding:x"]),
        ("a embedding:x b", ["a ", "embedding:x b"]),
        ("a\nembedding:x embedding:y", ["a\n", "embedding:x ", "embedding:y"]),
        ("aembedding:x", ["aembedding:x"]),
    ],
)
def test_inversions_begin_after_white_space(text, pieces):
    assert split_inversions(text) == pieces
