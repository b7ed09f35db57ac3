from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import ModelError, ModelFileError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import Merge, Patch
from nodes.diffusion.weights import loading as module
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
    load, tries = module.Loading.load, []

    def fail_once(self):
        tries.append(registry.held_bytes)
        if len(tries) == 1:
            raise torch.OutOfMemoryError("no")
        return load(self)

    monkeypatch.setattr(module.Loading, "load", fail_once)
    with registry.use_model(checkpoint.model):
        assert tries[1] < tries[0]


def test_a_model_that_never_fits_is_an_error_that_says_what_to_do(registry, folder, monkeypatch):
    def fail(self):
        raise torch.OutOfMemoryError("no")

    monkeypatch.setattr(module.Loading, "load", fail)
    handle = registry.checkpoint(folder).model
    with pytest.raises(ModelError, match="smaller model"), registry.use_model(handle):
        pass


def test_the_salt_tells_device_and_precision():
    assert ModelRegistry("cpu").salt == "cpu/auto"
    assert ModelRegistry("cpu", precision="bf16").salt == "cpu/bf16"


def test_the_best_device_is_chosen_by_itself():
    assert ModelRegistry().device.type == ("cuda" if torch.cuda.is_available() else "cpu")


def outputs(registry, handle) -> torch.Tensor:
    noisy = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode(), registry.use_model(handle) as network:
        return network.predict(noisy, torch.full((1,), 500.0), torch.ones(1, 77, tiny.WIDTH), {})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_model_larger_than_the_budget_computes_the_same_block_by_block(tmp_path, dtype):
    path = tiny.write_file(tmp_path / "x.safetensors", dtype=dtype)
    whole, short = ModelRegistry("cpu", budget_bytes=1 << 30), ModelRegistry("cpu", budget_bytes=1 << 20)
    checkpoint = whole.checkpoint(path)
    expected = outputs(whole, checkpoint.model)
    for _ in range(2):  # weights that are mapped from a file lie at other addresses, which rounds differently
        assert torch.allclose(outputs(short, checkpoint.model), expected, atol=1e-5)
    with whole.use_clip(checkpoint.clip) as one, short.use_clip(checkpoint.clip) as other:
        assert torch.allclose(one.encode("a").hidden, other.encode("a").hidden, atol=1e-5)
    assert short.held_bytes < whole.held_bytes


def test_a_streamed_model_wears_patches_and_takes_them_off(registry, tmp_path):
    model = tiny.build(seed=1)
    path = tiny.write_file(tmp_path / "x.safetensors", model)
    other = tiny.write_file(tmp_path / "y.safetensors", tiny.build(seed=2))
    short = ModelRegistry("cpu", budget_bytes=1 << 20)
    plain = registry.checkpoint(path).model
    merged = replace(plain, patches=(Merge(registry.checkpoint(other).model.source, 0.5, 0.5),))
    for handle in (plain, merged, plain):
        assert torch.allclose(outputs(short, handle), outputs(registry, handle), atol=1e-5)
    assert not torch.allclose(outputs(short, merged), outputs(short, plain), atol=1e-2)


def test_an_evicted_model_comes_back_from_memory_without_being_loaded(tmp_path, monkeypatch):
    path = tiny.write_file(tmp_path / "x.safetensors")
    size = 4 * sum(weight.numel() for weight in tiny.build().unet.parameters())
    registry = ModelRegistry("cpu", budget_bytes=size, ram_bytes=1 << 30)
    checkpoint = registry.checkpoint(path, "x")
    expected = outputs(registry, checkpoint.model)
    with registry.use_vae(checkpoint.vae):
        pass
    monkeypatch.setattr(module.Loading, "load", lambda self: pytest.fail("loaded again"))
    assert torch.equal(outputs(registry, checkpoint.model), expected)


def test_nothing_in_between_evicts_what_fits(registry, folder):
    checkpoint = registry.checkpoint(folder)
    with registry.use_model(checkpoint.model) as first:
        pass
    for _ in range(3):
        with registry.use_vae(checkpoint.vae), registry.use_clip(checkpoint.clip):
            registry.make_room(1)
    with registry.use_model(checkpoint.model) as again:
        assert again is first


def test_room_is_made_by_letting_go_of_what_is_not_in_use(registry, folder, monkeypatch):
    checkpoint = registry.checkpoint(folder)
    with registry.use_vae(checkpoint.vae), registry.use_clip(checkpoint.clip):
        pass
    monkeypatch.setattr(ModelRegistry, "free_bytes", lambda self: 100)
    with registry.use_model(checkpoint.model):
        held = registry.held_bytes
        registry.make_room(101)
        assert 0 < registry.held_bytes < held
        registry.make_room(1 << 40)
        assert registry.held_bytes > 0


def test_precisions_of_single_parts_are_heeded(folder):
    registry = ModelRegistry("cpu", precision="model=bf16", budget_bytes=1 << 30)
    checkpoint = registry.checkpoint(folder)
    with registry.use_model(checkpoint.model) as network, registry.use_vae(checkpoint.vae) as autoencoder:
        assert (network.dtype, autoencoder.dtype) == (torch.bfloat16, torch.float32)
    assert registry.salt == "cpu/model=bf16"


def test_the_salt_tells_what_was_accelerated():
    assert ModelRegistry("cpu", acceleration=("graphs", "compile")).salt == "cpu/auto/compile/graphs"
