"""Attention between two groups of tokens that heed each other by weights."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from nodes.diffusion.computing.weighted_attention import WeightedAttention


@pytest.mark.parametrize("weights", [[[0.5, 0.25]], [[1.0, 1.0]], [[2.0, 0.5], [0.125, 1.0]]])
def test_weights_multiply_what_softmax_makes_of_a_pair(weights: list[list[float]]) -> None:
    query, key, value = torch.randn(3, 2, 4, 6, 8).unbind()
    with WeightedAttention(torch.tensor(weights), 6, 8):
        found = scaled_dot_product_attention(query=query, key=key, value=value)
    pairs = torch.ones(2, 1, 6, 6)
    pairs[:, :, :4, 4:] = torch.tensor(weights)[:, None, None]
    pairs[:, :, 4:, :4] = torch.tensor(weights)[:, None, :, None]
    heeded = (query @ key.transpose(-1, -2) / 8**0.5).exp() * pairs
    torch.testing.assert_close(found, heeded / heeded.sum(-1, keepdim=True) @ value)


def test_a_weight_of_nothing_keeps_the_two_apart() -> None:
    query, key, value = torch.randn(3, 1, 1, 5, 8).unbind()
    with WeightedAttention(torch.zeros(1, 2), 5, 8):
        found = scaled_dot_product_attention(query, key, value)
    apart = [
        scaled_dot_product_attention(*(each[..., part, :] for each in (query, key, value)))
        for part in (slice(3), slice(3, 5))
    ]
    torch.testing.assert_close(found, torch.cat(apart, dim=-2))


def test_other_attention_is_left_alone() -> None:
    query, key, mask = torch.randn(1, 1, 5, 8), torch.randn(1, 1, 7, 8), torch.randn(1, 1, 5, 5)
    cases = [(query, key, key, None), (query[..., :4], query[..., :4], query, None), (query, query, query, mask)]
    usual = [scaled_dot_product_attention(*case) for case in cases]
    with WeightedAttention(torch.full((1, 2), 0.1), 5, 8):
        found = [scaled_dot_product_attention(*case) for case in cases]
    assert all(torch.equal(*each) for each in zip(usual, found, strict=True))
