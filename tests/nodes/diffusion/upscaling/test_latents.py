"""Networks that enlarge latents: known by keys and shapes, loaded bit for bit, and used as diffusers uses them."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from safetensors.torch import save_file

from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.upscaling.latents import (
    LatentUpscaler,
    LatentUpscalerFile,
    enlarged,
    latent_upsampler_config,
    load_latent_upscaler,
    open_latent_upscaler,
)
from tests.nodes.diffusion.upscaling import latent_upscalers

CPU = Placement(torch.device("cpu"), torch.float32)
GROWTH = {
    "0.9.7 spatial x2": (3, 8, 12),
    "2 spatial x2": (3, 8, 12),
    "2.3 spatial x1.5": (3, 6, 9),
    "2 temporal x2": (5, 4, 6),
    "both": (5, 8, 12),
    "frame by frame": (3, 8, 12),
}
"""What becomes of three frames of four times six cells."""


def loaded(tmp_path: Path, kind: str, channels: int = 128) -> LatentUpscaler:
    path = tmp_path / "x.safetensors"
    save_file({key: value.contiguous() for key, value in latent_upscalers.tensors(kind, channels).items()}, path)
    return load_latent_upscaler(open_latent_upscaler(path), CPU)


@pytest.mark.parametrize("kind", latent_upscalers.KINDS)
def test_a_file_makes_the_network_that_it_was_saved_from(tmp_path: Path, kind: str) -> None:
    upscaler, original = loaded(tmp_path, kind), latent_upscalers.build(kind)
    latents = torch.randn(2, 128, 3, 4, 6)
    found, wanted = upscaler.network.state_dict(), original.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    with torch.no_grad():
        torch.testing.assert_close(upscaler.enlarge(latents), original(latents), atol=1e-4, rtol=1e-4)
    assert upscaler.enlarge(latents).shape == (2, 128, *GROWTH[kind])
    assert LatentUpscalerFile(tmp_path / "x.safetensors").parameters == sum(
        p.numel() for p in original.state_dict().values()
    )


@pytest.mark.parametrize("kind", latent_upscalers.KINDS)
def test_the_configuration_of_a_published_size_is_read_off_its_shapes(kind: str) -> None:
    config = {"mid_channels": 512 if kind.startswith("0.9") else 1024, **latent_upscalers.KINDS[kind]}
    network = skeleton(lambda: LTX2LatentUpsamplerModel(**config))
    shapes = state_shapes(network)
    again = skeleton(lambda: LTX2LatentUpsamplerModel(**latent_upsampler_config(shapes)))
    assert state_shapes(again) == shapes


@pytest.mark.parametrize(("header", "rows"), [('{"spatial_scale": 0.75}', 3), ("no JSON", 6), ("[]", 6)])
def test_the_header_says_by_what_fraction(tmp_path: Path, header: str, rows: int) -> None:
    path = tmp_path / "x.safetensors"
    save_file(latent_upscalers.tensors("2.3 spatial x1.5"), path, {"config": header})
    upscaler = load_latent_upscaler(open_latent_upscaler(path), CPU)
    assert upscaler.enlarge(torch.randn(1, 128, 1, 4, 4)).shape[-1] == rows


def test_what_the_network_sees_is_what_the_autoencoder_has_inside(tmp_path: Path) -> None:
    upscaler = loaded(tmp_path, "2 spatial x2")
    mean, deviation = torch.linspace(-1, 1, 128), torch.linspace(0.5, 2, 128)
    autoencoder = SimpleNamespace(network=SimpleNamespace(latents_mean=mean, latents_std=deviation))
    samples = torch.randn(1, 128, 2, 4, 4)
    found = enlarged(upscaler, autoencoder, samples)
    mean, deviation = mean.view(1, -1, 1, 1, 1), deviation.view(1, -1, 1, 1, 1)
    with torch.no_grad():
        wanted = (latent_upscalers.build("2 spatial x2")(samples * deviation + mean) - mean) / deviation
    torch.testing.assert_close(found, wanted)


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    upscaler = loaded(tmp_path, "2 spatial x2")
    autoencoder = SimpleNamespace(network=SimpleNamespace(latents_mean=torch.zeros(128), latents_std=torch.ones(128)))
    for latents in (torch.zeros(1, 16, 2, 4, 4), torch.zeros(1, 128, 4, 4)):
        with pytest.raises(DiffusionError, match="a latent of LTX-Video"):
            enlarged(upscaler, autoencoder, latents)
    with pytest.raises(DiffusionError, match="the autoencoder that comes with"):
        enlarged(upscaler, SimpleNamespace(network=None), torch.zeros(1, 128, 2, 4, 4))
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(UnsupportedModel, match=r"other\.safetensors looks like .* no network that enlarges latents"):
        open_latent_upscaler(tmp_path / "other.safetensors")
