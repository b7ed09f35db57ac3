"""How LTX-2 reads texts: as diffusers' pipeline, which fills them up on the left."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from safetensors.torch import save_file

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.families.known import recognise_text
from nodes.diffusion.families.ltx2_layout import connectors_config, connectors_map
from nodes.diffusion.families.ltx2_texts import Ltx2Texts
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import ltx2_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)
RENAMED = {
    "video_embeddings_connector": "video_connector",
    "audio_embeddings_connector": "audio_connector",
    "transformer_1d_blocks": "transformer_blocks",
    "text_embedding_projection.audio_aggregate_embed": "audio_text_proj_in",
    "text_embedding_projection.video_aggregate_embed": "video_text_proj_in",
    "text_embedding_projection.aggregate_embed": "text_proj_in",
    "q_norm": "norm_q",
    "k_norm": "norm_k",
}
"""As diffusers' script converts the connectors."""


@pytest.mark.parametrize("version", originals.VERSIONS)
def test_the_connectors_are_named_and_built_as_published(version: str) -> None:
    for config, words in ((originals.CONNECTORS[version], 3840), (originals.connectors_config(version), 128)):
        network = skeleton(lambda: LTX2TextConnectors(**config))  # noqa: B023 - called at once
        own = state_shapes(network)
        names = connectors_map(own)
        for key, piece in names.items():
            theirs = piece.key
            for old, new in RENAMED.items():
                theirs = theirs.replace(old, new)
            assert theirs == key
        found = connectors_config(file_shapes(names, own), words)
        assert {key: network.config[key] for key in found} == found


@pytest.fixture(scope="module", params=originals.VERSIONS)
def texts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ltx2Texts, Any]:
    original = originals.ltx2(request.param)
    folder = tmp_path_factory.mktemp("texts")
    original.write(folder)
    files = (folder / "text_encoders" / "x.safetensors", folder / "checkpoints" / "x.safetensors")
    found = recognise_text(open_contents(*files), ("ltx2",))
    encoder = found.family.load_clip(found.contents, CPU)
    assert isinstance(encoder, Ltx2Texts)
    return encoder, original


def test_texts_are_read_as_diffusers_reads_them(texts: tuple[Ltx2Texts, Any]) -> None:
    encoder, original = texts
    ids = encoder.language.vocabulary.ids("<bos>a cat sings")
    assert ids[1:] == encoder.language.vocabulary.ids("a cat sings")
    filled = torch.tensor([[0] * (1024 - len(ids)) + ids])
    mask = torch.tensor([[0] * (1024 - len(ids)) + [1] * len(ids)])
    with torch.no_grad():
        output = original.text(input_ids=filled, attention_mask=mask, output_hidden_states=True)
        hidden = torch.stack(output.hidden_states, dim=-1).flatten(2, 3)
        video, sound, _ = original.connectors(hidden, mask)
    found = encoder.encode("a cat sings").hidden
    torch.testing.assert_close(found, torch.cat([video, sound], dim=-1), atol=1e-4, rtol=1e-3)


def test_long_texts_are_filled_up_to_whole_registers(texts: tuple[Ltx2Texts, Any]) -> None:
    found = texts[0].encode("a" * 1030).hidden
    assert found.shape[1] == 1032


def test_loras_find_both_networks(texts: tuple[Ltx2Texts, Any]) -> None:
    assert set(texts[0].parts) == {"gemma3", "connectors"}


def test_a_file_without_connectors_is_no_text_encoder_of_it(tmp_path: Path) -> None:
    save_file({key: value.clone() for key, value in originals.ltx2().gemma().items()}, tmp_path / "g.safetensors")
    with pytest.raises(Exception, match="cannot be read as the text encoder of LTX-2"):
        recognise_text(open_contents(tmp_path / "g.safetensors"), ("ltx2",))
