"""The types on the links of diffusion graphs: each names the wire type and the Python value that travels there."""

from typing import Annotated

from torch import Tensor

from graph.datatypes import Socket
from nodes.diffusion import types
from nodes.diffusion.vision.encoder import VisionHandle

Image = Annotated[Tensor, Socket("IMAGE")]
"""Pictures `(batch, height, width, channels)`, float32 in 0..1."""
Mask = Annotated[Tensor, Socket("MASK")]
"""Masks `(batch, height, width)`, float32 in 0..1; 1 is the part to be changed."""
Latent = Annotated[types.Latent, Socket("LATENT")]
"""Latents, with their noise mask and noise indices if they have any."""
Conditioning = Annotated[types.Conditioning, Socket("CONDITIONING")]
"""Encoded texts with their options."""
Model = Annotated[types.ModelHandle, Socket("MODEL")]
"""Which diffusion model."""
Clip = Annotated[types.ClipHandle, Socket("CLIP")]
"""Which text encoder."""
Vae = Annotated[types.VaeHandle, Socket("VAE")]
"""Which autoencoder."""
ClipVision = Annotated[VisionHandle, Socket("CLIP_VISION")]
"""Which encoder of pictures."""
Sampler = Annotated[types.Sampler, Socket("SAMPLER")]
"""Which sampling algorithm."""
Sigmas = Annotated[Tensor, Socket("SIGMAS")]
"""Noise levels `(steps + 1,)`, falling."""
Noise = Annotated[types.Noise, Socket("NOISE")]
"""Where noise comes from."""
Guider = Annotated[types.Guider, Socket("GUIDER")]
"""How conditionings steer the model."""
