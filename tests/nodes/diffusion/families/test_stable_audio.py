"""Stable Audio: found, loaded bit for bit from its original file, and called as the pipeline of diffusers calls it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderOobleck, EDMDPMSolverMultistepScheduler, StableAudioDiTModel
from diffusers.models.embeddings import get_1d_rotary_pos_embed
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, open_contents
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.stable_audio import StableAudio, StableAudioModel
from nodes.diffusion.families.stable_audio_autoencoder import OobleckAutoencoder
from nodes.diffusion.families.stable_audio_layout import (
    LAYOUT,
    autoencoder_config,
    autoencoder_map,
    transformer_config,
)
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Start
from tests.nodes.diffusion import stable_audio_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
ORIGINAL = originals.stable_audio()


def saved(path: Path, tensors: dict[str, Tensor]) -> SingleFile:
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path)
    return SingleFile(path)


def loaded(contents: SingleFile) -> StableAudioModel:
    found = recognise(contents, "model")
    assert found.family.name == "stable_audio"
    model = found.family.load_model(found.contents, CPU)
    assert isinstance(model, StableAudioModel)
    return model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> StableAudioModel:
    return loaded(saved(tmp_path_factory.mktemp("audio") / "x.safetensors", ORIGINAL.checkpoint()))


def test_the_file_is_loaded_bit_for_bit(model: StableAudioModel, tmp_path: Path) -> None:
    for part, original in ((model.network, ORIGINAL.network), (model.times, ORIGINAL.times)):
        found, wanted = part.state_dict(), original.state_dict()
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    contents = saved(tmp_path / "v.safetensors", ORIGINAL.autoencoder())
    family = recognise(contents, "vae").family
    assert family.name == "oobleck"
    autoencoder = family.load_vae(contents, CPU)
    assert isinstance(autoencoder, OobleckAutoencoder)
    sound = torch.rand(1, 2, 64) - 0.5
    with torch.no_grad():
        latents = ORIGINAL.vae.encode(sound).latent_dist.mode()
        assert torch.equal(autoencoder.encode(sound), latents)
        assert torch.equal(autoencoder.decode(latents), ORIGINAL.vae.decode(latents).sample)
    assert (autoencoder.downscale, autoencoder.sample_rate, autoencoder.channels) == (8, 44100, 2)
    with pytest.raises(IncompleteModel, match="VAELoader"):
        family.load_model(contents, CPU)


def test_it_predicts_what_the_pipeline_of_diffusers_predicts(model: StableAudioModel) -> None:
    x, context = torch.randn(2, 64, 1, 20), torch.randn(2, 5, originals.WIDTH)
    options = {"seconds_start": 3.0, "seconds_total": 47.0}
    told = {key: value.expand(2, -1) for key, value in model.inputs(options, "positive", Start(x)).items()}
    found = model.predict(x, torch.tensor([0.7, 0.7]), context, told)
    with torch.no_grad():
        at = ORIGINAL.times(start_seconds=torch.full((2,), 3.0), end_seconds=torch.full((2,), 47.0))
        begin, end = at.seconds_start_hidden_states, at.seconds_end_hidden_states
        wanted = ORIGINAL.network(
            x[:, :, 0],
            torch.tensor([0.7]),
            encoder_hidden_states=torch.cat([context, begin, end], dim=1),
            global_hidden_states=torch.cat([begin, end], dim=2),
            rotary_embedding=get_1d_rotary_pos_embed(
                originals.HEAD // 2, 21, use_real=True, repeat_interleave_real=False
            ),
            return_dict=False,
        )[0]
    torch.testing.assert_close(found[:, :, 0], wanted, atol=1e-5, rtol=1e-4)


def test_without_a_length_it_is_told_that_of_the_latent(model: StableAudioModel) -> None:
    told = model.inputs({}, "positive", Start(torch.zeros(1, 64, 1, 1024)))
    assert told["seconds"].tolist() == [[0, 47]]


def test_noise_levels_are_those_of_the_scheduler_of_diffusers(model: StableAudioModel) -> None:
    scheduler = EDMDPMSolverMultistepScheduler(
        sigma_min=0.3, sigma_max=500, sigma_data=1.0, prediction_type="v_prediction", sigma_schedule="exponential"
    )
    ours = parameterisation_of(model, {})
    x, output = torch.randn(1, 64, 1, 8), torch.randn(1, 64, 1, 8)
    for level in (0.3, 2.0, 80.0):
        sigma = torch.tensor(level)
        torch.testing.assert_close(ours.scale_input(x, sigma), scheduler.precondition_inputs(x, sigma))
        torch.testing.assert_close(ours.denoised(output, x, sigma), scheduler.precondition_outputs(x, output, sigma))
        assert float(ours.timestep(sigma)) == pytest.approx(float(sigma.atan() / torch.pi * 2))
    assert float(ours.sigmas[-1]) == pytest.approx(500)
    assert float(ours.sigmas[0]) == pytest.approx(0.03)


def test_norms_without_shifts_have_none(tmp_path: Path, model: StableAudioModel) -> None:
    whole = ORIGINAL.checkpoint()
    for key in whole:
        if key.endswith("_norm.beta"):
            whole[key] = torch.zeros_like(whole[key])
    spare = {key: value for key, value in whole.items() if not key.endswith("_norm.beta")}
    both = [loaded(saved(tmp_path / f"{len(each)}.safetensors", each)).network.state_dict() for each in (whole, spare)]
    assert len(spare) < len(whole)
    assert all(torch.equal(value, both[1][key]) for key, value in both[0].items())


def test_a_file_without_the_times_is_refused(tmp_path: Path) -> None:
    contents = saved(tmp_path / "x.safetensors", ORIGINAL.transformer())
    with pytest.raises(IncompleteModel, match=r"x\.safetensors lacks what tells the model about time"):
        StableAudio().load_model(contents, CPU)


def test_a_folder_of_diffusers_is_read(tmp_path: Path, model: StableAudioModel) -> None:
    ORIGINAL.network.save_pretrained(tmp_path / "transformer")
    ORIGINAL.times.save_pretrained(tmp_path / "projection_model")
    ORIGINAL.vae.save_pretrained(tmp_path / "vae")
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableAudioPipeline"}')
    found = recognise(open_contents(tmp_path), "model")
    assert found.parts.keys() == {"model", "vae"}
    again = found.family.load_model(found.contents, CPU)
    x = torch.randn(1, 64, 1, 8)
    told = dict(model.inputs({}, "positive", Start(x)))
    context = torch.randn(1, 3, originals.WIDTH)
    results = [each.predict(x, torch.tensor([0.5]), context, told) for each in (model, again)]
    torch.testing.assert_close(*results, atol=1e-5, rtol=1e-4)
    assert found.family.load_vae(found.contents, CPU).latent_channels == 64


def test_published_sizes_are_read_off_their_shapes() -> None:
    network = skeleton(StableAudioDiTModel)
    own = state_shapes(network)
    told = transformer_config(file_shapes(LAYOUT.key_map(own), own))
    assert told == {key: network.config[key] for key in told}
    vae = skeleton(AutoencoderOobleck)
    told = autoencoder_config(file_shapes(autoencoder_map(state_shapes(vae)), state_shapes(vae)))
    assert told == {key: vae.config[key] for key in told}


def test_a_copy_keeps_what_it_knows_of_time(model: StableAudioModel) -> None:
    assert replace(model, dtype=torch.float64).times is model.times


def test_original_names_are_those_of_the_published_file() -> None:
    transformer = LAYOUT.key_map(state_shapes(skeleton(StableAudioDiTModel)))
    vae = autoencoder_map(state_shapes(skeleton(AutoencoderOobleck)))
    told = {
        "transformer_blocks.3.attn1.to_v.weight": ("transformer.layers.3.self_attn.to_qkv.weight", 3072),
        "transformer_blocks.3.attn2.to_v.weight": ("transformer.layers.3.cross_attn.to_kv.weight", 768),
        "transformer_blocks.23.norm2.bias": ("transformer.layers.23.cross_attend_norm.beta", 0),
        "transformer_blocks.0.ff.net.0.proj.bias": ("transformer.layers.0.ff.ff.0.proj.bias", 0),
        "time_proj.weight": ("timestep_features.weight", 0),
    }
    assert {key: (transformer[key].key, transformer[key].start) for key in told} == told
    names = {
        "encoder.block.0.res_unit2.snake2.alpha": "encoder.layers.1.layers.1.layers.2.alpha",
        "encoder.block.4.conv1.weight_v": "encoder.layers.5.layers.4.weight_v",
        "encoder.snake1.beta": "encoder.layers.6.beta",
        "decoder.block.0.conv_t1.weight_g": "decoder.layers.1.layers.1.weight_g",
        "decoder.block.4.res_unit3.conv1.bias": "decoder.layers.5.layers.4.layers.1.bias",
        "decoder.conv2.weight_v": "decoder.layers.7.weight_v",
    }
    assert {key: vae[key].key for key in names} == names
