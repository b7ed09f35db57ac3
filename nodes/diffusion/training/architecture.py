"""The networks of the embedded model: standard diffusers and transformers classes, small enough for two cores."""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from nodes.diffusion.training.objective import Objective
from nodes.diffusion.training.vocabulary import CONTEXT_LENGTH

HINT_CHANNELS = (8, 16, 32, 64)
"""Channels of the layers by which a ControlNet brings a picture to the size of the latent, an eighth of its side."""


@dataclass(frozen=True)
class AutoencoderSize:
    """Channels at each resolution of the autoencoder; four levels make the latent eight times smaller."""

    channels: tuple[int, ...] = (24, 48, 96, 96)
    groups: int = 2  # few, because normalising a few channels at a time would forget how bright the picture is


@dataclass(frozen=True)
class DenoiserSize:
    """Channels of the UNet at each resolution, which levels attend to the text, and the size of the text encoder."""

    channels: tuple[int, ...] = (64, 128, 128)
    attends: tuple[bool, ...] = (False, True, True)
    head_channels: int = 32
    groups: int = 8
    text_channels: int = 128
    text_layers: int = 3


@dataclass(frozen=True)
class Denoiser:
    """What is trained together: the text encoder and the UNet that listens to it."""

    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel

    def parameters(self) -> dict[str, nn.Parameter]:
        """All weights by name."""
        named = {f"unet.{name}": p for name, p in self.unet.named_parameters()}
        return named | {f"text_encoder.{name}": p for name, p in self.text_encoder.named_parameters()}

    def adam_only(self) -> set[str]:
        """Embeddings and the outermost layers, which are not hidden matrices."""
        outer = ("unet.conv_in", "unet.conv_out")
        return {name for name in self.parameters() if name.startswith(outer) or "embedding.weight" in name}

    def __call__(self, tokens: Tensor, xt: Tensor, timesteps: Tensor) -> Tensor:
        """Predict from token ids (batch, 77), noisy latents (batch, 4, height, width) and steps (batch,)."""
        hidden = self.text_encoder(tokens).last_hidden_state  # (batch, 77, text channels)
        return self.unet(xt, timesteps, hidden).sample


class PlainAttention:
    """Attention written out; at our sizes this is faster on a CPU than the fused kernel."""

    def __call__(
        self, attn: Attention, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None, **_: object
    ) -> Tensor:
        """Attend from (batch, positions, channels) to the text, or to itself."""
        batch, positions, channels = hidden_states.shape
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        width = channels // attn.heads

        def heads(x: Tensor) -> Tensor:
            return x.view(batch, -1, attn.heads, width).transpose(1, 2)  # (batch, heads, positions, width)

        query, key, value = heads(attn.to_q(hidden_states)), heads(attn.to_k(context)), heads(attn.to_v(context))
        share = ((query * width**-0.5) @ key.transpose(-1, -2)).softmax(-1)
        mixed = (share.to(value.dtype) @ value).transpose(1, 2).reshape(batch, positions, channels)
        return attn.to_out[0](mixed)


def build_autoencoder(size: AutoencoderSize) -> AutoencoderKL:
    """An untrained autoencoder, started so that it nearly copies a small picture."""
    levels = len(size.channels)
    autoencoder = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=size.channels,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=size.groups,
        sample_size=128,
        mid_block_add_attention=False,
        force_upcast=False,
    )
    with torch.no_grad():
        autoencoder.quant_conv.weight[4:] *= 0.05
        autoencoder.quant_conv.bias[4:] = -5.0  # log variance: almost no noise at first
        _silence_residuals(autoencoder)
        for module in autoencoder.modules():
            if type(module).__name__ in ("Downsample2D", "Upsample2D"):
                identity = nn.init.dirac_(torch.zeros_like(module.conv.weight))
                module.conv.weight.mul_(0.5).add_(identity)
    return autoencoder.to(memory_format=torch.channels_last)


def build_denoiser(size: DenoiserSize, tokenizer: CLIPTokenizer) -> Denoiser:
    """An untrained text encoder and UNet; each residual block begins as the identity."""
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=size.text_channels,
            intermediate_size=size.text_channels * 4,
            num_hidden_layers=size.text_layers,
            num_attention_heads=size.text_channels // 32,
            max_position_embeddings=CONTEXT_LENGTH,
            hidden_act="quick_gelu",
            projection_dim=size.text_channels,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            attn_implementation="eager",
        )
    )
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=size.channels,
        down_block_types=tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in size.attends),
        up_block_types=tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(size.attends)),
        cross_attention_dim=size.text_channels,
        attention_head_dim=tuple(max(1, channels // size.head_channels) for channels in size.channels),
        norm_num_groups=size.groups,
    )
    with torch.no_grad():
        _silence_residuals(unet)
        unet.conv_out.weight.zero_()
        nn.init.zeros_(unet.conv_out.bias)
        nn.init.normal_(text_encoder.get_input_embeddings().weight, std=0.05)
    unet.set_attn_processor(PlainAttention())
    return Denoiser(text_encoder.train(), unet.to(memory_format=torch.channels_last).train())


def load_denoiser(folder: Path) -> Denoiser:
    """The text encoder and UNet of an exported model, in float32, ready to be trained further."""
    text_encoder = CLIPTextModel.from_pretrained(
        folder / "text_encoder", dtype=torch.float32, attn_implementation="eager", local_files_only=True
    )
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32, local_files_only=True)
    unet.set_attn_processor(PlainAttention())
    return Denoiser(text_encoder.train(), unet.to(memory_format=torch.channels_last).train())


def build_control(unet: UNet2DConditionModel) -> ControlNetModel:
    """A ControlNet that begins as a copy of the first half of a UNet, and adds nothing yet."""
    control = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=HINT_CHANNELS)
    control.set_attn_processor(PlainAttention())
    return control.to(memory_format=torch.channels_last).train()


def build_scheduler(objective: Objective) -> DDIMScheduler:
    """The scheduler whose configuration ships with the model, as Stable Diffusion 1.x has it."""
    return DDIMScheduler(
        num_train_timesteps=objective.schedule.steps,
        beta_start=objective.schedule.beta_start,
        beta_end=objective.schedule.beta_end,
        beta_schedule="scaled_linear",
        prediction_type=objective.prediction,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def _silence_residuals(network: nn.Module) -> None:
    """Zero the last convolution of each residual block."""
    for module in network.modules():
        if type(module).__name__ == "ResnetBlock2D":
            module.get_parameter("conv2.weight").zero_()
