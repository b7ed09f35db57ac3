from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nodes.diffusion import models as module
from nodes.diffusion.errors import ModelError, ModelFileError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import Patch
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny.write_folder(tmp_path_factory.mktemp("models") / "folder")


@pytest.fixture
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


def test_handles_are_made_without_loading_weights(registry, folder, monkeypatch):
    monkeypatch.setattr(module, "place", lambda *_: pytest.fail("weights were loaded"))
    checkpoint = registry.checkpoint(folder, "abc")
    assert registry.held_bytes == 0
    for handle, component in zip(checkpoint, ("model", "clip", "vae"), strict=True):
        assert handle.source.component == component
        assert handle.source.architecture == "sd1"
        assert handle.source.digest == "abc"
        assert handle.source.path == folder


def test_a_network_is_loaded_once_and_shared_by_all_handles_of_its_source(registry, folder):
    checkpoint = registry.checkpoint(folder)
    assert checkpoint.clip is not None
    with registry.use_model(checkpoint.model) as first:
        pass
    with registry.use_model(registry.checkpoint(folder).model.with_options(prediction="v_prediction")) as second:
        assert second is first
    with (
        registry.use_clip(checkpoint.clip) as one,
        registry.use_clip(replace(checkpoint.clip, stop_at_layer=-2)) as two,
    ):
        assert one is two


def test_the_same_content_under_two_names_is_loaded_once(registry, tmp_path):
    model = tiny.build()
    one, two = (tiny.write_file(tmp_path / name, model) for name in ("a.safetensors", "b.safetensors"))
    with registry.use_vae(registry.autoencoder(one, "same")) as first:
        pass
    with registry.use_vae(registry.autoencoder(two, "same")) as second:
        assert second is first


def test_a_file_that_changed_is_loaded_anew(registry, tmp_path):
    path = tiny.write_file(tmp_path / "x.safetensors", tiny.build(seed=1))
    with registry.use_vae(registry.autoencoder(path)) as first:
        weight = first.network.decoder.conv_in.weight.clone()
    path.unlink()
    tiny.write_file(path, tiny.build(seed=2))
    with registry.use_vae(registry.autoencoder(path)) as second:
        assert not torch.equal(second.network.decoder.conv_in.weight, weight)


def test_threads_share_one_load(registry, folder):
    handle = registry.checkpoint(folder).model

    def use() -> int:
        with registry.use_model(handle) as network:
            return id(network.network)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: use(), range(4)))) == 1


def test_bytes_held_are_those_of_the_weights(registry, folder):
    handle = registry.checkpoint(folder).model
    with registry.use_model(handle) as network:
        assert registry.held_bytes == 4 * sum(p.numel() for p in network.network.parameters())
    assert registry.unload() > 0
    assert registry.held_bytes == 0


def test_what_does_not_fit_beside_what_is_in_use_goes_afterwards(folder):
    registry = ModelRegistry("cpu", budget_bytes=1)
    checkpoint = registry.checkpoint(folder)
    with registry.use_model(checkpoint.model) as network, registry.use_vae(checkpoint.vae):
        assert network.predict(torch.zeros(1, 4, 8, 8), torch.zeros(1), torch.zeros(1, 77, tiny.WIDTH), {}).shape
    assert registry.held_bytes == 0


def test_all_three_parts_work_together(registry, folder):
    checkpoint = registry.checkpoint(folder)
    with registry.use_clip(checkpoint.clip) as encoder:
        text = encoder.encode("a red circle")
    with registry.use_model(checkpoint.model) as network:
        noise = network.predict(torch.randn(2, 4, 8, 8), torch.full((2,), 500.0), text.hidden.expand(2, -1, -1), {})
    with registry.use_vae(checkpoint.vae) as autoencoder:
        pixels = autoencoder.decode(noise)
        assert pixels.shape == (2, 3, 64, 64)
        assert autoencoder.encode(pixels).shape == noise.shape


def test_results_may_be_changed_in_place(registry, folder):
    with registry.use_vae(registry.checkpoint(folder).vae) as autoencoder:
        autoencoder.decode(torch.zeros(1, 4, 2, 2)).add_(1.0)


def test_networks_loaded_in_inference_mode_can_be_trained_later(registry, folder):
    with torch.inference_mode(), registry.use_model(registry.checkpoint(folder).model) as network:
        assert not next(network.network.parameters()).is_inference()


def test_a_patch_that_nobody_applies_is_refused(registry, folder):
    handle = replace(registry.checkpoint(folder).model, patches=(Patch(Path("x"), "magic", 1.0),))
    with pytest.raises(ModelError, match="magic"), registry.use_model(handle):
        pass


def test_a_file_that_went_away_is_missed(registry, tmp_path):
    path = tiny.write_file(tmp_path / "x.safetensors")
    handle = registry.checkpoint(path).model
    path.unlink()
    with pytest.raises(ModelError, match="not there any more"), registry.use_model(handle):
        pass
    with pytest.raises(ModelFileError, match="missing"):
        registry.checkpoint(path)


def test_where_memory_runs_out_everything_else_goes_and_loading_is_tried_again(registry, folder, monkeypatch):
    checkpoint = registry.checkpoint(folder)
    with registry.use_vae(checkpoint.vae):
        pass
    load, tries = module._Loading.load, []

    def fail_once(self):
        tries.append(registry.held_bytes)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("no")
        return load(self)

    monkeypatch.setattr(module._Loading, "load", fail_once)
    with registry.use_model(checkpoint.model):
        assert tries[1] < tries[0]


def test_a_model_that_never_fits_is_an_error_that_says_what_to_do(registry, folder, monkeypatch):
    def fail(self):
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(module._Loading, "load", fail)
    handle = registry.checkpoint(folder).model
    with pytest.raises(ModelError, match="smaller model"), registry.use_model(handle):
        pass


def test_the_salt_tells_device_and_precision():
    assert ModelRegistry("cpu").salt == "cpu/auto"
    assert ModelRegistry("cpu", precision="bf16").salt == "cpu/bf16"


def test_the_best_device_is_chosen_by_itself():
    assert ModelRegistry().device.type == ("cuda" if torch.cuda.is_available() else "cpu")
