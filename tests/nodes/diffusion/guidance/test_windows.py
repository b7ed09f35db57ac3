"""Long latents are predicted window by window: what windows show, and how their predictions become one."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.guidance.denoiser import GuidedDenoiser
from nodes.diffusion.guidance.window_layouts import WindowPlan
from nodes.diffusion.guidance.windows import Window, Windowing, drawing, with_windows
from nodes.diffusion.noise import initial_noise
from nodes.diffusion.prediction import parameterisation_of
from nodes.diffusion.types import Guider, Start
from tests.nodes.diffusion.networks import HANDLE, EchoNetwork, word

FRAMES = WindowPlan(length=4, overlap=2, dim=2, leads_in=False)


class Recorder(EchoNetwork):
    """Predicts the frames themselves, and remembers what it was shown."""

    def predict(self, x: torch.Tensor, timestep: torch.Tensor, context: torch.Tensor, extra: Any) -> torch.Tensor:
        super().predict(x[:, :, 0] if x.dim() == 5 else x, timestep, context, extra)
        self.shapes[-1] = tuple(x.shape)
        return x.clone()


def denoiser(network: EchoNetwork, plan: WindowPlan, latent: torch.Tensor, positive: Any = None) -> GuidedDenoiser:
    conditionings = {"positive": positive or word(1.0), "negative": word(0.0)}
    guider = Guider(with_windows(HANDLE, plan), "cfg", conditionings, {"cfg": 3.0})
    return GuidedDenoiser(network, parameterisation_of(network, {}), guider, Start(latent))


def video(frames: int = 9) -> torch.Tensor:
    return torch.randn(1, 4, frames, 3, 3, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("fuse", ["pyramid", "relative", "flat", "overlap-linear"])
@pytest.mark.parametrize("schedule", ["standard_static", "standard_uniform", "looped_uniform", "batched"])
def test_windows_that_agree_give_what_the_whole_gives(fuse: Any, schedule: Any) -> None:
    x, sigma = video(), torch.tensor(1.0)
    plan = replace(FRAMES, fuse=fuse, schedule=schedule)
    network = Recorder()
    whole = denoiser(network, replace(plan, length=100), x)(x, sigma)
    assert network.shapes == [(2, 4, 9, 3, 3)]
    torch.testing.assert_close(denoiser(network, plan, x)(x, sigma), whole, atol=1e-5, rtol=1e-5)
    assert all(shape[2] <= 4 for shape in network.shapes[1:])
    assert len(network.shapes) > 2


def test_short_latents_are_not_divided() -> None:
    network, x = Recorder(), video(4)
    denoiser(network, FRAMES, x)(x, torch.tensor(1.0))
    assert network.shapes == [(2, 4, 4, 3, 3)]


def test_later_windows_are_shown_the_frame_before_them() -> None:
    network, x = Recorder(), video(8)
    found = denoiser(network, replace(FRAMES, leads_in=True), x)(x, torch.tensor(1.0))
    assert [shape[2] for shape in network.shapes] == [4, 5, 5]
    torch.testing.assert_close(found, denoiser(network, replace(FRAMES, length=99), x)(x, torch.tensor(1.0)))


def test_batches_of_frames_are_divided_with_their_texts_and_masks() -> None:
    network, x = EchoNetwork(), torch.zeros(6, 4, 3, 3)
    texts = torch.arange(6.0).view(6, 1, 1).expand(6, 2, 16)
    plan = WindowPlan(length=4, overlap=2)
    found = denoiser(network, plan, x, [(texts, {})])(x, torch.tensor(1.0))
    assert [shape[0] for shape in network.shapes] == [8, 8]
    torch.testing.assert_close(found[:, 0, 0, 0], 3.0 * torch.arange(6.0))  # each frame follows its own text


def test_a_window_has_the_conditioning_whose_turn_it_is() -> None:
    network, x = EchoNetwork(), torch.zeros(8, 4, 3, 3)
    plan = WindowPlan(length=4, overlap=0, splits_conditions=True)
    found = denoiser(network, plan, x, [*word(1.0), *word(5.0)])(x, torch.tensor(1.0))
    assert found[:, 0, 0, 0].tolist() == [3.0] * 4 + [15.0] * 4


def test_what_is_kept_stands_in_every_window() -> None:
    whole = torch.arange(8.0).view(1, 1, 8, 1, 1)
    window = Window((4, 5, 6, 7), (3,), 8, 5, replace(FRAMES, kept_latents=(0, 2)))
    assert window.latent(whole).flatten().tolist() == [0, 4, 2, 6, 7]
    assert window.without_lead(window.latent(whole)).flatten().tolist() == [4, 2, 6, 7]
    weights = window.weights()
    assert weights[1] < 1e-5 < weights[0]


def test_the_first_picture_of_a_conditioning_can_be_kept() -> None:
    network = Recorder()
    overlay = torch.arange(8.0).view(1, 1, 8, 1, 1).expand(1, 1, 8, 3, 3)
    x = torch.zeros(1, 4, 8, 3, 3)
    plan = replace(FRAMES, kept_conditions=(0,))
    denoiser(network, plan, x, word(1.0, overlay=overlay))(x, torch.tensor(1.0))
    seen = [extra["overlay"][0, 0, :, 0, 0].tolist() for extra in network.extras if "overlay" in extra]
    assert seen == [[0, 1, 2, 3], [0, 3, 4, 5], [0, 5, 6, 7]]


def test_uniform_windows_move_when_the_noise_level_falls() -> None:
    windowing, x = Windowing(replace(FRAMES, schedule="looped_uniform")), video(8)
    firsts = []
    for sigma in (3.0, 3.0, 2.0, 1.0):
        shown: list[Window] = []
        windowing.predicted(x, sigma, ("a",), lambda part, window, shown=shown: shown.append(window) or {"a": part})
        firsts.append(shown[0].frames[0])
    assert firsts == [0, 0, 4, 2]


@pytest.mark.parametrize(("schedule", "kept"), [("standard_static", 3), ("looped_uniform", 0)])
def test_what_was_cut_for_windows_that_move_is_not_kept(schedule: Any, kept: int) -> None:
    x = video(8)
    denoise = denoiser(Recorder(), replace(FRAMES, schedule=schedule), x)
    for sigma in (3.0, 2.0, 1.0):
        denoise(x, torch.tensor(sigma))
    assert len(denoise._calls) == kept


def test_areas_cannot_be_divided_across_a_picture() -> None:
    network, x = EchoNetwork(), torch.zeros(1, 4, 12, 12)
    positive = word(1.0, area=(8, 8, 0, 0))
    with pytest.raises(DiffusionError, match="area"):
        denoiser(network, FRAMES, x, positive)(x, torch.tensor(1.0))


def test_noise_is_shuffled_only_where_that_is_asked_for() -> None:
    assert drawing({}, initial_noise, 1) is initial_noise
    plain = with_windows(HANDLE, FRAMES).options
    assert drawing(plain, initial_noise, 1) is initial_noise
    options = with_windows(HANDLE, replace(FRAMES, shuffles_noise=True)).options
    noise = drawing(options, initial_noise, 1)((1, 4, 8, 2, 2), 7, None)
    torch.testing.assert_close(noise[:, :, :4], initial_noise((1, 4, 8, 2, 2), 7)[:, :, :4])
    assert not torch.equal(noise, initial_noise((1, 4, 8, 2, 2), 7))
