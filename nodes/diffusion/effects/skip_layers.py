"""Guidance away from what a transformer predicts without some of its blocks.

Skip layer guidance, which Stability AI published with Stable Diffusion 3.5. It follows Ahn et al., 2024,
"Self-Rectifying Diffusion Sampling with Perturbed-Attention Guidance", and Hyung et al., 2024, "Spatiotemporal Skip
Guidance for Enhanced Video Diffusion Sampling", which leaves out layers of transformers likewise.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from nodes.diffusion.computing.skipping import known_blocks, without_blocks
from nodes.diffusion.effects.base import Asked, Attending, Effect, Guidance, NetworkCall, Numbers


class BlockSkipping(Effect):
    """What both kinds know: which blocks are left out, and when.

    Their numbers: `double` and `single` (numbers of blocks), `start` and `end` (0..1).
    """

    works_on = "transformer"

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self.blocks = known_blocks(unet, {kind: numbers[kind] for kind in ("double", "single")})
        self._highest, self._lowest = (percent_to_sigma(float(numbers[name])) for name in ("start", "end"))

    def applies_at(self, sigma: float) -> bool:
        """Whether blocks are left out at a noise level; never, where the network has none of them."""
        return any(self.blocks.values()) and self._lowest < sigma <= self._highest


class SkipLayerGuidance(BlockSkipping):
    """Moves away from the positive prediction without the blocks; costs one more call a step.

    Its further numbers: `scale`, and `rescaling`, the share of the contrast of the positive prediction that is kept.
    """

    def after_guidance(self, guided: Tensor, guidance: Guidance, network: Attending) -> Tensor:
        """`guided + scale * (positive - prediction without the blocks)`."""
        scale, share = float(self.numbers["scale"]), float(self.numbers["rescaling"])
        if scale == 0 or not self.applies_at(float(guidance.sigma)):
            return guided
        with network.disturbed(without_blocks(self.unet, self.blocks)):
            weaker = guidance.predict("positive", guidance.x)
        positive = guidance.denoised["positive"]
        guided = guided + (positive - weaker) * scale
        return guided * (1 - share + share * contrast(positive) / contrast(guided)) if share else guided


class SkipLayersOfNegative(BlockSkipping):
    """The negative side is predicted without the blocks, which costs less than predicting it with them."""

    def __init__(self, numbers: Numbers, unet: nn.Module, percent_to_sigma: Callable[[float], float]) -> None:
        super().__init__(numbers, unet, percent_to_sigma)
        self._mark = f"is_negative:{id(self)}"

    def inputs(self, role: str) -> Mapping[str, Tensor]:
        """1 for rows of the negative side."""
        return {self._mark: torch.tensor([int(role == "negative")])}

    def around_call(self, call: NetworkCall, asked: Asked) -> Tensor:
        """One call for the negative rows, one for the others."""
        is_negative = asked.told[self._mark].bool()
        if not is_negative.any() or not self.applies_at(asked.sigma):
            return call(asked)
        output = torch.empty_like(asked.x)
        if not is_negative.all():
            output[~is_negative] = call(asked.rows(~is_negative))
        with without_blocks(self.unet, self.blocks):
            output[is_negative] = call(asked.rows(is_negative))
        return output


def contrast(latent: Tensor) -> Tensor:
    """The deviation of each item of a batch, shaped to be multiplied with it."""
    return latent.std(dim=tuple(range(1, latent.dim())), keepdim=True)
