"""How the tests of the editor come by a browser."""

import os
from pathlib import Path

import pytest

from tests.editor import chromium


def command(folder: Path, name: str, script: str) -> Path:
    """A command of this name on a PATH of its own."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; Playwright downloaded nothing either."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "_downloaded", lambda: None)
    return tmp_path


def test_what_is_there_is_taken_and_nothing_is_installed(commands: Path) -> None:
    there = command(commands, "google-chrome", "exit 0")
    command(commands, "apt-get", 'echo "$@" >> "$0.asked"')
    assert chromium.install() == str(there)
    assert not (commands / "apt-get.asked").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="apt is a command of Debian")
def test_root_gets_the_one_of_debian(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    made = commands / "chromium"
    command(commands, "apt-get", f'echo "$@" >> "$0.asked"; echo > {made}; /bin/chmod +x {made}')
    assert chromium.install() == str(made)
    assert (commands / "apt-get.asked").read_text() == "install -y --no-install-recommends chromium\n"


def test_others_are_asked_next_and_then_it_is_said_loudly(
    commands: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(chromium.sys, "executable", str(command(commands, "python", 'echo "no network" >&2; exit 1')))
    command(commands, "apt-get", 'echo "$@" >> "$0.asked"')
    assert chromium.install() is None
    assert not (commands / "apt-get.asked").exists()  # apt is for root
    said = capsys.readouterr().err
    assert "python -m playwright install chromium" in said
    assert "no network" in said
    assert "NOT TESTED IN A BROWSER" in chromium.why_not()
