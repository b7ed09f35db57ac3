"""What was read of a file of weights does not stay in the memory of the process."""

import re
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.weights import pages
from nodes.diffusion.weights.statefile import StateFile

NUMBERS = 2**20


def resident(path: Path) -> int:
    """How many bytes of a file lie in the memory of this process."""
    inside = re.findall(
        rf"{re.escape(str(path))}\n.*?\nRss: +(\d+) kB", Path("/proc/self/smaps").read_text(), re.DOTALL
    )
    return sum(map(int, inside)) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which pages of a file a process holds")
def test_a_file_that_is_read_from_end_to_end_is_never_held_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST", 2 * 4 * NUMBERS)
    path = tmp_path / "weights.safetensors"
    saved = {f"{index:02}": torch.full((NUMBERS,), float(index)) for index in range(20)}
    save_file(saved, path)
    file = StateFile(path)
    most = 0
    for key, tensor in saved.items():
        assert torch.equal(file.tensor(key), tensor)
        most = max(most, resident(path))
    assert 0 < most < 5 * 4 * NUMBERS


def test_views_that_are_in_use_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST", 0)
    path = tmp_path / "weights.safetensors"
    saved = {f"{index}": torch.randn(NUMBERS) for index in range(3)}
    save_file(saved, path)
    file = StateFile(path)
    views = {key: file.tensor(key) for key in saved}
    assert all(torch.equal(views[key], saved[key]) for key in saved)
    assert torch.equal(file.tensor("0"), views["0"])
