import pytest

from graph.amounts import AmountError
from graph.jobs.retention import Retention
from graph.retention.keeping import Keep, KeepTexts, age_in, history_in, said_age


@pytest.mark.parametrize(
    ("text", "history"),
    [
        ("1000", Retention(None, 1000)),
        ("0", Retention(None, 0)),
        ("30d", Retention(2592000, None)),
        ("30d,1000", Retention(2592000, 1000)),
        ("1000, 12h", Retention(43200, 1000)),
        ("all", Retention(None, None)),
    ],
)
def test_history_is_a_number_or_an_age_or_both(text: str, history: Retention) -> None:
    assert history_in(text) == history


@pytest.mark.parametrize("text", ["", "some", "-1", "1000 jobs", "30d;5"])
def test_other_words_for_history_are_refused(text: str) -> None:
    with pytest.raises(AmountError, match="30d,1000"):
        history_in(text)


def test_what_is_kept_by_itself_is_written_as_it_is_meant() -> None:
    assert KeepTexts().read() == Keep()


def test_ages_are_said_as_they_are_written() -> None:
    assert (age_in("all"), age_in("2h")) == (None, 7200)
    assert (said_age(None), said_age(86400)) == ("for ever", "1 day")
