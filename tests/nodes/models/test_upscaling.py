import pytest
import torch

from graph.context import Context
from graph.errors import Cancelled
from graph.folders import Folders
from nodes.diffusion.models import ModelRegistry
from nodes.models.upscaling import load_upscale_model, upscale_with_model
from tests.nodes.diffusion.upscaling import upscalers


@pytest.fixture
def folders(tmp_path) -> Folders:
    upscalers.write(tmp_path / "upscale_models" / "u.safetensors", upscalers.compact(2))
    return Folders(data=tmp_path / "data", models=[tmp_path])


def test_pictures_are_enlarged(folders):
    handle = load_upscale_model("u.safetensors", folders=folders)
    assert handle.digest == folders.digest("upscale_models", "u.safetensors")
    models, steps = ModelRegistry("cpu", budget_bytes=1 << 30), []
    ctx = Context(report=lambda value, maximum, preview: steps.append((value, maximum)))
    found = upscale_with_model(handle, torch.rand(2, 20, 30, 3), ctx=ctx, models=models)
    assert found.shape == (2, 40, 60, 3)
    assert 0 <= found.min() <= found.max() <= 1
    assert steps == [(1, 2), (2, 2)]
    assert models.held_bytes > 0
    assert models.unload() > 0


def test_enlarging_can_be_cancelled(folders):
    handle = load_upscale_model("u.safetensors", folders=folders)
    ctx = Context(is_cancelled=lambda: True)
    with pytest.raises(Cancelled):
        upscale_with_model(handle, torch.rand(1, 8, 8, 3), ctx=ctx, models=ModelRegistry("cpu", budget_bytes=1))
