"""LoRA training on a small random model: what it leaves alone, what it changes, what it refuses."""

from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.unet import UnetModel
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.training.finetuning import files
from nodes.diffusion.training.finetuning.adapters import Adapters, layers_of
from nodes.diffusion.training.finetuning.loop import LoopSettings
from nodes.diffusion.training.finetuning.lora import LoraSettings, train_lora
from nodes.diffusion.training.finetuning.network import trainable
from nodes.diffusion.training.finetuning.objective import Objective, ObjectiveSettings
from nodes.diffusion.training.finetuning.samples import Sample
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def models() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30, precision="fp32")


@pytest.fixture(scope="module")
def handle(models, tmp_path_factory):
    return models.checkpoint(tiny.write_folder(tmp_path_factory.mktemp("model"))).model


def sample(seed: int = 0, width: int = 8) -> Sample:
    generator = torch.Generator().manual_seed(seed)
    return Sample(torch.randn(1, 4, 8, width, generator=generator), torch.randn(1, 77, tiny.WIDTH, generator=generator))


def test_training_leaves_the_model_alone(models, handle) -> None:
    with models.use_model(handle) as model:
        before = {key: each.clone() for key, each in model.network.state_dict().items()}
    samples = [sample(), sample(1, 16)]
    settings = LoraSettings(rank=4, alpha=4.0, seed=1, saves_memory=True)
    trained = train_lora(models, handle, samples, settings, LoopSettings(4, learning_rate=0.01))
    assert len(trained.losses) == 4
    with models.use_model(handle) as model:
        assert all(torch.equal(before[key], each) for key, each in model.network.state_dict().items())
        assert not any(layer._forward_hooks for layer in model.network.modules())
    assert any(each.abs().max() > 0 for key, each in trained.tensors.items() if "lora_up" in key)


def test_a_lora_begins_as_nothing_and_adds_what_its_file_says(models, handle) -> None:
    with models.use_model(handle) as model:
        copy = trainable(model, "m")
        adapters = Adapters(copy.network, rank=4, alpha=2.0, seed=0)
        x, text, step = torch.randn(1, 4, 8, 8), torch.randn(1, 77, tiny.WIDTH), torch.tensor([500])
        plain = model.predict(x, step, text, {})
        torch.testing.assert_close(copy.predict(x, step, text, {}), plain, atol=1e-6, rtol=0)
        for adapter in adapters.by_name.values():
            torch.nn.init.normal_(adapter.up, std=0.05)
        adapted = copy.predict(x, step, text, {})
        whole = trainable(model, "m", owns_weights=True)
        tensors = adapters.tensors()
        for name, layer in layers_of(whole.network).items():
            key = "lora_unet_" + name.replace(".", "_")
            up, down = tensors[f"{key}.lora_up.weight"], tensors[f"{key}.lora_down.weight"]
            change = (up.flatten(1) @ down.flatten(1)).reshape(layer.weight.shape)
            layer.weight.data += change * tensors[f"{key}.alpha"] / down.shape[0]
        torch.testing.assert_close(whole.predict(x, step, text, {}), adapted, atol=1e-4, rtol=1e-4)
        assert not torch.allclose(adapted, plain, atol=1e-3)


def test_min_snr_weighs_levels_without_noise_less(models, handle) -> None:
    with models.use_model(handle) as model:
        objective = Objective(trainable(model, "m"), {}, ObjectiveSettings(min_snr_gamma=5.0))
    weights = objective.weights(torch.tensor([0.1, 0.5, 1.0, 10.0]))
    assert weights.tolist() == pytest.approx([5 * 0.01, 1.0, 1.0, 1.0])


def test_the_loss_of_a_draw_depends_on_its_seed_alone(models, handle) -> None:
    with models.use_model(handle) as model, torch.no_grad():
        objective = Objective(trainable(model, "m"), {}, ObjectiveSettings())
        first, again, other = (float(objective.loss([sample()], seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert 0.5 < first < 3.0  # a random network says little about noise of variance one


def test_other_kinds_of_networks_and_models_are_refused(models, handle) -> None:
    with pytest.raises(UnsupportedModel, match="m cannot be trained here: its network is a object"):
        trainable(object(), "m")
    with models.use_model(handle) as model:
        assert isinstance(model, UnetModel)
        with pytest.raises(UnsupportedModel, match="table of noise levels"):
            Objective(trainable(model, "m"), {"prediction": "flow"}, ObjectiveSettings())


def test_a_training_is_known_by_what_decides_it(handle, tmp_path: Path) -> None:
    first = files.identity(handle.source, (), [sample()], LoraSettings())
    assert first == files.identity(handle.source, (), [sample()], LoraSettings())
    assert first != files.identity(handle.source, (), [sample(1)], LoraSettings())
    assert first != files.identity(handle.source, (), [sample()], LoraSettings(rank=4))
    for number in range(12):
        files.checkpoint_at(tmp_path, str(number)).write_bytes(b"")
    assert len(list(tmp_path.iterdir())) == files.KEPT
