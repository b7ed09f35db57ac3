import pytest
import torch

from nodes.diffusion.computing.attention import Layer
from nodes.diffusion.effects.base import Moment
from nodes.diffusion.effects.hypertile import HyperTile, cut, divisor, joined
from nodes.diffusion.effects.self_guidance import Record, blurred_where_seen, gaussian, only_itself
from nodes.diffusion.effects.token_merging import TokenMerging, matching

MIDDLE = Layer("mid_block.attentions.0.transformer_blocks.0.attn1", 2, True)
CROSS = Layer("mid_block.attentions.0.transformer_blocks.0.attn2", 2, False)


def mean(query, key, value):
    return value.mean(dim=1, keepdim=True).expand_as(query)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_tiles_are_rectangles_of_the_picture():
    x = torch.arange(6 * 4).reshape(1, 24, 1)
    tiles = cut(x, 6, 4, 2, 2)
    assert tiles.shape == (4, 6, 1)
    assert tiles[1, :, 0].tolist() == [2, 3, 6, 7, 10, 11]
    assert torch.equal(joined(tiles, 6, 4, 2, 2), x)


def test_tiles_are_never_smaller_than_asked_and_cut_without_rest():
    generator = torch.Generator().manual_seed(0)
    for length in (7, 12, 64, 96):
        for _ in range(8):
            count = divisor(length, 5, 3, generator)
            assert length % count == 0
            assert count == 1 or length // count >= 5


def test_attention_happens_inside_tiles():
    numbers = {"tile_size": 32, "swap_size": 1, "max_depth": 0, "scale_depth": False}
    effect = HyperTile(numbers, torch.nn.Identity(), lambda percent: 0.0)
    (tiled,) = effect.around(Moment(1.0, torch.Size((1, 4, 8, 8))))
    x = torch.randn(2, 64, 3)
    found = tiled(MIDDLE, x, x, x, mean)
    tiles = cut(x, 8, 8, 2, 2).mean(dim=1, keepdim=True).expand(8, 16, 3)
    torch.testing.assert_close(found, joined(tiles, 8, 8, 2, 2))
    assert torch.equal(tiled(CROSS, x, x, x, mean), mean(x, x, x))
    small = torch.randn(2, 16, 3)
    assert torch.equal(tiled(MIDDLE, small, small, small, mean), mean(small, small, small))


def test_merged_tokens_come_back_to_every_position():
    tokens = torch.randn(2, 64, 5)
    merge, restore = matching(tokens, 8, 8, 32, torch.Generator().manual_seed(0))
    assert merge(tokens).shape == (2, 32, 5)
    assert restore(merge(tokens)).shape == tokens.shape
    ones = torch.ones_like(tokens)
    assert torch.equal(restore(merge(ones)), ones)


def test_positions_that_are_not_merged_stay_as_they_are():
    tokens = torch.randn(1, 64, 5)
    merge, restore = matching(tokens, 8, 8, 8, torch.Generator().manual_seed(0))
    same = (restore(merge(tokens)) == tokens).all(dim=-1).sum()
    assert same >= 64 - 2 * 8


def test_alike_positions_merge_first_and_without_loss():
    tokens = torch.randn(1, 4, 5).repeat_interleave(16, dim=1)
    merge, restore = matching(tokens, 8, 8, 40, torch.Generator().manual_seed(0))
    torch.testing.assert_close(restore(merge(tokens)), tokens)


def test_only_the_finest_level_asks_with_merged_tokens():
    effect = TokenMerging({"ratio": 0.5}, torch.nn.Identity(), lambda percent: 0.0)
    (merged,) = effect.around(Moment(1.0, torch.Size((1, 4, 8, 8))))
    asked = []

    def mix(query, key, value):
        asked.append((query.shape[1], key.shape[1]))
        return query

    x, small = torch.randn(1, 64, 4), torch.randn(1, 16, 4)
    assert merged(MIDDLE, x, x, x, mix).shape == x.shape
    merged(MIDDLE, small, small, small, mix)
    merged(CROSS, x, small, small, mix)
    assert asked == [(32, 64), (16, 16), (64, 16)]


def test_perturbed_attention_of_the_middle_is_the_identity():
    x, value = torch.randn(1, 4, 2), torch.randn(1, 4, 2)
    assert only_itself(MIDDLE, x, x, value, mean) is value
    assert torch.equal(only_itself(CROSS, x, x, value, mean), mean(x, x, value))


def test_a_record_holds_weights_that_sum_to_one():
    record, x = Record(), torch.randn(1, 16, 4)
    record(MIDDLE, x, x, x, mean)
    assert record.weights.shape == (1, 2, 16, 16)
    torch.testing.assert_close(record.weights.sum(-1), torch.ones(1, 2, 16))


def test_only_what_is_looked_at_is_blurred():
    latent = torch.randn(1, 4, 16, 16)
    weights = torch.zeros(1, 2, 16, 16)
    weights[..., 5] = 1.0  # everybody looks at one position of 4 x 4
    found = blurred_where_seen(latent, weights, 2.0)
    changed = (found != latent).any(dim=1)[0]
    wanted = torch.zeros(16, 16, dtype=torch.bool)
    wanted[4:8, 4:8] = True
    assert torch.equal(changed, wanted)
    torch.testing.assert_close(found[..., 4:8, 4:8], gaussian(latent, 2.0)[..., 4:8, 4:8])


def test_a_blur_keeps_what_is_even():
    torch.testing.assert_close(gaussian(torch.ones(1, 4, 12, 12), 2.0), torch.ones(1, 4, 12, 12))
    torch.testing.assert_close(gaussian(torch.ones(1, 4, 3, 3), 2.0), torch.ones(1, 4, 3, 3))
