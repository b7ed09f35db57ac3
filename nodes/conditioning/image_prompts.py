"""Nodes that let a model listen to a picture beside the text: IP-Adapters."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.effects.image_prompt import Scaling
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.image_prompt import finding
from nodes.diffusion.image_prompt.files import IpAdapterHandle, check_fit, open_ip_adapter
from nodes.diffusion.image_prompt.prompting import Combine, Reader
from nodes.diffusion.image_prompt.weighing import WeightType
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.encoder import VisionHandle
from nodes.diffusion.weights.statefile import SAFETENSORS
from nodes.sockets import Image, Mask, Model

IpAdapter = Annotated[IpAdapterHandle, Socket("IPADAPTER")]
"""Which IP-Adapter."""
Moment = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.001)]


@node("IPAdapterModelLoader", title="Load IP-Adapter", category="ipadapter/loaders", occupies="io")
def load_adapter(
    ipadapter_file: Annotated[str, Files("ipadapter"), Field(description="A .safetensors file with an IP-Adapter.")],
    *,
    folders: Folders,
) -> IpAdapter:
    """Choose an IP-Adapter: what lets a model listen to pictures."""
    return open_ip_adapter(folders.path("ipadapter", ipadapter_file), folders.digest("ipadapter", ipadapter_file))


class Found(NamedTuple):
    """The model as it came, and what was found for it."""

    model: Model
    ipadapter: IpAdapter


@node("IPAdapterUnifiedLoader", title="Find IP-Adapter", category="ipadapter/loaders", occupies="io")
def find_adapter(
    model: Model,
    preset: Annotated[finding.Preset, Field(description="Which kind; the first file that fits the model is taken.")],
    ipadapter: Annotated[
        IpAdapterHandle | None,
        Socket("IPADAPTER"),
        Widget(optional=True),
        Field(description="Kept for workflows that connect it: files are never loaded twice."),
    ] = None,
    *,
    models: ModelRegistry,
    folders: Folders,
) -> Found:
    """Find an IP-Adapter that fits a model, with its encoder, in the folders ipadapter and clip_vision."""
    names = {folder: _names_by_path(folders, folder) for folder in ("ipadapter", "clip_vision")}
    unet, name = getattr(models.look(model.source), "network", None), model.source.path.name
    adapter, encoder = finding.find_adapter(unet, name, preset, names["ipadapter"], names["clip_vision"])
    vision = VisionHandle(encoder, folders.digest("clip_vision", names["clip_vision"][encoder]))
    return Found(model, IpAdapterHandle(adapter, folders.digest("ipadapter", names["ipadapter"][adapter]), vision))


@node("IPAdapter", title="Apply IP-Adapter (plain)", category="ipadapter", occupies="gpu")
def apply_plain(
    model: Model,
    ipadapter: Annotated[IpAdapter, Field(description="With its encoder, as IPAdapterUnifiedLoader finds it.")],
    image: Annotated[Image, Field(description="What to listen to; the middle square of each picture is seen.")],
    weight: Annotated[float, Field(ge=-1.0, le=3.0, multiple_of=0.05, description="How strongly.", default=1.0)],
    start_at: Annotated[Moment, Field(description="When it begins; 0 is pure noise.", default=0.0)],
    end_at: Annotated[Moment, Field(description="When it ends; 1 is the finished picture.", default=1.0)],
    weight_type: Annotated[
        Literal["standard", "prompt is more important", "style transfer"],
        Field(description="Which layers listen, and how strongly."),
    ],
    attn_mask: Annotated[
        Mask | None, Widget(optional=True), Field(description="1 where the picture counts; in the shape of the latent.")
    ] = None,
    *,
    models: ModelRegistry,
) -> Model:
    """Let a model listen to pictures as well as to the text. `IPAdapterAdvanced` does the same and offers more."""
    kinds: dict[str, WeightType] = {"prompt is more important": "ease out", "style transfer": "style transfer"}
    return apply_adapter(
        model,
        ipadapter,
        image,
        weight=weight,
        weight_type=kinds.get(weight_type, "linear"),
        combine_embeds="concat",
        start_at=start_at,
        end_at=end_at,
        embeds_scaling="V only",
        attn_mask=attn_mask,
        models=models,
    )


@node("IPAdapterAdvanced", title="Apply IP-Adapter", category="ipadapter", occupies="gpu")
def apply_adapter(
    model: Model,
    ipadapter: IpAdapter,
    image: Annotated[Image, Field(description="What to listen to; the middle square of each picture is seen.")],
    weight: Annotated[float, Field(ge=-1.0, le=5.0, multiple_of=0.05, description="How strongly.", default=1.0)],
    weight_type: Annotated[WeightType, Field(description="Which layers listen, and how strongly.")],
    combine_embeds: Annotated[Combine, Field(description="How several pictures become one prompt.")],
    start_at: Annotated[Moment, Field(description="When it begins; 0 is pure noise.", default=0.0)],
    end_at: Annotated[Moment, Field(description="When it ends; 1 is the finished picture.", default=1.0)],
    embeds_scaling: Annotated[Scaling, Field(description="What the weight scales: keys, values, or both.")],
    image_negative: Annotated[
        Image | None, Widget(optional=True), Field(description="What to stay away from; without it, nothing is seen.")
    ] = None,
    attn_mask: Annotated[
        Mask | None, Widget(optional=True), Field(description="1 where the picture counts; in the shape of the latent.")
    ] = None,
    clip_vision: Annotated[
        VisionHandle | None,
        Socket("CLIP_VISION"),
        Widget(optional=True),
        Field(description="The encoder that the adapter looks through."),
    ] = None,
    *,
    models: ModelRegistry,
) -> Model:
    """Let a model listen to pictures as well as to the text, from one moment of the sampling to another."""
    vision = clip_vision or ipadapter.vision
    if vision is None:
        raise DiffusionError("clip_vision: the adapter looks through an encoder of pictures; connect CLIPVisionLoader.")
    check_fit(ipadapter, getattr(models.look(model.source), "network", None), model.source.path.name, weight_type)
    prompt = Reader(ipadapter, vision, combine_embeds).read(models, image, image_negative)
    return with_effect(
        model,
        "image_prompt",
        adapter=ipadapter,
        prompt=prompt,
        weight=weight,
        weight_type=weight_type,
        scaling=embeds_scaling,
        start=start_at,
        end=end_at,
        mask=attn_mask,
    )


def _names_by_path(folders: Folders, folder: str) -> dict[Path, str]:
    """The files of a folder that can be read."""
    return {folders.path(folder, name): name for name in folders.names(folder) if Path(name).suffix in SAFETENSORS}
