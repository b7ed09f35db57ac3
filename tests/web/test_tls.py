"""HTTPS with a certificate of the operator, over real sockets."""

import json
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from tests.web.conftest import OwnServer
from tests.web.listening import Socket
from tests.web.serving import DidNotStart, hello
from web.settings import Certificate
from web.tls import CertificateError, tls_context

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two certificates with their keys, and a key that is locked."""
    place = tmp_path_factory.mktemp("tls")
    for name in ("one", "two"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        files = ["-keyout", str(place / f"{name}.key"), "-out", str(place / f"{name}.pem")]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)
    locked = ["openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", str(place / "one.key")]
    subprocess.run([*locked, "-out", str(place / "locked.key")], check=True, capture_output=True)
    return place


def test_a_client_that_knows_the_certificate_talks_in_private(own_server: OwnServer, folder: Path) -> None:
    server = own_server("--tls-certfile", str(folder / "one.pem"), "--tls-keyfile", str(folder / "one.key"))
    assert server.url.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context(cafile=str(folder / "one.pem"))
    with urllib.request.urlopen(f"{server.url}/livez", context=trusting, timeout=10) as answer:
        assert json.load(answer) == {"status": "ok"}
    with pytest.raises(urllib.error.URLError, match="certificate"):
        urllib.request.urlopen(
            f"{server.url}/livez",
            context=ssl.create_default_context(cafile=str(folder / "two.pem")),
            timeout=10,
        )
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(server.url.replace("https", "http") + "/livez", timeout=10)


def test_what_is_older_than_tls_1_2_is_not_spoken(folder: Path) -> None:
    context = tls_context(Certificate(str(folder / "one.pem"), str(folder / "one.key")))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_the_websocket_and_the_cookie_are_private_too(
    own_server: OwnServer, folder: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.pem"
    whole.write_text((folder / "one.key").read_text() + (folder / "one.pem").read_text())
    server = own_server("--tls-certfile", str(whole), "--token-file", str(tmp_path / "token"))
    token, name = (tmp_path / "token").read_text().strip(), str(uuid4())
    trusting = ssl.create_default_context(cafile=str(folder / "one.pem"))
    async with aiohttp.ClientSession(headers={"X-API-Key": token}) as session:
        async with session.post(f"{server.url}/session", json={"token": token}, ssl=trusting) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]
        async with session.ws_connect(f"{server.url}/ws?clientId={name}", ssl=trusting) as raw:
            body = {"prompt": hello(), "client_id": name}
            async with session.post(f"{server.url}/prompt", json=body, ssl=trusting) as answer:
                job = (await answer.json())["prompt_id"]
            heard = await Socket(raw).until_over(job)
        assert any(each[0] == "execution_success" for each in heard)


@pytest.mark.parametrize(
    ("chain", "key", "told"),
    [
        ("absent.pem", None, "cannot be read"),
        ("one.pem", None, "not valid PEM"),
        ("one.pem", "two.key", "another certificate"),
        ("one.pem", "locked.key", "password"),
        ("one.key", "one.key", "not valid PEM"),
    ],
)
def test_files_that_do_not_fit_are_refused_with_the_reason(
    folder: Path, chain: str, key: str | None, told: str
) -> None:
    with pytest.raises(CertificateError, match=told):
        tls_context(Certificate(str(folder / chain), key and str(folder / key)))


def test_a_server_without_its_certificate_does_not_start(own_server: OwnServer, tmp_path: Path) -> None:
    with pytest.raises(DidNotStart, match="--tls-certfile"):
        own_server("--tls-certfile", str(tmp_path / "absent"))
