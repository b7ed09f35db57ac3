"""What the caches can keep of the values on links."""

import pytest
import torch

from graph.cache.codecs import Codecs
from nodes.codecs import TensorCodec, leaf_codecs
from nodes.diffusion.latent_arithmetic import LatentOperation
from nodes.diffusion.types import Noise, Sampler

DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3, 4)], ids=str)
def test_tensors_come_back_as_they_were(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = torch.randint(0, 2, shape).to(dtype)
    codec = TensorCodec()
    again = codec.decode(codec.encode(tensor))
    assert again.dtype == dtype
    assert torch.equal(again, tensor)


def test_equal_tensors_give_equal_bytes_however_they_lie_in_memory() -> None:
    tensor = torch.arange(12.0).reshape(3, 4)
    codec = TensorCodec()
    assert codec.encode(tensor.t().contiguous().t()) == codec.encode(tensor)
    assert codec.encode(tensor) != codec.encode(tensor + 1)
    assert codec.encode(torch.nn.Parameter(tensor)) == codec.encode(tensor)


def test_a_view_weighs_what_it_keeps_alive() -> None:
    assert TensorCodec().nbytes(torch.zeros(1000)[:1]) == 4000


def test_what_has_no_plain_content_is_not_kept() -> None:
    codec = TensorCodec()
    assert not codec.matches(torch.zeros(2, 2).to_sparse())
    assert not codec.matches(torch.zeros(2, device="meta"))
    assert not codec.matches([1.0])


def test_latents_conditionings_samplers_and_noises_are_kept_whole() -> None:
    codecs = Codecs(leaf_codecs())
    value = [
        {"samples": torch.ones(1, 4, 2, 2), "batch_index": [3]},
        [(torch.zeros(1, 77, 8), {"pooled_output": torch.ones(1, 8), "area": ("percentage", 0.5, 0.5, 0, 0)})],
        Sampler("euler", {"eta": 0.5}),
        Noise(7),
        Noise(None),
        LatentOperation("sharpen", {"radius": 3, "sigma": 1.0, "alpha": 0.1}),
    ]
    again = codecs.decode(codecs.encode(value))
    assert torch.equal(again[0]["samples"], torch.ones(1, 4, 2, 2))
    assert again[0]["batch_index"] == [3]
    assert again[1][0][1]["area"] == ("percentage", 0.5, 0.5, 0, 0)
    assert again[2:] == value[2:]
    assert codecs.digest(again) == codecs.digest(value)
