"""Lumina 2, AuraFlow, HiDream: maps are those of diffusers, files are known and loaded, calls are as published."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AuraFlowTransformer2DModel,
    HiDreamImageTransformer2DModel,
    Krea2Transformer2DModel,
    Lumina2Transformer2DModel,
)
from diffusers.loaders.single_file_utils import (
    convert_auraflow_transformer_checkpoint_to_diffusers,
    convert_hidream_transformer_to_diffusers,
    convert_krea2_transformer_checkpoint_to_diffusers,
    convert_lumina2_to_diffusers,
)
from safetensors.torch import save_file
from torch import Tensor

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.aura_flow import LAYOUT as AURA_FLOW
from nodes.diffusion.families.aura_flow import AuraFlow
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, TextFiles
from nodes.diffusion.families.hidream import HiDream
from nodes.diffusion.families.known import recognise, recognise_text
from nodes.diffusion.families.krea2 import LAYOUT as KREA2
from nodes.diffusion.families.krea2 import Krea2
from nodes.diffusion.families.layouts import SameLayout
from nodes.diffusion.families.lumina2 import LAYOUT as LUMINA2
from nodes.diffusion.families.lumina2 import Lumina2
from nodes.diffusion.families.qwen_image import TEMPLATE
from nodes.diffusion.families.tokens import packed, unpacked
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.hidream_texts import LLAMA_TEXT
from nodes.diffusion.types import Start
from tests.nodes.diffusion import spoken_originals as originals
from tests.nodes.diffusion.families.test_flow_families import rows_of, striped
from tests.nodes.diffusion.families.test_newer_families import plain, same
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import write_hollow, write_t5_vocabulary

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
HIDREAM = {
    "patch_size": 2,
    "in_channels": 16,
    "out_channels": 16,
    "caption_channels": [4096, 4096],
    "axes_dims_rope": (64, 32, 32),
    "llama_layers": [*range(32), *[31] * 16],
}
FULL: dict[str, tuple[Any, dict[str, Any], Any, Callable[..., dict[str, Tensor]]]] = {
    "lumina2": (Lumina2Transformer2DModel, {"cap_feat_dim": 2304}, LUMINA2, convert_lumina2_to_diffusers),
    "aura_flow": (
        AuraFlowTransformer2DModel,
        {"pos_embed_max_size": 9216},
        AURA_FLOW,
        convert_auraflow_transformer_checkpoint_to_diffusers,
    ),
    "hidream": (HiDreamImageTransformer2DModel, HIDREAM, SameLayout(), convert_hidream_transformer_to_diffusers),
    "krea2": (Krea2Transformer2DModel, {}, KREA2, convert_krea2_transformer_checkpoint_to_diffusers),
}
FEWER: dict[str, dict[str, Any]] = {
    "lumina2": {"num_layers": 3},
    "aura_flow": {"num_mmdit_layers": 2, "num_single_dit_layers": 3},
    "hidream": {"num_layers": 1, "num_single_layers": 2, "llama_layers": [0, 1, 2]},
    "krea2": {"num_layers": 2},
}
"""Files of many gigabytes cannot be mapped everywhere; one with fewer blocks stands for them."""
TINY = {"lumina2": originals.lumina2, "aura_flow": originals.aura_flow, "krea2": originals.krea2}


def save(path: Path, tensors: dict[str, Tensor], header: dict[str, str] | None = None) -> SingleFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.clone().contiguous() for key, tensor in tensors.items()}, path, header)
    return SingleFile(path)


@pytest.mark.parametrize("kind", FULL)
def test_the_full_size_map_is_that_of_diffusers_row_by_row(kind: str) -> None:
    build, config, layout, convert = FULL[kind]
    own = state_shapes(skeleton(lambda: build(**config)))
    ours = layout.key_map(own)
    original = striped({key: (shape[0], *[1] * (len(shape) - 1)) for key, shape in file_shapes(ours, own).items()})
    theirs = convert(dict(original))
    assert theirs.keys() == ours.keys() == own.keys()
    for key, piece in ours.items():
        mine = piece.take(original[piece.key]).reshape(theirs[key].shape)
        assert torch.equal(rows_of(mine), rows_of(theirs[key])), key


@pytest.mark.parametrize("kind", FULL)
def test_a_file_of_full_size_is_known_and_every_weight_finds_its_place(tmp_path: Path, kind: str) -> None:
    build, config, layout, _convert = FULL[kind]
    network = skeleton(lambda: build(**{**config, **FEWER.get(kind, {})}))
    shapes = file_shapes(layout.key_map(state_shapes(network)), state_shapes(network))
    path = write_hollow(tmp_path / "x.safetensors", {f"model.diffusion_model.{key}": s for key, s in shapes.items()})
    found = recognise(SingleFile(path), "model")
    assert found.family.name == kind
    loaded = found.family.load_model(found.contents, NOWHERE).network
    wanted, has = (
        {key: plain(value) for key, value in each.config.items() if key in loaded.config and key[0] != "_"}
        for each in (network, loaded)
    )
    assert has == wanted
    assert state_shapes(loaded) == state_shapes(network)


@pytest.mark.parametrize("kind", TINY)
def test_a_tiny_file_loads_bit_for_bit(tmp_path: Path, kind: str) -> None:
    original = TINY[kind]()
    original.write(tmp_path)
    for name in ("gemma2", "qwen3"):
        write_language_vocabulary(tmp_path / "tokenizers" / name)
    write_t5_vocabulary(tmp_path / "tokenizers" / "pile_t5")
    found = recognise(SingleFile(tmp_path / "diffusion_models" / "x.safetensors"), "model")
    assert found.family.name == kind
    assert same(found.family.load_model(found.contents, CPU).network, original.network)
    text = recognise_text(SingleFile(tmp_path / "text_encoders" / "x.safetensors"), [kind])
    (part,) = text.family.load_clip(text.contents, CPU).parts.values()
    theirs = original.text.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in part.network.state_dict().items())


@pytest.fixture(scope="module")
def hidream(tmp_path_factory: pytest.TempPathFactory) -> tuple[originals.HiDreamOriginal, Any, Any]:
    """A tiny HiDream, its model as loaded, and its text encoders."""
    folder = tmp_path_factory.mktemp("hidream")
    original = originals.hidream()
    files = {
        name: save(folder / "models" / f"{name}.safetensors", tensors, originals.IS_LLAMA if name == "llama" else {})
        for name, tensors in original.files().items()
    }
    write_language_vocabulary(folder / "tokenizers" / "llama3")
    write_t5_vocabulary(folder / "tokenizers" / "t5")
    found = recognise(files["model"], "model")
    assert found.family.name == "hidream"
    texts = TextFiles([files[name] for name in ("llama", "clip_g", "t5xxl", "clip_l")])
    read = recognise_text(texts, ["hidream"])
    return original, found.family.load_model(found.contents, CPU), read.family.load_clip(texts, CPU)


def test_a_tiny_hidream_loads_bit_for_bit(hidream: Any) -> None:
    original, model, texts = hidream
    assert same(model.network, original.network)
    assert texts.parts.keys() == {"clip_l", "clip_g", "t5xxl", "llama3"}
    for name, part in texts.parts.items():
        theirs = original.texts[name.removesuffix("3")].state_dict()
        assert all(torch.equal(value, theirs[key]) for key, value in part.network.state_dict().items()), name


def test_every_layer_of_llama_is_read_as_transformers_reads_it(hidream: Any) -> None:
    original, _, texts = hidream
    encoded = texts.encode("a cat")
    ids = texts.llama.vocabulary.ids("<|begin_of_text|>a cat")
    pad = texts.llama.vocabulary.ids("<|eot_id|>")
    mask = torch.tensor([[1] * len(ids) + [0] * (128 - len(ids))])
    with torch.no_grad():
        output = original.texts["llama"](
            torch.tensor([ids + pad * (128 - len(ids))]), attention_mask=mask, output_hidden_states=True
        )
    expected = torch.stack(output.hidden_states[1:], dim=1)
    spoken = encoded.options[LLAMA_TEXT]
    assert spoken.shape == expected.shape == (1, 3, 128, 64)
    assert torch.allclose(spoken, expected, atol=1e-5)
    assert encoded.hidden.shape == (1, 128, 32)
    assert encoded.pooled is not None
    assert encoded.pooled.shape == (1, 80)


def test_t5_reads_so_much_of_a_text_and_its_clips_as_much_as_they_were_trained_with(hidream: Any) -> None:
    texts = hidream[2]
    assert texts.encode("cat " * 200).hidden.shape == (1, 128, 32)
    assert len(texts.clip_l.windows("cat " * 200)) == 1
    assert texts.clip_l.vocabulary.window == 248


def test_each_text_encoder_may_read_a_text_of_its_own(hidream: Any) -> None:
    texts = hidream[2]
    plainly = dict.fromkeys(("clip_l", "clip_g", "t5xxl", "llama"), "a cat")
    same_text = texts.encode(plainly)
    assert torch.equal(same_text.options[LLAMA_TEXT], texts.encode("a cat").options[LLAMA_TEXT])
    other = texts.encode({**plainly, "llama": "a dog"})
    assert torch.equal(other.hidden, same_text.hidden)
    assert torch.equal(other.pooled, same_text.pooled)
    assert not torch.equal(other.options[LLAMA_TEXT], same_text.options[LLAMA_TEXT])


@pytest.mark.parametrize("size", [(8, 8), (8, 12)])
def test_a_call_of_hidream_is_that_of_its_pipeline(hidream: Any, size: tuple[int, int]) -> None:
    original, model, texts = hidream
    encoded, x, time = texts.encode("a cat"), torch.randn(1, 16, *size), torch.tensor([700.0])
    told = model.inputs({"pooled_output": encoded.pooled, **encoded.options}, "positive", Start(x))
    found = model.predict(x, time, encoded.hidden, told)
    assert found.shape == x.shape
    if size[0] == size[1]:  # for others, the published network adds empty tokens, which are attended to
        with torch.no_grad():
            expected = -original.network(
                x, time, encoded.hidden, encoded.options[LLAMA_TEXT].movedim(1, 0), encoded.pooled, return_dict=False
            )[0]
        assert torch.allclose(found, expected, atol=1e-5)


def test_hidream_edits_a_picture_that_stands_beside_the_latent(hidream: Any) -> None:
    _, model, texts = hidream
    encoded, x = texts.encode("a cat"), torch.randn(1, 16, 8, 8)
    results = []
    for value in (0.0, 1.0):
        options = {"pooled_output": encoded.pooled, **encoded.options, "concat_latent_image": torch.full_like(x, value)}
        told = model.inputs(options, "positive", Start(x))
        results.append(model.predict(x, torch.tensor([700.0]), encoded.hidden, told))
    assert results[0].shape == x.shape
    assert not torch.equal(*results)


def test_hidream_without_llama_says_what_is_missing(hidream: Any) -> None:
    _, model, texts = hidream
    with pytest.raises(DiffusionError, match="QuadrupleCLIPLoader"):
        model.inputs({"pooled_output": texts.encode("a cat").pooled}, "positive", Start(torch.zeros(1, 16, 8, 8)))


def loaded(tmp_path: Path, family: Any, original: Any) -> Any:
    contents = save(tmp_path / "x.safetensors", original.transformer())
    return family.load_model(contents, CPU)


def test_a_call_of_lumina_is_that_of_its_pipeline(tmp_path: Path) -> None:
    original = originals.lumina2()
    model = loaded(tmp_path, Lumina2(), original)
    x, context = torch.randn(1, 16, 8, 12), torch.randn(1, 9, 64)
    mask = torch.ones(1, 12, dtype=torch.long)
    mask[:, 9:] = 0  # the pipeline fills texts up
    filled = torch.cat([context, torch.randn(1, 3, 64)], dim=1)
    with torch.no_grad():
        expected = -original.network(x, torch.tensor([1 - 0.7]), filled, mask, return_dict=False)[0]
    assert torch.allclose(model.predict(x, torch.tensor([0.7]), context, {}), expected, atol=1e-5)
    with pytest.raises(DiffusionError, match="5000 tokens"):
        model.predict(x, torch.tensor([0.7]), torch.zeros(1, 5000, 64), {})
    with torch.no_grad():  # longer than the table of diffusers
        assert model.predict(x, torch.tensor([0.7]), torch.zeros(1, 400, 64), {}).isfinite().all()


def test_a_call_of_aura_flow_is_that_of_its_pipeline(tmp_path: Path) -> None:
    original = originals.aura_flow()
    model = loaded(tmp_path, AuraFlow(), original)
    x, context = torch.randn(1, 4, 8, 12), torch.randn(1, 9, 32)
    with torch.no_grad():
        expected = original.network(x, context, torch.tensor([0.7]), return_dict=False)[0]
    assert torch.allclose(model.predict(x, torch.tensor([0.7]), context, {}), expected, atol=1e-5)
    with pytest.raises(DiffusionError, match="draws up to 128 by 128 pixels"):
        model.predict(torch.zeros(1, 4, 18, 8), torch.tensor([0.7]), context, {})


def test_a_call_of_krea_is_that_of_its_pipeline(tmp_path: Path) -> None:
    original = originals.krea2()
    model = loaded(tmp_path, Krea2(), original)
    x, context = torch.randn(1, 16, 8, 12), torch.randn(1, 9, 2, 64)
    grid = torch.stack(torch.meshgrid(torch.arange(1), torch.arange(4), torch.arange(6), indexing="ij"), dim=-1)
    places = torch.cat([torch.zeros(12, 3), grid.reshape(-1, 3)])
    mask = (torch.arange(12) < 9)[None]
    filled = torch.cat([context, torch.randn(1, 3, 2, 64)], dim=1)  # the pipeline fills texts up
    with torch.no_grad():
        tokens = original.network(
            packed(x, 2), filled, torch.tensor([0.7]), places, encoder_attention_mask=mask, return_dict=False
        )[0]
    expected = unpacked(tokens, 4, 6, 2)
    assert torch.allclose(model.predict(x, torch.tensor([0.7]), context.flatten(2), {}), expected, atol=1e-5)


def test_norms_of_krea_compute_in_full_precision(tmp_path: Path) -> None:
    original = originals.krea2()
    contents = save(tmp_path / "x.safetensors", original.transformer())
    network: Any = Krea2().load_model(contents, Placement(torch.device("cpu"), torch.bfloat16)).network
    norm, x = network.transformer_blocks[0].norm1, torch.randn(3, 64)
    assert norm.weight.dtype == torch.bfloat16
    exact = torch.nn.functional.rms_norm(x, (64,), norm.weight.float() + 1, 1e-5)
    assert torch.allclose(norm(x), exact, atol=1e-6)


def test_krea_reads_every_third_layer(tmp_path: Path) -> None:
    original = originals.krea2()
    contents = save(tmp_path / "text_encoders" / "x.safetensors", original.files()["text_encoders"])
    write_language_vocabulary(tmp_path / "tokenizers" / "qwen3")
    encoder: Any = Krea2().load_clip(contents, CPU)
    assert encoder.name == "qwen3_vl"
    assert encoder.style.layers == (2, 5)
    assert len(encoder.network.layers) == 5
    ids = encoder.vocabulary.ids(TEMPLATE.replace("{}", "a cat"))
    assert encoder.encode("a cat").hidden.shape == (1, len(ids) - 34, 128)


def test_pile_t5_has_marks_of_its_own(tmp_path: Path) -> None:
    contents = save(tmp_path / "text_encoders" / "x.safetensors", originals.aura_flow().files()["text_encoders"])
    write_t5_vocabulary(tmp_path / "tokenizers" / "pile_t5")
    encoder: Any = AuraFlow().load_clip(contents, CPU)
    tokens = [token.content for token in encoder.tokens("a cat")]
    assert tokens == [4, 5, 2, *[1] * 253]
    assert not encoder.encode("a cat").hidden[:, 3:].any()


def test_each_says_which_text_encoders_it_reads() -> None:
    assert HiDream().reads({"llama3": None, "t5xxl": None})  # type: ignore[dict-item]  # names decide
    assert not HiDream().reads({"clip_l": None, "t5xxl": None})  # type: ignore[dict-item]  # as above
    assert Lumina2().reads({"gemma2": None})  # type: ignore[dict-item]  # as above
    assert not Lumina2().reads({"qwen3": None})  # type: ignore[dict-item]  # as above
