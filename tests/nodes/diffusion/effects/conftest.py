import pytest

from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import ModelHandle
from tests.nodes.diffusion.effects import runs


@pytest.fixture(scope="session")
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


@pytest.fixture(scope="session")
def handle(registry, tmp_path_factory) -> ModelHandle:
    return runs.handle_of(registry, tmp_path_factory.mktemp("effects") / "m.safetensors")
