from uuid import uuid4

import pytest

from tests.web.serving import ServerProcess, eventually, graph, hello, slow


def test_a_graph_becomes_a_job_with_its_result_in_the_history(server: ServerProcess) -> None:
    told = server.post("/prompt", {"prompt": hello("from a graph")})
    entry = server.finished(told["prompt_id"])
    assert entry["outputs"] == {"b": {"text": ["from a graph"]}}
    assert entry["status"]["completed"]


def test_a_document_of_ours_is_taken_too(server: ServerProcess) -> None:
    told = server.post("/prompt", {"prompt": {"latentloom": 1, "graph": hello("from a document")}})
    entry = server.finished(told["prompt_id"])
    assert (entry["prompt"][2], entry["outputs"]) == (hello("from a document"), {"b": {"text": ["from a document"]}})


def test_the_same_request_with_the_same_id_is_one_job(server: ServerProcess) -> None:
    name = str(uuid4())
    body = {"prompt": hello(name), "prompt_id": name, "client_id": "twice"}
    assert server.post("/prompt", body) == server.post("/prompt", body)
    status, answer, _ = server.ask("POST", "/prompt", {**body, "prompt": hello("else")})
    assert (status, answer["error"]["type"]) == (409, "conflict")


def test_targets_limit_what_runs(server: ServerProcess) -> None:
    both = {**hello("wanted"), **graph(c=("Text", {"text": "not wanted"}), d=("Show", {"text": ["c", 0]}))}
    told = server.post("/prompt", {"prompt": both, "partial_execution_targets": ["b"]})
    assert list(server.finished(told["prompt_id"])["outputs"]) == ["b"]


def test_the_lowest_number_runs_first_and_front_before_all(server: ServerProcess) -> None:
    names = [str(uuid4()) for _ in range(4)]
    busy = server.post("/prompt", {"prompt": slow(names[0])})["prompt_id"]
    server.running(busy)
    for name, place in zip(names, ({"number": 7e6}, {"number": 6e6}, {"front": True}, {}), strict=True):
        server.post("/prompt", {"prompt": hello(name), "prompt_id": name, **place})
    waiting = [item[1] for item in server.get("/queue")["queue_pending"]]
    assert waiting == [names[2], names[3], names[1], names[0]]
    server.post("/interrupt", {"prompt_id": busy})
    assert all(server.finished(name)["status"]["completed"] for name in names)


def test_clients_take_turns_however_much_one_of_them_sends(server: ServerProcess) -> None:
    busy = server.post("/prompt", {"prompt": slow(str(uuid4()))})["prompt_id"]
    server.running(busy)
    clients = ["many"] * 4 + ["few"] * 2
    names = [f"{client}{number}-{uuid4()}" for number, client in enumerate(clients)]
    for name, client in zip(names, clients, strict=True):
        server.post("/prompt", {"prompt": hello(name), "prompt_id": name, "client_id": client})
    waiting = [item[1] for item in server.get("/queue")["queue_pending"]]
    assert [name.partition("-")[0] for name in waiting] == ["many0", "few4", "many1", "few5", "many2", "many3"]
    server.post("/interrupt", {"prompt_id": busy})
    assert all(server.finished(name)["status"]["completed"] for name in names)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"client_id": 7}, "invalid_request"),
        ({"client_id": "a\nb"}, "invalid_request"),
        ({"number": "first"}, "invalid_request"),
        ({"number": True}, "invalid_request"),
        ({"extra_data": []}, "invalid_request"),
        ({"partial_execution_targets": "b"}, "invalid_request"),
        ({"partial_execution_targets": ["unknown"]}, "prompt_outputs_failed_validation"),
        ({"prompt_id": ""}, "invalid_prompt_id"),
        ({"prompt": []}, "invalid_prompt"),
        ({"prompt": {"a": 7}}, "invalid_prompt"),
        ({"prompt": None}, "no_prompt"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(server: ServerProcess, body: object, kind: str) -> None:
    assert isinstance(body, dict)
    status, answer, _ = server.ask("POST", "/prompt", {"prompt": hello(), **body})
    assert (status, answer["error"]["type"]) == (400, kind), answer


def test_credentials_of_other_services_are_not_kept(server: ServerProcess) -> None:
    extra = {"auth_token_comfy_org": "secret", "api_key_comfy_org": "secret", "kept": 1}
    told = server.post("/prompt", {"prompt": hello("credentials"), "extra_data": extra})
    assert server.finished(told["prompt_id"])["prompt"][3].keys() == {"kept", "create_time"}


def test_the_picture_carries_what_the_client_sent_along(server: ServerProcess) -> None:
    workflow = {"id": "along", "nodes": []}
    prompt = graph(p=("Picture", {"text": "along"}))
    told = server.post("/prompt", {"prompt": prompt, "extra_data": {"extra_pnginfo": {"workflow": workflow}}})
    image = server.finished(told["prompt_id"])["outputs"]["p"]["images"][0]
    _, content, _ = server.ask("GET", f"/view?filename={image['filename']}&type=output")
    assert b'workflow\0{"id": "along", "nodes": []}' in content


def test_the_queue_shows_what_runs_and_what_waits(server: ServerProcess) -> None:
    busy = server.post("/prompt", {"prompt": slow("queue"), "client_id": "q", "extra_data": {"x": 1}})["prompt_id"]
    running = server.running(busy)
    number, name, prompt, extra, outputs = running[0]
    created = extra.pop("create_time")
    assert (name, prompt, extra, outputs) == (busy, slow("queue"), {"x": 1, "client_id": "q"}, ["b"])
    assert isinstance(number, int)
    assert created > 1.6e12
    waiting = [server.post("/prompt", {"prompt": hello(f"waits {index}")})["prompt_id"] for index in range(3)]
    assert [item[1] for item in server.get("/queue?max_items=2&offset=1")["queue_pending"]] == waiting[1:]
    assert server.get("/prompt")["exec_info"]["queue_remaining"] == 4
    server.post("/queue", {"delete": [waiting[1], busy, "unknown"]})
    assert [item[1] for item in server.get("/queue")["queue_pending"]] == [waiting[0], waiting[2]]
    server.post("/queue", {"clear": True})
    assert server.get("/queue")["queue_pending"] == []
    assert server.running(busy)
    server.post("/interrupt", {"prompt_id": "another"})
    assert server.running(busy)
    server.post("/interrupt")
    assert server.finished(busy)["status"]["messages"][-1][0] == "execution_interrupted"
    deleted = server.get(f"/history/{waiting[1]}")[waiting[1]]["status"]
    assert (deleted["status_str"], deleted["completed"]) == ("error", False)


def test_history_is_forgotten_on_request(server: ServerProcess) -> None:
    jobs = [server.post("/prompt", {"prompt": hello(f"forget {index}")})["prompt_id"] for index in range(3)]
    for job in jobs:
        server.finished(job)
    latest = list(server.get("/history?max_items=3"))
    assert latest == jobs
    server.post("/history", {"delete": jobs[:1]})
    assert server.get(f"/history/{jobs[0]}") == {}
    oldest = list(server.get("/history?offset=0&max_items=100"))
    assert oldest[-2:] == jobs[1:]
    server.post("/history", {"clear": True})
    assert server.get("/history") == {}


def test_jobs_are_listed_by_status_and_page(server: ServerProcess) -> None:
    extra = {"extra_pnginfo": {"workflow": {"id": "listed"}}}
    jobs = [server.post("/prompt", {"prompt": hello(f"list {i}"), "extra_data": extra})["prompt_id"] for i in range(2)]
    for job in jobs:
        server.finished(job)
    told = server.get("/api/jobs?workflow_id=listed&limit=1000&sort_order=asc")
    assert [job["id"] for job in told["jobs"]] == jobs
    assert server.get("/jobs?limit=1")["jobs"][0]["id"] == jobs[1]
    assert server.get("/jobs?status=pending,in_progress")["pagination"]["total"] == 0
    for query in ("status=odd", "sort_by=luck", "limit=many"):
        assert server.ask("GET", f"/jobs?{query}")[0] == 400


def test_memory_is_given_back_on_request(server: ServerProcess) -> None:
    first = server.post("/prompt", {"prompt": hello("kept in memory")})["prompt_id"]
    server.finished(first)
    server.post("/free", {"unload_models": True, "free_memory": True})
    again = server.post("/prompt", {"prompt": hello("kept in memory")})["prompt_id"]
    messages = dict(server.finished(again)["status"]["messages"])
    assert messages["execution_cached"]["nodes"] == ["b", "a"]  # found on the disk
    assert eventually(lambda: server.ask("GET", "/readyz")[0] == 200)


def test_a_job_is_in_the_queue_until_it_is_in_the_history(server: ServerProcess) -> None:
    """Clients ask for the queue, then for the history, and take a job that is in neither for lost."""
    for _ in range(60):
        job = server.post("/prompt", {"prompt": hello(str(uuid4()))})["prompt_id"]
        queue = server.get("/queue")
        waiting = [item[1] for item in (*queue["queue_running"], *queue["queue_pending"])]
        assert waiting.count(job) == 1 or server.get(f"/history/{job}"), job
