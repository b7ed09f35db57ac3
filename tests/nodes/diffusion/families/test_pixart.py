"""PixArt: found, mapped and called as diffusers does it, and read from its files."""

from pathlib import Path

import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, PixArtTransformer2DModel
from safetensors.torch import save_file

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.pixart import LAYOUT, PixArtAlpha, PixArtSigma
from nodes.diffusion.families.weights import file_shapes, file_tensors
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import sigmas_of
from nodes.diffusion.types import Start
from tests.nodes.diffusion import pixart_originals as originals
from tests.nodes.diffusion.families.test_unet_families import same

CPU = Placement(torch.device("cpu"), torch.float32)
PUBLISHED = {"num_layers": 2, "caption_channels": 4096}
"""The published size, with fewer blocks."""


def converted(original: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What diffusers' script makes of the rows that the files fuse, in the first block."""
    found = {}
    rows = original["blocks.0.attn.qkv.weight"].chunk(3), original["blocks.0.cross_attn.kv_linear.weight"].chunk(2)
    for name, value in zip(
        ("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn2.to_k", "attn2.to_v"), sum(rows, ()), strict=True
    ):
        found[f"transformer_blocks.0.{name}.weight"] = value
    return found


@pytest.mark.parametrize("family", [PixArtSigma(), PixArtAlpha()])
def test_it_is_sized_and_mapped(family: PixArtSigma) -> None:
    network = skeleton(lambda: PixArtTransformer2DModel(**PUBLISHED, use_additional_conditions=family.is_alpha))
    own = state_shapes(network)
    names = LAYOUT.key_map(own)
    assert names.keys() == own.keys()
    shapes = file_shapes(names, own)
    assert ("ar_embedder.mlp.2.bias" in shapes) == family.is_alpha
    assert {"blocks.1.scale_shift_table", "final_layer.scale_shift_table", "t_embedder.mlp.0.weight"} <= shapes.keys()
    again = skeleton(lambda: family.new_network(family.config(shapes)))
    assert state_shapes(again) == own
    tiny = originals.pixart().network
    found = converted(file_tensors(LAYOUT.key_map(state_shapes(tiny)), tiny.state_dict()))
    assert all(torch.equal(tiny.state_dict()[key], value) for key, value in found.items())


@pytest.mark.parametrize("layout", ["original", "diffusers"])
@pytest.mark.parametrize("is_alpha", [False, True])
def test_it_loads_bit_for_bit_and_knows_its_places(tmp_path: Path, is_alpha: bool, layout: str) -> None:
    original = originals.pixart(is_alpha=is_alpha)
    tensors = dict(original.network.state_dict())
    if layout == "original":
        tensors = {**original.transformer(), **originals.beside(is_alpha=is_alpha)}
    header = {"latentloom.transformer": '{"sample_size": 16}'} if layout == "diffusers" else None
    save_file({key: value.contiguous() for key, value in tensors.items()}, tmp_path / "x.safetensors", header)
    found = recognise(SingleFile(tmp_path / "x.safetensors"), "model")
    assert found.family.name == ("pixart_alpha" if is_alpha else "pixart_sigma")
    model = found.family.load_model(found.contents, CPU)
    assert same(model.network, original.network)
    torch.testing.assert_close(model.network.pos_embed.pos_embed, original.network.pos_embed.pos_embed)


@pytest.mark.parametrize("is_alpha", [False, True])
def test_it_is_called_as_diffusers_calls_it(tmp_path: Path, is_alpha: bool) -> None:
    original = originals.pixart(is_alpha=is_alpha)
    tensors = {**original.transformer(), **originals.beside(is_alpha=is_alpha)}
    save_file(tensors, tmp_path / "x.safetensors")
    found = recognise(SingleFile(tmp_path / "x.safetensors"), "model")
    model = found.family.load_model(found.contents, CPU)
    x, words = torch.randn(2, 4, 8, 12), torch.randn(2, 5, originals.TEXT)
    for options, sizes in (({}, (64.0, 96.0)), ({"width": 512, "height": 1024}, (1024.0, 512.0))):
        told = model.inputs(options, "positive", Start(torch.zeros(1, 4, 8, 12)))
        both = {key: value.expand(2, -1) for key, value in told.items()}
        added = {"resolution": None, "aspect_ratio": None}
        if is_alpha:
            added = {"resolution": torch.tensor([sizes] * 2), "aspect_ratio": torch.tensor([[sizes[0] / sizes[1]]] * 2)}
        with torch.no_grad():
            wanted = original.network(
                x, encoder_hidden_states=words, timestep=torch.full((2,), 400), added_cond_kwargs=added
            ).sample[:, :4]
        torch.testing.assert_close(model.predict(x, torch.full((2,), 400.0), words, both), wanted)


def test_its_noise_is_that_of_the_published_scheduler(tmp_path: Path) -> None:
    scheduler = DPMSolverMultistepScheduler(beta_start=0.0001, beta_end=0.02, beta_schedule="linear")
    save_file({**originals.pixart().transformer(), **originals.beside()}, tmp_path / "x.safetensors")
    model = recognise(SingleFile(tmp_path / "x.safetensors"), "model")
    betas = model.family.load_model(model.contents, CPU).betas
    kept = scheduler.alphas_cumprod.double()
    torch.testing.assert_close(sigmas_of(betas), ((1 - kept) / kept).sqrt(), atol=0, rtol=1e-4)
