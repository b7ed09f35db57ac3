"""The classic protocol on the wire: each answer is compared with a golden one, with and without `/api`.

`python -m tests.web.test_golden_routes` writes the golden file anew; look at the difference as at code.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.web.serving import ServerProcess, eventually, graph, hello

GOLDEN = Path(__file__).with_name("golden_routes.json")
TIMES = ("timestamp", "create_time", "execution_start_time", "execution_end_time")
VARYING = ("os", "argv", "traceback", "digest")
PICTURE = graph(a=("Text", {"text": "golden"}), p=("Picture", {"text": ["a", 0], "shade": 7}))
PARTLY = {**hello("partly"), **graph(x=("Show", {"text": ["nowhere", 0]}), y=("Choose", {"size": 9, "kind": "oval"}))}
WRONG = {
    **graph(c=("Choose", {"size": 0, "kind": "oval"}), s=("Show", {"text": ["c", 1]}), n=("Show", {})),
    **graph(t=("Show", {"text": ["s2", 0]}), s2=("Steps", {"text": ["c", 0], "steps": "many"})),
}
CIRCLE = graph(a=("Join", {"first": ["b", 0], "second": "x"}), b=("Join", {"first": ["a", 0], "second": "x"}))
EXTRA = {"extra_pnginfo": {"workflow": {"id": "w-1", "nodes": []}}, "auth_token_comfy_org": "secret"}

REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/prompt", None),
    ("POST", "/prompt", {"prompt": PICTURE, "prompt_id": "picture", "client_id": "golden", "extra_data": EXTRA}),
    ("POST", "/prompt", {"prompt": PARTLY, "prompt_id": "partly", "number": -2.5}),
    ("POST", "/prompt", {"prompt": hello("x"), "prompt_id": "fails-not", "partial_execution_targets": ["b"]}),
    ("POST", "/prompt", {"prompt": graph(a=("Text", {}), f=("Fail", {"text": "bad"}), s=("Show", {"text": ["f", 0]}))
     , "prompt_id": "fails"}),
    ("POST", "/prompt", {"prompt": WRONG}),
    ("POST", "/prompt", {"prompt": {**CIRCLE, **graph(s=("Show", {"text": ["a", 0]}))}}),
    ("POST", "/prompt", {"prompt": graph(q=("KSamplerr", {}))}),
    ("POST", "/prompt", {"prompt": {"q": {"inputs": {}}}}),
    ("POST", "/prompt", {"prompt": graph(a=("Text", {}))}),
    ("POST", "/prompt", {"prompt": hello(), "partial_execution_targets": []}),
    ("POST", "/prompt", {}),
    ("POST", "/prompt", {"prompt": hello(), "prompt_id": "../../etc"}),
    ("POST", "/prompt", b'{"prompt": {"a": 1,, }}'),
    ("GET", "/history/picture", None),
    ("GET", "/queue", None),
    ("GET", "/history/partly", None),
    ("GET", "/history/fails", None),
    ("GET", "/history/unknown", None),
    ("GET", "/history?max_items=1", None),
    ("GET", "/jobs/picture", None),
    ("GET", "/jobs?limit=1&status=completed", None),
    ("GET", "/jobs/unknown", None),
    ("GET", "/object_info/Choose", None),
    ("GET", "/object_info/Picture", None),
    ("GET", "/object_info/Unknown", None),
    ("GET", "/system_stats", None),
    ("GET", "/features", None),
    ("GET", "/embeddings", None),
    ("GET", "/models", None),
    ("GET", "/models/checkpoints", None),
    ("GET", "/experiment/models/checkpoints", None),
    ("GET", "/models/unknown", None),
    ("GET", "/extensions", None),
    ("GET", "/settings", None),
    ("GET", "/users", None),
    ("GET", "/i18n", None),
    ("GET", "/workflow_templates", None),
    ("GET", "/global_subgraphs", None),
    ("GET", "/node_replacements", None),
    ("GET", "/view?filename=../x.png", None),
    ("GET", "/view?filename=missing.png", None),
    ("POST", "/interrupt", {}),
    ("POST", "/free", {"unload_models": True, "free_memory": True}),
    ("POST", "/queue", {"clear": True}),
    ("POST", "/queue", {"delete": 7}),
    ("POST", "/jobs/cancel", {"job_ids": ["picture"]}),
    ("POST", "/jobs/picture/cancel", None),
    ("DELETE", "/queue", None),
    ("GET", "/no/such/place", None),
]  # fmt: skip


def told(server: ServerProcess) -> dict[str, Any]:
    """Every answer, with what differs from run to run taken out."""
    eventually(lambda: server.ask("GET", "/readyz")[0] == 200)
    answers: dict[str, Any] = {}
    for method, path, body in REQUESTS:
        if path.startswith("/history"):
            eventually(lambda: server.get("/prompt")["exec_info"]["queue_remaining"] == 0)
        status, answer, _ = server.ask(method, path, body)
        shown = body.decode() if isinstance(body, bytes) else json.dumps(body, sort_keys=True)
        answers[f"{method} {path} {shown if body is not None else ''}".strip()] = [status, steady(answer)]
        if method == "GET":
            other_status, other, _ = server.ask(method, f"/api{path}")
            assert (other_status, steady(other) if status == 200 else None) == (
                status,
                steady(answer) if status == 200 else None,
            )
    return answers


def steady(value: Any, key: str = "") -> Any:
    """An answer without times, versions, sizes of memory and places of this checkout."""
    if isinstance(value, dict):
        return {name: steady(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [steady(each, key) for each in value]
    if key in TIMES:
        return "<milliseconds>"
    if key in VARYING or key.endswith(("_version", "_total", "_free")):
        return f"<{key}>"
    return "<device>" if key == "name" and str(value).startswith("cpu") else value


def test_every_answer_is_as_the_ecosystem_knows_it(own_server: Any) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    answers = told(own_server("--cpu"))
    assert answers.keys() == golden.keys()
    for name, answer in answers.items():
        assert answer == golden[name], name


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        running = ServerProcess(Path(folder), "--cpu")
        try:
            GOLDEN.write_text(json.dumps(told(running), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        finally:
            running.stop()
