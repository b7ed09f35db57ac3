"""Stable Video Diffusion: a picture is set in motion; frames are the items of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.overlay import overlay
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.svd_layout import svd_unet_config, svd_unet_map, svd_vae_config, svd_vae_map
from nodes.diffusion.families.unet_files import PREFIXES
from nodes.diffusion.families.weights import KeyMap, Part
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Component, LatentFormat, Prediction, Start, TextEncoder
from nodes.diffusion.weights.libraries import new_svd_autoencoder, new_svd_unet

if TYPE_CHECKING:
    from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel

FORMAT = LatentFormat()
SAMPLING: Mapping[str, Any] = {"sigma_min": 0.002, "sigma_max": 700.0, "tells": "log"}
UNET_MARK = "input_blocks.1.0.time_stack.in_layers.2.weight"
VAE_MARK = "decoder.conv_out.time_mix_conv.weight"
VAE_PREFIXES = ("first_stage_model.", "vae.", "")
FPS, MOTION, NOISE = "fps", "motion_bucket_id", "augmentation_level"
"""Options of a conditioning: frames per second, how much moves (1..1023), how noisy the picture is shown."""


@dataclass(frozen=True)
class SvdModel:
    """The UNet on its device; see `nodes.diffusion.types.DiffusionModel`."""

    network: "UNetSpatioTemporalConditionModel"
    names: KeyMap
    device: torch.device
    dtype: torch.dtype
    latent_format: LatentFormat = FORMAT
    prediction: Prediction = "v_prediction"
    betas: Tensor = field(default_factory=lambda: betas_of({}))
    sampling: Mapping[str, Any] = field(default_factory=lambda: SAMPLING)

    @property
    def parts(self) -> Mapping[str, Part]:
        """Its networks by name, for patches."""
        return {"model": Part(self.network, self.names)}

    @property
    def context_width(self) -> int:
        """Numbers of a picture as CLIP sees it."""
        return int(self.network.config["cross_attention_dim"])

    def inputs(self, options: Mapping[str, Any], role: str, start: Start) -> Mapping[str, Tensor]:
        """The first picture, how many frames there are, and what the video is said to be like."""
        times = [float(options.get(FPS, 6)) - 1, float(options.get(MOTION, 127)), float(options.get(NOISE, 0.0))]
        return {
            "overlay": overlay(options, start, self.latent_format, self.latent_format.channels),
            "time_ids": torch.tensor([times]),
            "frames": torch.tensor([len(start.latent)]),
        }

    @torch.no_grad()
    def predict(self, x: Tensor, timestep: Tensor, context: Tensor, extra: Mapping[str, Any]) -> Tensor:
        """The velocity of frames (videos · frames, channels, height, width), in the precision of `x`."""
        frames = min(int(extra["frames"][0]), len(x))
        seen = torch.cat([x, extra["overlay"].to(x)], dim=1).to(self.device, self.dtype)
        output = self.network(
            seen.unflatten(0, (-1, frames)),
            timestep[::frames].to(self.device),
            context[::frames].to(self.device, self.dtype),
            extra["time_ids"][::frames].to(self.device),
            return_dict=False,
        )[0]
        return output.flatten(0, 1).to(x.device, x.dtype)


class SvdAutoencoder(KlAutoencoder):
    """The autoencoder on its device: it encodes pictures one by one, and decodes all frames of a video together."""

    network: Any  # an AutoencoderKLTemporalDecoder, which shares no class with AutoencoderKL
    peak_channels = 20.0  # layers for time hold more

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Pixels of the latents (frames, channels, height, width) of one video."""
        cells = latents.to(self.device, self.dtype)
        return self.network.decode(cells, num_frames=len(cells)).sample.to(latents.device, torch.float32)


class StableVideo:
    """The family of Stable Video Diffusion, as files; see `nodes.diffusion.families.family.Family`."""

    name = "svd"
    title = "Stable Video Diffusion"

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights each part has; empty if this is another family."""
        unet, vae = _find(contents, UNET_MARK, PREFIXES), _find(contents, VAE_MARK, VAE_PREFIXES)
        parts: dict[Component, int] = {"model": unet.size} if unet is not None else {}
        return parts | ({"vae": vae.size} if vae is not None else {})

    def load_model(self, contents: Contents, placement: Placement) -> SvdModel:
        """Build the UNet."""
        view = _find(contents, UNET_MARK, PREFIXES)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no UNet of {self.title}.")
        network = skeleton(lambda: new_svd_unet(svd_unet_config(view.shapes)))
        names = svd_unet_map(state_shapes(network))
        fill(network, gather(network, names, view.shapes, view.read), placement)
        return SvdModel(network, names, placement.device, placement.dtype)

    def load_clip(self, contents: Contents, placement: Placement) -> TextEncoder:
        """There is no text encoder: what it listens to is a picture."""
        raise IncompleteModel(f"{contents.path.name} reads no texts; load it with ImageOnlyCheckpointLoader.")

    def load_vae(self, contents: Contents, placement: Placement) -> SvdAutoencoder:
        """Build the autoencoder."""
        view = _find(contents, VAE_MARK, VAE_PREFIXES)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder of {self.title}.")
        network = skeleton(lambda: new_svd_autoencoder(svd_vae_config(view.shapes)))
        if "quant_conv.weight" not in view.shapes:
            network.quant_conv = nn.Identity()
        own = state_shapes(network)
        held = view.without("loss.")
        fill(network, gather(network, svd_vae_map(own), held.shapes, held.read), placement)
        return SvdAutoencoder(network, placement.device, placement.dtype)


def _find(contents: Contents, mark: str, prefixes: tuple[str, ...]) -> View | None:
    if not isinstance(contents, SingleFile):
        return None
    prefix = next((each for each in prefixes if each + mark in contents.shapes), None)
    return None if prefix is None else contents.view(prefix)
