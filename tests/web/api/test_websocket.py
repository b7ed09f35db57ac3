"""The classic websocket: the order of messages, previews, who hears what, slow readers."""

import asyncio
import contextlib
import json
import struct
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.web.listening import Told, listening
from tests.web.serving import DEADLINE_SECONDS, ServerProcess, graph, hello, slow


async def submit(server: ServerProcess, prompt: Any, client: str, **rest: Any) -> str:
    """Submit without keeping the test's own event loop waiting."""
    told = await asyncio.to_thread(server.post, "/prompt", {"prompt": prompt, "client_id": client, **rest})
    return str(told["prompt_id"])


def steady(told: Told, job: str) -> Any:
    """A message without the id of the job and its times."""
    if isinstance(told, bytes):
        return "preview"
    kind, data = told
    data = json.loads(json.dumps(data).replace(job, "<job>"))
    return kind, {**data, "timestamp": "<ms>"} if "timestamp" in data else data


def state(node: str, state: str, value: int, maximum: int) -> Any:
    place = {"node_id": node, "display_node_id": node, "parent_node_id": None, "real_node_id": node}
    facts = {"value": value, "max": maximum, "state": state, "prompt_id": "<job>", **place}
    return "progress_state", {"prompt_id": "<job>", "nodes": {node: facts}}


def executing(node: str | None) -> Any:
    shown = {"node": node, "display_node": node} if node is not None else {"node": None}
    return "executing", {**shown, "prompt_id": "<job>"}


def remaining(count: int) -> Any:
    return "status", {"status": {"exec_info": {"queue_remaining": count}}}


STAMP = {"prompt_id": "<job>", "timestamp": "<ms>"}


async def test_a_job_is_told_in_the_order_that_clients_know(server: ServerProcess) -> None:
    name = str(uuid4())
    prompt = graph(
        a=("Text", {"text": name}), s=("Steps", {"text": ["a", 0], "steps": 2}), b=("Show", {"text": ["s", 0]})
    )
    async with listening(server.url, name) as ears:
        job = await submit(server, prompt, name)
        told = [steady(each, job) for each in await ears.until_over(job)]
    assert told == [
        remaining(1),
        remaining(1),
        ("execution_start", STAMP),
        ("execution_cached", {"nodes": [], **STAMP}),
        state("a", "running", 0, 1),
        executing("a"),
        state("a", "finished", 1, 1),
        state("s", "running", 0, 1),
        executing("s"),
        state("s", "running", 1, 2),
        ("progress", {"value": 1, "max": 2, "prompt_id": "<job>", "node": "s"}),
        state("s", "running", 2, 2),
        ("progress", {"value": 2, "max": 2, "prompt_id": "<job>", "node": "s"}),
        state("s", "finished", 1, 1),
        state("b", "running", 0, 1),
        executing("b"),
        ("executed", {"node": "b", "display_node": "b", "output": {"text": [name]}, "prompt_id": "<job>"}),
        state("b", "finished", 1, 1),
        ("execution_success", STAMP),
        remaining(0),
        executing(None),
    ]


async def test_a_cached_output_is_shown_again_without_running(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        await ears.until_over(await submit(server, hello(name), name))
        job = await submit(server, hello(name), name)
        told = [steady(each, job) for each in await ears.until_over(job)]
    assert [each for each in told if each[0] != "status"] == [
        ("execution_start", STAMP),
        ("execution_cached", {"nodes": ["b", "a"], **STAMP}),
        ("executed", {"node": "b", "display_node": "b", "output": {"text": [name]}, "prompt_id": "<job>"}),
        ("execution_success", STAMP),
        executing(None),
    ]


async def test_a_plain_script_waits_for_the_end_and_reads_the_history(server: ServerProcess) -> None:
    name = str(uuid4())
    async with aiohttp.ClientSession(server.url) as session, session.ws_connect(f"/ws?clientId={name}") as raw:
        body = {"prompt": hello(name), "client_id": name}
        async with session.post("/prompt", json=body) as answer:
            job = (await answer.json())["prompt_id"]
        async for message in raw:
            said = json.loads(message.data)
            if said["type"] == "executing" and said["data"]["node"] is None and said["data"]["prompt_id"] == job:
                break
        async with session.get(f"/history/{job}") as answer:
            assert (await answer.json())[job]["outputs"] == {"b": {"text": [name]}}


async def test_a_failure_names_node_type_and_reason(server: ServerProcess) -> None:
    name = str(uuid4())
    prompt = graph(a=("Text", {"text": name}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    async with listening(server.url, name) as ears:
        job = await submit(server, prompt, name)
        told = [each for each in await ears.until_over(job) if not isinstance(each, bytes)]
    kinds = [kind for kind, _ in told]
    assert kinds[-4:] == ["progress_state", "execution_error", "status", "executing"]
    error = told[-3][1]
    assert (error["node_id"], error["node_type"], error["executed"]) == ("f", "Fail", ["a"])
    assert error["exception_message"] == f'Node f "Fail": {name} is not acceptable'
    assert (error["exception_type"], error["current_inputs"]) == ("ValueError", {"text": name})
    assert error["traceback"][-1] == f"ValueError: {name} is not acceptable"
    assert told[-4][1]["nodes"]["f"]["state"] == "error"


async def test_an_interrupted_job_says_so_at_once(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        job = await submit(server, slow(name), name)
        while (await ears.hear())[0] != "progress":
            pass
        await asyncio.to_thread(server.post, "/interrupt", {})
        told = await ears.until_over(job)
    assert [each[0] for each in told[-3:]] == ["execution_interrupted", "status", "executing"]
    assert told[-3][1]["executed"] == ["a"]  # type: ignore[index]


@pytest.mark.parametrize("with_metadata", [False, True])
async def test_previews_come_in_the_form_that_the_client_understands(
    server: ServerProcess, with_metadata: bool
) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        if with_metadata:
            await ears.say("feature_flags", {"supports_preview_metadata": True})
            kind, flags = await ears.hear()
            assert (kind, flags["supports_preview_metadata"]) == ("feature_flags", True)
        job = await submit(server, slow(name, 3), name, extra_data={"preview_method": "auto"})
        frames = [each for each in await ears.until_over(job) if isinstance(each, bytes)]
    assert frames
    for frame in frames:
        if with_metadata:
            event, length = struct.unpack_from(">II", frame)
            metadata = json.loads(frame[8 : 8 + length])
            assert (event, metadata["node_id"], metadata["prompt_id"]) == (4, "s", job)
            assert metadata.keys() == {
                *("node_id", "prompt_id", "display_node_id", "parent_node_id", "real_node_id", "image_type")
            }
            assert frame[8 + length :].startswith(b"\x89PNG")
        else:
            assert struct.unpack_from(">I", frame) == (1,)
            assert frame[8:].startswith(b"\x89PNG")


async def test_without_a_wish_there_are_no_previews(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        job = await submit(server, slow(name, 3), name)
        assert not [each for each in await ears.until_over(job) if isinstance(each, bytes)]


async def test_two_clients_hear_of_their_own_jobs_only(server: ServerProcess) -> None:
    names = [str(uuid4()) for _ in range(2)]
    async with listening(server.url, names[0]) as first, listening(server.url, names[1]) as second:
        jobs = [await submit(server, hello(name), name) for name in names]
        heard = await asyncio.gather(first.until_over(jobs[0]), second.until_over(jobs[1]))
    for own, other, told in ((jobs[0], jobs[1], heard[0]), (jobs[1], jobs[0], heard[1])):
        assert own in str(told)
        assert other not in str(told)


async def test_jobs_of_one_client_are_told_one_after_the_other(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        jobs = [await submit(server, hello(f"{name} {index}"), name) for index in range(20)]
        told = await ears.until_over(jobs[-1])
    named = [each[1]["prompt_id"] for each in told if not isinstance(each, bytes) and "prompt_id" in each[1]]
    assert list(dict.fromkeys(named)) == jobs
    assert named == sorted(named, key=jobs.index)


async def test_a_client_that_comes_back_hears_which_node_runs(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        job = await submit(server, slow(name), name)
        while (await ears.hear())[0] != "progress":
            pass
    async with listening(server.url, name) as ears:
        kind, data = await ears.hear()
        assert (kind, data["node"], data["prompt_id"]) == ("executing", "s", job)
        await asyncio.to_thread(server.post, "/interrupt", {})
        await ears.until_over(job)


async def test_a_client_that_comes_late_hears_the_rest(server: ServerProcess) -> None:
    name = str(uuid4())
    job = await submit(server, slow(name), name)
    await asyncio.to_thread(server.running, job)
    async with listening(server.url, name) as ears:
        while (await ears.hear())[0] not in ("executing", "progress"):
            pass
        await asyncio.to_thread(server.post, "/interrupt", {})
        await ears.until_over(job)


async def test_a_client_that_never_reads_is_disconnected_and_costs_nobody_anything(server: ServerProcess) -> None:
    name = str(uuid4())
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(
        f"GET /ws?clientId={name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    loud = graph(
        x=("Text", {"text": "x" * 500_000}), **{f"y{index}": ("Show", {"text": ["x", 0]}) for index in range(40)}
    )
    async with listening(server.url, f"other {name}") as ears:
        jobs = [await submit(server, {**loud, **hello(f"{name} {turn}")}, name) for turn in range(2)]
        for job in jobs:
            await asyncio.to_thread(server.finished, job)
        job = await submit(server, hello(name), f"other {name}")
        await ears.until_over(job)
    heard = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(DEADLINE_SECONDS):
            while chunk := await reader.read(1 << 20):
                heard += chunk
    writer.close()
    await asyncio.wait((asyncio.ensure_future(writer.wait_closed()),))
    assert len(heard) < 16 * 1024**2
    assert "does not read its websocket" in server.log()


async def test_nonsense_on_the_websocket_ends_nothing(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        await ears.raw.send_str("{")
        await ears.raw.send_str('["feature_flags"]')
        await ears.raw.send_bytes(b"\0")
        await ears.say("feature_flags", {"supports_preview_metadata": "yes"})
        assert (await ears.hear())[0] == "feature_flags"
        await ears.until_over(await submit(server, hello(name), name))


async def test_a_message_that_is_too_large_ends_that_connection_only(server: ServerProcess) -> None:
    name = str(uuid4())
    async with listening(server.url, name) as ears:
        await ears.raw.send_str("x" * (1024**2 + 1))
        message = await ears.raw.receive(timeout=DEADLINE_SECONDS)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
    assert server.get("/livez") == {"status": "ok"}
