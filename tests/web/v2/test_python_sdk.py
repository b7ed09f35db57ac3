"""The public `comfy-sdk`, which we did not write, against a running server."""

import io
from collections.abc import Iterator

import comfy_sdk
import pytest
from comfy_sdk import Comfy

from tests.web.light import png
from tests.web.serving import ServerProcess, graph, hello, slow


@pytest.fixture
def client(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Comfy]:
    monkeypatch.setenv("COMFY_BASE_URL", server.url)
    with Comfy() as made:
        yield made


def picture(text: str) -> dict:
    return graph(a=("Text", {"text": text}), p=("Picture", {"text": ["a", 0]}))


def test_a_workflow_runs_and_its_picture_arrives(client: Comfy, tmp_path):
    workflow = client.workflows.from_json(picture("sdk"))
    workflow.set_input("p", "shade", 9)
    job = client.run(workflow, timeout=30)
    assert job.status == "succeeded"
    (output,) = job.get_outputs("p")
    assert (output.type, output.content_type, output.job_id) == ("image", "image/png", job.id)
    content = output.to_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) == output.size_bytes
    assert output.to_bytes(range=(0, 3)) == content[:4]
    assert output.to_file(tmp_path / "out.png").read_bytes() == content
    assert output.get_download_url().url.endswith(f"/assets/{output.id}/content")


def test_what_a_node_shows_as_text_is_an_output_too(client: Comfy):
    job = client.run(client.workflows.from_json(hello("words")), timeout=30)
    (output,) = job.outputs
    assert (output.type, output.to_bytes()) == ("text", b"words")


def test_events_tell_a_job_from_start_to_end(client: Comfy):
    job = client.submit(client.workflows.from_json(slow("followed", steps=4)))
    events = list(job.events())
    progress = [each.value for each in events if isinstance(each, comfy_sdk.Progress)]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert any(each.steps == 4 for each in events if isinstance(each, comfy_sdk.Progress))
    assert [each.output.to_bytes() for each in events if isinstance(each, comfy_sdk.OutputReady)] == [b"followed"]
    assert events[-1].status == "succeeded"


def test_a_job_is_stopped(client: Comfy):
    job = client.submit(client.workflows.from_json(slow("stopped")))
    job.cancel()
    assert job.wait(timeout=20).status == "canceled"
    with pytest.raises(comfy_sdk.JobFailed):
        job.result()


def test_a_failure_names_the_node(client: Comfy):
    failing = graph(a=("Text", {}), f=("Fail", {"text": ["a", 0]}), s=("Show", {"text": ["f", 0]}))
    with pytest.raises(comfy_sdk.JobFailed) as caught:
        client.run(client.workflows.from_json(failing), timeout=30)
    error = caught.value.error
    assert (error.code, error.node_id, error.class_type) == ("node_execution_error", "f", "Fail")
    assert "not acceptable" in error.message


def test_an_asset_is_sent_once_and_used_in_a_graph(client: Comfy):
    content = png(77)
    asset = client.assets.from_bytes(content, filename="photo.png")
    assert asset.commit()
    assert asset.created_new
    again = client.assets.from_stream(io.BytesIO(content), filename="photo.png")
    again.commit()
    assert (again.id, again.created_new) == (asset.id, False)
    workflow = client.workflows.from_json(graph(i=("Load", {}), s=("Show", {"text": ["i", 0]})))
    workflow.set_input("i", "image", asset)
    job = client.run(workflow, timeout=30)
    assert job.outputs[0].to_bytes().startswith(b"assets/")
    assert client.assets.get(asset.id).hash == asset.hash


def test_an_output_can_be_the_input_of_the_next_job(client: Comfy, server: ServerProcess):
    first = client.run(client.workflows.from_json(picture("chained")), timeout=30)
    reference = {"__type": "core/ASSET", "info": {"id": first.outputs[0].id}}
    graph_of_next = graph(i=("Load", {"image": reference}), s=("Show", {"text": ["i", 0]}))
    job = client.run(client.workflows.from_json(graph_of_next), timeout=30)
    assert job.outputs[0].to_bytes().endswith(b".png [output]")


def test_an_asset_is_deleted(client: Comfy):
    asset = client.assets.from_bytes(png(78), filename="gone.png")
    asset_id = asset.commit()
    asset.delete()
    with pytest.raises(comfy_sdk.NotFound):
        client.assets.get(asset_id)
    workflow = client.workflows.from_json(graph(i=("Load", {}), s=("Show", {"text": ["i", 0]})))
    workflow.set_input("i", "image", {"__type": "core/ASSET", "info": {"id": asset_id}})
    with pytest.raises(comfy_sdk.MissingAsset):
        client.submit(workflow)


def test_an_invalid_workflow_is_told_node_by_node(client: Comfy):
    wrong = graph(c=("Choose", {"size": 0, "kind": "oval"}), s=("Show", {"text": ["c", 0]}))
    with pytest.raises(comfy_sdk.InvalidWorkflow) as caught:
        client.submit(client.workflows.from_json(wrong))
    fields = {each["field"] for each in caught.value.details["node_errors"]["c"]}
    assert fields == {"size", "kind"}


def test_the_same_key_gives_the_same_job_and_refuses_another(client: Comfy):
    workflow = client.workflows.from_json(hello("keyed"))
    first = client.submit(workflow, idempotency_key="sdk-key")
    assert client.submit(workflow, idempotency_key="sdk-key").id == first.id
    with pytest.raises(comfy_sdk.IdempotencyKeyReuse) as caught:
        client.submit(client.workflows.from_json(hello("other")), idempotency_key="sdk-key")
    assert caught.value.http_status == 409


def test_jobs_are_listed_by_label(client: Comfy):
    for index in range(3):
        labels = {"batch": "sdk", "index": str(index)}
        client.submit(client.workflows.from_json(hello(f"label {index}")), metadata=labels)
    found = list(client.list_jobs(metadata={"batch": "sdk"}, limit=2))
    assert [each.metadata["index"] for each in found] == ["2", "1", "0"]
    assert client.jobs.get(found[0].id).metadata["index"] == "2"


def test_the_workflow_of_a_job_comes_back(client: Comfy):
    job = client.submit(client.workflows.from_json(hello("kept")))
    workflow = client.jobs.get(job.id).get_workflow()
    assert (workflow.format, workflow.graph) == ("api", hello("kept"))


def test_unknown_jobs_are_not_found(client: Comfy):
    with pytest.raises(comfy_sdk.NotFound):
        client.jobs.get("nothing")


async def test_the_asynchronous_client_works_as_well(server: ServerProcess, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COMFY_BASE_URL", server.url)
    async with comfy_sdk.AsyncComfy() as client:
        asset = client.assets.from_bytes(png(79), filename="async.png")
        await asset.commit()
        job = await client.run(client.workflows.from_json(picture("async")), timeout=30)
        assert (await job.outputs[0].to_bytes()).startswith(b"\x89PNG")
        await asset.delete()


def test_a_server_with_a_token_asks_for_it(own_server, monkeypatch: pytest.MonkeyPatch, tmp_path):
    token = tmp_path / "token"
    server = own_server("--token-file", str(token))
    monkeypatch.setenv("COMFY_BASE_URL", server.url)
    with Comfy() as client, pytest.raises(comfy_sdk.Unauthorized):
        client.jobs.get("any")
    with Comfy(api_key=token.read_text().strip()) as client, pytest.raises(comfy_sdk.NotFound):
        client.jobs.get("any")
