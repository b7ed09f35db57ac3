"""Freed memory waits for the next step, and goes when a model goes."""

import resource
import sys
from pathlib import Path

import pytest
import torch

from nodes.diffusion.memory.heap import give_back, keep_freed

NUMBERS = 10 * 2**20
PAGES = 4 * NUMBERS // 4096

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the heap of glibc")


def paid(times: int) -> int:
    """How many pages the system hands out while a block of 40 MB is used again and again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.empty(NUMBERS).fill_(1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_what_is_used_again_is_not_paid_for_again() -> None:
    keep_freed()
    paid(1)
    assert paid(10) < PAGES


def test_what_is_kept_is_given_back_when_that_is_asked_for() -> None:
    keep_freed()
    blocks = [torch.empty(NUMBERS).fill_(1.0) for _ in range(6)]
    del blocks
    before = resident_pages()
    give_back()
    assert resident_pages() < before - 3 * PAGES
