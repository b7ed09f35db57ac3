"""Hunyuan-DiT: found, mapped and called as diffusers does it, and its texts read as transformers reads them."""

from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler, HunyuanDiT2DModel
from diffusers.models.embeddings import get_2d_rotary_pos_embed
from diffusers.pipelines.hunyuandit.pipeline_hunyuandit import get_resize_crop_region_for_grid
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.hunyuan_dit import LAYOUT, HunyuanDit, region
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.prediction import sigmas_of
from nodes.diffusion.types import Start
from tests.nodes.diffusion import hunyuan_dit_originals as originals
from tests.nodes.diffusion.families.test_unet_families import same

CPU = Placement(torch.device("cpu"), torch.float32)
PUBLISHED = {
    "num_attention_heads": 16,
    "attention_head_dim": 88,
    "in_channels": 4,
    "patch_size": 2,
    "hidden_size": 1408,
    "num_layers": 6,
    "mlp_ratio": 4.3637,
}
"""The published size, with fewer blocks."""


def write(folder: Path, tensors: dict[str, Tensor]) -> SingleFile:
    path = folder / "models" / "checkpoints" / "x.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path)
    originals.write_vocabularies(folder / "models" / "tokenizers")
    return SingleFile(path)


@pytest.fixture(scope="module", params=[False, True], ids=["1.2", "1.1"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[SingleFile, bool]:
    original = originals.hunyuan_dit(is_old=request.param)
    return write(tmp_path_factory.mktemp("hunyuan"), originals.checkpoint(original)), request.param


@pytest.mark.parametrize("is_old", [False, True])
def test_it_is_sized_and_mapped(is_old: bool) -> None:
    network = skeleton(lambda: HunyuanDiT2DModel(**PUBLISHED, use_style_cond_and_image_meta_size=is_old))
    own = state_shapes(network)
    names = LAYOUT.key_map(own)
    assert names.keys() == own.keys()
    shapes = file_shapes(names, own)
    assert shapes["blocks.0.attn1.Wqkv.weight"] == (3 * 1408, 1408)
    assert shapes["blocks.5.skip_linear.weight"] == (1408, 2 * 1408)
    assert names["blocks.0.norm2.weight"].key == "blocks.0.norm3.weight"
    assert names["norm_out.linear.weight"].is_swapped
    again = skeleton(lambda: HunyuanDit().new_network(HunyuanDit().config(shapes)))
    assert state_shapes(again) == own


def test_a_checkpoint_holds_every_part(held: tuple[SingleFile, bool]) -> None:
    file, is_old = held
    found, original = recognise(file, "model"), originals.hunyuan_dit(is_old=is_old)
    assert (found.family.name, set(found.parts)) == ("hunyuan_dit", {"model", "clip", "vae"})
    model = found.family.load_model(file, CPU)
    assert same(model.network, original.network)
    schedule = {"beta_start": 0.00085, "beta_end": 0.03 if is_old else 0.018, "beta_schedule": "scaled_linear"}
    kept = DDPMScheduler(**schedule).alphas_cumprod.double()
    torch.testing.assert_close(sigmas_of(model.betas), ((1 - kept) / kept).sqrt(), atol=0, rtol=1e-3)
    assert model.prediction == "v_prediction"


def test_it_is_called_as_diffusers_calls_it(held: tuple[SingleFile, bool]) -> None:
    file, is_old = held
    model = recognise(file, "model").family.load_model(file, CPU)
    x, words, phrases = torch.randn(2, 4, 8, 12), torch.randn(2, 77, 24), torch.randn(2, 256, 32)
    masks = torch.arange(77).expand(2, -1) < 5, torch.arange(256).expand(2, -1) < 9
    wide = torch.cat([torch.nn.functional.pad(words, (0, 8)), phrases], dim=1)
    context = torch.cat([wide, torch.cat(masks, dim=1).float()[..., None]], dim=-1)
    told = model.inputs({"width": 512, "height": 256}, "positive", Start(torch.zeros(1, 4, 8, 12)))
    sizes = torch.tensor([[256.0, 512.0, 64.0, 96.0, 0.0, 0.0]] * 2)
    both = {key: value.expand(2, -1) for key, value in told.items()}
    assert (["sizes"] if is_old else []) == list(both)
    places = get_2d_rotary_pos_embed(4, get_resize_crop_region_for_grid((4, 6), 32), (4, 6), output_type="pt")
    with torch.no_grad():
        wanted = (
            originals.hunyuan_dit(is_old=is_old)
            .network(
                x,
                torch.full((2,), 500.0),
                encoder_hidden_states=words,
                text_embedding_mask=masks[0].float(),
                encoder_hidden_states_t5=phrases,
                text_embedding_mask_t5=masks[1].float(),
                image_meta_size=sizes,
                style=torch.zeros(2, dtype=torch.long),
                image_rotary_emb=places,
            )
            .sample[:, :4]
        )
    found = model.predict(x, torch.full((2,), 500.0), context, both)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    with pytest.raises(DiffusionError, match="cannot be joined"):
        model.predict(x, torch.full((2,), 500.0), context.repeat(1, 2, 1), both)


@pytest.mark.parametrize("grid", [(64, 64), (48, 80), (80, 48), (3, 50)])
def test_places_are_measured_as_diffusers_measures_them(grid: tuple[int, int]) -> None:
    assert region(*grid) == get_resize_crop_region_for_grid(grid, 32)


@torch.no_grad()
def test_texts_are_read_as_transformers_reads_them(held: tuple[SingleFile, bool]) -> None:
    file, is_old = held
    encoder, original = recognise(file, "clip").family.load_clip(file, CPU), originals.hunyuan_dit(is_old=is_old)
    encoded = encoder.encode("a red cat").hidden
    assert encoded.shape == (1, 77 + 256, 33)
    ids = torch.tensor([[2, 4, 5, 6, 3] + [0] * 72])
    wanted = original.texts["hydit_clip"](input_ids=ids, attention_mask=(ids > 0).long()).last_hidden_state
    torch.testing.assert_close(encoded[:, :77, :24], wanted, atol=1e-5, rtol=1e-4)
    assert encoded[0, :77, -1].sum() == 5
    tokens = torch.tensor([[token.content for token in encoder.t5.tokens("a red cat")]])
    count = int(encoded[0, 77:, -1].sum())
    assert tokens[0, count - 1] == 1
    seen = (torch.arange(256) < count).long()[None]
    wanted = original.texts["mt5xl"](input_ids=tokens, attention_mask=seen).last_hidden_state
    torch.testing.assert_close(encoded[:, 77:, :32], wanted, atol=1e-4, rtol=1e-3)


def test_weights_and_each_text_of_its_own_count(held: tuple[SingleFile, bool]) -> None:
    encoder = recognise(held[0], "clip").family.load_clip(held[0], CPU)
    plain, weighted = (encoder.encode(text).hidden for text in ("a red cat", "a (red:1.5) cat"))
    assert torch.equal(plain[0, 0], weighted[0, 0])
    assert not torch.allclose(plain[0, 2], weighted[0, 2])
    apart = encoder.encode({"hydit_clip": "a red cat", "mt5xl": "a blue cat"}).hidden
    assert torch.equal(apart[:, :77], plain[:, :77])
    assert not torch.equal(apart[:, 77:], plain[:, 77:])
    long = encoder.encode("cat " * 400).hidden
    assert long.shape == plain.shape
    assert bool(long[..., -1].all())


def test_a_textual_inversion_for_mt5_counts_as_words(held: tuple[SingleFile, bool], tmp_path: Path) -> None:
    encoder = recognise(held[0], "clip").family.load_clip(held[0], CPU)
    path = tmp_path / "face.safetensors"
    save_file({"mt5xl": torch.randn(3, 32)}, path)
    texts = {"hydit_clip": "a cat", "mt5xl": "embedding:face"}
    found = encoder.encode(texts, find_embedding=lambda name: path).hidden
    assert found[0, 77:, -1].sum() == 4  # three vectors, and the end mark
