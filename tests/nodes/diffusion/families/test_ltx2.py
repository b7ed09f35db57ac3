"""LTX-2: found, loaded bit for bit, mapped as diffusers maps it; it predicts what diffusers predicts."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLLTX2Video, LTX2VideoTransformer3DModel
from diffusers.loaders.single_file_utils import convert_ltx2_transformer_to_diffusers, convert_ltx2_vae_to_diffusers
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.ltx2 import Ltx2, Ltx2Model
from nodes.diffusion.families.ltx2_autoencoder import ltx2_vae_config
from nodes.diffusion.families.ltx2_layout import transformer_config
from nodes.diffusion.families.ltxv_vae_layout import ltxv_vae_map
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.keyframes import COORDINATES, cells
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.several import PACKING, Packing, RowModel
from nodes.diffusion.types import Start
from tests.nodes.diffusion import ltx2_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
SHAPES = (torch.Size((128, 2, 3, 4)), torch.Size((8, 5, 4)))
"""Of a video and its sound."""
LATER_NAMES = {
    "audio_prompt_adaln_single": "audio_prompt_adaln",
    "prompt_adaln_single": "prompt_adaln",
    "up_blocks.7": "up_blocks.3.upsamplers.0",
    "up_blocks.8": "up_blocks.3",
}
"""What diffusers' script renames for later versions, beyond what its loader of single files knows."""


def numbered(names: Any) -> dict[str, Tensor]:
    """A tensor for each name, each with a number of its own."""
    return {name: torch.full((), float(number)) for number, name in enumerate(names)}


def later(key: str) -> str:
    for theirs, ours in LATER_NAMES.items():
        key = key.replace(theirs, ours)
    return key


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_the_transformers_files_are_mapped_as_diffusers_maps_them(version: str) -> None:
    own = state_shapes(skeleton(lambda: LTX2VideoTransformer3DModel(**originals.TRANSFORMERS[version])))
    names = Ltx2.layout.key_map(own)
    values = numbered(names)
    theirs = convert_ltx2_transformer_to_diffusers(
        {f"model.diffusion_model.{names[key].key}": value for key, value in values.items()}
    )
    assert {later(key): float(value) for key, value in theirs.items()} == {k: float(v) for k, v in values.items()}


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_the_transformers_configuration_is_read_off_the_shapes(version: str) -> None:
    for config in (originals.TRANSFORMERS[version], originals.transformer_config(version)):
        network = skeleton(lambda: LTX2VideoTransformer3DModel(**config))  # noqa: B023 - called at once
        own = state_shapes(network)
        found = transformer_config(file_shapes(Ltx2.layout.key_map(own), own))
        assert {key: network.config[key] for key in found} == found
        again = skeleton(lambda: LTX2VideoTransformer3DModel(**found))  # noqa: B023 - called at once
        assert state_shapes(again) == own


def test_the_next_version_of_the_transformer_is_known_too() -> None:
    config = {**originals.transformer_config("2.3"), "ff_bias": False, "use_keyframes_abs_pos_embedding": True}
    own = state_shapes(skeleton(lambda: LTX2VideoTransformer3DModel(**config)))
    found = transformer_config(file_shapes(Ltx2.layout.key_map(own), own))
    assert (found["ff_bias"], found["use_keyframes_abs_pos_embedding"]) == (False, True)


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_the_autoencoders_files_are_mapped_as_diffusers_maps_them(version: str) -> None:
    own = state_shapes(skeleton(lambda: AutoencoderKLLTX2Video(**originals.AUTOENCODERS[version])))
    names = ltxv_vae_map(own)
    values = numbered(names)
    theirs = convert_ltx2_vae_to_diffusers({f"vae.{names[key].key}": value for key, value in values.items()})
    assert {later(key): float(value) for key, value in theirs.items()} == {k: float(v) for k, v in values.items()}


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_the_autoencoders_configuration_is_read_off_the_shapes(version: str) -> None:
    for config in (originals.AUTOENCODERS[version], originals.autoencoder_config(version)):
        network = skeleton(lambda: AutoencoderKLLTX2Video(**config))  # noqa: B023 - called at once
        own = state_shapes(network)
        found = ltx2_vae_config(file_shapes(ltxv_vae_map(own), own))
        assert found == {key: network.config[key] for key in found}


@pytest.fixture(scope="module", params=originals.VERSIONS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ltx2Model, Any]:
    original = originals.ltx2(request.param)
    path = tmp_path_factory.mktemp("ltx2") / "x.safetensors"
    save_file({key: value.clone().contiguous() for key, value in original.checkpoint().items()}, path)
    found = recognise(SingleFile(path), "model")
    assert set(found.parts) == {"model", "vae"}
    model = found.family.load_model(found.contents, CPU)
    assert isinstance(model, Ltx2Model)
    for key, value in original.network.state_dict().items():
        assert torch.equal(model.network.state_dict()[key], value)
    return model, original.network


def drawn(model: Ltx2Model, seed: int = 0) -> tuple[list[Tensor], Tensor]:
    """A noisy video with its sound, and a text."""
    generator = torch.Generator().manual_seed(seed)
    latents = [torch.randn(2, *shape, generator=generator) for shape in SHAPES]
    return latents, torch.randn(2, 8, model.context_width, generator=generator)


def told(model: Ltx2Model, options: dict[str, Any], start: Start) -> dict[str, Tensor]:
    return {key: value.expand(2, *value.shape[1:]) for key, value in model.inputs(options, "positive", start).items()}


TIMES = torch.tensor([700.0, 700.0])


def test_it_predicts_what_diffusers_predicts(loaded: tuple[Ltx2Model, Any]) -> None:
    model, network = loaded
    (video, sound), context = drawn(model)
    packing = Packing(SHAPES)
    extra = {**told(model, {"frame_rate": 16.0}, Start(video[:1])), PACKING: packing}
    found = packing.unpacked(model.predict(packing.packed([video, sound]), TIMES, context, extra))
    half = int(network.config.caption_channels if network.config.use_prompt_embeddings else 32)
    with torch.no_grad():
        wanted = network(
            video.flatten(2).transpose(1, 2),
            sound.transpose(1, 2).flatten(2, 3),
            context[..., :half],
            context[..., half:],
            timestep=TIMES,
            sigma=TIMES,
            num_frames=2,
            height=3,
            width=4,
            fps=16.0,
            audio_num_frames=5,
            use_cross_timestep=network.config.cross_attn_mod,
            return_dict=False,
        )
    torch.testing.assert_close(found[0].flatten(2).transpose(1, 2), wanted[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found[1].transpose(1, 2).flatten(2, 3), wanted[1], atol=1e-5, rtol=1e-4)


def test_a_video_without_sound_hears_nothing(loaded: tuple[Ltx2Model, Any]) -> None:
    model, network = loaded
    (video, _), context = drawn(model)
    found = model.predict(video, TIMES, context, told(model, {}, Start(video[:1])))
    half = context.shape[-1] - int(network.config.caption_channels if network.config.use_prompt_embeddings else 16)
    with torch.no_grad():
        wanted, _ = network(
            video.flatten(2).transpose(1, 2),
            torch.randn(2, 3, 32),
            context[..., :half],
            context[..., half:],
            timestep=TIMES,
            sigma=TIMES,
            num_frames=2,
            height=3,
            width=4,
            fps=25.0,
            audio_num_frames=3,
            isolate_modalities=True,
            use_cross_timestep=network.config.cross_attn_mod,
            return_dict=False,
        )
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), wanted, atol=1e-5, rtol=1e-4)


def test_what_is_given_is_told_without_noise(loaded: tuple[Ltx2Model, Any]) -> None:
    model, _ = loaded
    latents, context = drawn(model)
    packing = Packing(SHAPES)
    row, network = packing.packed(latents), RowModel(model, packing)  # type: ignore[arg-type]  # a diffusion model
    results = []
    for given in ("nothing", "none of it", "a frame", "the sound"):
        masks = [torch.ones(2, *shape) for shape in SHAPES]
        if given == "a frame":
            masks[0][:, :, 0] = 0
        if given == "the sound":
            masks[1].zero_()
        mask = None if given == "nothing" else packing.packed(masks)
        extra = dict(network.inputs({}, "positive", Start(row, mask)))
        extra = {key: value.expand(2, *value.shape[1:]) for key, value in extra.items()}
        results.append(packing.unpacked(network.predict(row, TIMES, context, extra)))
    for part in (0, 1):
        torch.testing.assert_close(results[0][part], results[1][part], atol=1e-5, rtol=1e-4)
        for result in results[2:]:
            assert not torch.allclose(result[part], results[0][part], atol=1e-4)


def test_keyframes_are_where_they_belong(loaded: tuple[Ltx2Model, Any]) -> None:
    model, _ = loaded
    start = Start(torch.zeros(1, *SHAPES[0]))
    places = cells(torch.Size((1, 3, 4)), 16, is_alone=True)
    inputs = model.inputs({"frame_rate": 8.0, COORDINATES: places}, "positive", start)
    found = model._places(torch.Size((1, *SHAPES[0])), inputs)
    assert found[0, 0, 0].tolist() == [0, 1 / 8]
    assert found[0, 0, -1].tolist() == [2, 17 / 8]
    assert found[0, 1:, -1].tolist() == [[64, 96], [96, 128]]


def test_parts_of_the_picture_are_not_known(loaded: tuple[Ltx2Model, Any]) -> None:
    network = RowModel(loaded[0], Packing(SHAPES))  # type: ignore[arg-type]  # a diffusion model
    with pytest.raises(DiffusionError, match="part of the picture"):
        network.inputs({"area": (1, 1, 0, 0)}, "positive", Start(torch.zeros(1, 1, 1, 4)))


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_videos_are_encoded_and_decoded_as_diffusers_does_it(tmp_path: Path, version: str) -> None:
    original = originals.ltx2(version)
    tensors = {key: value.clone().contiguous() for key, value in original.autoencoder().items()}
    save_file(tensors, tmp_path / "v.safetensors")
    found = recognise(SingleFile(tmp_path / "v.safetensors"), "vae")
    assert found.family.name == "ltx2_vae"
    autoencoder = found.family.load_vae(found.contents, CPU)
    video = torch.rand(1, 3, 11, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents = autoencoder.encode(video)
    assert latents.shape == (1, 128, 2, 2, 3)
    with torch.no_grad():
        wanted = original.vae.encode(video[:, :, :9]).latent_dist.mode()
        torch.testing.assert_close(latents, wanted - 0.1)
        torch.testing.assert_close(autoencoder.decode(latents), original.vae.decode(wanted).sample)
