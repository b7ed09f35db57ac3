"""The record that explains misses: small, bounded, and never in the way."""

from pathlib import Path

import pytest

from graph.cache.seen import Seen, Sighting

FIRST = Sighting("k1", {"version": 1, "input steps": 77}, True)


def test_sightings_outlive_the_process(tmp_path: Path) -> None:
    seen = Seen(tmp_path)
    seen.note("1", "KSampler", FIRST)
    seen.save()
    assert seen.is_saved
    assert Seen(tmp_path).at("1", "KSampler") == FIRST


def test_a_place_is_a_node_and_its_type() -> None:
    seen = Seen()
    seen.note("1", "KSampler", FIRST)
    assert seen.at("1", "Other") is None
    assert seen.at("2", "KSampler") is None


@pytest.mark.parametrize("content", [b"", b"garbage", b"LLCACHE1" + bytes(100)])
def test_a_damaged_record_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seen").write_bytes(content)
    assert Seen(tmp_path).at("1", "KSampler") is None


def test_the_record_is_bounded() -> None:
    seen = Seen()
    for index in range(20_010):
        seen.note(str(index), "N", FIRST)
    assert seen.at("0", "N") is None
    assert seen.at("20009", "N") == FIRST


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    seen = Seen(tmp_path / "file")
    seen.note("1", "N", FIRST)
    seen.save()
    assert seen.at("1", "N") == FIRST
