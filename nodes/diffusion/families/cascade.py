"""Stable Cascade: stage C draws a small picture after a text, stage B makes a latent of stage A out of it.

Pernias et al., 2023, "Würstchen: An Efficient Architecture for Large-Scale Text-to-Image Diffusion Models".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from nodes.diffusion.errors import IncompleteModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.cascade_autoencoders import BESIDE_STAGE_C, STAGE_A
from nodes.diffusion.families.cascade_layout import cascade_config, cascade_map, is_stage_b, is_stage_c
from nodes.diffusion.families.cascade_models import (
    FORMAT_B,
    FORMAT_C,
    SHIFT,
    CascadeModel,
    StageBModel,
    StageCModel,
)
from nodes.diffusion.families.contents import Contents, SingleFile, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.text_files import ClipPart, clip_kind, find_clip, load_clip, lone_clips
from nodes.diffusion.families.unet_files import PREFIXES
from nodes.diffusion.families.weights import Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.encoder import ClipStyle, ClipTextEncoder
from nodes.diffusion.types import Autoencoder, Component, LatentFormat
from nodes.diffusion.weights.libraries import new_cascade_unet

TEXT_IN_FILE = "text_encoder.clip_g."
OLD_PROJECTION, PROJECTION = "text_projection", "text_projection.weight"
"""The matrix after the text encoder, as the published file has it, with its sides exchanged; and as others have it."""
CLIP = ClipPart(
    ClipStyle("clip_g", normalises=False, projects=True, masks_padding=True),
    is_openclip=True,
    prefixes=(f"{TEXT_IN_FILE}transformer.",),
    pads_with_end=True,
)


@dataclass(frozen=True)
class Stage:
    """What is particular to one stage.

    Attributes:
        name: of its family.
        title: what people call it.
        is_it: tells by shapes whether a network is this stage.
        model: how sampling sees it.
        latent_format: of its latents.
        shift: how far its noise levels are moved.
        autoencoder: what its files hold beside it.
        clip: its text encoder; None if it comes without.
    """

    name: str
    title: str
    is_it: Callable[[Shapes], bool]
    model: type[CascadeModel]
    latent_format: LatentFormat
    shift: float
    autoencoder: LoneAutoencoders
    clip: ClipPart | None


STAGE_C = Stage("cascade_c", "Stable Cascade (stage C)", is_stage_c, StageCModel, FORMAT_C, 2.0, BESIDE_STAGE_C, CLIP)
STAGE_B = Stage("cascade_b", "Stable Cascade (stage B)", is_stage_b, StageBModel, FORMAT_B, 1.0, STAGE_A, None)


@dataclass(frozen=True)
class Cascade:
    """The family of one stage, as files; see `nodes.diffusion.families.family.Family`."""

    stage: Stage
    is_wide: ClassVar[bool] = True
    """Its numbers are larger than float16 can hold."""

    @property
    def name(self) -> str:
        """The architecture of its handles."""
        return self.stage.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.stage.title

    def parts(self, contents: Contents) -> Mapping[Component, int]:
        """How many weights each part has; empty if this is another family."""
        network, text = self._find(contents), self._text(contents)
        found: dict[Component, View | None] = {"model": network, "clip": text}
        if network is not None:
            found["vae"] = self.stage.autoencoder.find(contents)
        return {component: view.size for component, view in found.items() if view is not None}

    def load_model(self, contents: Contents, placement: Placement) -> CascadeModel:
        """Build the stage."""
        view = self._find(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no network of {self.title}.")
        config = {**cascade_config(view.shapes), **view.settings("unet", ("num_attention_heads",))}
        network = skeleton(lambda: new_cascade_unet(config))
        own = state_shapes(network)
        fill(network, gather(network, cascade_map(own, view.shapes), view.shapes, view.read), placement)
        return self.stage.model(
            network,
            cascade_map(own),
            self.stage.latent_format,
            {SHIFT: self.stage.shift},
            placement.device,
            placement.dtype,
        )

    def load_clip(self, contents: Contents, placement: Placement) -> ClipTextEncoder:
        """Build the text encoder with its tokenizer."""
        view = self._text(contents)
        if view is None or self.stage.clip is None:
            raise IncompleteModel(f"{contents.path.name} holds no text encoder of {self.title}.")
        return load_clip(contents, view, self.stage.clip, placement)

    def load_vae(self, contents: Contents, placement: Placement) -> Autoencoder:
        """Build the autoencoder."""
        view = self.stage.autoencoder.find(contents)
        if view is None:
            raise IncompleteModel(f"{contents.path.name} holds no autoencoder.")
        return self.stage.autoencoder.build(view, placement)

    def _find(self, contents: Contents) -> View | None:
        if not isinstance(contents, SingleFile):
            return None
        return next((view for view in map(contents.view, PREFIXES) if self.stage.is_it(view.shapes)), None)

    def _text(self, contents: Contents) -> View | None:
        """The weights of its text encoder, in a checkpoint or in a file of its own."""
        if self.stage.clip is None:
            return None
        found = find_clip(contents, self.stage.clip) if isinstance(contents, SingleFile) else None
        if found is not None and isinstance(contents, SingleFile):
            return _with_projection(found, contents.view(TEXT_IN_FILE))
        alone = lone_clips(contents)
        return alone[0] if len(alone) == 1 and clip_kind(alone[0]) == "clip_g" else None


def _with_projection(view: View, around: View) -> View:
    """A text encoder with its last matrix, which the published file holds beside it and turned."""
    if OLD_PROJECTION not in around.shapes:
        return view

    def read(key: str) -> Tensor:
        return around.read(OLD_PROJECTION).t() if key == PROJECTION else view.read(key)

    return replace(view, shapes={**view.shapes, PROJECTION: around.shapes[OLD_PROJECTION][::-1]}, read=read)
