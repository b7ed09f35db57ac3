"""`/experiment/models`: folders and files of models with the pictures beside them, and nothing from anywhere else."""

import io
from pathlib import Path

from PIL import Image

from tests.web.conftest import OwnServer
from tests.web.light import png

SEARCHED = ("checkpoints", "loras", "configs")


def test_models_are_told_with_their_place_and_size(own_server: OwnServer, tmp_path: Path) -> None:
    first, second = tmp_path / "data" / "m", tmp_path / "other"
    for root, name, size in ((first, "a.safetensors", 10), (first, "deep/b.sft", 20), (second, "a.safetensors", 30)):
        (root / "loras" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "loras" / name).write_bytes(b"x" * size)
    (first / "loras" / "notes.txt").write_text("no model")
    server = own_server("--models", str(second))
    folders = {each["name"]: each["folders"] for each in server.get("/experiment/models")}
    assert [each in folders for each in SEARCHED] == [True, True, False]
    assert folders["loras"][:2] == [str(first / "loras"), str(second / "loras")]
    found = server.get("/api/experiment/models/loras")
    assert [(each["name"], each["pathIndex"], each["size"]) for each in found] == [
        ("a.safetensors", 0, 10),
        ("deep/b.sft", 0, 20),
        ("a.safetensors", 1, 30),
    ]
    assert found[0]["modified"] == (first / "loras" / "a.safetensors").stat().st_mtime
    assert server.ask("GET", "/experiment/models/nowhere")[0] == 404


def test_the_picture_beside_a_model_is_shown_and_no_other_file(own_server: OwnServer, tmp_path: Path) -> None:
    place = tmp_path / "data" / "m" / "loras"
    place.mkdir(parents=True)
    (place / "a.safetensors").write_bytes(b"x")
    (place / "a.preview.png").write_bytes(png(7))
    (place / "b.png").write_bytes(b"no picture")
    (tmp_path / "data" / "m" / "secret.png").write_bytes(png(8))
    (place / "link.png").symlink_to(tmp_path / "data" / "m" / "secret.png")
    server = own_server()
    status, content, headers = server.ask("GET", "/experiment/models/preview/loras/0/a.webp")
    assert (status, headers["Content-Type"], Image.open(io.BytesIO(content)).size) == (200, "image/webp", (2, 2))
    for path in ("0/c.webp", "0/b.webp", "9/a.webp", "x/a.webp", "-1/a.webp"):
        assert server.ask("GET", f"/experiment/models/preview/loras/{path}")[0] == 404
    assert server.ask("GET", "/experiment/models/preview/nowhere/0/a.webp")[0] == 404
    for path in ("0/..%2Fsecret.webp", "0/link.webp", "0/%2Fetc%2Fpasswd", "0/.hidden.webp"):
        assert server.ask("GET", f"/experiment/models/preview/loras/{path}")[0] == 400
