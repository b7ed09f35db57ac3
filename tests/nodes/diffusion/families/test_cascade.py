"""Stable Cascade: found, sized and mapped as its files are, and called as diffusers calls it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMWuerstchenScheduler, StableCascadeUNet
from diffusers.loaders.single_file_utils import convert_stable_cascade_unet_single_file_to_diffusers as converted
from diffusers.pipelines.deprecated.wuerstchen.modeling_paella_vq_model import PaellaVQModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.errors import DiffusionError, IncompleteModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.cascade_layout import cascade_config, cascade_map
from nodes.diffusion.families.cascade_networks import EfficientEncoder, LayerSizes, Previewer, StageA
from nodes.diffusion.families.contents import SingleFile, TextFiles
from nodes.diffusion.families.known import recognise, recognise_text
from nodes.diffusion.families.weights import file_shapes, file_tensors
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.samplers.ddpm import ddpm
from nodes.diffusion.text.vocabulary import WINDOW
from nodes.diffusion.types import Start
from nodes.diffusion.vision.encoder import Seen, load_vision, open_vision
from nodes.diffusion.weights.libraries import new_cascade_unet
from tests.nodes.diffusion import cascade_originals as originals
from tests.nodes.diffusion.image_prompt import adapters

CPU = Placement(torch.device("cpu"), torch.float32)
ALL, ALL_BUT_ATTENTION = (originals.RES, originals.TIME, originals.ATTENTION), (originals.RES, originals.TIME)
FULL: dict[str, dict[str, Any]] = {
    "c": {
        "clip_text_in_channels": 1280,
        "clip_image_in_channels": 768,
        "switch_level": (False,),
    },
    "c lite": {
        "clip_text_in_channels": 1280,
        "clip_image_in_channels": 768,
        "switch_level": (False,),
        "conditioning_dim": 1536,
        "block_out_channels": (1536, 1536),
        "num_attention_heads": (24, 24),
        "down_num_layers_per_block": (4, 12),
        "up_num_layers_per_block": (12, 4),
    },
}
SHARED_B: dict[str, Any] = {
    "in_channels": 4,
    "out_channels": 4,
    "patch_size": 2,
    "conditioning_dim": 1280,
    "block_types_per_layer": (ALL_BUT_ATTENTION, ALL_BUT_ATTENTION, ALL, ALL),
    "effnet_in_channels": 16,
    "pixel_mapper_in_channels": 3,
    "timestep_conditioning_type": ("sca",),
    "dropout": 0.1,
    "down_blocks_repeat_mappers": (1, 1, 1, 1),
}
FULL |= {
    "b": {
        **SHARED_B,
        "block_out_channels": (320, 640, 1280, 1280),
        "num_attention_heads": (-1, -1, 20, 20),
        "down_num_layers_per_block": (2, 6, 28, 6),
        "up_num_layers_per_block": (6, 28, 6, 2),
        "up_blocks_repeat_mappers": (3, 3, 2, 2),
    },
    "b lite": {
        **SHARED_B,
        "block_types_per_layer": (ALL_BUT_ATTENTION, ALL, ALL, ALL),
        "block_out_channels": (320, 576, 1152, 1152),
        "num_attention_heads": (-1, 9, 18, 18),
        "down_num_layers_per_block": (2, 4, 14, 4),
        "up_num_layers_per_block": (4, 14, 4, 2),
        "up_blocks_repeat_mappers": (2, 2, 2, 2),
    },
}
"""The configurations that were published."""
EFFICIENT_S = (
    (2, 24, 24, 1, 0),
    (4, 24, 48, 4, 0),
    (4, 48, 64, 4, 0),
    (6, 64, 128, 4, 1),
    (9, 128, 160, 6, 1),
    (15, 160, 256, 6, 1),
)
"""EfficientNetV2-S: of each stage its layers, channels before and after, how much wider it is within, and its gates."""


def same(network: nn.Module, other: nn.Module) -> bool:
    mine, theirs = network.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def write(path: Path, tensors: dict[str, Tensor], header: dict[str, str] | None = None) -> SingleFile:
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path, header)
    return SingleFile(path)


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> SingleFile:
    return write(tmp_path_factory.mktemp("c") / "x.safetensors", originals.checkpoint_c())


@pytest.fixture(scope="module")
def b(tmp_path_factory: pytest.TempPathFactory) -> SingleFile:
    return write(tmp_path_factory.mktemp("b") / "x.safetensors", originals.checkpoint_b())


@pytest.mark.parametrize("stage", FULL)
def test_a_stage_of_full_size_is_sized_and_mapped_as_diffusers_does_it(stage: str) -> None:
    network = skeleton(lambda: StableCascadeUNet(**FULL[stage]))
    own = state_shapes(network)
    released = file_shapes(cascade_map(own), own)
    as_diffusers = converted({key: torch.empty(shape, device="meta") for key, shape in released.items()})
    assert {key: tuple(value.shape) for key, value in as_diffusers.items()} == own
    for shapes in (released, own):
        again = skeleton(lambda: StableCascadeUNet(**cascade_config(shapes)))  # noqa: B023 - at once
        assert state_shapes(again) == own
        assert tuple(again.config.num_attention_heads) == tuple(network.config.num_attention_heads)


@pytest.mark.parametrize("build", [originals.stage_c, originals.stage_b])
def test_rows_are_where_diffusers_finds_them(build: Any) -> None:
    network = build()
    found = converted(originals.original(network))
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize("layout", ["released", "split", "diffusers"])
@pytest.mark.parametrize("build", [originals.stage_c, originals.stage_b])
def test_a_stage_alone_loads_bit_for_bit_from_any_layout(tmp_path: Path, build: Any, layout: str) -> None:
    network = build()
    split = {"x.attn.to_q.weight": (1,)}
    held = {"released": None, "split": split, "diffusers": state_shapes(network)}[layout]
    tensors = file_tensors(cascade_map(state_shapes(network), held), network.state_dict())
    found = recognise(write(tmp_path / "x.safetensors", tensors), "model")
    assert found.family.name == ("cascade_c" if build is originals.stage_c else "cascade_b")
    assert same(found.family.load_model(found.contents, CPU).network, network)


def test_checkpoints_hold_every_part(c: SingleFile, b: SingleFile) -> None:
    found = recognise(c, "model")
    assert (found.family.name, set(found.parts)) == ("cascade_c", {"model", "clip", "vae"})
    assert same(found.family.load_model(c, CPU).network, originals.stage_c())
    assert same(found.family.load_clip(c, CPU).network, originals.text())
    assert same(found.family.load_vae(c, CPU).network, originals.coder_c())
    assert same(load_vision(open_vision(c.path), CPU).network, adapters.vision())
    found = recognise(b, "model")
    assert (found.family.name, set(found.parts)) == ("cascade_b", {"model", "vae"})
    assert same(found.family.load_vae(b, CPU).network, originals.stage_a())
    with pytest.raises(IncompleteModel, match="stage B"):
        recognise(b, "clip")


def test_parts_in_files_of_their_own_are_known(tmp_path: Path) -> None:
    text = write(tmp_path / "text.safetensors", *originals.lone_text())
    assert same(recognise_text(text, ("cascade_c",)).family.load_clip(text, CPU).network, originals.text())
    assert "clip" in recognise_text(TextFiles([text]), ("cascade_c",)).parts
    a = write(tmp_path / "a.safetensors", originals.stage_a().state_dict())
    assert recognise(a, "vae").family.load_vae(a, CPU).downscale == 4
    coder = originals.coder_c()
    halves = {}
    for half, module in (("encoder", coder.encoder), ("previewer", coder.previewer)):
        file = write(tmp_path / f"{half}.safetensors", module.state_dict())
        halves[half] = recognise(file, "vae").family.load_vae(file, CPU)
    latents = halves["encoder"].encode(torch.rand(1, 3, 64, 96) * 2 - 1)
    assert latents.shape == (1, 16, 2, 3)
    assert halves["previewer"].decode(latents).shape == (1, 3, 16, 24)
    with pytest.raises(DiffusionError, match="effnet_encoder"):
        halves["previewer"].encode(torch.zeros(1, 3, 64, 64))
    with pytest.raises(DiffusionError, match="previewer"):
        halves["encoder"].decode(latents)


def test_stage_c_is_called_as_diffusers_calls_it(c: SingleFile) -> None:
    model = recognise(c, "model").family.load_model(c, CPU)
    x, words, pooled = torch.randn(2, 16, 3, 3), torch.randn(2, 5, 32), torch.randn(1, 32)
    picture = torch.randn(2, adapters.SEEN)
    told = {"clip_vision_output": Seen(picture, picture, picture), "strength": 0.5, "noise_augmentation": 0.0}
    start = Start(torch.zeros(1, 16, 3, 3))
    for options, shown in (
        ({}, torch.zeros(1, 1, adapters.SEEN)),
        ({"unclip_conditioning": [told]}, picture[None] / 2),
    ):
        inputs = model.inputs({"pooled_output": pooled, **options}, "positive", start)
        both = {key: value.expand(2, *value.shape[1:]) for key, value in inputs.items()}
        found = model.predict(x, torch.full((2,), 0.3), words, both)
        wanted = originals.stage_c()(
            x,
            torch.full((2,), 0.3),
            clip_text_pooled=pooled.expand(2, -1)[:, None],
            clip_text=words,
            clip_img=shown.expand(2, -1, -1),
        ).sample
        torch.testing.assert_close(found, wanted)
    other = {**told, "clip_vision_output": Seen(*[torch.zeros(1, 3)] * 3)}
    with pytest.raises(DiffusionError, match="in 24 numbers"):
        model.inputs({"unclip_conditioning": [other]}, "positive", start)


def test_stage_b_is_called_as_diffusers_calls_it(b: SingleFile) -> None:
    model = recognise(b, "model").family.load_model(b, CPU)
    x, pooled, drawn = torch.randn(1, 4, 16, 16), torch.randn(1, 32), torch.randn(1, 16, 2, 2)
    start = Start(torch.zeros(1, 4, 16, 16))
    for options, effnet in (({"stable_cascade_prior": drawn}, drawn), ({}, torch.zeros(1, 16, 1, 1))):
        inputs = model.inputs({"pooled_output": pooled, **options}, "positive", start)
        found = model.predict(x, torch.full((1,), 0.7), torch.randn(1, 5, 32), inputs)
        wanted = originals.stage_b()(x, torch.full((1,), 0.7), clip_text_pooled=pooled[:, None], effnet=effnet).sample
        torch.testing.assert_close(found, wanted)
    with pytest.raises(DiffusionError, match="16 channels"):
        model.inputs({"stable_cascade_prior": torch.zeros(1, 4, 8, 8)}, "positive", start)


def test_times_are_precise_in_half_precision() -> None:
    """In bfloat16 a time of 0.3 is off by more than a turn before it becomes waves."""
    times = torch.tensor([0.3001])
    wanted = originals.stage_c().get_timestep_ratio_embedding(times)
    found = new_cascade_unet(originals.TINY_C).bfloat16().get_timestep_ratio_embedding(times)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), wanted, atol=0.01, rtol=0)


def test_noise_levels_and_steps_are_those_of_the_scheduler(b: SingleFile) -> None:
    model, scheduler = recognise(b, "model").family.load_model(b, CPU), DDPMWuerstchenScheduler()
    found = parameterisation_of(model, {})
    times = torch.tensor([0.05, 0.3, 0.7, 1.0])
    kept = scheduler._alpha_cumprod(times, torch.device("cpu"))
    torch.testing.assert_close(found.sigma(times), ((1 - kept) / kept).sqrt(), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.timestep(found.sigma(times[:3])), times[:3], atol=1e-4, rtol=1e-4)
    scheduler.set_timesteps(timesteps=[0.7, 0.3, 0.0])
    x, noise = torch.randn(1, 4, 4, 4), torch.randn(1, 4, 4, 4)
    wanted = scheduler.step(
        noise, torch.tensor([0.7]), x, generator=torch.Generator().manual_seed(3), return_dict=False
    )[0]
    drawn = torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    sigmas = found.sigma(torch.tensor([0.7, 0.3]))
    scales = (1 + sigmas**2).sqrt()
    after = ddpm(
        lambda noisy, sigma: noisy - sigma * noise,
        x * scales[0],
        sigmas,
        noise=lambda *_: drawn,
        on_step=lambda *_: None,
    )
    torch.testing.assert_close(after / scales[1], wanted, atol=1e-4, rtol=1e-4)


def test_shifted_noise_levels_have_less_signal_by_the_square(c: SingleFile) -> None:
    model = recognise(c, "model").family.load_model(c, CPU)
    plain, shifted = (parameterisation_of(model, {"cosine_shift": shift}) for shift in (1.0, 2.0))
    assert torch.equal(parameterisation_of(model, {}).sigmas, shifted.sigmas)
    middle = torch.tensor(0.5)
    torch.testing.assert_close(shifted.sigma(middle), 2 * plain.sigma(middle))
    assert float(shifted.percent_to_sigma(0.5)) == pytest.approx(float(shifted.sigma(middle)))
    assert float(plain.sigmas[-1]) == pytest.approx(99.995, rel=1e-3)


@torch.no_grad()
def test_stage_a_encodes_and_decodes_as_diffusers_does(b: SingleFile) -> None:
    autoencoder = recognise(b, "vae").family.load_vae(b, CPU)
    narrow = PaellaVQModel(embed_dim=32, bottleneck_blocks=2, num_vq_embeddings=64).eval()
    mine = StageA(narrow=16, wide=32, blocks=2).eval()
    state = {key: value for key, value in narrow.state_dict().items() if not key.startswith("vquantizer.")}
    mine.load_state_dict(state)
    pixels = torch.rand(1, 3, 16, 24)
    latents = narrow.encode(pixels).latents
    torch.testing.assert_close(mine.encode(pixels), latents)
    torch.testing.assert_close(mine.decode(latents), narrow.decode(latents).sample)
    torch.testing.assert_close(autoencoder.encode(pixels * 2 - 1), originals.stage_a().encode(pixels))


def test_the_encoder_of_stage_c_has_the_published_size() -> None:
    stages = [
        [
            LayerSizes(
                inputs := before if not layer else after,
                inputs * wider,
                after,
                gate * (inputs // 4),
                1 if layer else stride,
            )
            for layer in range(layers)
        ]
        for (layers, before, after, wider, gate), stride in zip(EFFICIENT_S, (1, 2, 2, 2, 1, 2), strict=True)
    ]
    encoder = skeleton(lambda: EfficientEncoder(stages, 1280, 16))
    backbone = sum(parameter.numel() for parameter in encoder.backbone.parameters())
    assert backbone == 21_458_488 - 1280 * 1000 - 1000  # the whole network less its last layer
    own = state_shapes(encoder)
    assert state_shapes(skeleton(lambda: EfficientEncoder.like(own))) == own
    assert "backbone.4.0.block.2.fc1.weight" in own
    previewer = state_shapes(skeleton(Previewer))
    assert state_shapes(skeleton(lambda: Previewer.like(previewer))) == previewer
    assert previewer["blocks.24.weight"] == (3, 128, 1, 1)
    a = state_shapes(skeleton(StageA))
    assert state_shapes(skeleton(lambda: StageA.like(a))) == a


@torch.no_grad()
def test_texts_are_read_as_transformers_reads_them_with_its_mask(c: SingleFile) -> None:
    encoder = recognise(c, "clip").family.load_clip(c, CPU)
    (window,) = encoder.windows("a red cat")
    ids = torch.tensor([[token.content for token in window.tokens]])
    assert ids[0, -1] == encoder.vocabulary.end
    mask = (torch.arange(WINDOW) <= window.end).long()[None]
    wanted = originals.text()(ids, attention_mask=mask, output_hidden_states=True)
    found = encoder.encode("a red cat")
    layers = len(originals.text().text_model.encoder.layers)
    torch.testing.assert_close(found.hidden, wanted.hidden_states[layers], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.pooled, wanted.text_embeds, atol=1e-5, rtol=1e-4)
