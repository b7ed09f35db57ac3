"""What was made, and finding it again."""

from typing import Any
from urllib.parse import urlencode

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess, graph
from tests.web.v2.test_events import ended, submitted


def found(server: ServerProcess, **query: Any) -> list[Any]:
    return list(server.get(f"/api/v2/gallery?{urlencode(query)}")["made"])


def picture(text: str, shade: int = 1) -> dict[str, Any]:
    return graph(a=("Text", {"text": text}), p=("Picture", {"text": ["a", 0], "shade": shade}))


def test_what_was_made_is_told_newest_first_and_found_by_words(own_server: OwnServer):
    server = own_server()
    castle = ended(server, picture("castle"), metadata={"title": "Castles"})
    forest = ended(server, picture("forest"))
    failing = submitted(
        server, graph(a=("Text", {"text": "x"}), f=("Fail", {"text": ["a", 0]}), b=("Show", {"text": ["f", 0]}))
    )
    server.get(f"/api/v2/jobs/{failing}?wait=30")
    assert [each["id"] for each in found(server)] == [failing, forest, castle]
    (record,) = found(server, text="CASTLES png")
    assert (record["id"], record["title"], record["status"]) == (castle, "Castles", "succeeded")
    (file,) = record["files"]
    assert (file["node"], file["kind"], file["type"]) == ("p", "image", "output")
    status, _, headers = server.ask(
        "GET", f"/api/view?{urlencode({'filename': file['filename'], 'preview': 'webp', 'size': 1})}"
    )
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert [each["id"] for each in found(server, status="failed")] == [failing]
    assert "not acceptable" in found(server, text="acceptable")[0]["message"]
    assert found(server, text="nothing like that") == []
    assert [each["id"] for each in found(server, since=record["completed_at"])] == [failing, forest]
    assert [each["id"] for each in found(server, until=record["completed_at"])] == [castle]
    page = server.get("/api/v2/gallery?limit=2")
    assert [each["id"] for each in page["made"]] == [failing, forest]
    rest = server.get(f"/api/v2/gallery?limit=2&cursor={page['next_cursor']}")
    assert ([each["id"] for each in rest["made"]], rest["next_cursor"]) == ([castle], None)


def test_a_thumbnail_that_a_client_has_is_not_made_again(server: ServerProcess):
    job = ended(server, picture("thumbnail", 3))
    file = server.get(f"/api/v2/jobs/{job}")["outputs"][0]["name"]
    path = f"/api/view?{urlencode({'filename': file, 'preview': 'webp;80', 'size': 64})}"
    status, _, headers = server.ask("GET", path)
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    assert server.ask("GET", path, headers={"If-None-Match": headers["ETag"]})[0] == 304
