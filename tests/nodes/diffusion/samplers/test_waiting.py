"""No step waits for an accelerator: on a device without numbers, asking for one is an error."""

import pytest
import torch
from torch import Tensor

from nodes.diffusion.guidance.denoiser import GuidedDenoiser
from nodes.diffusion.inpainting import InpaintingDenoiser, Original
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.samplers import SAMPLERS
from nodes.diffusion.types import Prediction, Start
from tests.nodes.diffusion.networks import EchoNetwork, cfg_guider, word

META = torch.device("meta")
X = torch.empty(1, 4, 16, 16, device=META)
SIGMAS = torch.tensor([0.9, 0.5, 0.2, 0.0])


def test_the_device_of_this_test_gives_no_numbers() -> None:
    with pytest.raises(RuntimeError):
        float(X.sum())


def test_only_the_adaptive_solver_has_to_know_its_error() -> None:
    with pytest.raises(RuntimeError):
        test_no_step_reads_a_number_from_the_device("dpm_adaptive", "epsilon")


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "flow"])
@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "dpm_adaptive"])
def test_no_step_reads_a_number_from_the_device(sampler: str, prediction: Prediction) -> None:
    network = EchoNetwork(prediction=prediction, device=META)
    texts = [*word(1.0, area=(8, 8, 0, 0)), *word(2.0, end_percent=0.5), *word(3.0, mask=torch.ones(16, 16))]
    guider = cfg_guider(texts, word(0.0, tokens=4), rescale_cfg=0.5)
    parameterisation = parameterisation_of(network, {})
    denoise = InpaintingDenoiser(
        GuidedDenoiser(network, parameterisation, guider, Start(X)), parameterisation, Original(X, X, X[:, :1])
    )

    def noise(sigma: Tensor, sigma_next: Tensor) -> Tensor:
        return torch.empty_like(X)

    result = SAMPLERS[sampler].run(denoise, X, SIGMAS, noise=noise, on_step=lambda *step: None)
    assert result.device == META
    assert result.shape == X.shape
    assert len(network.shapes) >= 3
