"""The text encoder learns to say what the picture looks like."""

import torch

from nodes.diffusion.training.denoising import tokenise
from nodes.diffusion.training.latents import BatchSettings
from nodes.diffusion.training.loop import LoopSettings, Schedule, TrainingState, train
from nodes.diffusion.training.optimiser import MuonAdam, Rates
from nodes.diffusion.training.text_pretraining import guess_head, guessing_loss, said


def test_guesses_improve_with_training(denoiser, tokenizer, square_latents):
    head = guess_head(denoiser.text_encoder)
    loss_at = guessing_loss(denoiser.text_encoder, head, tokenizer, [square_latents], BatchSettings(size=8, drop=0))
    before = loss_at(1000).item()
    parameters = dict(denoiser.text_encoder.named_parameters()) | dict(head.named_parameters(prefix="head"))
    state = TrainingState(
        parameters, MuonAdam(parameters, Rates(adam=0.01), {name for name in parameters if name.startswith("head")})
    )
    train(state, loss_at, LoopSettings(Schedule(steps=40, warmup_steps=5)))
    assert loss_at(1000).item() < 0.7 * before


def test_what_a_caption_says_are_its_words_and_their_neighbours(tokenizer):
    tokens = tokenise(tokenizer, ["a blue castle", "a castle blue", ""])
    first, second, nothing = said(tokens, tokenizer)
    words = len(tokenizer)
    assert torch.equal(first[:words], second[:words])
    assert first[:words].sum() == 3
    assert first[words:].sum() == second[words:].sum() == 3  # the beginning is a neighbour, too
    assert not torch.equal(first[words:], second[words:])
    assert not nothing.any()


def test_the_loss_is_a_function_of_the_draw(denoiser, tokenizer, square_latents):
    head = guess_head(denoiser.text_encoder)
    loss_at = guessing_loss(denoiser.text_encoder, head, tokenizer, [square_latents], BatchSettings(size=4))
    assert torch.equal(loss_at(3), loss_at(3))
    assert not torch.equal(loss_at(3), loss_at(4))
