from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import ControlNetModel, DDIMScheduler, StableDiffusionControlNetPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from nodes.diffusion import sampling
from nodes.diffusion.control.applying import Moments, apply_both, apply_shared
from nodes.diffusion.control.equipping import equipped, shared
from nodes.diffusion.control.loading import open_control
from nodes.diffusion.control.network import ControlNet
from nodes.diffusion.control.steered import fit_hint
from nodes.diffusion.control.types import CONTROL_TEXT, CONTROLS
from nodes.diffusion.errors import ModelError, UnsupportedModel
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.sampling import Recipe
from nodes.diffusion.schedules.named import Steps
from nodes.diffusion.types import Guider, Noise, Sampler, Start
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.control import controls


@pytest.fixture(scope="module")
def model():
    return tiny.build(seed=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory, model) -> Path:
    folder = tmp_path_factory.mktemp("control")
    tiny.write_file(folder / "model.safetensors", model)
    controls.write_original(folder / "a.safetensors", controls.build(model.unet, 1))
    controls.write_diffusers(folder / "a_diffusers.safetensors", controls.build(model.unet, 1))
    controls.write_original(folder / "b.safetensors", controls.build(model.unet, 2), prefix="")
    return folder


@pytest.fixture(scope="module")
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


@pytest.fixture
def sides():
    torch.manual_seed(5)
    return [(torch.randn(1, 77, tiny.WIDTH), {})], [(torch.randn(1, 77, tiny.WIDTH), {})]


EMBEDDED = Path(__file__).parents[4] / "models" / "checkpoints" / "latentloom-tiny"
IMAGE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(9))


def run(registry, files, positive, negative, *, steps=3, cfg=4.0, size=8, sampler="euler"):
    handle = registry.checkpoint(files / "model.safetensors").model
    guider = shared(Guider(handle, "cfg", {"positive": positive, "negative": negative}, {"cfg": cfg}))
    recipe = Recipe(guider, Sampler(sampler), Steps("normal", steps), Noise(3), 3)
    with equipped(registry, guider) as network:
        return sampling.sample(network, recipe, {"samples": torch.zeros(1, 4, size, size)}, lambda *_: None).output[
            "samples"
        ]


def steered(sides, net, image=IMAGE, **moments):
    return apply_both(*sides, net, image, Moments(**moments))


def test_at_strength_nought_everything_is_as_it_was(registry, files, sides):
    net = open_control(files / "a.safetensors")
    assert steered(sides, net, strength=0.0) == sides
    assert apply_shared(sides[0], net, IMAGE, 0.0) is sides[0]
    barely = run(registry, files, *steered(sides, net, strength=1e-12))
    torch.testing.assert_close(barely, run(registry, files, *sides), atol=1e-5, rtol=1e-5)


def test_controls_may_read_a_text_of_their_own(registry, files, sides):
    net = open_control(files / "a.safetensors")
    positive, negative = steered(sides, net)
    told = [(text, {**options, CONTROL_TEXT: sides[1][0][0]}) for text, options in positive]
    same = [(text, {**options, CONTROL_TEXT: text}) for text, options in positive]
    usual = run(registry, files, positive, negative)
    assert not torch.allclose(run(registry, files, told, negative), usual)
    torch.testing.assert_close(run(registry, files, same, negative), usual, atol=1e-2, rtol=1e-2)


def test_a_picture_steers_and_its_layout_does_not_matter(registry, files, sides):
    plain = run(registry, files, *sides)
    found = run(registry, files, *steered(sides, open_control(files / "a.safetensors")))
    assert (found - plain).abs().max() > 1e-2
    assert torch.equal(found, run(registry, files, *steered(sides, open_control(files / "a_diffusers.safetensors"))))
    other = run(registry, files, *steered(sides, open_control(files / "a.safetensors"), 1 - IMAGE))
    assert not torch.allclose(found, other)


@torch.no_grad()
def test_it_agrees_with_the_pipeline_of_diffusers(registry, files, sides, model):
    net = ControlNetModel.from_unet(model.unet, conditioning_embedding_out_channels=controls.HINT_CHANNELS)
    net.load_state_dict(load_file(files / "a_diffusers.safetensors"))
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=True
    )
    pipeline = StableDiffusionControlNetPipeline(
        vae=model.vae,
        text_encoder=model.text_encoder,
        tokenizer=None,
        unet=model.unet,
        controlnet=net.eval(),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    handle = registry.checkpoint(files / "model.safetensors").model
    positive, negative = steered(sides, open_control(files / "a.safetensors"), strength=0.8)
    guider = Guider(handle, "cfg", {"positive": positive, "negative": negative}, {"cfg": 4.0})
    with equipped(registry, guider) as network:
        betas = network.betas
        sigmas = ((1 - torch.cumprod(1 - betas, 0)) / torch.cumprod(1 - betas, 0)).sqrt()
        chosen = torch.tensor([*sigmas[[666, 333, 0]].tolist(), 0.0])
        recipe = Recipe(guider, Sampler("euler"), chosen, Noise(3), 3)
        latent = {"samples": torch.zeros(1, 4, 8, 8)}
        ours = sampling.sample(network, recipe, latent, lambda *_: None).output["samples"]
    start = sampling.initial_noise((1, 4, 8, 8), 3)
    # The pipeline's latents are those of variance one at the first of its steps: 666, 333, 0.
    scaled = start * chosen[0] / (1 + chosen[0] ** 2).sqrt()
    theirs = pipeline(
        prompt_embeds=sides[0][0][0],
        negative_prompt_embeds=sides[1][0][0],
        image=IMAGE.movedim(-1, 1),
        num_inference_steps=3,
        guidance_scale=4.0,
        controlnet_conditioning_scale=0.8,
        latents=scaled,
        output_type="latent",
        width=64,
        height=64,
    ).images
    assert list(map(int, scheduler.timesteps)) == [666, 333, 0]
    torch.testing.assert_close(ours * 0.18215, theirs, atol=2e-4, rtol=2e-4)


def test_several_add_up(registry, files, sides):
    a, b = (open_control(files / f"{name}.safetensors") for name in "ab")
    both = steered(steered(sides, a), b, 1 - IMAGE, strength=0.5)
    assert len(both[0][0][1][CONTROLS]) == 2
    assert both[0][0][1][CONTROLS][1] is both[1][0][1][CONTROLS][1]
    around = steered(steered(sides, b, 1 - IMAGE, strength=0.5), a)
    torch.testing.assert_close(run(registry, files, *both), run(registry, files, *around), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(run(registry, files, *both), run(registry, files, *steered(sides, a)))


def test_a_control_applies_only_in_its_time(registry, files, sides):
    net = open_control(files / "a.safetensors")
    plain = run(registry, files, *sides)
    whole = run(registry, files, *steered(sides, net))
    early = run(registry, files, *steered(sides, net, end_percent=0.5))
    late = run(registry, files, *steered(sides, net, start_percent=0.5))
    never = run(registry, files, *steered(sides, net, start_percent=0.6, end_percent=0.6))
    for one, other in ((plain, early), (plain, late), (whole, early), (whole, late), (early, late)):
        assert not torch.allclose(one, other)
    assert torch.equal(never, plain)


def test_one_side_shares_its_control_with_the_other(registry, files, sides):
    net = open_control(files / "a.safetensors")
    alone = apply_shared(sides[0], net, IMAGE, 1.0)
    assert torch.equal(run(registry, files, alone, sides[1]), run(registry, files, *steered(sides, net)))


def test_with_one_control_for_both_sides_the_network_is_called_once_a_step(registry, files, sides, monkeypatch):
    rows = []
    residuals = ControlNet.residuals
    monkeypatch.setattr(
        ControlNet, "residuals", lambda self, x, *rest: (rows.append(len(x)), residuals(self, x, *rest))[1]
    )
    run(registry, files, *steered(sides, open_control(files / "a.safetensors")))
    assert rows == [2, 2, 2]


def test_a_side_without_control_is_not_steered(registry, files, sides):
    net = open_control(files / "a.safetensors")
    positive = steered(sides, net)[0]
    found = run(registry, files, positive, sides[1])
    assert not torch.allclose(found, run(registry, files, *steered(sides, net)))


def test_a_picture_of_any_size_is_cut_and_brought_to_that_of_the_latent(registry, files, sides):
    net = open_control(files / "a.safetensors")
    large = IMAGE.repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert torch.equal(run(registry, files, *steered(sides, net, large)), run(registry, files, *steered(sides, net)))
    wide = torch.cat([torch.zeros(1, 64, 16, 3), IMAGE, torch.ones(1, 64, 16, 3)], dim=2)
    assert torch.equal(run(registry, files, *steered(sides, net, wide)), run(registry, files, *steered(sides, net)))


def test_hints_fit_latents_of_any_shape():
    class Net:
        downscale = 8
        network = None

    assert fit_hint(torch.rand(1, 3, 100, 50), torch.zeros(2, 4, 6, 9), Net()).shape == (1, 3, 48, 72)


def test_differences_need_the_model_they_are_to(registry, files, model, sides, tmp_path):
    checkpoint = registry.checkpoint(files / "model.safetensors")
    network = controls.build(model.unet, 1)
    whole = controls.original(network)
    names = dict(zip(network.state_dict(), whole, strict=True))
    moved = {}
    mine = model.unet.state_dict()
    for key, name in names.items():
        moved[f"control_model.{name}"] = whole[name] - mine[key] if key in mine else whole[name]
    save_file({**moved, "difference": torch.zeros(1)}, tmp_path / "d.safetensors")
    with pytest.raises(ModelError, match="DiffControlNetLoader"):
        open_control(tmp_path / "d.safetensors")
    net = open_control(tmp_path / "d.safetensors", base=checkpoint.model)
    found = run(registry, files, *steered(sides, net))
    wanted = run(registry, files, *steered(sides, open_control(files / "a.safetensors")))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_a_controlnet_for_another_kind_of_model_is_refused_by_name(registry, files, sides, tmp_path):
    other = UNet2DConditionModel(
        block_out_channels=(32, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=48,
    )
    controls.write_original(tmp_path / "xl.safetensors", controls.build(other))
    with pytest.raises(ModelError, match=r"xl\.safetensors does not fit model\.safetensors.*width 48.*width 32"):
        run(registry, files, *steered(sides, open_control(tmp_path / "xl.safetensors")))


def test_what_steers_nothing_is_refused(files):
    with pytest.raises(UnsupportedModel, match="what steers are ControlNets"):
        open_control(files / "model.safetensors")


@pytest.mark.parametrize("write", [controls.write_original, controls.write_diffusers])
def test_the_embedded_model_is_steered_by_a_file_that_says_nothing_of_heads_and_groups(registry, tmp_path, write):
    handle = registry.checkpoint(EMBEDDED).model
    with registry.use_model(handle) as network:
        unet, context = network.network, torch.randn(1, 77, network.context_width)
    write(tmp_path / "c.safetensors", controls.build(unet))
    positive, negative = steered(([(context, {})], [(0 * context, {})]), open_control(tmp_path / "c.safetensors"))
    x, timestep = torch.randn(2, 4, 16, 16), torch.tensor([500.0, 500.0])
    with equipped(
        registry, Guider(handle, "cfg", {"positive": positive, "negative": negative}, {"cfg": 4.0})
    ) as network:
        net = next(iter(network._nets.values())).network
        assert net.config.norm_num_groups == unet.config.norm_num_groups
        assert list(net.config.attention_head_dim) == list(unet.config.attention_head_dim)
        told = dict(network.inputs(positive[0][1], "positive", Start(x)))
        plain = network.predict(x, timestep, context.expand(2, -1, -1), {"sigma": 5.0})
        found = network.predict(x, timestep, context.expand(2, -1, -1), {**told, "sigma": 5.0})
        assert not torch.allclose(plain, found)


def test_a_task_changes_the_handle_only(files):
    net = open_control(files / "a.safetensors")
    assert replace(net, task=3) != net
