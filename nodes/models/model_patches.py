"""Nodes that change how a diffusion model computes, without a change to its weights."""

from typing import Annotated

from pydantic import Field

from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion.effects.base import with_effect, without_effect
from nodes.diffusion.effects.differential import DIFFERENTIAL
from nodes.diffusion.effects.hypernetwork import HypernetworkFile
from nodes.diffusion.pictures.resizing import LatentMethod
from nodes.sockets import Model

Scale = Annotated[float, Field(ge=0.0, le=10.0, multiple_of=0.01)]
Backbone1 = Annotated[Scale, Field(description="What the UNet knows counts so much at its deepest level.")]
Backbone2 = Annotated[Scale, Field(description="What the UNet knows counts so much at the level above.")]
Skip1 = Annotated[Scale, Field(description="Low frequencies of skip connections count so much at the deepest level.")]
Skip2 = Annotated[Scale, Field(description="Low frequencies of skip connections count so much at the level above.")]
Moment = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.001)]


@node("FreeU", title="FreeU", category="model_patches/unet", occupies="instant")
def freeu(model: Model, b1: Backbone1 = 1.1, b2: Backbone2 = 1.2, s1: Skip1 = 0.9, s2: Skip2 = 0.2) -> Model:
    """Let what the UNet knows count more than the details that its skip connections bring (FreeU, first version)."""
    return with_effect(model, "freeu", b1=b1, b2=b2, s1=s1, s2=s2)


@node("FreeU_V2", title="FreeU, second version", category="model_patches/unet", occupies="instant")
def freeu_v2(model: Model, b1: Backbone1 = 1.3, b2: Backbone2 = 1.4, s1: Skip1 = 0.9, s2: Skip2 = 0.2) -> Model:
    """As FreeU, scaling what the UNet knows where there is structure only."""
    return with_effect(model, "freeu_v2", b1=b1, b2=b2, s1=s1, s2=s2)


@node("PatchModelAddDownscale", title="Shrink inside the model", category="model_patches/unet", occupies="instant")
def add_downscale(
    model: Model,
    block_number: Annotated[
        int, Field(ge=1, le=32, multiple_of=1, description="Below which block of the way down, in original numbers.")
    ] = 3,
    downscale_factor: Annotated[
        float, Field(ge=0.1, le=9.0, multiple_of=0.001, description="How many times smaller.")
    ] = 2.0,
    start_percent: Annotated[Moment, Field(description="When it begins; 0 is pure noise.")] = 0.0,
    end_percent: Annotated[Moment, Field(description="When it ends; 1 is the finished picture.")] = 0.35,
    downscale_after_skip: Annotated[
        bool, Field(description="Whether the block's own skip connection keeps its size.")
    ] = True,
    downscale_method: Annotated[LatentMethod, Field(description="How values are found when shrinking.")] = "bicubic",
    upscale_method: Annotated[LatentMethod, Field(description="How values are found when enlarging.")] = "bicubic",
) -> Model:
    """Let a UNet work at a smaller size early on, so that large pictures become one scene ("Deep Shrink")."""
    return with_effect(
        model,
        "downscale",
        block_number=block_number,
        downscale_factor=downscale_factor,
        start_percent=start_percent,
        end_percent=end_percent,
        downscale_after_skip=downscale_after_skip,
        downscale_method=downscale_method,
        upscale_method=upscale_method,
    )


@node("HyperTile", title="HyperTile", category="model_patches/unet", occupies="instant")
def hypertile(
    model: Model,
    tile_size: Annotated[int, Field(ge=1, le=2048, multiple_of=1, description="Pixels along a tile, at least.")] = 256,
    swap_size: Annotated[int, Field(ge=1, le=128, multiple_of=1, description="How many sizes of tiles to vary.")] = 2,
    max_depth: Annotated[int, Field(ge=0, le=10, multiple_of=1, description="Levels below the finest to tile.")] = 0,
    scale_depth: Annotated[bool, Field(description="Whether tiles stay of one size in cells, not in pixels.")] = False,
) -> Model:
    """Let positions attend to each other inside tiles only: faster at large sizes."""
    numbers = {"tile_size": tile_size, "swap_size": swap_size, "max_depth": max_depth, "scale_depth": scale_depth}
    return with_effect(model, "hypertile", **numbers)


@node("TomePatchModel", title="Merge tokens", category="model_patches/unet", occupies="instant")
def merge_tokens(
    model: Model,
    ratio: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="The share of positions that is merged.")
    ] = 0.3,
) -> Model:
    """Let positions that look alike ask as one ("ToMe"): faster at large sizes."""
    return with_effect(without_effect(model, "token_merging"), "token_merging", ratio=ratio)


@node(
    "PerturbedAttentionGuidance",
    title="Perturbed-attention guidance",
    category="model_patches/unet",
    occupies="instant",
)
def perturbed_attention(
    model: Model,
    scale: Annotated[float, Field(ge=0.0, le=100.0, multiple_of=0.01, description="How strongly.")] = 3.0,
) -> Model:
    """Guide away from what the model draws without attention in its middle: more structure, one more call a step."""
    return with_effect(model, "perturbed_attention", scale=scale)


@node(
    "SelfAttentionGuidance",
    title="Self-attention guidance",
    category="model_patches/unet",
    occupies="instant",
    experimental=True,
)
def self_attention_guidance(
    model: Model,
    scale: Annotated[float, Field(ge=-2.0, le=5.0, multiple_of=0.01, description="How strongly.")] = 0.5,
    blur_sigma: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.1, description="How far the blur reaches, in latent cells.")
    ] = 2.0,
) -> Model:
    """Guide away from what the model draws where its attention was blurred: finer details, two more calls a step."""
    return with_effect(model, "self_attention_guidance", scale=scale, blur_sigma=blur_sigma)


@node(
    "DifferentialDiffusion",
    title="Differential diffusion",
    category="model_patches/unet",
    occupies="instant",
    experimental=True,
)
def differential_diffusion(
    model: Model,
    strength: Annotated[
        float,
        Widget(optional=True),
        Field(ge=0.0, le=1.0, multiple_of=0.01, description="How hard the border of what may change is."),
    ] = 1.0,
) -> Model:
    """Let grey masks say how much each place of a picture may change."""
    return model.with_options(**{DIFFERENTIAL: strength})


@node("HypernetworkLoader", title="Load hypernetwork", category="loaders", occupies="io")
def load_hypernetwork(
    model: Model,
    hypernetwork_name: Annotated[
        str, Files("hypernetworks"), Field(description="A .safetensors file with a hypernetwork.")
    ],
    strength: Annotated[float, Field(ge=-10.0, le=10.0, multiple_of=0.01, description="How strongly.")] = 1.0,
    *,
    folders: Folders,
) -> Model:
    """Change what a model hears of its text, by a small network for each width of text."""
    path = folders.path("hypernetworks", hypernetwork_name)
    file = HypernetworkFile(path)
    return with_effect(model, "hypernetwork", path=str(path), widths=file.widths, strength=strength)
