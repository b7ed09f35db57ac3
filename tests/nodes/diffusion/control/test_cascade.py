"""ControlNets of Stable Cascade: loaded as their files are, and added where stage C expects them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from nodes.diffusion.control.loading import load_cascade_control, open_control
from nodes.diffusion.control.types import TokenResiduals
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.cascade_models import STEERED
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.known import recognise
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start
from tests.nodes.diffusion import cascade_originals as originals

CPU = Placement(torch.device("cpu"), torch.float32)


def write(path: Path, tensors: dict[str, Tensor]) -> Path:
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path)
    return path


@torch.no_grad()
@pytest.mark.parametrize(("colours", "sees_latents"), [(3, False), (4, False), (16, True)])
def test_a_file_is_known_and_looks_as_it_was_built(tmp_path: Path, colours: int, sees_latents: bool) -> None:
    network = originals.control(colours, sees_latents=sees_latents)
    handle = open_control(write(tmp_path / "x.safetensors", network.state_dict()))
    assert handle.kind == "cascade"
    control = load_cascade_control(handle, CPU)
    assert (control.downscale, control.network.channels) == (1 if sees_latents else 32, colours)
    hint = torch.rand(1, colours, 64, 96)
    nothing = torch.zeros(0)
    found = control.residuals(nothing, hint, nothing, nothing, {}, None)
    for ours, wanted in zip(found.blocks, network(hint), strict=True):
        torch.testing.assert_close(ours, wanted)
    assert len(found.blocks) == 8
    with pytest.raises(DiffusionError, match=f"looks at {colours} channels"):
        control.residuals(nothing, hint[:, :2], nothing, nothing, {}, None)


def test_what_steers_is_added_before_the_blocks(tmp_path: Path) -> None:
    """The first block of the way down is the first that is steered: adding there is adding to what goes in."""
    file = SingleFile(write(tmp_path / "c.safetensors", originals.original(originals.stage_c())))
    model = recognise(file, "model").family.load_model(file, CPU)
    x, words = torch.randn(1, 16, 4, 4), torch.randn(1, 5, originals.WIDTH)
    told = model.inputs({}, "positive", Start(torch.zeros(1, 16, 4, 4)))
    added = torch.randn(1, originals.TINY_C["block_out_channels"][0], 2, 2)
    plain = model.predict(x, torch.full((1,), 0.5), words, told)
    found = model.predict(x, torch.full((1,), 0.5), words, {**told, "residuals": TokenResiduals((added,))})
    original = originals.stage_c()
    at_once = functional.interpolate(added, size=(4, 4), mode="bilinear", align_corners=True)
    original.embedding[2].register_forward_hook(lambda _module, _given, result: result + at_once)
    with torch.no_grad():
        wanted = original(
            x,
            torch.full((1,), 0.5),
            clip_text_pooled=told["pooled"][:, None],
            clip_text=words,
            clip_img=told["pictures"],
        ).sample
    torch.testing.assert_close(found, wanted)
    assert not torch.allclose(found, plain)
    assert torch.equal(model.predict(x, torch.full((1,), 0.5), words, told), plain)  # nothing stays behind


def test_the_published_stage_has_every_block_that_is_steered() -> None:
    network = skeleton(lambda: originals.StableCascadeUNet())
    keys = [key for key in state_shapes(network) if key.endswith("depthwise.weight")]
    assert len(keys) == STEERED[-1] + 1
