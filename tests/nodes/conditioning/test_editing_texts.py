"""Prompts about pictures: Qwen2.5-VL sees them, and Qwen-Image looks at them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from nodes.conditioning import editing_texts
from nodes.conditioning.editing_texts import encode_edit, encode_edit_plus
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.picture_texts import EDITING, ONE, STYLE, sized
from nodes.diffusion.vision.libraries import new_qwen_vision
from nodes.diffusion.vision.qwen import eyes_config, find_eyes, fitted_size, load_eyes, squares_of
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from tests.nodes.diffusion import newer_originals, originals
from tests.nodes.house import House, is_picture

SMALL = 128 * 128
CPU = Placement(torch.device("cpu"), torch.float32)
SPECIAL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
IMAGE = torch.rand(1, 56, 84, 3, generator=torch.Generator().manual_seed(3))
TEXT = {
    "vocab_size": 300,
    "hidden_size": 128,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
    "bos_token_id": None,
    "eos_token_id": None,
}
VISION = {"depth": 2, "hidden_size": 64, "intermediate_size": 80, "out_hidden_size": 128, "fullatt_block_indexes": []}


def write_vocabulary(folder: Path) -> Tokenizer:
    """A vocabulary in which each byte is a token, with the marks of pictures."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in SPECIAL])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def whole(mark: int) -> Qwen2_5_VLModel:
    """A tiny Qwen2.5-VL."""
    config = Qwen2_5_VLConfig(text_config=TEXT, vision_config=VISION, image_token_id=mark)
    return originals.seeded(4, lambda: newer_originals.alive(Qwen2_5_VLModel(config)))


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("edit"))
    newer_originals.qwen_image().write(house.folder)
    tokenizer = write_vocabulary(house.folder / "tokenizers" / "qwen2.5")
    state = whole(tokenizer.token_to_id("<|image_pad|>")).state_dict()
    named = {
        f"model.{k.removeprefix('language_model.')}" if k.startswith("language_model.") else k: v
        for k, v in state.items()
    }
    save_file(
        {key: value.contiguous().clone() for key, value in named.items()},
        house.folder / "text_encoders" / "vl.safetensors",
    )
    return house


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million pixels are many for a test."""
    monkeypatch.setattr("nodes.conditioning.editing_texts.DRAWN", SMALL)


@pytest.fixture
def clip(house: House):
    return load_clip("vl.safetensors", "qwen_image", **house.files)


def test_squares_are_those_of_the_processor_of_transformers() -> None:
    for height, width in ((56, 84), (112, 56), (84, 84)):
        pixels = (torch.rand(height, width, 3, generator=torch.Generator().manual_seed(1)) * 255).round()
        processor = Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=12845056)
        found = processor(images=[pixels.byte().numpy()], return_tensors="pt")
        squares, rows, columns = squares_of(pixels[None] / 255, 14)
        assert found["image_grid_thw"].tolist() == [[1, rows, columns]]
        torch.testing.assert_close(squares, found["pixel_values"], atol=2e-2, rtol=0)


@pytest.mark.parametrize(
    ("size", "wanted"), [((56, 84), (56, 84)), ((60, 70), (56, 56)), ((10, 10), (56, 56)), ((9000, 3000), (6188, 2044))]
)
def test_sides_are_whole_tokens_and_neither_too_few_nor_too_many(size, wanted) -> None:
    assert fitted_size(*size, 28) == wanted


@torch.no_grad()
def test_a_prompt_with_a_picture_is_read_as_transformers_reads_it(house: House, clip) -> None:
    with house.models.use_clip(clip) as encoder:
        vocabulary = encoder.vocabulary
    mark = vocabulary.ids("<|image_pad|>")[0]
    theirs, prompt = whole(mark), "make it blue"
    ((found, _),) = encode_edit(clip, prompt, None, IMAGE, models=house.models)
    squares, rows, columns = squares_of(sized(IMAGE, SMALL), 14)
    ids = vocabulary.ids(EDITING.replace("{}", ONE + prompt))
    at = ids.index(mark)
    ids[at : at + 1] = [mark] * (rows * columns // 4)
    tokens = torch.tensor([ids])
    output = theirs(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        pixel_values=squares,
        image_grid_thw=torch.tensor([[1, rows, columns]]),
        mm_token_type_ids=(tokens == mark).int(),
        output_hidden_states=True,
    )
    wanted = output.hidden_states[-1][:, STYLE.skipped :]
    assert found.shape == wanted.shape
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-3)


def test_pictures_have_the_sizes_that_the_models_were_trained_with() -> None:
    assert editing_texts.SEEN == 384 * 384
    assert sized(IMAGE, 1024 * 1024).shape == (1, 836, 1254, 3)
    assert sized(IMAGE, 1024 * 1024, 8).shape == (1, 840, 1256, 3)


def test_pictures_change_the_text_and_are_looked_at(house: House, clip) -> None:
    vae = load_vae("x.safetensors", **house.files)
    plain = encode_edit(clip, "a cat", models=house.models)
    seen = encode_edit(clip, "a cat", vae, IMAGE, models=house.models)
    assert "reference_latents" not in plain[0][1]
    assert [tuple(each.shape[-2:]) for each in seen[0][1]["reference_latents"]] == [(13, 19)]
    two = encode_edit_plus(clip, "a cat", vae, IMAGE, None, 1 - IMAGE, models=house.models)
    assert len(two[0][1]["reference_latents"]) == 2
    assert "reference_latents" not in encode_edit_plus(clip, "a cat", None, IMAGE, models=house.models)[0][1]
    other = encode_edit_plus(clip, "a cat", None, 1 - IMAGE, models=house.models)
    assert not torch.equal(other[0][0], encode_edit_plus(clip, "a cat", None, IMAGE, models=house.models)[0][0])


def test_a_picture_is_edited_through_the_nodes(house: House, clip) -> None:
    model, vae = (
        load_diffusion_model("x.safetensors", "default", **house.files),
        load_vae("x.safetensors", **house.files),
    )
    text = encode_edit_plus(clip, "a cat", vae, IMAGE, models=house.models)
    latent = {"samples": torch.zeros(1, 16, 8, 8)}
    found = house.sample(model, text, encode_edit(clip, "", models=house.models), latent)
    assert is_picture(house.decode(found, vae))


def test_a_text_encoder_without_the_part_that_sees_is_refused(house: House) -> None:
    blind = load_clip("x.safetensors", "qwen_image", **house.files)
    with pytest.raises(DiffusionError, match=r"x\.safetensors cannot look at pictures"):
        encode_edit(blind, "a cat", None, IMAGE, models=house.models)


@torch.no_grad()
def test_the_part_that_sees_is_read_bit_for_bit(house: House) -> None:
    path = house.folder / "text_encoders" / "vl.safetensors"
    view = find_eyes(open_contents(path))
    eyes, file = load_eyes(view, CPU), load_file(path)
    assert all(torch.equal(value, file[f"visual.{key}"]) for key, value in eyes.network.state_dict().items())
    assert eyes.look(IMAGE).tokens.shape == (6, 128)


def test_the_configuration_of_the_published_size_is_read_from_shapes() -> None:
    network = skeleton(lambda: new_qwen_vision({"hidden_size": 1280}))

    class Shapes:
        shapes = state_shapes(network)

    found = eyes_config(Shapes())
    assert state_shapes(skeleton(lambda: new_qwen_vision(found))) == Shapes.shapes
    assert tuple(found["fullatt_block_indexes"]) == network.config.fullatt_block_indexes
    same = {key: value for key, value in found.items() if key != "fullatt_block_indexes"}
    assert {key: getattr(network.config, key) for key in same} == same
