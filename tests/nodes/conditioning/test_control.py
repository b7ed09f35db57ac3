import pytest
import torch

from graph.folders import Folders
from nodes.conditioning.control import (
    TASK_NUMBERS,
    apply_controlnet,
    apply_controlnet_advanced,
    apply_controlnet_sd3,
    load_controlnet,
    load_difference,
    set_union_type,
)
from nodes.diffusion.control.types import CONTROLS
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.types import VaeHandle
from nodes.models.loaders import load_checkpoint
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.control import controls

TEXT = [(torch.zeros(1, 77, tiny.WIDTH), {"strength": 1.0})]
IMAGE = torch.rand(2, 16, 24, 4)


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Folders:
    root = tmp_path_factory.mktemp("models")
    model = tiny.build()
    tiny.write_file(root / "checkpoints" / "m.safetensors", model)
    controls.write_original(root / "controlnet" / "c.safetensors", controls.build(model.unet))
    controls.write_diffusers(root / "t2i_adapter" / "u.safetensors", controls.build_union(model.unet))
    return Folders(data=root / "data", models=[root])


def test_what_steers_is_loaded_as_a_handle(folders):
    net = load_controlnet("c.safetensors", folders=folders)
    assert (net.kind, net.task, net.base) == ("controlnet", None, None)
    assert net.digest == folders.digest("controlnet", "c.safetensors")
    model = load_checkpoint("m.safetensors", folders=folders, models=ModelRegistry("cpu", budget_bytes=1)).MODEL
    assert load_difference(model, "c.safetensors", folders=folders) == net


def test_both_sides_hold_the_picture_and_when_it_applies(folders):
    net = load_controlnet("c.safetensors", folders=folders)
    both = apply_controlnet_advanced(TEXT, TEXT, net, IMAGE, 0.5, 0.1, 0.9)
    (one,), (other,) = (side[0][1][CONTROLS] for side in both)
    assert one is other
    assert (one.strength, one.start_percent, one.end_percent) == (0.5, 0.1, 0.9)
    assert one.hint.shape == (2, 3, 16, 24)
    assert both.positive[0][1]["strength"] == 1.0
    assert CONTROLS not in TEXT[0][1]


def test_several_follow_one_another(folders):
    net = load_controlnet("c.safetensors", folders=folders)
    vae = VaeHandle(None)
    both = apply_controlnet_sd3(*apply_controlnet_advanced(TEXT, TEXT, net, IMAGE), net, vae, IMAGE, 0.3)
    assert [each.strength for each in both.negative[0][1][CONTROLS]] == [1.0, 0.3]
    assert len(apply_controlnet(both.positive, net, IMAGE, 2.0)[0][1][CONTROLS]) == 3


def test_a_network_for_several_tasks_is_told_which(folders):
    union = load_controlnet("u.safetensors", folders=folders)
    assert union.kind == "union"
    assert set_union_type(union, "auto").task is None
    assert set_union_type(union, "depth").task == 1
    assert list(TASK_NUMBERS.values()) == list(range(8))
