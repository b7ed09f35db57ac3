"""Nodes that make assets for games: seamless textures, normal maps, sprite sheets."""

from typing import Annotated, NamedTuple

from pydantic import Field
from torch import nn

from graph.node import node
from nodes.diffusion import autoencoding
from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.effects.seamless import Axes, wrapping
from nodes.diffusion.errors import ModelError
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.teaching import assets
from nodes.diffusion.teaching.assets import Green
from nodes.sockets import Image, Latent, Model, Vae

CATEGORY = "game_assets"
Along = Annotated[Axes, Field(description="Along which sides the picture is to be repeated.")]


class SheetWithAtlas(NamedTuple):
    """A sprite sheet, and where each sprite lies."""

    image: Annotated[Image, Field(description="With alpha.")]
    atlas: Annotated[str, Field(description='JSON: `{"frames": [{"x", "y", "w", "h"}, …], "width", "height"}`.')]


class Seam(NamedTuple):
    """How visible the seam is; 1 is as smooth as the picture itself."""

    across: float
    down: float
    text: str


@node("SeamlessModel", title="Seamless model", category=CATEGORY, occupies="instant")
def seamless_model(model: Model, axes: Along = "both") -> Model:
    """Let a model draw pictures that can be laid side by side: its convolutions go on at the opposite edge.

    Decode with the seamless decoder as well, which has convolutions of its own.
    """
    return with_effect(model, "seamless", axes=axes)


@node("SeamlessDecode", title="Decode latent, seamless", category=CATEGORY, occupies="gpu")
def seamless_decode(
    samples: Latent,
    vae: Annotated[Vae, Field(description="The autoencoder that belongs to the model.")],
    axes: Along = "both",
    *,
    models: ModelRegistry,
) -> Image:
    """Turn latents into pictures that can be laid side by side."""
    with models.use_vae(vae) as autoencoder:
        network = getattr(autoencoder, "network", None)
        if not isinstance(network, nn.Module):
            raise ModelError(f"{vae.source.path.name} cannot decode seamlessly: it has no convolutions.")
        with wrapping(network, axes):
            return autoencoding.decode(autoencoder, samples["samples"])


@node("TileImage", title="Lay side by side", category=CATEGORY)
def tile_image(
    image: Image,
    across: Annotated[int, Field(ge=1, le=16, description="How many times from left to right.")] = 2,
    down: Annotated[int, Field(ge=1, le=16, description="How many times from top to bottom.")] = 2,
) -> Image:
    """Repeat pictures like wallpaper, to see their seams."""
    return image.repeat(1, down, across, 1)


@node("MeasureSeam", title="Measure the seam", category=CATEGORY)
def measure_seam(image: Image) -> Seam:
    """Tell how visible the seam of a repeated picture is: the step over it against the steps between neighbours."""
    across, down = assets.seam(image)
    return Seam(across, down, f"seam {across:.2f} across, {down:.2f} down (1 is invisible)")


@node("NormalMap", title="Normal map", category=CATEGORY)
def normal_map(
    image: Annotated[Image, Field(description="Heights: bright is high.")],
    strength: Annotated[float, Field(ge=0.1, le=100.0, multiple_of=0.1, description="How steep the surface is.")] = 8.0,
    wraps: Annotated[bool, Field(description="Whether the picture is seamless, so that the map is too.")] = True,
    green: Annotated[
        Green, Field(description="Where the green channel points: up for OpenGL, down for DirectX.")
    ] = "up",
) -> Image:
    """Turn heights into the surface normals by which games light a flat texture."""
    return assets.normal_map(assets.height_of(image), strength, wraps=wraps, green=green)


@node("SpriteSheet", title="Sprite sheet", category=CATEGORY)
def sprite_sheet(
    images: Annotated[Image, Field(description="The sprites, with or without alpha.")],
    columns: Annotated[int, Field(ge=0, le=64, description="Side by side; 0 makes the sheet about square.")] = 0,
    spacing: Annotated[int, Field(ge=0, le=64, description="Transparent pixels between two of them.")] = 0,
) -> SheetWithAtlas:
    """Put sprites onto one sheet, with the places of all as JSON."""
    return SheetWithAtlas(*assets.sprite_sheet(images, columns, spacing))


@node("KeyOutBackground", title="Make the background transparent", category=CATEGORY)
def key_out_background(
    image: Annotated[Image, Field(description="A figure on a plain background.")],
    tolerance: Annotated[
        float, Field(ge=0.0, le=1.0, multiple_of=0.01, description="How far a colour may be from the background's.")
    ] = 0.12,
) -> Image:
    """Cut a figure out of a plain background: what has the border's colour, and touches it, becomes transparent."""
    return assets.keyed_out(image, tolerance)
