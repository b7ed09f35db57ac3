"""Seeds that a client leaves to chance, over both interfaces."""

from uuid import uuid4

from tests.web.serving import ServerProcess, graph
from tests.web.v2.test_jobs import problem

ROLL = graph(a=("Dice", {"seed": "randomize"}), b=("Show", {"text": ["a", 0]}))


def test_a_seed_left_to_chance_is_drawn_and_kept_with_the_job(server: ServerProcess) -> None:
    jobs = [server.post("/prompt", {"prompt": ROLL})["prompt_id"] for _ in range(2)]
    entries = [server.finished(each) for each in jobs]
    seeds = [entry["prompt"][2]["a"]["inputs"]["seed"] for entry in entries]
    assert [entry["outputs"]["b"]["text"] for entry in entries] == [[f"seed {seed}"] for seed in seeds]
    assert seeds[0] != seeds[1]


def test_a_request_that_is_sent_again_is_the_same_job(server: ServerProcess) -> None:
    body = {"prompt": ROLL, "prompt_id": str(uuid4())}
    assert server.post("/prompt", body) == server.post("/prompt", body)
    keyed = {"Idempotency-Key": f"dice {uuid4()}"}
    first, again = (server.ask("POST", "/api/v2/jobs", {"workflow": ROLL}, keyed)[1] for _ in range(2))
    assert first["id"] == again["id"]


def test_only_seeds_are_left_to_chance(server: ServerProcess) -> None:
    chosen = graph(a=("Choose", {"size": "randomize"}), b=("Show", {"text": ["a", 0]}))
    status, error = problem(server, "POST", "/api/v2/jobs", {"workflow": chosen})
    assert status == 422
    assert "randomize" in error["message"]
