"""Stable Video Diffusion: found, sized and mapped as its original files are, and called as diffusers calls it."""

from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.svd import SvdAutoencoder, SvdModel
from nodes.diffusion.families.svd_layout import svd_unet_config, svd_unet_map, svd_vae_config, svd_vae_map
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Start
from tests.nodes.diffusion import svd_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
UNET_KEYS = {
    "input_blocks.0.0.weight": (320, 8, 3, 3),
    "input_blocks.1.0.time_stack.in_layers.2.weight": (320, 320, 3, 1, 1),
    "input_blocks.1.0.time_stack.emb_layers.1.weight": (320, 1280),
    "input_blocks.1.0.time_mixer.mix_factor": (1,),
    "input_blocks.1.1.time_stack.0.ff_in.net.0.proj.weight": (2560, 320),
    "input_blocks.1.1.time_stack.0.norm_in.weight": (320,),
    "input_blocks.1.1.time_stack.0.attn2.to_k.weight": (320, 1024),
    "input_blocks.1.1.time_pos_embed.0.weight": (1280, 320),
    "input_blocks.1.1.time_mixer.mix_factor": (1,),
    "middle_block.0.time_stack.out_layers.3.weight": (1280, 1280, 3, 1, 1),
    "middle_block.1.transformer_blocks.0.attn1.to_q.weight": (1280, 1280),
    "output_blocks.3.1.time_stack.0.attn1.to_q.weight": (1280, 1280),
    "output_blocks.11.0.skip_connection.weight": (320, 640, 1, 1),
    "label_emb.0.0.weight": (1280, 768),
    "out.2.weight": (4, 320, 3, 3),
}
"""Some of what the published file holds."""
VAE_KEYS = {
    "encoder.down.0.block.0.conv1.weight": (128, 128, 3, 3),
    "decoder.mid.block_1.time_stack.in_layers.2.weight": (512, 512, 3, 1, 1),
    "decoder.mid.block_1.mix_factor": (1,),
    "decoder.mid.attn_1.q.weight": (512, 512),
    "decoder.up.3.block.2.time_stack.out_layers.3.weight": (512, 512, 3, 1, 1),
    "decoder.up.0.block.0.nin_shortcut.weight": (128, 256, 1, 1),
    "decoder.conv_out.time_mix_conv.weight": (3, 3, 3, 1, 1),
}


def test_the_unet_is_mapped_and_sized() -> None:
    for network in (skeleton(UNetSpatioTemporalConditionModel), originals.unet()):
        own = state_shapes(network)
        names = svd_unet_map(own)
        assert len({piece.key for piece in names.values()}) == len(own)
        shapes = file_shapes(names, own)
        again = skeleton(lambda: UNetSpatioTemporalConditionModel(**svd_unet_config(shapes)))  # noqa: B023 - at once
        assert state_shapes(again) == own
        if again.config["cross_attention_dim"] == 1024:
            assert {key: shapes[key] for key in UNET_KEYS} == UNET_KEYS
            assert again.config["num_attention_heads"] == (5, 10, 20, 20)


def test_the_autoencoder_is_mapped_and_sized() -> None:
    full = {"block_out_channels": (128, 256, 512, 512), "down_block_types": ("DownEncoderBlock2D",) * 4}
    published = skeleton(lambda: AutoencoderKLTemporalDecoder(**full, layers_per_block=2))
    for network in (published, originals.vae()):
        own = state_shapes(network)
        names = svd_vae_map(own)
        assert len({piece.key for piece in names.values()}) == len(own)
        shapes = file_shapes(names, own)
        again = skeleton(lambda: AutoencoderKLTemporalDecoder(**svd_vae_config(shapes)))  # noqa: B023 - at once
        assert state_shapes(again) == own
        if network is published:
            assert {key: shapes[key] for key in VAE_KEYS} == VAE_KEYS


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[SvdModel, SvdAutoencoder]:
    file = originals.write(tmp_path_factory.mktemp("svd") / "x.safetensors")
    found = recognise(SingleFile(file), "model")
    assert set(found.parts) == {"model", "vae"}
    return found.family.load_model(found.contents, CPU), found.family.load_vae(found.contents, CPU)


def test_frames_of_both_sides_are_called_as_two_videos(parts: tuple[SvdModel, SvdAutoencoder]) -> None:
    model, _ = parts
    x, picture = torch.randn(6, 4, 8, 8), torch.randn(1, 4, 8, 8)
    words = torch.randn(2, 1, originals.adapters.SEEN)
    told = model.inputs(
        {"concat_latent_image": picture, "fps": 8, "motion_bucket_id": 40}, "positive", Start(torch.zeros(3, 4, 8, 8))
    )
    each = {key: value.repeat(6 // len(value), *[1] * (value.dim() - 1)) for key, value in told.items()}
    found = model.predict(x, torch.full((6,), 0.7), words.repeat_interleave(3, 0), each)
    seen = torch.cat([x, picture.expand(6, -1, -1, -1)], dim=1).unflatten(0, (2, 3))
    with torch.no_grad():
        times = torch.tensor([[7.0, 40.0, 0.0]] * 2)
        wanted = originals.unet()(seen, torch.full((2,), 0.7), words, times, return_dict=False)[0]
    torch.testing.assert_close(found, wanted.flatten(0, 1), atol=1e-5, rtol=1e-4)


def test_its_noise_levels_are_continuous(parts: tuple[SvdModel, SvdAutoencoder]) -> None:
    found = parameterisation_of(parts[0], {})
    assert float(found.sigmas[0]) == pytest.approx(0.002)
    assert float(found.sigmas[-1]) == pytest.approx(700.0, rel=1e-5)
    assert float(found.timestep(torch.tensor(700.0))) == pytest.approx(1.6378, abs=1e-4)


def test_frames_are_decoded_together(parts: tuple[SvdModel, SvdAutoencoder]) -> None:
    _, autoencoder = parts
    pixels = torch.rand(3, 3, 64, 64) * 2 - 1
    latents = autoencoder.encode(pixels)
    assert latents.shape == (3, 4, 8, 8)
    together, alone = autoencoder.decode(latents), autoencoder.decode(latents[:1])
    assert together.shape == (3, 3, 64, 64)
    assert not torch.allclose(together[:1], alone, atol=1e-3)


def test_it_reads_no_texts(tmp_path: Path) -> None:
    with pytest.raises(IncompleteModel, match="without text encoder"):
        recognise(SingleFile(originals.write(tmp_path / "x.safetensors")), "clip")
