import io
import json
import logging
import sys

from web.logs import JsonFormatter, LineFormatter, request_named, set_up


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


def record(message: str, **facts: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelname": "INFO", "name": "latentloom.web", **facts})


def test_json_holds_the_facts_and_the_mistake_on_one_line() -> None:
    try:
        raise ValueError("oops")
    except ValueError:
        said = JsonFormatter().format(record("Failed\n%s", args=("x",), job="7", exc_info=sys.exc_info()))
    assert "\n" not in said
    told = json.loads(said)
    assert (told["level"], told["logger"], told["message"], told["job"]) == ("info", "latentloom.web", "Failed\nx", "7")
    assert told["exception"].endswith("ValueError: oops")
    assert told["time"].endswith("+00:00")


def test_facts_cannot_pass_for_level_or_message() -> None:
    told = json.loads(JsonFormatter().format(record("True.", level="error", time=0)))
    assert (told["level"], told["message"]) == ("info", "True.")
    assert told["time"] != 0


def test_lines_say_which_request_they_belong_to() -> None:
    with request_named("r1"):
        assert line("Inside.").endswith("Inside. request=r1")
        assert json.loads(JsonFormatter().format(record("Inside.")))["request"] == "r1"
    assert line("Outside.").endswith("Outside.")


def test_what_is_less_important_than_asked_for_is_left_out() -> None:
    stream = io.StringIO()
    before = {name: logging.getLogger(name).handlers[:] for name in ("latentloom", "graph", "aiohttp")}
    try:
        set_up("json", "warning", stream)
        logging.getLogger("latentloom.web").info("quiet")
        logging.getLogger("latentloom.web").warning("loud")
        logging.getLogger("graph.cache.tiers").warning("the engine too")
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers[:] = handlers
            logging.getLogger(name).setLevel(logging.NOTSET)
            logging.getLogger(name).propagate = True
    assert [json.loads(each)["message"] for each in stream.getvalue().splitlines()] == ["loud", "the engine too"]
