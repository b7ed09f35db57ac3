import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.vocabulary import bundled_vocabulary
from tests.nodes.diffusion import tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def encoder() -> ClipTextEncoder:
    network = tiny.build(seed=3).text_encoder.requires_grad_(False)
    return ClipTextEncoder(network, bundled_vocabulary(49408), CPU, torch.float32)


def ids_of(encoder: ClipTextEncoder, text: str) -> torch.Tensor:
    (window,) = encoder.windows(text)
    return torch.tensor([[token.content for token in window.tokens]])


def test_a_plain_prompt_is_what_transformers_gives(encoder):
    output = encoder.network(ids_of(encoder, "a red circle"), output_hidden_states=True)
    encoded = encoder.encode("a red circle")
    assert encoded.hidden.shape == (1, 77, tiny.WIDTH)
    assert torch.allclose(encoded.hidden, output.last_hidden_state, atol=1e-5)
    assert torch.allclose(encoded.pooled, output.pooler_output, atol=1e-5)


@pytest.mark.parametrize(("layer", "index"), [(-1, 3), (-2, 2), (-3, 1), (-4, 3), (-24, 3), (None, 3)])
def test_an_earlier_layer_is_normalised_like_the_last(encoder, layer, index):
    output = encoder.network(ids_of(encoder, "a cat"), output_hidden_states=True)
    expected = encoder.network.final_layer_norm(output.hidden_states[index])
    encoded = encoder.encode("a cat", stop_at_layer=layer)
    assert torch.allclose(encoded.hidden, expected, atol=1e-5)
    assert torch.allclose(encoded.pooled, output.pooler_output, atol=1e-5)  # always of the last layer


def test_weights_move_results_away_from_those_of_the_empty_prompt(encoder):
    plain, empty = encoder.encode("a red cat").hidden, encoder.encode("").hidden
    weighted = encoder.encode("a (red:1.5) cat").hidden
    assert torch.allclose(weighted[0, 2], empty[0, 2] + 1.5 * (plain[0, 2] - empty[0, 2]), atol=1e-5)
    others = [position for position in range(77) if position != 2]
    assert torch.allclose(weighted[0, others], plain[0, others], atol=1e-5)


def test_weight_one_changes_nothing_and_weight_zero_leaves_the_empty_prompt(encoder):
    assert torch.equal(encoder.encode("a (red:1.0) cat").hidden, encoder.encode("a red cat").hidden)
    assert torch.allclose(encoder.encode("(red:0.0)").hidden[0, 1], encoder.encode("").hidden[0, 1], atol=1e-6)


def test_weights_do_not_change_the_sum_of_the_text(encoder):
    assert torch.allclose(encoder.encode("a (red:2) cat").pooled, encoder.encode("a red cat").pooled, atol=1e-5)


def test_long_prompts_are_windows_one_after_the_other(encoder):
    encoded = encoder.encode("cat " * 75 + "dog")
    assert encoded.hidden.shape == (1, 154, tiny.WIDTH)
    first = encoder.encode("cat " * 75)
    assert torch.allclose(encoded.hidden[:, :77], first.hidden, atol=1e-5)
    assert torch.allclose(encoded.hidden[:, 77:], encoder.encode("dog").hidden, atol=1e-5)
    assert torch.allclose(encoded.pooled, first.pooled, atol=1e-5)


def test_a_textual_inversion_stands_for_the_words_whose_vectors_it_has(encoder, tmp_path):
    table = encoder.network.embeddings.token_embedding.weight
    vectors = table[torch.tensor(encoder.vocabulary.ids("red cat"))].clone()
    save_file({"emb_params": vectors}, tmp_path / "pet.safetensors")
    find = {"pet.safetensors": tmp_path / "pet.safetensors"}.get
    spliced = encoder.encode("a embedding:pet jumps", find_embedding=find)
    plain = encoder.encode("a red cat jumps")
    assert torch.allclose(spliced.hidden, plain.hidden, atol=1e-5)
    assert torch.allclose(spliced.pooled, plain.pooled, atol=1e-5)


def test_a_weighted_textual_inversion_counts_more(encoder, tmp_path):
    save_file({"emb_params": torch.ones(1, tiny.WIDTH)}, tmp_path / "x.safetensors")
    find = {"x.safetensors": tmp_path / "x.safetensors"}.get
    tokens = encoder.windows("(embedding:x:1.4) cat", find)[0].tokens
    assert [token.weight for token in tokens[:3]] == [1.0, 1.4, 1.0]
    assert isinstance(tokens[1].content, torch.Tensor)


def test_a_missing_textual_inversion_is_left_out(encoder, caplog):
    encoded = encoder.encode("a embedding:none cat", find_embedding=lambda name: None)
    assert torch.equal(encoded.hidden, encoder.encode("a cat").hidden)


def test_encoding_changes_nothing_in_the_network(encoder):
    before = encoder.network.embeddings.token_embedding.weight.clone()
    encoder.encode("a (cat:1.2)")
    assert torch.equal(before, encoder.network.embeddings.token_embedding.weight)
