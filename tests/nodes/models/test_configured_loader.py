"""A configuration says of a checkpoint what its file does not tell."""

from pathlib import Path
from typing import Any

import pytest

from graph.folders import Folders
from graph.values import Blocker
from nodes.diffusion.models import ModelRegistry
from nodes.models.configured_loader import KNOWN, load_configured_checkpoint
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root: Path = tmp_path_factory.mktemp("configured")
    tiny.write_file(root / "models" / "checkpoints" / "a.safetensors")
    own = root / "models" / "configs" / "own.yaml"
    own.parent.mkdir()
    own.write_text('model:\n  params:\n    parameterization: "v"\n    layer_idx: -2\n', encoding="utf-8")
    folders = Folders(data=root / "data", models=[root / "models"])
    return {"models": ModelRegistry("cpu", budget_bytes=1 << 30), "folders": folders}


@pytest.mark.parametrize(
    ("config", "prediction", "layer"),
    [
        ("v1-inference.yaml", None, None),
        ("v2-inference-v.yaml", "v_prediction", None),
        ("v2-inference-v_fp32.yaml", "v_prediction", None),
        ("v1-inference_clip_skip_2_fp16.yaml", None, -2),
        ("own.yaml", "v_prediction", -2),
    ],
)
def test_what_a_configuration_says(services: dict[str, Any], config: str, prediction: str | None, layer: int) -> None:
    parts = load_configured_checkpoint(config, "a.safetensors", **services)
    assert parts.MODEL.options.get("prediction") == prediction
    assert not isinstance(parts.CLIP, Blocker)
    assert parts.CLIP.stop_at_layer == layer
    assert parts.VAE == load_checkpoint("a.safetensors", **services).VAE


def test_configurations_are_listed_beside_the_known_ones(services: dict[str, Any]) -> None:
    assert services["folders"].names("configs") == ["own.yaml"]
    assert "own.yaml" not in KNOWN
