"""A real pack on the whole server: its own check is asked first, its script is there for the browser."""

import pytest

from tests.web.serving import ServerProcess, graph

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a busy machine takes long; that is no fault


def test_what_a_pack_refuses_is_an_answer_and_no_failed_job(real: ServerProcess) -> None:
    show = ("PackShow", {"value": ["c", 0]})
    status, answer, _ = real.ask(
        "POST", "/prompt", {"prompt": graph(c=("PackChecked", {"even": 3, "word": "a", "plain": 1}), s=show)}
    )
    assert (status, answer["error"]["type"]) == (400, "prompt_outputs_failed_validation")
    (error,) = answer["node_errors"]["c"]["errors"]
    assert (error["type"], error["details"].endswith("3 is odd")) == ("custom_validation_failed", True)
    told = real.post("/prompt", {"prompt": graph(c=("PackChecked", {"even": 4, "word": "a", "plain": 1}), s=show)})
    assert real.finished(told["prompt_id"])["status"]["completed"]


def test_a_pack_brings_its_script_for_the_browser(real: ServerProcess) -> None:
    assert "/extensions/classic_pack/pack.js" in real.get("/extensions")
    status, content, headers = real.ask("GET", "/extensions/classic_pack/pack.js")
    assert (status, content.startswith(b"//"), headers["Content-Type"]) == (200, True, "text/javascript; charset=utf-8")
    assert real.ask("GET", "/extensions/classic_pack/..%2fplain.py")[0] in (400, 404)
