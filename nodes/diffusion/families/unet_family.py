"""What families with a UNet and CLIP text encoders share: Stable Diffusion 1.x, 2.x, XL and its refiner."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.autoencoder_files import (
    autoencoder_from_file,
    autoencoder_from_folder,
    find_autoencoder,
)
from nodes.diffusion.families.contents import Contents, ModelFolder, View
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.text_files import ClipPart, find_clip, load_clip, lone_clips
from nodes.diffusion.families.unet import Training, UnetModel
from nodes.diffusion.families.unet_files import UnetLooks, find_unet, load_unet, looks_of, training_of
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.joint import JointClip
from nodes.diffusion.types import Component, LatentFormat, Prediction

HEAD_WIDTH = 64
"""Width of an attention head from Stable Diffusion 2 on."""


class UnetFamily(ABC):
    """A family with a UNet; see `nodes.diffusion.families.family.Family`. Each says what is its own."""

    name: str
    title: str
    latent_format: LatentFormat
    clips: Sequence[ClipPart]
    """Its text encoders, in the order of their channels."""
    facts: ClassVar[Mapping[str, Any]] = {}
    """Of the UNet's configuration, that no shape tells."""
    prediction: Prediction = "epsilon"

    @abstractmethod
    def is_unet(self, looks: UnetLooks, view: View) -> bool:
        """Whether a UNet is one of this family."""

    @abstractmethod
    def is_clip(self, views: Sequence[View]) -> bool:
        """Whether text encoders in files of their own, the narrowest first, are those of this family."""

    def heads(self, channels: int) -> int:
        """How many attention heads its UNet has at a number of channels."""
        return max(1, channels // HEAD_WIDTH)

    def training(self, contents: Contents, view: View) -> Training:
        """How its UNet was trained."""
        return training_of(contents, self.latent_format, self.prediction)

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights each part has; empty if this is another family."""
        unet = find_unet(contents)
        if unet is None:
            clips = self._clips(contents)
            return {"clip": sum(view.size for view in clips)} if clips else {}
        if not self.is_unet(looks_of(unet), unet):
            return {}
        parts: dict[Component, int] = {"model": unet.size}
        if clips := self._clips(contents):
            parts["clip"] = sum(view.size for view in clips)
        if (vae := find_autoencoder(contents)) is not None:
            parts["vae"] = vae.size
        return parts

    def load_model(self, contents: Contents, placement: Placement) -> UnetModel:
        """Build the UNet."""
        view = find_unet(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no UNet.")
        return load_unet(view, self.heads, placement, self.training(contents, view), **self.facts)

    def load_clip(self, contents: Contents, placement: Placement) -> ClipTextEncoder | JointClip:
        """Build the text encoders with their tokenizers."""
        encoders = [
            load_clip(contents, view, self.adapted(part, view), placement)
            for part, view in zip(self.clips, self._clips(contents), strict=True)
        ]
        return encoders[0] if len(encoders) == 1 else JointClip(encoders)

    def load_vae(self, contents: Contents, placement: Placement) -> KlAutoencoder:
        """Build the autoencoder."""
        if isinstance(contents, ModelFolder):
            return autoencoder_from_folder(contents.part("vae"), placement)
        view = find_autoencoder(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return autoencoder_from_file(view, placement)

    def adapted(self, part: ClipPart, view: View) -> ClipPart:
        """A part as one file has it: diffusers folders may lack the layers that the family does not use."""
        return part

    def _clips(self, contents: Contents) -> list[View]:
        """The weights of all its text encoders; empty if one is missing."""
        found = [find_clip(contents, part) for part in self.clips]
        if all(view is not None for view in found):
            return [view for view in found if view is not None]
        alone = lone_clips(contents)
        return alone if len(alone) == len(self.clips) and self.is_clip(alone) else []
