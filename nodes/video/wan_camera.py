"""Nodes that tell Wan how the camera moves."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field
from torch import Tensor

from graph.datatypes import Socket
from graph.node import Widget, node
from nodes.diffusion.camera import Lens, camera_rays
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.shown_videos import VideoSize, beside_each_other, made_between
from nodes.sockets import Conditioning, Vae
from nodes.video.video_conditioning import (
    CATEGORY,
    CELL,
    CHANNELS,
    Batch,
    Begun,
    Height,
    Length,
    MaybeImage,
    MaybeSeen,
    Width,
    begun,
)

Pose = Literal[
    "Static",
    "Pan Up",
    "Pan Down",
    "Pan Left",
    "Pan Right",
    "Zoom In",
    "Zoom Out",
    "Anti Clockwise (ACW)",
    "ClockWise (CW)",
]
Rays = Annotated[Tensor, Socket("WAN_CAMERA_EMBEDDING")]
"""The ray through each pixel (1, 24, latent frames, height, width)."""
Focal = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=1e-9), Widget(optional=True)]
Middle = Annotated[float, Field(ge=0.0, le=1.0, multiple_of=0.01), Widget(optional=True)]


class Filmed(NamedTuple):
    """How the camera moves, and the size of the video that it films."""

    camera_embedding: Rays
    width: int
    height: int
    length: int


@node("WanCameraEmbedding", title="Wan camera embedding", category="camera")
def wan_camera_embedding(
    camera_pose: Annotated[Pose, Field(description="How the camera moves.")] = "Static",
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    speed: Annotated[
        float, Field(ge=0.0, le=10.0, multiple_of=0.1, description="How fast; 1 is the usual."), Widget(optional=True)
    ] = 1.0,
    fx: Annotated[Focal, Field(description="Focal length, as a share of the width.")] = 0.5,
    fy: Annotated[Focal, Field(description="Focal length, as a share of the height.")] = 0.5,
    cx: Annotated[Middle, Field(description="Where the camera points, as a share of the width.")] = 0.5,
    cy: Annotated[Middle, Field(description="Where the camera points, as a share of the height.")] = 0.5,
) -> Filmed:
    """Say how the camera moves in a video of Wan."""
    size = VideoSize(width, height, length)
    return Filmed(camera_rays(camera_pose, size, speed, Lens(fx, fy, cx, cy)), width, height, length)


@node("WanCameraImageToVideo", title="Wan camera image to video", category=CATEGORY, occupies="gpu")
def wan_camera_image_to_video(
    positive: Conditioning,
    negative: Conditioning,
    vae: Vae,
    width: Width = 832,
    height: Height = 480,
    length: Length = 81,
    batch_size: Batch = 1,
    clip_vision_output: Annotated[MaybeSeen, Field(description="What CLIP sees in the first frame.")] = None,
    start_image: Annotated[MaybeImage, Field(description="The first frame, or the first few.")] = None,
    camera_conditions: Annotated[
        Tensor | None,
        Socket("WAN_CAMERA_EMBEDDING"),
        Widget(optional=True),
        Field(description="How the camera moves."),
    ] = None,
    *,
    models: ModelRegistry,
) -> Begun:
    """Let a model of the kind Wan Fun Camera set a picture in motion by a move of the camera."""
    size = VideoSize(width, height, length)
    told: dict[str, Any] = {} if camera_conditions is None else {"camera_conditions": camera_conditions}
    if start_image is not None:
        with models.use_vae(vae) as autoencoder:
            told["concat_latent_image"] = beside_each_other(autoencoder, size, (start_image,))
        told["concat_mask"] = made_between(size, len(start_image), 0, CELL)
    samples = size.empty(CHANNELS, CELL, batch_size)
    return begun(positive, negative, {"samples": samples}, clip_vision_output, **told)
