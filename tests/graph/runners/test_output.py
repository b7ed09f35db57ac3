"""What a worker prints is shown as lines, and a flood of it is cut."""

from graph.runners.output import PrintedLines


def lines_of(*parts: bytes, clock=lambda: 0.0, **limits) -> list[str]:
    shown: list[str] = []
    printed = PrintedLines(shown.append, clock=clock, **limits)
    for part in parts:
        printed.feed(part)
    printed.settle()
    return shown


def test_lines_are_put_together_from_parts():
    assert lines_of(b"one\ntw", b"o\n", b"thr", b"ee") == ["one", "two", "three"]


def test_empty_lines_are_not_shown():
    assert lines_of(b"\n  \none\n\n") == ["one"]


def test_of_a_progress_bar_only_the_last_state_is_shown():
    assert lines_of(b" 0%\r 50%\r100%\n") == ["100%"]


def test_bytes_that_are_no_text_and_control_characters_do_no_harm():
    assert lines_of(b"\xff\x1b[2Jred\x07\n") == ["\\xff�[2Jred�"]


def test_a_long_line_is_cut_and_the_cut_is_told():
    assert lines_of(b"x" * 30 + b"\n", b"next\n", longest_line=10) == [
        "(0 lines, 20 bytes of output were left out)",
        "x" * 10,
        "next",
    ]


def test_more_lines_than_people_can_read_are_counted_instead():
    shown = lines_of(b"".join(b"line %d\n" % index for index in range(100)), burst=3)
    assert shown == ["line 0", "line 1", "line 2", "(97 lines, 769 bytes of output were left out)"]


def test_the_allowance_comes_back_with_time():
    now = [0.0]
    shown: list[str] = []
    printed = PrintedLines(shown.append, clock=lambda: now[0], burst=1, lines_per_second=1)
    printed.feed(b"one\n")
    printed.feed(b"two\n")
    now[0] = 1.0
    printed.feed(b"three\n")
    assert shown == ["one", "(1 lines, 4 bytes of output were left out)", "three"]


def test_the_last_lines_are_kept_even_of_a_flood():
    printed = PrintedLines(lambda line: None, burst=1)
    for index in range(10_000):
        printed.feed(b"line %d\n" % index)
    assert printed.tail()[-1] == "line 9999"
    assert len(printed.tail()) == 40
