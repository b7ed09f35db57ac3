"""Every way of storing gives the numbers that the package gguf finds in the same bytes."""

import gguf
import pytest
import torch

from nodes.diffusion.errors import ModelFileError
from nodes.diffusion.gguf.blocks import KINDS, PLAIN, UNREAD, dequantised, name_of
from nodes.diffusion.gguf.file import GgufFile
from tests.nodes.diffusion.gguf import files


@pytest.mark.parametrize("number", KINDS, ids=[kind.name for kind in KINDS.values()])
def test_blocks_are_the_numbers_that_the_reference_finds(number: int) -> None:
    kind, reference = KINDS[number], files.Type(number)
    assert kind.name == reference.name
    assert (kind.count, kind.nbytes) == gguf.GGML_QUANT_SIZES[reference]
    raw = files.blocks(reference, 6, 512)
    found = dequantised(kind, torch.from_numpy(raw))
    assert found.shape == (6, 512)
    assert torch.equal(found, torch.from_numpy(gguf.dequantize(raw, reference)))


def test_rows_are_the_same_alone(tmp_path) -> None:
    raw = torch.from_numpy(files.blocks(files.Type.Q4_K, 6, 512))
    assert torch.equal(dequantised(KINDS[12], raw)[2:4], dequantised(KINDS[12], raw[2:4]))


def test_every_number_of_the_format_has_its_name() -> None:
    assert all(name_of(number) == files.Type(number).name for number in (*KINDS, *PLAIN, *UNREAD))
    assert name_of(99) == "kind 99"


def test_ways_that_nobody_reads_are_refused_with_those_that_can_be_read(tmp_path) -> None:
    raw = files.blocks(files.Type.IQ3_S, 2, 512)
    path = files.write_raw(tmp_path / "x.gguf", {"a.weight": (raw, files.Type.IQ3_S)})
    with pytest.raises(ModelFileError, match="as IQ3_S, which cannot be read; choose a file in Q4_0, Q4_1"):
        GgufFile(path).tensor("a.weight")
