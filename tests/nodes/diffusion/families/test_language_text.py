"""Language models as text encoders: which one a file holds, read off its keys and shapes."""

from pathlib import Path

import pytest
import torch
from transformers import Gemma2Config, Gemma2Model, LlamaConfig, LlamaModel, Qwen3Config, Qwen3Model

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.language_text import find_language, kind_of, language_config, load_language
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from tests.nodes.diffusion import spoken_originals as originals
from tests.nodes.diffusion.families.test_spoken_families import save
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import write_hollow

CPU = Placement(torch.device("cpu"), torch.float32)
LLAMA = LlamaConfig(
    vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=2, num_attention_heads=32,
    num_key_value_heads=8, head_dim=128, rms_norm_eps=1e-5, rope_parameters=originals.LLAMA_POSITIONS,
)  # fmt: skip
FULL = {
    "gemma2": lambda: Gemma2Model(
        Gemma2Config(num_hidden_layers=2, rope_parameters={"rope_theta": 1e4, "rope_type": "default"})
    ),
    "llama3": lambda: LlamaModel(LLAMA),
}


@pytest.mark.parametrize("kind", FULL)
def test_the_size_of_a_published_model_is_read_off_its_shapes(tmp_path: Path, kind: str) -> None:
    network = skeleton(FULL[kind])
    shapes = {f"model.{key}": shape for key, shape in state_shapes(network).items()}
    ((name, view),) = find_language(SingleFile(write_hollow(tmp_path / "x.safetensors", shapes))).items()
    found = kind_of(view)
    assert found is not None
    assert name == found.name == kind
    read = language_config(found, view, 2)
    beside = ("use_cache", "bos_token_id", "eos_token_id", "max_position_embeddings", "sliding_window")
    wanted = network.config.to_dict()
    assert {key: wanted[key] for key in read if key not in beside} == {k: v for k, v in read.items() if k not in beside}


@pytest.mark.parametrize("layers", [(-1,), (-2,), (1, 2)])
@pytest.mark.parametrize("kind", ["gemma2", "llama3"])
def test_it_gives_what_transformers_gives(tmp_path: Path, kind: str, layers: tuple[int, ...]) -> None:
    build = {"gemma2": originals.gemma2, "llama3": originals.llama3}[kind]
    theirs = originals.seeded(0, build)
    header = originals.IS_LLAMA if kind == "llama3" else {}
    contents = save(tmp_path / "x.safetensors", {f"model.{k}": t for k, t in theirs.state_dict().items()}, header)
    write_language_vocabulary(tmp_path)
    ((_, view),) = find_language(contents).items()
    encoder = load_language(contents, view, CPU, LanguageStyle("<bos>{}", layers, is_normed=layers == (-1,)))
    with torch.no_grad():
        ids = torch.tensor([encoder.vocabulary.ids("<bos>a (cat:1.2)")])
        states = theirs(ids, output_hidden_states=True).hidden_states
    expected = torch.cat([states[layer] for layer in layers], dim=-1)
    assert torch.allclose(encoder.encode("a (cat:1.2)").hidden, expected, atol=1e-4)


def test_weights_move_a_result_away_from_that_of_no_words(tmp_path: Path) -> None:
    theirs = originals.seeded(0, originals.gemma2)
    contents = save(tmp_path / "x.safetensors", {f"model.{k}": t for k, t in theirs.state_dict().items()})
    write_language_vocabulary(tmp_path)
    ((_, view),) = find_language(contents).items()
    encoder = load_language(contents, view, CPU, LanguageStyle("<bos>{}", (-2,), is_weighed=True))
    plain, double = encoder.encode("a cat").hidden, encoder.encode("a (cat:2)").hidden
    begin = encoder.vocabulary.ids("<bos>")
    rows = torch.tensor([begin + [0] * (plain.shape[1] - 1)])
    mask = torch.tensor([[1] + [0] * (plain.shape[1] - 1)])
    with torch.no_grad():
        empty = theirs(rows, attention_mask=mask, output_hidden_states=True).hidden_states[-2]
    assert torch.allclose(double[:, :3], plain[:, :3], atol=1e-5)
    assert torch.allclose(double[:, 3:], (empty + 2 * (plain - empty))[:, 3:], atol=1e-4)
    assert encoder.encode(r"\(").hidden.shape[1] == 2


def test_qwen3_that_sees_is_told_by_the_part_that_sees(tmp_path: Path) -> None:
    network = skeleton(lambda: Qwen3Model(Qwen3Config(hidden_size=64, num_hidden_layers=1, vocab_size=300)))
    shapes = {f"model.language_model.{key}": shape for key, shape in state_shapes(network).items()}
    blind = SingleFile(write_hollow(tmp_path / "a.safetensors", shapes))
    assert find_language(blind).keys() == {"qwen3"}
    seeing = {**shapes, "model.visual.deepstack_merger_list.0.norm.weight": (8,)}
    ((name, view),) = find_language(SingleFile(write_hollow(tmp_path / "b.safetensors", seeing))).items()
    found = kind_of(view)
    assert found is not None
    assert name == found.name == "qwen3_vl"
    assert language_config(found, view, 1)["rope_parameters"]["rope_theta"] == 5e6
