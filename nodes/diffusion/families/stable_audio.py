"""Stable Audio Open: sounds from texts, read by T5, and from what it is told about time (Evans et al., 2024)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.stable_audio_autoencoder import OobleckAutoencoder, find_oobleck, load_oobleck
from nodes.diffusion.families.stable_audio_layout import (
    LAYOUT,
    TIMES,
    TURNS,
    times_config,
    times_map,
    transformer_config,
)
from nodes.diffusion.families.t5_text import is_multilingual
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes, unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Prediction, Start, TextEncoder
from nodes.diffusion.weights.sound_libraries import new_stable_audio_times, new_stable_audio_transformer

FORMAT = LatentFormat(channels=64, scale=1.0, downscale=1, is_sound=True)
PREFIXES = ("model.model.", "model.diffusion_model.", "diffusion_model.", "model.", "")
"""Where the transformer may be in a file."""
CELLS_A_SECOND = 21.53
"""Of a latent: how long a sound is that is told no length; the ecosystem's figure."""
T5_SHORTEST = 128
TURN_BASE = 10000.0
SAMPLING = {"sigma_min": 0.03, "sigma_max": 500.0, "tells": "angle"}
"""Noise levels that it was trained for, and how it is told them."""


@dataclass(frozen=True, eq=False)
class StableAudioModel(FlowTransformer):
    """Stable Audio on its device; to samplers a sound is a picture of one row."""

    prediction: Prediction = "v_prediction"
    times: nn.Module = field(default_factory=nn.Identity)
    """What turns seconds into tokens; whoever loads the model gives it."""
    patch = 1

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["cross_attention_input_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """Where in the whole piece the sound begins, and how long the piece is, in seconds."""
        length = int(start.latent.shape[-1] / CELLS_A_SECOND)
        seconds = options.get("seconds_start", 0), options.get("seconds_total", length)
        return {"seconds": torch.tensor([[float(each) for each in seconds]])}

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are angles, as shares of a right one."""
        seconds = told["seconds"].to(self.dtype)
        at = self.times(start_seconds=seconds[:, 0], end_seconds=seconds[:, 1])
        begin, end = at.seconds_start_hidden_states, at.seconds_end_hidden_states
        output = self.network(
            x.squeeze(2),
            timestep,
            encoder_hidden_states=torch.cat([context, begin, end], dim=1),
            global_hidden_states=torch.cat([begin, end], dim=2),
            rotary_embedding=self._turns(x.shape[-1] + 1),  # what is told of the whole stands before the sound
            return_dict=False,
        )[0]
        return output.unsqueeze(2)

    def _turns(self, length: int) -> tuple[Tensor, Tensor]:
        """How far each position turns pairs of numbers (length, width), as cosine and sine (Su et al., 2021)."""
        width = int(self.config["attention_head_dim"]) // 2
        speeds = TURN_BASE ** -(torch.arange(0, width, 2, dtype=torch.float32, device=self.device) / width)
        angles = torch.arange(length, device=self.device)[:, None] * speeds
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos(), angles.sin()


class StableAudio(FlowFamily):
    """The family of Stable Audio Open by Stability AI."""

    name = "stable_audio"
    title = "Stable Audio"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "StableAudioDiTModel"
    marks = ("transformer.layers.0.cross_attn.to_kv.weight", "to_timestep_embed.0.weight", "preprocess_conv.weight")
    layout_marks = ("transformer_blocks.0.attn2.to_k.weight", "timestep_proj.0.weight", "preprocess_conv.weight")

    def find(self, contents: Contents) -> View | None:
        """The weights of its transformer; None if there is none."""
        if not isinstance(contents, SingleFile):
            return super().find(contents)
        for prefix in PREFIXES:
            if self._is_network(contents.shapes, prefix):
                return _configured(contents.view(prefix))
        return None

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return transformer_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Stable Audio."""
        return new_stable_audio_transformer(config)

    def load_model(self, contents: Contents, placement: Placement) -> FlowTransformer:
        """Build the transformer, and what tells it about time."""
        model = super().load_model(contents, placement)
        times = _load_times(contents, replace(placement, is_streamed=False))
        return replace(model, times=times) if isinstance(model, StableAudioModel) else model

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> StableAudioModel:
        """Sampled at any noise level between two."""
        return StableAudioModel(network, names, FORMAT, placement.device, placement.dtype, sampling=SAMPLING)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """T5 alone."""
        return set(texts) == {"t5xxl"} and not is_multilingual(texts["t5xxl"])

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """T5, to which what fills a short text up is nothing."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST, masks=True)

    def find_vae(self, contents: Contents) -> View | None:
        """Its autoencoder."""
        return find_oobleck(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> OobleckAutoencoder:
        """Its autoencoder."""
        return load_oobleck(view, placement)


def _configured(view: View) -> View:
    """A view of an original file with its configuration, and without the table that tells a part of it."""
    if TURNS not in view.shapes:
        return _with_shifts(view)
    return replace(_with_shifts(view.without(TURNS)), config=transformer_config(view.shapes))


def _with_shifts(view: View) -> View:
    """A view in which each norm has a shift: some tools leave those out, because they are all zero."""
    left_out = {
        key.removesuffix("gamma") + "beta": shape for key, shape in view.shapes.items() if key.endswith("_norm.gamma")
    }
    left_out = {key: shape for key, shape in left_out.items() if key not in view.shapes}

    def read(key: str) -> Tensor:
        return torch.zeros(left_out[key]) if key in left_out else view.read(key)

    return replace(view, shapes={**view.shapes, **left_out}, read=read) if left_out else view


def _load_times(contents: Contents, placement: Placement) -> nn.Module:
    """What turns seconds into tokens.

    Raises:
        IncompleteModel: the file has no such part.
    """
    if isinstance(contents, ModelFolder):
        view = contents.part("projection_model").view() if contents.has("projection_model") else None
    else:
        view = contents.view(TIMES) if isinstance(contents, SingleFile) else None
    if view is None or not view.shapes:
        raise IncompleteModel(
            f"{contents.path.name} lacks what tells the model about time ({TIMES}…); take the whole checkpoint."
        )
    is_original = not view.config
    network = skeleton(lambda: new_stable_audio_times(dict(view.config) or times_config(view.shapes)))
    own = state_shapes(network)
    names = times_map(own) if is_original else unchanged(own)
    return fill(network, gather(network, names, view.shapes, view.read), placement)
