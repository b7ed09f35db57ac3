import math
from pathlib import Path

import pytest
import torch
from blake3 import blake3
from safetensors.torch import save_file

from graph.folders import Folders
from graph.topology import GraphNode
from nodes.conditioning.text_encoding import encode_prompt, inversions_of, set_last_layer
from nodes.diffusion.models import ModelRegistry
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def registry() -> ModelRegistry:
    return ModelRegistry("cpu", budget_bytes=1 << 30)


@pytest.fixture(scope="module")
def clip(registry, tmp_path_factory):
    return registry.checkpoint(tiny.write_folder(tmp_path_factory.mktemp("m") / "m")).clip


@pytest.fixture
def services(registry, tmp_path: Path) -> dict:
    return {"models": registry, "folders": Folders(data=tmp_path / "data", models=[tmp_path / "models"])}


def test_a_prompt_becomes_one_conditioning(clip, services):
    ((encoded, options),) = encode_prompt("a red circle", clip, **services)
    assert encoded.shape == (1, 77, tiny.WIDTH)
    assert options["pooled_output"].shape == (1, tiny.WIDTH)


def test_an_earlier_layer_gives_another_result(clip, services):
    skipped = set_last_layer(clip, -2)
    assert skipped.source == clip.source
    ((last, _),), ((earlier, _),) = (encode_prompt("a cat", each, **services) for each in (clip, skipped))
    ((again, _),) = encode_prompt("a cat", set_last_layer(skipped, -1), **services)
    assert not torch.allclose(last, earlier)
    assert torch.equal(last, again)


@pytest.mark.parametrize("place", ["mine.safetensors", "sub/mine.safetensors"])
def test_textual_inversions_come_from_their_folder(clip, services, tmp_path, place):
    path = tmp_path / "models" / "embeddings" / place
    path.parent.mkdir(parents=True)
    save_file({"emb_params": torch.ones(2, tiny.WIDTH)}, path)
    ((with_it, _),) = encode_prompt("a embedding:mine", clip, **services)
    ((without, _),) = encode_prompt("a", clip, **services)
    assert not torch.allclose(with_it, without)


@pytest.mark.parametrize("name", ["../secret", "none", "/etc/passwd", "a:b"])
def test_what_is_not_in_the_folder_is_left_out(clip, services, caplog, name):
    ((encoded, _),) = encode_prompt(f"a embedding:{name}", clip, **services)
    ((without, _),) = encode_prompt("a", clip, **services)
    assert torch.equal(encoded, without)
    assert name in caplog.text


def test_a_prompt_with_a_textual_inversion_is_encoded_anew_each_time():
    changes = encode_prompt.__node__.fingerprint
    assert math.isnan(changes(text="a embedding:x", clip=None))
    assert changes(text="a cat", clip=None) == changes(text=None, clip=None)


def test_the_textual_inversions_of_a_text_are_named_with_their_content(services, tmp_path):
    path = tmp_path / "models" / "embeddings" / "sub" / "mine.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"vectors")
    spec = encode_prompt.__node__.spec
    text = "(a embedding:mine, on:1.2) embedding:none embedding:"
    found = inversions_of(services["folders"], GraphNode("1", spec, {"text": text, "clip": None}, {}))
    assert found == {"embeddings/sub/mine.safetensors": blake3(b"vectors").hexdigest()}
    assert inversions_of(services["folders"], GraphNode("1", spec, {"text": "a cat"}, {})) == {}
