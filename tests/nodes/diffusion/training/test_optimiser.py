"""Orthogonalised momentum against the singular value decomposition, AdamW against PyTorch's."""

import pytest
import torch
from torch import nn

from nodes.diffusion.training.optimiser import MuonAdam, Rates, orthogonalise


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (24, 64)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape):
    matrices = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrices))
    assert values.min() > 0.4
    assert values.max() < 1.4


def test_orthogonalising_keeps_the_singular_vectors():
    matrix = torch.randn(1, 16, 40, generator=torch.Generator().manual_seed(1))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    nearest = left @ right
    similarity = nn.functional.cosine_similarity(orthogonalise(matrix).flatten(), nearest.flatten(), dim=0)
    assert similarity > 0.95


def test_vectors_move_as_with_adamw():
    ours, theirs = nn.Parameter(torch.ones(5)), nn.Parameter(torch.ones(5))
    optimiser = MuonAdam({"bias": ours}, Rates(adam=0.01, betas=(0.9, 0.99), weight_decay=0.1))
    reference = torch.optim.AdamW([theirs], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    for count in range(1, 6):
        for parameter in (ours, theirs):
            parameter.grad = (parameter.detach() - torch.arange(5.0)) * count
        optimiser.step(count)
        reference.step()
    torch.testing.assert_close(ours, theirs)


def test_matrices_named_adam_only_are_not_orthogonalised():
    parameters = {"embedding": nn.Parameter(torch.zeros(20, 20)), "matrix": nn.Parameter(torch.zeros(20, 20))}
    optimiser = MuonAdam(parameters, Rates(), adam_only=["embedding"])
    assert set(optimiser.state()) == {"mean.embedding", "square.embedding", "momentum.matrix"}


def test_gradients_are_dropped_after_a_step():
    parameter = nn.Parameter(torch.zeros(20, 20))
    parameter.grad = torch.randn(20, 20)
    MuonAdam({"matrix": parameter}, Rates()).step(1)
    assert parameter.grad is None
