import pytest

from graph.amounts import AmountError, bytes_in, said_bytes, said_seconds, seconds_in


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("15 min", 900),
        ("12h", 43200),
        ("30d", 2592000),
        ("30 days", 2592000),
        ("2w", 1209600),
        ("1.5h", 5400),
        ("0s", 0),
        ("1day", 86400),
        ("3 hours", 10800),
        ("1D", 86400),
    ],
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "soon", "-1d", "1y", "d", "1d2h", "nan s", "1e3s"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(AmountError, match="30d"):
        seconds_in(text)


@pytest.mark.parametrize(
    ("text", "nbytes"), [("10", 10), ("10B", 10), ("2k", 2048), ("2kB", 2000), ("1.5GiB", 1610612736), ("1TB", 10**12)]
)
def test_amounts_of_memory_are_read(text: str, nbytes: int) -> None:
    assert bytes_in(text) == nbytes


@pytest.mark.parametrize("text", ["", "GB", "-1", "1PB", "much"])
def test_what_is_no_amount_of_memory_is_refused(text: str) -> None:
    with pytest.raises(AmountError, match="2GiB"):
        bytes_in(text)


def test_amounts_are_said_as_people_read_them() -> None:
    assert [said_bytes(each) for each in (0, 999, 1500, 2.5e6, 3e9)] == ["0 B", "999 B", "1.5 kB", "2.5 MB", "3.0 GB"]
    assert [said_seconds(each) for each in (86400, 30 * 86400, 5400, 1, 0)] == [
        "1 day",
        "30 days",
        "1.5 hours",
        "1 second",
        "0 seconds",
    ]
