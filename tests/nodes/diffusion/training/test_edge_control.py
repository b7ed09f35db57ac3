"""The ControlNet of the embedded model: it begins by changing nothing, is trained resumably, and loads everywhere."""

from pathlib import Path

import numpy as np
import pytest
import torch

from nodes.diffusion.control.loading import open_control
from nodes.diffusion.training import edge_control
from nodes.diffusion.training.architecture import build_control
from nodes.diffusion.training.denoising import draw, loss_of
from nodes.diffusion.training.edge_control import EdgeRecipe, EdgeSet, control_loss, control_state
from nodes.diffusion.training.latents import BatchSettings, LatentSet
from nodes.diffusion.training.loop import LoopSettings, Schedule, train

RECIPE = EdgeRecipe(batches=BatchSettings(size=2, drop=0.0), shares=())


@pytest.fixture
def edge_set(square_latents: LatentSet) -> EdgeSet:
    pixels = np.zeros((6, 64, 64, 3), np.uint8)
    pixels[:, 16:48, 16:48] = 255
    return EdgeSet(square_latents, pixels)


def test_edges_are_those_of_the_pictures_at_thresholds_of_the_step(edge_set: EdgeSet) -> None:
    first, again, other = (edge_control.draw_edges(edge_set.pixels[:2], RECIPE, step) for step in (0, 0, 1))
    assert first.shape == (2, 3, 64, 64)
    assert torch.equal(first, again)
    assert torch.equal(first[0], other[0])  # these edges are bold: every threshold finds them
    assert 0 < first[0, 0, 10:20].sum() < 200


def test_before_training_it_changes_nothing(denoiser, tokenizer, edge_set: EdgeSet) -> None:
    control = build_control(denoiser.unet)
    loss = control_loss(denoiser, control, tokenizer, [edge_set], RECIPE)(3)
    settings = edge_control.denoising_settings(RECIPE)
    alone = loss_of(denoiser, tokenizer, draw([edge_set.encoded], settings, 3), settings, 3)
    assert loss.item() == pytest.approx(alone.item(), rel=0.02)  # bfloat16


def test_a_run_that_stops_goes_on_to_the_same_weights_and_the_model_stays(
    denoiser, tokenizer, edge_set: EdgeSet, tmp_path: Path
) -> None:
    torch.nn.init.normal_(denoiser.unet.conv_out.weight, std=0.1)  # an untrained one says nothing, whatever it is told
    for part in (denoiser.unet, denoiser.text_encoder):
        part.requires_grad_(False)
    before = [each.clone() for each in denoiser.unet.parameters()]
    found = []
    for stops in ((2, 4), (4,)):
        torch.manual_seed(0)
        control = build_control(denoiser.unet).requires_grad_(True)
        state = control_state(control, RECIPE)
        for steps in stops:
            loss_at = control_loss(denoiser, control, tokenizer, [edge_set], RECIPE)
            train(state, loss_at, LoopSettings(Schedule(steps, warmup_steps=1, decay_from=9)))
            state.save(tmp_path / "c.safetensors")
            state.load(tmp_path / "c.safetensors")
        found.append([each.detach().clone() for each in control.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    assert any(each.any() for name, each in control.named_parameters() if "controlnet_mid_block" in name)
    assert all(torch.equal(one, other) for one, other in zip(before, denoiser.unet.parameters(), strict=True))


def test_what_is_exported_is_a_controlnet_to_the_loader(denoiser, tmp_path: Path) -> None:
    edge_control.export_control(build_control(denoiser.unet), tmp_path / "edges.safetensors")
    assert open_control(tmp_path / "edges.safetensors").kind == "controlnet"
