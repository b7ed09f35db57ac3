"""Guidance away from what a network predicts when it is made worse on purpose.

Perturbed-attention guidance: Ahn et al., 2024, "Self-Rectifying Diffusion Sampling with Perturbed-Attention Guidance",
equation 9. Self-attention guidance: Hong et al., 2023, "Improving Sample Quality of Diffusion Models Using
Self-Attention Guidance", section 4 and algorithm 1.
"""

import torch
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.computing.attention import Layer, Mix
from nodes.diffusion.effects.base import Attending, Effect, Guidance

THRESHOLD = 1.0
"""From so much attention on, a position is worth blurring."""
KERNEL = 9
"""Cells along a side of the blur."""


class PerturbedAttention(Effect):
    """Moves away from the prediction of a network whose middle attends to nothing but each position itself."""

    def after_guidance(self, guided: Tensor, guidance: Guidance, network: Attending) -> Tensor:
        """`guided + scale * (positive - perturbed)`."""
        scale = float(self.numbers["scale"])
        if scale == 0:
            return guided
        with network.attending(only_itself):
            perturbed = guidance.predict("positive", guidance.x)
        return guided + (guidance.denoised["positive"] - perturbed) * scale


class SelfAttentionGuidance(Effect):
    """Moves away from the prediction for a picture that was blurred where the network looks."""

    def after_guidance(self, guided: Tensor, guidance: Guidance, network: Attending) -> Tensor:
        """`guided + scale * (degraded - prediction from the degraded)`; of the negative side, where there is one."""
        scale = float(self.numbers["scale"])
        role = "negative" if "negative" in guidance.denoised else "positive"
        record = Record()
        with network.attending(record):
            clean = guidance.predict(role, guidance.x)
        if scale == 0 or record.weights is None:
            return guided
        degraded = blurred_where_seen(clean, record.weights, float(self.numbers["blur_sigma"]))
        again = guidance.predict(role, degraded + guidance.x - clean)
        return guided + (degraded - again) * scale


def only_itself(layer: Layer, query: Tensor, key: Tensor, value: Tensor, mix: Mix) -> Tensor:
    """Attention of the middle block to itself becomes the identity."""
    return value if layer.is_self and layer.is_middle else mix(query, key, value)


class Record:
    """Remembers how the first self-attention of the middle block attended."""

    def __init__(self) -> None:
        self.weights: Tensor | None = None
        """(batch, heads, positions, positions)"""

    def __call__(self, layer: Layer, query: Tensor, key: Tensor, value: Tensor, mix: Mix) -> Tensor:
        """As without it."""
        if layer.is_self and layer.is_middle and self.weights is None:
            split = (each.unflatten(-1, (layer.heads, -1)).transpose(1, 2).float() for each in (query, key))
            asking, asked = split
            self.weights = (asking @ asked.transpose(-2, -1) * asking.shape[-1] ** -0.5).softmax(dim=-1)
        return mix(query, key, value)


def blurred_where_seen(latent: Tensor, weights: Tensor, sigma: float) -> Tensor:
    """A latent, blurred where many positions look at."""
    height, width = latent.shape[-2:]
    seen = weights.mean(dim=1).sum(dim=1) > THRESHOLD
    positions = seen.shape[-1]
    columns = max(1, round((width / height * positions) ** 0.5))
    while positions % columns:
        columns -= 1
    mask = seen.reshape(len(seen), 1, positions // columns, columns).to(latent)
    mask = functional.interpolate(mask, size=(height, width))
    return gaussian(latent, sigma) * mask + latent * (1 - mask)


def gaussian(latent: Tensor, sigma: float) -> Tensor:
    """A latent, blurred by a Gaussian of `sigma` cells; the edges are mirrored."""
    if sigma <= 0:
        return latent
    place = torch.linspace(-(KERNEL - 1) / 2, (KERNEL - 1) / 2, KERNEL, device=latent.device, dtype=latent.dtype)
    line = torch.exp(-0.5 * (place / sigma) ** 2)
    line = line / line.sum()
    kernel = (line[:, None] * line[None, :]).expand(latent.shape[1], 1, KERNEL, KERNEL)
    edge = KERNEL // 2
    mode = "reflect" if min(latent.shape[-2:]) > edge else "replicate"
    return functional.conv2d(functional.pad(latent, (edge,) * 4, mode=mode), kernel, groups=latent.shape[1])
