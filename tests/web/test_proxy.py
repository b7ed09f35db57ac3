"""What a proxy says is believed where the operator says so, from this machine, as far as the proxy itself says it."""

import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.web.conftest import OwnServer
from tests.web.serving import ServerProcess

LOOPBACK = ("127.0.0.1", "::1")


@pytest.fixture
def proxied(own_server: OwnServer, tmp_path: Path) -> ServerProcess:
    return own_server("--behind-proxy", "--token-file", str(tmp_path / "token"), "--allow-host", "pictures.example")


def guesses(server: ServerProcess, count: int, headers: Mapping[str, str]) -> list[int]:
    """The answers to wrong tokens: ten are allowed to each address."""
    return [server.ask("GET", "/queue", headers={"X-API-Key": f"no {i}", **headers})[0] for i in range(count)]


def test_addresses_behind_the_proxy_are_told_apart(proxied: ServerProcess) -> None:
    assert guesses(proxied, 11, {"X-Forwarded-For": "203.0.113.7"}) == [401] * 10 + [429]
    assert guesses(proxied, 1, {"X-Forwarded-For": "203.0.113.8"}) == [401]
    assert guesses(proxied, 1, {"X-Forwarded-For": "[2001:db8::1]:1234"}) == [401]


def test_what_a_client_says_of_itself_before_the_proxy_does_not_count(proxied: ServerProcess) -> None:
    statuses = [guesses(proxied, 1, {"X-Forwarded-For": f"10.0.0.{index}, 203.0.113.9"})[0] for index in range(11)]
    assert statuses == [401] * 10 + [429]


def test_without_the_flag_nothing_is_believed(own_server: OwnServer, tmp_path: Path) -> None:
    server = own_server("--token-file", str(tmp_path / "token"))
    statuses = [guesses(server, 1, {"X-Forwarded-For": f"10.0.0.{index}"})[0] for index in range(11)]
    assert statuses == [401] * 10 + [429]


def test_from_elsewhere_nothing_is_believed(own_server: OwnServer, tmp_path: Path) -> None:
    own = [each for each in addresses() if each not in LOOPBACK]
    if not own:
        pytest.skip("this machine has no address but loopback")
    server = own_server("--behind-proxy", "--listen", own[0], "--token-file", str(tmp_path / "token"))
    statuses = [guesses(server, 1, {"X-Forwarded-For": f"10.0.0.{index}"})[0] for index in range(11)]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize("said", ["unknown", "", "203.0.113.7, evil", "1.2.3.4\t5", "a" * 500])
def test_an_address_that_is_none_is_refused(proxied: ServerProcess, said: str) -> None:
    status, answer, _ = proxied.ask("GET", "/livez", headers={"X-Forwarded-For": said})
    assert (status, "X-Forwarded-For" in answer["error"]["message"]) == (400, True)


def test_the_scheme_of_the_proxy_makes_links_and_cookies(proxied: ServerProcess, tmp_path: Path) -> None:
    token = (tmp_path / "token").read_text().strip()
    secure = {"X-Forwarded-Proto": "https", "Host": "pictures.example", "X-Forwarded-For": "203.0.113.7"}
    _, _, headers = proxied.ask("POST", "/session", {"token": token}, secure)
    assert "Secure" in headers["Set-Cookie"]
    _, _, headers = proxied.ask("POST", "/session", {"token": token}, {**secure, "X-Forwarded-Proto": "http"})
    assert "Secure" not in headers["Set-Cookie"]
    assert proxied.ask("GET", "/livez", headers={"X-Forwarded-Proto": "gopher"})[0] == 400


def test_a_proxy_opens_the_server_to_others_so_a_token_is_needed(proxied: ServerProcess) -> None:
    assert proxied.ask("GET", "/queue")[0] == 401
    assert proxied.ask("GET", "/livez")[0] == 200
    assert proxied.ask("GET", "/livez", headers={"Host": "evil.example"})[0] == 421


def addresses() -> list[str]:
    """The IPv4 addresses of this machine."""
    if shutil.which("hostname") is None:
        return []
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    found = []
    for each in told:
        with socket.socket() as probe:
            try:
                probe.bind((each, 0))
            except OSError:
                continue
            found.append(each)
    return found
