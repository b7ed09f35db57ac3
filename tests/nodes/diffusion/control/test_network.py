import pytest
import torch

from nodes.diffusion.control.network import ControlNet
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.control import controls

CPU = torch.device("cpu")


@pytest.fixture
def inputs():
    torch.manual_seed(0)
    return {
        "x": torch.randn(2, 4, 8, 8),
        "hint": torch.rand(2, 3, 64, 64),
        "timestep": torch.tensor([500.0, 500.0]),
        "context": torch.randn(2, 77, tiny.WIDTH),
    }


def ours(network, inputs, task=None, extra=None):
    found = ControlNet(network, CPU, torch.float32).residuals(**inputs, extra=extra or {}, task=task)
    return [*found.down, found.middle]


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def theirs(network, inputs, **more):
    down, middle = network(
        inputs["x"],
        inputs["timestep"],
        inputs["context"],
        more.pop("controlnet_cond", inputs["hint"]),
        return_dict=False,
        **more,
    )
    return [*down, middle]


@torch.no_grad()
def test_a_controlnet_says_what_that_of_diffusers_says(inputs):
    network = controls.build(tiny.build().unet)
    found = ours(network, inputs)
    assert all(each.abs().max() > 1e-3 for each in found)
    assert_same(found, theirs(network, inputs))


@torch.no_grad()
@pytest.mark.parametrize("task", [0, 3])
def test_one_for_several_tasks_does_too(inputs, task):
    network = controls.build_union(tiny.build().unet)
    one_hot = torch.nn.functional.one_hot(torch.tensor([task, task]), 6).float()
    wanted = theirs(
        network,
        inputs,
        controlnet_cond=[inputs["hint"]],
        control_type=one_hot,
        control_type_idx=[task],
        conditioning_scale=1.0,
    )
    assert_same(ours(network, inputs, task), wanted)
    assert not torch.allclose(ours(network, inputs, 1)[-1], wanted[-1])


@torch.no_grad()
def test_without_a_task_it_looks_at_the_picture_only(inputs):
    network = controls.build_union(tiny.build().unet)
    found = ours(network, inputs)
    assert not torch.allclose(found[-1], ours(network, inputs, 0)[-1])
    assert not torch.allclose(found[-1], ours(network, {**inputs, "hint": torch.zeros(2, 3, 64, 64)})[-1])


@torch.no_grad()
def test_networks_for_shuffled_pictures_say_the_same_everywhere(inputs):
    network = controls.build(tiny.build().unet)
    found = ControlNet(network, CPU, torch.float32, is_averaged=True).residuals(**inputs, extra={}, task=None)
    torch.testing.assert_close(found.middle, ours(network, inputs)[-1].mean(dim=(2, 3), keepdim=True))
