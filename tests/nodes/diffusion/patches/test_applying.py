from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nodes.diffusion.errors import ModelError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.patches.attaching import PatchFile, attach
from nodes.diffusion.patches.switching import Switching
from nodes.diffusion.types import Merge, Patch
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.patches import loras

UNET, TEXT = list(loras.UNET_LAYERS), list(loras.TEXT_LAYERS)


@pytest.fixture(scope="module")
def model():
    return tiny.build(seed=3)


@pytest.fixture(scope="module")
def files(tmp_path_factory, model) -> Path:
    folder = tmp_path_factory.mktemp("patches")
    tiny.write_file(folder / "model.safetensors", model)
    tiny.write_file(folder / "half.safetensors", model, dtype=torch.float16)
    tiny.write_file(folder / "other.safetensors", tiny.build(seed=4))
    unet, text = dict(model.unet.named_parameters()), text_weights(model)
    for style in loras.STYLES:
        loras.write_lora(folder / f"{style}.safetensors", unet, text, style)
    loras.write_lora(folder / "second.safetensors", unet, text, seed=50)
    return folder


@pytest.fixture
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


def text_weights(model):
    return {key.removeprefix("text_model."): value for key, value in model.text_encoder.named_parameters()}


def bits(network) -> dict[str, torch.Tensor]:
    return {key.removeprefix("text_model."): value.detach().clone() for key, value in network.named_parameters()}


def assert_same(one, other, exactly=True):
    assert set(one) == set(other)
    for key in one:
        if exactly:
            assert torch.equal(one[key], other[key]), key
        else:
            torch.testing.assert_close(one[key], other[key], atol=1e-6, rtol=1e-5, msg=key)


def given(registry, files, lora="kohya", model="model", strengths=(1.0, 1.0)):
    checkpoint = registry.checkpoint(files / f"{model}.safetensors")
    file = PatchFile(files / f"{lora}.safetensors")
    return attach(file, checkpoint.model, checkpoint.clip, registry.outline, *strengths)


@pytest.mark.parametrize("style", loras.STYLES)
def test_every_style_of_naming_reaches_the_same_weights(registry, files, model, style):
    attached = given(registry, files, style, strengths=(0.7, -0.4))
    assert attached.unused == ()
    with registry.use_model(attached.model) as network:
        wanted = loras.patched(bits(model.unet), UNET, 0.7, 0)
        assert_same(bits(network.network), wanted, exactly=False)
    with registry.use_clip(attached.clip) as encoder:
        assert_same(bits(encoder.network), loras.patched(text_weights(model), TEXT, -0.4, len(UNET)), exactly=False)


def test_several_at_once_add_up(registry, files, model):
    first = given(registry, files, strengths=(0.5, 0.5))
    both = attach(PatchFile(files / "second.safetensors"), first.model, first.clip, registry.outline, 0.25, 0.25)
    with registry.use_model(both.model) as network:
        once = loras.patched(bits(model.unet), UNET, 0.5, 0)
        twice = loras.patched(bits(model.unet), UNET, 0.25, 50)
        base = bits(model.unet)
        wanted = {key: once[key] + twice[key] - base[key] for key in base}
        assert_same(bits(network.network), wanted, exactly=False)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ["model", "half"])
def test_without_its_lora_a_model_has_its_bits_again(files, precision, name):
    registry = ModelRegistry("cpu", precision=precision, budget_bytes=1 << 30)
    attached = given(registry, files, model=name)
    plain = replace(attached.model, patches=()), replace(attached.clip, patches=())
    with registry.use_model(plain[0]) as network, registry.use_clip(plain[1]) as encoder:
        before = bits(network.network), bits(encoder.network)
    with registry.use_model(attached.model) as network, registry.use_clip(attached.clip) as encoder:
        assert not torch.equal(bits(network.network)[f"{UNET[0]}.weight"], before[0][f"{UNET[0]}.weight"])
        assert {value.dtype for value in bits(network.network).values()} == {next(iter(before[0].values())).dtype}
    with registry.use_model(plain[0]) as network, registry.use_clip(plain[1]) as encoder:
        assert_same(bits(network.network), before[0])
        assert_same(bits(encoder.network), before[1])


def test_a_difference_is_rounded_once(files, model):
    registry = ModelRegistry("cpu", precision="bf16", budget_bytes=1 << 30)
    with registry.use_model(given(registry, files).model) as network:
        wanted = loras.patched(bits(model.unet), UNET, 1.0, 0)
        key = f"{UNET[0]}.weight"
        assert torch.equal(bits(network.network)[key], wanted[key].bfloat16())


def test_the_same_patches_rewrite_nothing_and_others_only_what_differs(registry, files, monkeypatch):
    attached, rewritten = given(registry, files), []
    rewrite = Switching._rewrite
    monkeypatch.setattr(
        Switching, "_rewrite", lambda self, recipe, place: (rewritten.append(place), rewrite(self, recipe, place))
    )
    for _ in range(2):
        with registry.use_model(attached.model):
            pass
    assert {key for _, key in rewritten} == {f"{layer}.weight" for layer in UNET}
    assert len(rewritten) == len(UNET)


def test_a_network_is_shared_by_handles_with_different_patches_unless_both_are_in_use(registry, files):
    attached = given(registry, files)
    plain = replace(attached.model, patches=())
    with registry.use_model(plain) as first:
        pass
    with registry.use_model(attached.model) as second:
        assert second is first
        with registry.use_model(plain) as third, registry.use_model(attached.model) as fourth:
            assert third is not first
            assert fourth is first
            assert not torch.equal(bits(third.network)[f"{UNET[0]}.weight"], bits(first.network)[f"{UNET[0]}.weight"])


def test_strength_nought_is_no_patch(registry, files):
    attached = given(registry, files, strengths=(0.0, 1.0))
    assert attached.model.patches == ()
    assert len(attached.clip.patches) == 1


def test_a_handle_remembers_the_digest_of_its_patch(registry, files):
    checkpoint = registry.checkpoint(files / "model.safetensors")
    file = PatchFile(files / "kohya.safetensors", "abc")
    assert attach(file, checkpoint.model, None, registry.outline).model.patches[0].digest == "abc"


def test_a_lora_for_another_kind_of_model_is_refused_by_name(registry, files, tmp_path):
    checkpoint = registry.checkpoint(files / "model.safetensors")
    other = tmp_path / "xl.safetensors"
    name = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"
    save_file({f"{name}.lora_up.weight": torch.zeros(64, 2), f"{name}.lora_down.weight": torch.zeros(2, 2048)}, other)
    with pytest.raises(ModelError, match=r"xl\.safetensors does not fit model\.safetensors.*Stable Diffusion XL.*1\.x"):
        attach(PatchFile(other), checkpoint.model, None, registry.outline)
    flux = tmp_path / "flux.safetensors"
    name = "lora_unet_double_blocks_0_img_attn_qkv"
    save_file({f"{name}.lora_up.weight": torch.zeros(64, 2), f"{name}.lora_down.weight": torch.zeros(2, 64)}, flux)
    with pytest.raises(ModelError, match=r"flux\.safetensors does not fit model\.safetensors.*Flux"):
        attach(PatchFile(flux), checkpoint.model, None, registry.outline)


def test_what_a_model_has_not_is_told(registry, files, model, tmp_path):
    path = loras.write_lora(tmp_path / "x.safetensors", dict(model.unet.named_parameters()), text_weights(model))
    more = {"lora_unet_extra.lora_up.weight": torch.zeros(2, 2), "lora_unet_extra.lora_down.weight": torch.zeros(2, 2)}
    save_file({**load_file(path), **more, "odd": torch.zeros(1)}, path)
    checkpoint = registry.checkpoint(files / "model.safetensors")
    attached = attach(PatchFile(path), checkpoint.model, checkpoint.clip, registry.outline)
    assert attached.unused == ("odd", "lora_unet_extra")


def test_a_file_without_changes_is_refused(registry, files):
    checkpoint = registry.checkpoint(files / "model.safetensors")
    with pytest.raises(ModelError, match="no changes of weights"):
        attach(PatchFile(files / "other.safetensors"), checkpoint.model, None, registry.outline)


def test_nothing_is_loaded_to_find_out_whether_a_lora_fits(registry, files):
    given(registry, files)
    assert registry.held_bytes == 0


def test_a_patch_that_cannot_be_read_leaves_the_model_as_it_was(registry, files, tmp_path):
    plain = registry.checkpoint(files / "model.safetensors").model
    with registry.use_model(plain) as network:
        before = bits(network.network)
    gone = replace(plain, patches=(Patch(tmp_path / "gone.safetensors", "lora", 1.0),))
    with pytest.raises(ModelError, match=r"gone\.safetensors"), registry.use_model(gone):
        pass
    with registry.use_model(plain) as network:
        assert_same(bits(network.network), before)


def test_models_are_mixed_weight_by_weight(registry, files, model):
    plain, other = (registry.checkpoint(files / f"{name}.safetensors").model for name in ("model", "other"))
    mixed = replace(plain, patches=(Merge(other.source, keep=0.25, add=0.75),))
    theirs = bits(tiny.build(seed=4).unet)
    with registry.use_model(mixed) as network:
        wanted = {key: 0.25 * value + 0.75 * theirs[key] for key, value in bits(model.unet).items()}
        assert_same(bits(network.network), wanted, exactly=False)


def test_blocks_are_mixed_by_their_original_names(registry, files, model):
    plain, other = (registry.checkpoint(files / f"{name}.safetensors").model for name in ("model", "other"))
    blocks = (("input_blocks", 0.0, 1.0), ("middle_block", 0.5, 0.5))
    mixed = replace(plain, patches=(Merge(other.source, keep=1.0, add=0.0, blocks=blocks),))
    mine, theirs = bits(model.unet), bits(tiny.build(seed=4).unet)
    with registry.use_model(mixed) as network:
        found = bits(network.network)
    assert_same(
        {k: v for k, v in found.items() if k.startswith("up_")}, {k: v for k, v in mine.items() if k.startswith("up_")}
    )
    assert torch.equal(found["conv_in.weight"], theirs["conv_in.weight"])
    key = "mid_block.resnets.0.conv1.weight"
    torch.testing.assert_close(found[key], (mine[key] + theirs[key]) / 2)


def test_a_model_that_is_mixed_in_brings_its_own_patches(registry, files, model):
    attached = given(registry, files, "kohya", "other")
    plain = registry.checkpoint(files / "model.safetensors").model
    mixed = replace(plain, patches=(Merge(attached.model.source, 0.5, 0.5, attached.model.patches),))
    theirs = loras.patched(bits(tiny.build(seed=4).unet), UNET, 1.0, 0)
    with registry.use_model(mixed) as network:
        wanted = {key: 0.5 * value + 0.5 * theirs[key] for key, value in bits(model.unet).items()}
        assert_same(bits(network.network), wanted, exactly=False)
