import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.diffusion.text.vocabulary import Vocabulary
from nodes.diffusion.text.windows import UNBROKEN, Token, cut, empty_window

BEGIN, END, PAD = 1000, 1001, 1002
VOCABULARY = Vocabulary(None, BEGIN, END, PAD)  # type: ignore[arg-type]  # cutting reads no text


def stretch(length: int, weight: float = 1.0) -> list[Token]:
    return [Token(number, weight) for number in range(length)]


def words(window) -> list[int]:
    return [token.content for token in window.tokens if token.content not in (BEGIN, END, PAD)]


def test_a_prompt_without_words_is_one_window():
    (window,) = cut([], VOCABULARY)
    assert window == empty_window(VOCABULARY)
    assert [token.content for token in window.tokens] == [BEGIN, END, *[PAD] * 75]
    assert window.end == 1


@pytest.mark.parametrize(("length", "windows"), [(1, 1), (75, 1), (76, 2), (150, 2), (151, 3)])
def test_long_stretches_fill_windows_of_75(length, windows):
    cuts = cut([stretch(length)], VOCABULARY)
    assert len(cuts) == windows
    assert [number for window in cuts for number in words(window)] == list(range(length))
    assert all(len(words(window)) == 75 for window in cuts[:-1])


def test_a_short_stretch_moves_to_the_next_window():
    first, second = cut([stretch(70), stretch(UNBROKEN - 1)], VOCABULARY)
    assert (len(words(first)), len(words(second))) == (70, UNBROKEN - 1)
    assert first.end == 71


def test_a_stretch_of_eight_tokens_is_cut():
    first, second = cut([stretch(70), stretch(UNBROKEN)], VOCABULARY)
    assert (len(words(first)), len(words(second))) == (75, 3)


def test_marks_and_padding_weigh_one():
    (window,) = cut([stretch(3, weight=1.5)], VOCABULARY)
    assert [token.weight for token in window.tokens] == [1.0, 1.5, 1.5, 1.5, *[1.0] * 73]


@given(st.lists(st.integers(0, 200), max_size=6))
def test_windows_hold_all_tokens_in_order_between_marks(lengths):
    stretches = [stretch(length) for length in lengths]
    windows = cut(stretches, VOCABULARY)
    assert [n for window in windows for n in words(window)] == [t.content for each in stretches for t in each]
    for window in windows:
        assert len(window.tokens) == 77
        assert window.tokens[0].content == BEGIN
        assert window.tokens[window.end].content == END
        assert len(words(window)) == window.end - 1
