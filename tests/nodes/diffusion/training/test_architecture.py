"""The networks are standard classes of the expected shapes."""

import torch

from nodes.diffusion.training.architecture import build_scheduler
from nodes.diffusion.training.objective import NoiseSchedule, Objective


def test_an_untrained_denoiser_predicts_nothing(denoiser):
    output = denoiser(torch.zeros(2, 77, dtype=torch.long), torch.randn(2, 4, 8, 8), torch.tensor([3, 900]))
    assert output.shape == (2, 4, 8, 8)
    assert (output == 0).all()


def test_plain_attention_equals_that_of_diffusers(denoiser):
    torch.nn.init.normal_(denoiser.unet.conv_out.weight)
    inputs = torch.randn(2, 4, 8, 8), torch.tensor([3, 900]), torch.randn(2, 77, 32)
    ours = denoiser.unet(*inputs).sample
    from_config = type(denoiser.unet).from_config(denoiser.unet.config)
    from_config.load_state_dict(denoiser.unet.state_dict())
    torch.testing.assert_close(ours, from_config.train()(*inputs).sample, atol=1e-4, rtol=1e-4)


def test_embeddings_and_outer_layers_are_left_to_adam(denoiser):
    names = denoiser.adam_only()
    assert "unet.conv_in.weight" in names
    assert any("token_embedding" in name for name in names)
    assert not any("to_q" in name for name in names)


def test_the_autoencoder_halves_three_times(autoencoder):
    x = torch.rand(1, 3, 32, 48)
    latent = autoencoder.encode(x).latent_dist.mode()
    assert latent.shape == (1, 4, 4, 6)
    assert autoencoder.decode(latent).sample.shape == x.shape


def test_the_scheduler_has_our_noise_table():
    scheduler = build_scheduler(Objective())
    torch.testing.assert_close(scheduler.alphas_cumprod, NoiseSchedule().alphas_cumprod())
