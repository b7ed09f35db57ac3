"""Networks say the same in half precision, and block by block where there is no room for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import Start
from tests.nodes.diffusion import cascade_originals, hunyuan_dit_originals, pixart_originals
from tests.nodes.diffusion.families import relatives


@dataclass(frozen=True)
class Call:
    """A model, and what it is called with: shapes of the latent and of the text, a timestep, options."""

    tensors: Callable[[], Mapping[str, Tensor]]
    latent: tuple[int, ...]
    text: tuple[int, ...]
    timestep: float = 999.0
    options: Mapping[str, Any] = field(default_factory=dict)


CALLS = {
    "cascade_c": Call(cascade_originals.checkpoint_c, (1, 16, 4, 4), (1, 5, cascade_originals.WIDTH), 0.3001),
    "cascade_b": Call(cascade_originals.checkpoint_b, (1, 4, 16, 16), (1, 5, cascade_originals.WIDTH), 0.3001),
    "sd_x4": Call(lambda: relatives.x4().tensors(), (1, 4, 8, 8), (1, 5, 48), options={"noise_augmentation": 0.2}),
    "zero123": Call(relatives.whole_zero123, (1, 4, 8, 8), (1, 1, 28)),
    "pixart_alpha": Call(lambda: pixart_originals.pixart(is_alpha=True).tensors(), (1, 4, 8, 8), (1, 5, 96)),
    "hunyuan_dit": Call(
        lambda: hunyuan_dit_originals.checkpoint(hunyuan_dit_originals.hunyuan_dit()), (1, 4, 8, 8), (1, 333, 33)
    ),
}


@pytest.mark.parametrize("family", CALLS)
def test_a_network_says_the_same_wherever_it_is_placed(family: str, tmp_path: Path) -> None:
    call, path = CALLS[family], tmp_path / "x.safetensors"
    save_file({key: value.clone().contiguous() for key, value in call.tensors().items()}, path)
    generator = torch.Generator().manual_seed(0)
    x, words = (torch.randn(shape, generator=generator) for shape in (call.latent, call.text))
    found = {}
    for name, precision, budget in (("plain", "fp32", 1 << 30), ("half", "bf16", 1 << 30), ("in pieces", "fp32", 1)):
        models = ModelRegistry("cpu", budget_bytes=budget, precision=precision)
        handle = models.checkpoint(path).model
        assert handle.source.architecture == family
        with models.use_model(handle) as model:
            told = model.inputs(call.options, "positive", Start(torch.zeros(call.latent), seed=20))
            found[name] = model.predict(x, torch.full((1,), call.timestep), words, told)
    torch.testing.assert_close(found["in pieces"], found["plain"], atol=1e-4, rtol=1e-4)
    assert (found["half"] - found["plain"]).norm() < 0.05 * found["plain"].norm()
