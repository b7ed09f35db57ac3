"""A tiny Stable Audio in the layout of its original files: one file for everything but the text encoder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderOobleck, StableAudioDiTModel, StableAudioProjectionModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.stable_audio_layout import LAYOUT, TIMES, TURNS, autoencoder_map, times_map
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals import seeded, t5

WIDTH, HEAD = 32, 16
"""Of the text encoder, and of the heads of the transformer."""
AUTOENCODER: dict[str, Any] = {
    "encoder_hidden_size": 128,
    "downsampling_ratios": [2, 4],
    "channel_multiples": [1, 1],
    "decoder_channels": 8,
}
"""Eight samples are a cell."""


@dataclass(frozen=True)
class Original:
    """The parts of a model, as diffusers has them."""

    network: nn.Module
    times: nn.Module
    vae: nn.Module
    text: nn.Module

    def transformer(self) -> dict[str, Tensor]:
        """The transformer's weights under their original names."""
        found = file_tensors(LAYOUT.key_map(state_shapes(self.network)), self.network.state_dict())
        found["timestep_features.weight"] = found["timestep_features.weight"][:, None]
        return {**found, TURNS: torch.ones(HEAD // 4)}

    def autoencoder(self) -> dict[str, Tensor]:
        """The autoencoder's weights under their original names."""
        found = file_tensors(autoencoder_map(state_shapes(self.vae)), self.vae.state_dict())
        return {key: value.flatten() if key.endswith((".alpha", ".beta")) else value for key, value in found.items()}

    def checkpoint(self) -> dict[str, Tensor]:
        """The file that everybody has."""
        times = file_tensors(times_map(state_shapes(self.times)), self.times.state_dict())
        return {
            **{f"model.model.{key}": value for key, value in self.transformer().items()},
            **{f"{TIMES}{key}": value for key, value in times.items()},
            **{f"pretransform.model.{key}": value for key, value in self.autoencoder().items()},
        }

    def write(self, models: Path, name: str) -> None:
        """Write the checkpoint, and the text encoder beside it."""
        for folder, tensors in (("checkpoints", self.checkpoint()), ("text_encoders", self.text.state_dict())):
            (models / folder).mkdir(parents=True, exist_ok=True)
            save_file({key: value.clone().contiguous() for key, value in tensors.items()}, models / folder / name)


def stable_audio() -> Original:
    """A tiny Stable Audio."""

    def build() -> Original:
        network = StableAudioDiTModel(
            num_layers=2,
            attention_head_dim=HEAD,
            num_attention_heads=2,
            num_key_value_attention_heads=1,
            cross_attention_dim=24,
            time_proj_dim=16,
            global_states_input_dim=2 * WIDTH,
            cross_attention_input_dim=WIDTH,
        )
        times = StableAudioProjectionModel(WIDTH, WIDTH, 0, 512)
        return Original(alive(network), times.eval(), AutoencoderOobleck(**AUTOENCODER).eval(), t5(WIDTH))

    return seeded(11, build)
