"""Files that clients send."""

from typing import Any

from blake3 import blake3

from tests.web.light import png
from tests.web.serving import ServerProcess, graph, slow
from tests.web.v2.test_events import submitted
from tests.web.v2.test_jobs import problem

BOUNDARY = "xyz"


def sent(server: ServerProcess, content: bytes, name: str = "photo.png", **fields: str) -> tuple[int, Any]:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
             for key, value in fields.items()]  # fmt: skip
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = b"".join((*parts, head, content, f"\r\n--{BOUNDARY}--\r\n".encode()))
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    status, answer, _ = server.ask("POST", "/api/v2/assets", body, headers=headers)
    return status, answer


def test_content_is_known_by_its_hash(server: ServerProcess):
    content = png(101)
    hash = f"blake3:{blake3(content).hexdigest()}"
    assert problem(server, "GET", f"/api/v2/assets/by-hash/{hash}")[1]["code"] == "blob_not_found"
    status, asset = sent(server, content)
    assert (status, asset["hash"], asset["content_type"], asset["created_new"]) == (201, hash, "image/png", True)
    assert server.get(f"/api/v2/assets/by-hash/{hash}")["id"] == asset["id"]
    assert server.ask("HEAD", f"/api/v2/assets/by-hash/{hash}")[0] == 200
    assert server.ask("GET", asset["url"].removeprefix(server.url))[1] == content


def test_another_name_for_known_content_needs_no_upload(server: ServerProcess):
    _, asset = sent(server, png(102))
    status, other, _ = server.ask("POST", "/api/v2/assets/from-hash", {"hash": asset["hash"], "file_path": "other.png"})
    assert (status, other["file_path"], other["created_new"]) == (201, "other.png", False)
    assert other["id"] != asset["id"]
    same = server.ask("POST", "/api/v2/assets/from-hash", {"hash": asset["hash"], "file_path": "other.png"})
    assert (same[0], same[1]["id"]) == (200, other["id"])
    assert server.ask("DELETE", f"/api/v2/assets/{asset['id']}")[0] == 204
    assert server.ask("GET", f"/api/v2/assets/{other['id']}/content")[1] == png(102)


def test_content_that_arrived_damaged_is_refused(server: ServerProcess):
    status, answer = sent(server, png(103), expected_hash=f"blake3:{'0' * 64}")
    assert (status, b"hash_mismatch" in answer) == (409, True)


def test_only_what_is_known_as_data_is_taken(server: ServerProcess):
    assert sent(server, b"<svg onload=alert(1)>", "x.svg")[0] == 415
    assert sent(server, b"", "empty.png")[0] == 422
    assert sent(server, png(104), "../../escape.png")[1]["file_path"] == "../../escape.png"  # a label, never a place


def test_what_is_no_form_is_refused(server: ServerProcess):
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for body in (b"--xyz\r\nno header\r\n\r\n--xyz--", b"--xyz", b""):
        assert problem(server, "POST", "/api/v2/assets", body, **headers)[0] == 400
        assert server.ask("POST", "/upload/image", body, headers=headers)[0] == 400


def test_an_asset_that_a_waiting_job_reads_stays(server: ServerProcess):
    blocking = submitted(server, slow("blocks the asset"))
    _, asset = sent(server, png(105))
    reference = {"__type": "core/ASSET", "info": {"id": asset["id"]}}
    waiting = submitted(server, graph(i=("Load", {"image": reference}), s=("Show", {"text": ["i", 0]})))
    assert problem(server, "DELETE", f"/api/v2/assets/{asset['id']}")[1]["code"] == "asset_in_use"
    for job in (waiting, blocking):
        server.post(f"/api/v2/jobs/{job}/cancel")
        server.get(f"/api/v2/jobs/{job}?wait=30")
    assert server.ask("DELETE", f"/api/v2/assets/{asset['id']}")[0] == 204


def test_an_output_is_an_asset_of_its_job(server: ServerProcess):
    job = submitted(server, graph(a=("Text", {"text": "out"}), p=("Picture", {"text": ["a", 0]})))
    (output,) = server.get(f"/api/v2/jobs/{job}?wait=30")["outputs"]
    asset = server.get(f"/api/v2/assets/{output['id']}")
    assert (asset["job_id"], asset["hash"], asset["size_bytes"]) == (job, output["hash"], output["size_bytes"])
    assert problem(server, "DELETE", f"/api/v2/assets/{output['id']}")[1]["code"] == "asset_in_use"


def test_ids_that_mean_nothing_are_not_found(server: ServerProcess):
    for name in ("nothing", "out_", "out_AAAA", "out_WyJhIiwiYiIsImMiLDBd", "out_WzEsMiwzLDRd"):
        assert problem(server, "GET", f"/api/v2/assets/{name}")[0] == 404
        assert problem(server, "GET", f"/api/v2/assets/{name}/content")[0] == 404
