"""The transformer of Wan as sampling sees it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.tokens import padded
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.wan_inputs import (
    CONTROL,
    camera_of,
    controls_of,
    reference_of,
    shown_beside,
    subjects_of,
    times_of,
)
from nodes.diffusion.families.wan_network import Beside, run
from nodes.diffusion.types import Start

T5_SHORTEST = 512


class WanModel(FlowTransformer):
    """Wan on its device; latents have frames."""

    repeats_text = True

    @property
    def context_width(self) -> int:
        """Numbers of a token of the texts that it reads."""
        return int(self.config["text_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """What the kind of model takes: given frames, what CLIP sees, what to follow, what to look like, a camera."""
        told = subjects_of(options, self.latent_format)
        beside = self.config["in_channels"] - self.latent_format.channels
        if beside:
            told["overlay"] = shown_beside(options, start, self.latent_format, beside)
        if self.config["image_dim"] is not None:
            told["seen"] = self._seen(options)
        if "vace_layers" in self.config:
            told |= controls_of(options, start, self.latent_format, self.config["vace_in_channels"])
        if hasattr(self.network, "ref_conv"):
            told |= reference_of(options, start, self.latent_format)
        if hasattr(self.network, "control_adapter"):
            told |= camera_of(options, start)
        return told

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Any]) -> Tensor:
        """Timesteps are 0..1000, of the whole or of each frame."""
        frames, seen, reference, camera = x.shape[2], told.get("seen"), told.get("reference"), told.get("camera")
        if "subjects" in told:
            x = torch.cat([x, padded(told["subjects"].to(x), self.patch)], dim=2)
        if "times" in told:
            timestep = self._by_token(timestep[:, None] * told["times"].to(timestep), x)
        if seen is not None:  # the network takes the last 512 tokens for the text
            context = functional.pad(context[:, :T5_SHORTEST], (0, 0, 0, max(0, T5_SHORTEST - context.shape[1])))
            seen = self._in_pairs(seen.to(self.dtype))
        beside = Beside(
            seen=seen,
            reference=None if reference is None else padded(reference.to(x), self.patch),
            camera=None if camera is None else camera.to(x),
            controls=[padded(each.to(x), self.patch) for each in _numbered(told)],
            strengths=told.get("strengths"),
        )
        return run(self.network, x, timestep, context, beside)[:, :, :frames]

    def _by_token(self, times: Tensor, x: Tensor) -> Tensor:
        """A time for each token (batch, tokens) from one for each frame; frames that follow are as noisy as can be."""
        more = x.shape[2] - times.shape[1]
        whole = functional.pad(times, (0, more), value=float(times.max())) if more else times
        return whole.repeat_interleave((x.shape[-2] // self.patch) * (x.shape[-1] // self.patch), dim=1)

    def _seen(self, options: Mapping[str, Any]) -> Tensor:
        """What CLIP sees (1, positions, width).

        Raises:
            DiffusionError: it is missing, or that of the last frame is.
        """
        seen = options.get("clip_vision_output")
        if seen is None:
            raise DiffusionError(
                "The model must know what CLIP sees in the first frame: connect CLIPVisionEncode to "
                "clip_vision_output of WanImageToVideo."
            )
        states: Tensor = seen.penultimate_hidden_states[:1]
        places = self.config["pos_embed_seq_len"]
        if places is not None and states.shape[1] != places:
            raise DiffusionError(
                "The model must know what CLIP sees in the first frame and in the last: connect one CLIPVisionEncode "
                "to clip_vision_start_image and one to clip_vision_end_image of WanFirstLastFrameToVideo."
            )
        return states

    def _in_pairs(self, seen: Tensor) -> Tensor:
        """As the network wants it: where it knows first and last pictures, each is an item of the batch."""
        return seen if self.config["pos_embed_seq_len"] is None else seen.unflatten(1, (2, -1)).flatten(0, 1)


class SmallWanModel(WanModel):
    """Wan 2.2 with 5 billion weights, which is told how much of the noise each frame has."""

    sees_given_clean = True

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """As all of the kind, and which frames are given and therefore without noise."""
        return {**super().inputs(options, role, start), **times_of(start)}


def _numbered(told: Mapping[str, Any]) -> list[Tensor]:
    names = (CONTROL.format(number) for number in range(len(told)))
    return [told[name] for name in names if name in told]
