"""LTX-2: videos with their sound, from texts read by Gemma 3, from pictures and from sounds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.ltx2_autoencoder import find_ltx2_autoencoder, load_ltx2_autoencoder
from nodes.diffusion.families.ltx2_layout import CONNECTORS, PROJECTION, Ltx2Layout, transformer_config
from nodes.diffusion.families.ltx2_texts import find_ltx2_texts, load_ltx2_texts
from nodes.diffusion.families.ltxv import FORMAT, FRAME_RATE, SHIFT
from nodes.diffusion.families.ltxv_autoencoder import LtxvAutoencoder
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.video_cells import HEED, MASK, VideoCells
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.keyframes import COORDINATES, heed_of
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.several import PACKING, Packing
from nodes.diffusion.types import LatentFormat, Start, TextEncoder
from nodes.diffusion.weights.libraries import new_ltx2_transformer

SOUND_FORMAT = LatentFormat(channels=8, scale=1.0, downscale=1)
"""Of the sound: 8 channels, 25 steps a second and 16 tones, normalised by its autoencoder."""


@dataclass(frozen=True, eq=False)
class Ltx2Model(FlowTransformer):
    """LTX-2 on its device (HaCohen et al., 2026, "LTX-2: Efficient Joint Audio-Visual Foundation Model").

    A cell of the video and a step of the sound are a token each; both rows of tokens look at each other in every block.
    """

    patch = 1
    repeats_text = True
    sees_given_clean = True
    sound_format = SOUND_FORMAT

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads: what the video reads, and what the sound reads."""
        return sum(self._widths)

    @property
    def _widths(self) -> tuple[int, int]:
        config = self.config
        if config["use_prompt_embeddings"]:
            return (int(config["caption_channels"]),) * 2
        return int(config["cross_attention_dim"]), int(config["audio_cross_attention_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The frame rate, what is given and therefore without noise, and where keyframes belong."""
        told = {"frame_rate": torch.tensor([float(options.get("frame_rate", FRAME_RATE))])}
        if start.mask is not None:
            told[MASK] = start.mask
        if start.sound is not None and start.sound.mask is not None:
            told["sound_mask"] = start.sound.mask[..., :1]
        if options.get(COORDINATES) is not None:
            told["keyframes"] = options[COORDINATES]
        if (heed := heed_of(options)) is not None:
            told[HEED] = heed
        return told

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """From latent to noise, for noisy videos (batch, channels, frames, height, width); with sound, for a row."""
        told = {name: value.to(self.device) for name, value in extra.items() if isinstance(value, Tensor)}
        words = context.to(self.device, self.dtype)
        packing: Packing | None = extra.get(PACKING)
        if packing is None:
            output, _ = self._both(x.to(self.device, self.dtype), None, timestep.to(self.device), words, told)
            return output.to(x.device, x.dtype)
        video, sound = packing.unpacked(x.to(self.device, self.dtype))
        output = packing.packed(self._both(video, sound, timestep.to(self.device), words, told))
        return output.to(x.device, x.dtype)

    def _both(
        self, video: Tensor, sound: Tensor | None, timestep: Tensor, words: Tensor, told: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """What the network makes of a video and its sound; without sound the second result means nothing.

        Timesteps are 0..1000; tokens that are given have their own.
        """
        # The network wants some sound; kept apart from the video, one step of silence changes nothing.
        heard = self._silence(len(video)) if sound is None else sound
        cells = VideoCells.of(told, video)
        with cells.attending(int(self.config["attention_head_dim"])):
            output, sound_output = self.network(
                cells.take(video.flatten(2).transpose(1, 2)),
                heard.transpose(1, 2).flatten(2),
                *words.split(self._widths, dim=-1),
                timestep=cells.take(_times(timestep, told.get(MASK), video)),
                audio_timestep=_times(timestep, told.get("sound_mask"), heard),
                sigma=timestep,
                audio_num_frames=heard.shape[2],
                video_coords=cells.take(self._places(video.shape, told), axis=2),
                isolate_modalities=sound is None,
                use_cross_timestep=bool(self.config["cross_attn_mod"]),
                return_dict=False,
            )
        sound_output = sound_output.unflatten(2, (heard.shape[1], -1)).transpose(1, 2)
        return cells.put_back(output).transpose(1, 2).reshape(video.shape), sound_output

    def _silence(self, batch: int) -> Tensor:
        channels = int(self.config["audio_in_channels"])
        return torch.zeros(batch, channels, 1, 1, device=self.device, dtype=self.dtype)

    def _places(self, shape: torch.Size, told: Mapping[str, Tensor]) -> Tensor:
        """Where each cell begins and ends: seconds, rows and columns of the video (batch, 3, tokens, 2)."""
        rate: Tensor = told["frame_rate"]
        rope: Any = self.network.rope
        places: Tensor = rope.prepare_video_coords(len(rate), *shape[-3:], self.device, fps=1.0)
        if "keyframes" in told:
            keyframes = told["keyframes"].to(places)
            places[:, :, -keyframes.shape[2] :] = keyframes
        places[:, 0] /= rate[:, None, None]
        return places


def _times(timestep: Tensor, mask: Tensor | None, latent: Tensor) -> Tensor:
    """The timestep of each token (batch, tokens); one for all (batch, 1) where nothing is given.

    Args:
        timestep: (batch,)
        mask: (batch, 1, …), 0 where tokens are given.
        latent: (batch, channels, …), whose last sides the mask has, or 1.
    """
    if mask is None:
        return timestep[:, None]
    sides = latent.shape[2:] if latent.dim() == 5 else (latent.shape[2], 1)
    return timestep[:, None] * mask.to(timestep).expand(-1, 1, *sides).flatten(1)


class Ltx2(FlowFamily):
    """The family of LTX-2 by Lightricks."""

    name = "ltx2"
    title = "LTX-2"
    latent_format = FORMAT
    layout = Ltx2Layout()
    pipeline = "LTX2VideoTransformer3DModel"
    marks = ("patchify_proj.weight", "audio_patchify_proj.weight", "transformer_blocks.0.audio_attn1.q_norm.weight")
    layout_marks = ("proj_in.weight", "audio_proj_in.weight", "transformer_blocks.0.audio_attn1.norm_q.weight")
    beside = (*CONNECTORS, PROJECTION)

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        return transformer_config(shapes)

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of LTX-2."""
        return new_ltx2_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> Ltx2Model:
        """Shifted towards noise, for long videos."""
        sampling = {"shift": math.exp(SHIFT), "timesteps": 10_000}
        return Ltx2Model(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def texts(self, contents: Contents) -> Mapping[str, View]:
        """Gemma 3 and the connectors, as far as they are there."""
        return find_ltx2_texts(contents)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """Gemma 3, with the connectors that lead from it to the transformer."""
        return set(texts) == {"gemma3", "connectors"}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """Gemma 3 with the connectors."""
        return load_ltx2_texts(contents, texts, placement)

    def find_vae(self, contents: Contents) -> View | None:
        """The autoencoder of its videos."""
        return find_ltx2_autoencoder(contents)

    def build_vae(self, contents: Contents, view: View, placement: Placement) -> LtxvAutoencoder:
        """The autoencoder of its videos."""
        return load_ltx2_autoencoder(view, placement)
