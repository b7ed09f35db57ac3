"""The part of Gemma 3 that sees: it sees, and its tokens look at each other, as transformers has it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import Gemma3Config, Gemma3Model

from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.text.generation import Request, write
from nodes.diffusion.text.language import Looked, with_pictures
from nodes.diffusion.text.unigram import read_vocabulary_file
from nodes.diffusion.types import ClipHandle, ModelSource
from nodes.diffusion.vision.gemma import SOFT, eyes_config, find_gemma_eyes, load_gemma_eyes, seeing_masks
from tests.nodes.diffusion import ltx2_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
IMAGE = 299
"""A token that stands for a part of a picture."""


@pytest.fixture(scope="module")
def whole() -> Any:
    """A tiny Gemma 3 of transformers, with the parts of the tiny file."""
    original = originals.ltx2()
    config = Gemma3Config(
        vision_config=original.eyes.config,
        text_config=original.text.config,
        mm_tokens_per_image=64,
        image_token_index=IMAGE,
    )
    network = Gemma3Model(config).eval()
    network.language_model.load_state_dict(original.text.state_dict())
    network.vision_tower.load_state_dict(original.eyes.state_dict())
    network.multi_modal_projector.load_state_dict(original.projector.state_dict())
    return network


@pytest.mark.parametrize("prefix", ["", "model.vision_tower."])
def test_pictures_are_seen_as_transformers_sees_them(tmp_path: Path, whole: Any, prefix: str) -> None:
    before = "model." if prefix else ""
    tensors = {}
    for key, value in originals.ltx2().gemma().items():
        if key.startswith("vision_model."):
            key = prefix + key
        elif key.startswith("multi_modal_projector."):
            key = before + key
        tensors[key] = value.clone().contiguous()
    save_file(tensors, tmp_path / "g.safetensors")
    view = find_gemma_eyes(SingleFile(tmp_path / "g.safetensors"))
    assert view is not None
    assert eyes_config(view)["image_size"] == 32
    eyes = load_gemma_eyes(view, CPU)
    image = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    found = eyes.look(image)
    with torch.no_grad():
        wanted = whole.get_image_features(image.movedim(-1, 1) * 2 - 1).pooler_output[0]
    torch.testing.assert_close(found.tokens, wanted)
    assert (found.rows, found.columns) == (8, 8)
    assert eyes.look(torch.rand(1, 50, 20, 4)).tokens.shape == found.tokens.shape


def test_a_file_without_it_sees_nothing(tmp_path: Path) -> None:
    tensors = {key: value for key, value in originals.ltx2().gemma().items() if key.startswith("model.")}
    save_file({key: value.clone() for key, value in tensors.items()}, tmp_path / "g.safetensors")
    assert find_gemma_eyes(SingleFile(tmp_path / "g.safetensors")) is None


@pytest.mark.parametrize("window", [1024, 30])
def test_texts_with_pictures_are_read_as_transformers_reads_them(whole: Any, window: int) -> None:
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    text = [2, 40, *[IMAGE] * 64, 50, *[IMAGE] * 64, 60, 61]
    ids = torch.tensor([text])
    reader = whole.language_model
    before, reader.config.sliding_window = reader.config.sliding_window, window
    with torch.no_grad():
        wanted = whole(input_ids=ids, pixel_values=pixels, token_type_ids=(ids == IMAGE).long()).last_hidden_state
        seen = [Looked(tokens, 8, 8) for tokens in whole.get_image_features(pixels).pooler_output]
        short = [2, 40, IMAGE, 50, IMAGE, 60, 61]
        marks = [token == IMAGE for token in short]
        vectors, _ = with_pictures(reader.embed_tokens(torch.tensor(short)), marks, seen)
        masks = seeing_masks(marks, seen, window, vectors)
        found = reader(inputs_embeds=vectors[None], attention_mask=masks, use_cache=False).last_hidden_state
    reader.config.sliding_window = before
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_what_is_written_about_a_picture_is_what_transformers_writes(tmp_path: Path, whole: Any) -> None:
    originals.ltx2().write(tmp_path)
    clip = ClipHandle(ModelSource(tmp_path / "text_encoders" / "x.safetensors", "clip", "ltx2"))
    image = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(0))
    models = ModelRegistry("cpu", budget_bytes=1 << 30, precision="fp32")
    found = write(models, clip, Request("What is it?", 6, pictures=[image]))
    vocabulary = read_vocabulary_file(tmp_path / "tokenizers" / "gemma3" / "tokenizer.json")
    picture = f"\n\n<start_of_image>{SOFT * 64}<end_of_image>\n\n"
    opening = vocabulary.ids(f"<bos><start_of_turn>user\n{picture}What is it?<end_of_turn>\n<start_of_turn>model\n")
    soft, ids = vocabulary.mark(SOFT), list(opening)
    with torch.no_grad():
        while len(ids) < len(opening) + 6:
            shown = torch.tensor([[IMAGE if token == soft else token for token in ids]])
            hidden = whole(
                input_ids=shown,
                pixel_values=image.movedim(-1, 1) * 2 - 1,
                token_type_ids=(shown == IMAGE).long(),
            ).last_hidden_state[0, -1]
            ids.append(int((hidden @ whole.language_model.embed_tokens.weight.T).argmax()))
    assert found == vocabulary.text(ids[len(opening) :])
