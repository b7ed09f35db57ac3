"""How far an ancestral sampler steps below the next noise level, and how much noise brings it back up.

Song et al., 2021, "Score-Based Generative Modeling through Stochastic Differential Equations", appendix F.
"""

from torch import Tensor


def ancestral_step(sigma: Tensor, sigma_next: Tensor, eta: float) -> tuple[Tensor, Tensor]:
    """The noise level to step down to, and the noise to add there, so that the sum has the level `sigma_next`.

    Args:
        sigma: where the step starts.
        sigma_next: where it ends.
        eta: 0 steps down to `sigma_next` itself and adds nothing; 1 is ancestral sampling.
    """
    if eta == 0:
        return sigma_next, sigma_next * 0
    fresh = eta * (sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2) ** 0.5
    up = fresh.fmin(sigma_next)  # from infinite noise, or upwards, there is no such number: all noise is fresh
    return (sigma_next**2 - up**2) ** 0.5, up


def flow_ancestral_step(sigma: Tensor, sigma_next: Tensor, eta: float) -> tuple[Tensor, Tensor, Tensor]:
    """The same for flows: noise level below, noise to add, and what the latent below is multiplied by before.

    The signal has to be brought from `1 - below` to `1 - sigma_next`, which scales the noise that is left as well.
    """
    down = sigma_next * (1 + (sigma_next / sigma - 1) * eta)
    signal, signal_down = 1 - sigma_next, 1 - down
    up = (sigma_next**2 - down**2 * signal**2 / signal_down**2) ** 0.5
    return down, up, signal / signal_down
