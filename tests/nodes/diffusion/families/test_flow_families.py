"""Stable Diffusion 3 and Flux: found, loaded bit for bit, of full size, and mapped as diffusers maps them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ChromaTransformer2DModel, FluxTransformer2DModel, SD3Transformer2DModel
from diffusers.loaders.single_file_utils import (
    convert_chroma_transformer_checkpoint_to_diffusers,
    convert_flux_transformer_checkpoint_to_diffusers,
    convert_sd3_transformer_checkpoint_to_diffusers,
)
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import DiffusionError, ModelFileError
from nodes.diffusion.families.building import gather, skeleton, state_shapes
from nodes.diffusion.families.chroma import LAYOUT as CHROMA
from nodes.diffusion.families.contents import SingleFile, open_contents
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.sd3_layout import LAYOUT as SD3
from nodes.diffusion.families.tokens import packed, unpacked
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start
from tests.nodes.diffusion import originals

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
FULL: dict[str, tuple[Any, dict[str, Any], Any, Any, int]] = {
    "sd3": (SD3Transformer2DModel, originals.SD3_MEDIUM, SD3, convert_sd3_transformer_checkpoint_to_diffusers, 491),
    "sd3 large": (SD3Transformer2DModel, originals.SD35_LARGE, SD3, convert_sd3_transformer_checkpoint_to_diffusers, 0),
    "sd3 medium 3.5": (
        SD3Transformer2DModel,
        originals.SD35_MEDIUM,
        SD3,
        convert_sd3_transformer_checkpoint_to_diffusers,
        0,
    ),
    "flux dev": (
        FluxTransformer2DModel,
        originals.FLUX_DEV,
        FLUX,
        convert_flux_transformer_checkpoint_to_diffusers,
        780,
    ),
    "chroma": (ChromaTransformer2DModel, {}, CHROMA, convert_chroma_transformer_checkpoint_to_diffusers, 0),
    "flux schnell": (FluxTransformer2DModel, {}, FLUX, convert_flux_transformer_checkpoint_to_diffusers, 776),
}
TINY = {
    "sd3": originals.sd3,
    "sd3 large": lambda seed: originals.sd3(seed, "large"),
    "sd3 medium 3.5": lambda seed: originals.sd3(seed, "medium 3.5"),
    "flux dev": originals.flux,
    "flux schnell": lambda seed: originals.flux(seed, guidance=False),
    "flux depth": lambda seed: originals.flux(seed, 128),
    "chroma": originals.chroma,
    "flux fill": lambda seed: originals.flux(seed, 384),
}


def same(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = network.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def striped(shapes: Any) -> dict[str, Tensor]:
    """Each row of each tensor is one number, which stands in no other row; columns take no memory."""
    start, found = 0, {}
    for key, shape in shapes.items():
        rows = torch.arange(start, start + shape[0], dtype=torch.float64)
        start += shape[0]
        found[key] = rows.reshape(-1, *[1] * (len(shape) - 1)).expand(shape)
    return found


def rows_of(tensor: Tensor) -> Tensor:
    return tensor.reshape(tensor.shape[0], -1)[:, 0]


@pytest.mark.parametrize("kind", FULL)
def test_the_full_size_map_is_that_of_diffusers_row_by_row(kind: str) -> None:
    build, config, layout, convert, count = FULL[kind]
    network = skeleton(lambda: build(**config))
    own = state_shapes(network)
    shapes = file_shapes(layout.key_map(own), own)
    assert count in (0, len(shapes))
    original = striped({key: (shape[0], 1) if len(shape) == 2 else (shape[0],) for key, shape in shapes.items()})
    theirs = convert(dict(original))
    ours = layout.key_map(own)
    assert theirs.keys() == ours.keys()
    for key, piece in ours.items():
        assert torch.equal(rows_of(piece.take(original[piece.key])), rows_of(theirs[key])), key


@pytest.mark.parametrize("kind", FULL)
def test_a_file_of_full_size_is_known_and_every_weight_finds_its_place(tmp_path: Path, kind: str) -> None:
    build, config, layout, _convert, _count = FULL[kind]
    network = skeleton(lambda: build(**config))
    own = state_shapes(network)
    path = originals.write_hollow(tmp_path / "x.safetensors", file_shapes(layout.key_map(own), own))
    found = recognise(open_contents(path), "model")
    assert found.family.name == kind.split()[0]
    loaded = found.family.load_model(found.contents, NOWHERE).network
    wanted = {key: network.config[key] for key in loaded.config if not key.startswith("_") and key != "sample_size"}
    assert {key: loaded.config[key] for key in wanted} == {
        **wanted,
        "out_channels": wanted["out_channels"] or wanted["in_channels"],
    }


@pytest.mark.parametrize("layout", ["whole", "original", "diffusers"])
@pytest.mark.parametrize("kind", TINY)
def test_tiny_files_load_bit_for_bit(tmp_path: Path, kind: str, layout: str) -> None:
    original = TINY[kind](seed=1)
    path = tmp_path / "x.safetensors"
    metadata = {"latentloom.transformer": '{"axes_dims_rope": [4, 14, 14]}'} if not kind.startswith("sd3") else None
    if layout == "whole":
        original.write(path, metadata)
    else:
        state = original.network.state_dict()
        tensors = original.transformer() if layout == "original" else {k: t.contiguous() for k, t in state.items()}
        save_file(tensors, path, metadata)
    contents = SingleFile(path)
    found = recognise(contents, "model")
    assert set(found.parts) == ({"model", "clip", "vae"} if layout == "whole" else {"model"})
    assert same(found.family.load_model(contents, CPU).network, original.network)
    if layout == "whole":
        assert same(found.family.load_vae(contents, CPU).network, original.vae)
        originals.write_t5_vocabulary(tmp_path / "t5")
        parts = found.family.load_clip(contents, CPU).parts
        assert parts.keys() == original.texts.keys()
        for name in set(parts) - {"clip_l"}:  # CLIP-L sums nothing up through its last matrix
            assert same(parts[name].network, original.texts[name]), name


def test_without_its_vocabulary_t5_says_where_to_put_it(tmp_path: Path) -> None:
    contents = SingleFile(originals.flux().write(tmp_path / "models" / "checkpoints" / "x.safetensors"))
    with pytest.raises(ModelFileError, match=r"Put the file tokenizer\.json .* into .*models/tokenizers/t5"):
        recognise(contents, "clip").family.load_clip(contents, CPU)


def test_a_vocabulary_inside_the_file_is_used(tmp_path: Path) -> None:
    original = originals.flux()
    data = originals.write_t5_vocabulary(tmp_path / "elsewhere").read_bytes()
    held = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    (tmp_path / "m").mkdir()
    tensors = {**original.tensors(), "text_encoders.t5xxl.transformer.spiece_model": held}
    save_file(tensors, tmp_path / "m" / "x.safetensors")
    contents = SingleFile(tmp_path / "m" / "x.safetensors")
    encoder = recognise(contents, "clip").family.load_clip(contents, CPU)
    assert encoder.t5.vocabulary.ids("a cat") == [4, 5]


def test_models_that_are_told_guidance_must_be_told_it(tmp_path: Path) -> None:
    contents = SingleFile(originals.flux().write(tmp_path / "x.safetensors"))
    model = recognise(contents, "model").family.load_model(contents, CPU)
    start = Start(torch.zeros(1, 16, 8, 8))
    assert model.inputs({}, "positive", start)["guidance"].tolist() == [3.5]
    assert model.inputs({"guidance": 2.0}, "positive", start)["guidance"].tolist() == [2.0]
    with pytest.raises(DiffusionError, match="FluxDisableGuidance"):
        model.inputs({"guidance": None}, "positive", start)
    with pytest.raises(DiffusionError, match="summed up in 48 numbers"):
        model.inputs({"pooled_output": torch.zeros(1, 48)}, "positive", start)


def test_sides_need_not_be_whole_tokens(tmp_path: Path) -> None:
    for original in (originals.sd3(), originals.flux()):
        contents = SingleFile(original.write(tmp_path / "x.safetensors"))
        model = recognise(contents, "model").family.load_model(contents, CPU)
        x, context = torch.randn(1, 16, 7, 5), torch.randn(1, 9, 96)
        told = model.inputs({}, "positive", Start(x))
        assert model.predict(x, torch.tensor([0.5]), context, told).shape == x.shape


def test_tokens_are_squares_of_cells() -> None:
    x = torch.randn(2, 3, 4, 6)
    tokens = packed(x, 2)
    assert tokens.shape == (2, 6, 12)
    assert torch.equal(tokens[:, 1].reshape(2, 3, 2, 2), x[..., :2, 2:4])
    assert torch.equal(unpacked(tokens, 2, 3, 2), x)


def test_what_fills_sees_the_picture_and_each_pixel_of_the_mask(tmp_path: Path) -> None:
    contents = SingleFile(originals.flux(in_channels=384).write(tmp_path / "x.safetensors"))
    model = recognise(contents, "model").family.load_model(contents, CPU)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 3, 10] = 1.0
    options = {"concat_latent_image": torch.full((1, 16, 8, 8), 0.5), "concat_mask": mask}
    overlay = model.inputs(options, "positive", Start(torch.zeros(1, 16, 8, 8)))["overlay"]
    assert overlay.shape == (1, 80, 8, 8)
    assert torch.allclose(overlay[:, :16], torch.tensor((0.5 - 0.1159) * 0.3611))
    assert overlay[:, 16:].nonzero().tolist() == [[0, 3 * 8 + 2, 0, 1]]


def test_gathering_reads_nothing(tmp_path: Path) -> None:
    network = skeleton(lambda: FluxTransformer2DModel())
    own = state_shapes(network)
    weights = gather(network, FLUX.key_map(own), file_shapes(FLUX.key_map(own), own), lambda key: pytest.fail("read"))
    assert len(weights) == len(own)
