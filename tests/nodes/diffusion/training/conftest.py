"""Networks and data small enough for a test."""

import pytest
import torch

from nodes.diffusion.training.architecture import AutoencoderSize, DenoiserSize, build_autoencoder, build_denoiser
from nodes.diffusion.training.latents import LatentSet
from nodes.diffusion.training.vocabulary import write_tokenizer

CAPTIONS = ["a red circle on a blue background", "two green stars on a white background", "a castle at night"]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    return write_tokenizer(CAPTIONS, tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture
def denoiser(tokenizer):
    torch.manual_seed(0)
    size = DenoiserSize(channels=(16, 32), attends=(False, True), head_channels=16, text_channels=32, text_layers=1)
    return build_denoiser(size, tokenizer)


@pytest.fixture
def autoencoder():
    torch.manual_seed(0)
    return build_autoencoder(AutoencoderSize(channels=(8, 8, 16, 16)))


@pytest.fixture
def square_latents():
    return LatentSet("square", torch.randn(6, 4, 8, 8, generator=torch.Generator().manual_seed(0)).half(), CAPTIONS * 2)
