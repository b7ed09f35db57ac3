import logging
import sys

from web.logs import LineFormatter


def line(message: str, **facts: object) -> str:
    record = logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "latentloom.web", **facts})
    return LineFormatter().format(record)


def test_facts_follow_the_message() -> None:
    said = line("Job queued.", job="7", nodes=3, path="a b")
    assert said.endswith('info    latentloom.web Job queued. job=7 nodes=3 path="a b"')


def test_what_clients_send_cannot_make_a_line_of_its_own() -> None:
    said = line("Client 'x\n2026 error'", name_="\x1b[31m\r\n")
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said


def test_a_mistake_brings_its_traceback() -> None:
    try:
        raise ValueError("oops")
    except ValueError:
        said = line("Failed.", exc_info=sys.exc_info())
    assert said.splitlines()[-1] == "ValueError: oops"
