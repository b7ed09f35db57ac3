"""From blocks of few bits to numbers, for each way of storing that GGUF files use.

A block holds 32 or 256 numbers of one row as small whole numbers, with scales that they are multiplied by; in blocks of
256 the scales are small whole numbers themselves, with a scale of their own. The formats are those of ggml
(`ggml-quants.c`, MIT). Everything is computed in float32 and rounded once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

Blocks = Tensor
"""(blocks, bytes of a block) uint8"""


@dataclass(frozen=True)
class Kind:
    """A way of storing.

    Attributes:
        name: what people call it.
        count: numbers in a block.
        nbytes: bytes of a block.
        read: from blocks to (blocks, numbers) in float32.
    """

    name: str
    count: int
    nbytes: int
    read: Callable[[Blocks], Tensor]


def dequantised(kind: Kind, raw: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The numbers (rows, columns) of rows of blocks (rows, bytes), on their device."""
    blocks = raw.reshape(-1, kind.nbytes)
    return kind.read(blocks).to(dtype).reshape(len(raw), -1)


def _half(blocks: Blocks, start: int) -> Tensor:
    """A float16 of each block (blocks, 1) as float32."""
    return blocks[:, start : start + 2].contiguous().view(torch.float16).float()


def _bits(data: Tensor, shifts: tuple[int, ...], mask: int) -> Tensor:
    """Some bits of each byte: from (…, bytes) to (…, shifts, bytes)."""
    by = torch.tensor(shifts, dtype=torch.uint8, device=data.device)[:, None]
    return (data[..., None, :] >> by) & mask


def _halves(data: Tensor) -> Tensor:
    """The lower four bits of all bytes, then the higher four: (blocks, 2 · bytes)."""
    return _bits(data, (0, 4), 0x0F).flatten(1)


def _fifth(data: Tensor) -> Tensor:
    """32 bits of four bytes (blocks, 4), the lowest first, as the fifth bit of 32 numbers."""
    return _bits(data, tuple(range(8)), 1).transpose(1, 2).flatten(1) << 4


def _q4_0(b: Blocks) -> Tensor:
    return _halves(b[:, 2:]).float().sub_(8).mul_(_half(b, 0))


def _q4_1(b: Blocks) -> Tensor:
    return _halves(b[:, 4:]).float().mul_(_half(b, 0)).add_(_half(b, 2))


def _q5_0(b: Blocks) -> Tensor:
    return (_halves(b[:, 6:]) | _fifth(b[:, 2:6])).float().sub_(16).mul_(_half(b, 0))


def _q5_1(b: Blocks) -> Tensor:
    return (_halves(b[:, 8:]) | _fifth(b[:, 4:8])).float().mul_(_half(b, 0)).add_(_half(b, 2))


def _q8_0(b: Blocks) -> Tensor:
    return b[:, 2:].contiguous().view(torch.int8).float().mul_(_half(b, 0))


def _q2_k(b: Blocks) -> Tensor:
    scales, numbers = b[:, :16], b[:, 16:80]
    scale = _half(b, 80) * (scales & 0x0F).float()
    least = _half(b, 82) * (scales >> 4).float()
    two = _bits(numbers.unflatten(1, (2, 32)), (0, 2, 4, 6), 3).reshape(-1, 16, 16).float()
    return two.mul_(scale[..., None]).sub_(least[..., None]).flatten(1)


def _q3_k(b: Blocks) -> Tensor:
    low = _bits(b[:, 96:104], (0, 4), 0x0F).flatten(1)
    high = _bits(b[:, 104:108], (0, 2, 4, 6), 3).flatten(1)
    scale = _half(b, 108) * ((low | high << 4).float() - 32)
    two = _bits(b[:, 32:96].unflatten(1, (2, 32)), (0, 2, 4, 6), 3).reshape(-1, 16, 16).float()
    third = _bits(b[:, :32], tuple(range(8)), 1).reshape(-1, 16, 16).float()
    return two.sub_(4).add_(third, alpha=4).mul_(scale[..., None]).flatten(1)


def _six_bits(scales: Tensor) -> tuple[Tensor, Tensor]:
    """Eight scales and eight least values of six bits each, from twelve bytes (blocks, 12)."""
    first, second, rest = scales.split(4, dim=1)
    scale = torch.cat([first & 0x3F, rest & 0x0F | first >> 2 & 0x30], dim=1)
    least = torch.cat([second & 0x3F, rest >> 4 | second >> 2 & 0x30], dim=1)
    return scale.float(), least.float()


def _k_rows(b: Blocks, numbers: Tensor) -> Tensor:
    """Numbers (blocks, 8, 32) by the scales of a block of Q4_K or Q5_K."""
    scale, least = _six_bits(b[:, 4:16])
    scale, least = _half(b, 0) * scale, _half(b, 2) * least
    return numbers.float().mul_(scale[..., None]).sub_(least[..., None]).flatten(1)


def _q4_k(b: Blocks) -> Tensor:
    return _k_rows(b, _bits(b[:, 16:144].unflatten(1, (4, 32)), (0, 4), 0x0F).reshape(-1, 8, 32))


def _q5_k(b: Blocks) -> Tensor:
    four = _bits(b[:, 48:176].unflatten(1, (4, 32)), (0, 4), 0x0F).reshape(-1, 8, 32)
    return _k_rows(b, four | _bits(b[:, 16:48], tuple(range(8)), 1) << 4)


def _q6_k(b: Blocks) -> Tensor:
    four = _bits(b[:, :128].unflatten(1, (2, 64)), (0, 4), 0x0F).reshape(-1, 8, 32)
    two = _bits(b[:, 128:192].unflatten(1, (2, 32)), (0, 2, 4, 6), 3).reshape(-1, 8, 32)
    numbers = (four | two << 4).float().sub_(32).reshape(-1, 16, 16)
    scale = _half(b, 208) * b[:, 192:208].contiguous().view(torch.int8).float()
    return numbers.mul_(scale[..., None]).flatten(1)


LEVELS = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
"""What four bits stand for in the IQ4 formats."""


def _levels(four: Tensor) -> Tensor:
    return torch.tensor(LEVELS, dtype=torch.float32, device=four.device)[four.long()]


def _iq4_nl(b: Blocks) -> Tensor:
    return _levels(_halves(b[:, 2:])).mul_(_half(b, 0))


def _iq4_xs(b: Blocks) -> Tensor:
    low = _bits(b[:, 4:8], (0, 4), 0x0F).transpose(1, 2).flatten(1)
    high = _bits(b[:, 2:4], (0, 2, 4, 6), 3).transpose(1, 2).flatten(1)
    scale = _half(b, 0) * ((low | high << 4).float() - 32)
    numbers = _levels(_bits(b[:, 8:].unflatten(1, (8, 16)), (0, 4), 0x0F).reshape(-1, 8, 32))
    return numbers.mul_(scale[..., None]).flatten(1)


KINDS: Mapping[int, Kind] = {
    2: Kind("Q4_0", 32, 18, _q4_0),
    3: Kind("Q4_1", 32, 20, _q4_1),
    6: Kind("Q5_0", 32, 22, _q5_0),
    7: Kind("Q5_1", 32, 24, _q5_1),
    8: Kind("Q8_0", 32, 34, _q8_0),
    10: Kind("Q2_K", 256, 84, _q2_k),
    11: Kind("Q3_K", 256, 110, _q3_k),
    12: Kind("Q4_K", 256, 144, _q4_k),
    13: Kind("Q5_K", 256, 176, _q5_k),
    14: Kind("Q6_K", 256, 210, _q6_k),
    20: Kind("IQ4_NL", 32, 18, _iq4_nl),
    23: Kind("IQ4_XS", 256, 136, _iq4_xs),
}
"""By the format's number."""
PLAIN: Mapping[int, tuple[str, torch.dtype]] = {
    0: ("F32", torch.float32),
    1: ("F16", torch.float16),
    24: ("I8", torch.int8),
    25: ("I16", torch.int16),
    26: ("I32", torch.int32),
    27: ("I64", torch.int64),
    28: ("F64", torch.float64),
    30: ("BF16", torch.bfloat16),
}
"""Ways of storing that torch has too."""
UNREAD: Mapping[int, str] = {
    9: "Q8_1",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    21: "IQ3_S",
    22: "IQ2_S",
    29: "IQ1_M",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
}
"""Ways that are known by name only."""


def name_of(number: int) -> str:
    """What people call a way of storing."""
    if number in KINDS:
        return KINDS[number].name
    return PLAIN[number][0] if number in PLAIN else UNREAD.get(number, f"kind {number}")
