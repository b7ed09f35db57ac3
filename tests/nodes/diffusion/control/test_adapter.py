import pytest
import torch
from diffusers import T2IAdapter as Reference
from safetensors.torch import save_file

from nodes.diffusion.control.loading import load_control, open_control
from nodes.diffusion.memory.placing import Placement

CHANNELS = [8, 16, 32, 32]
UNET = {"block_out_channels": (8, 16, 32, 32)}
ON_CPU = Placement(torch.device("cpu"), torch.float32)


def write(path, kind, channels, layout):
    fold = 16 if kind == "full_adapter_xl" else 8
    reference = Reference(
        in_channels=channels, channels=CHANNELS, num_res_blocks=2, downscale_factor=fold, adapter_type=kind
    )
    state = reference.state_dict()
    if layout == "original":
        state = {original_name(key): value for key, value in state.items()}
    save_file(state, path)
    return reference.eval()


def original_name(key):
    words = key.removeprefix("adapter.").split(".")
    if words[0] == "body":
        number = int(words[1]) * 2 + (int(words[3]) if words[2] == "resnets" else 0)
        words = ["body", str(number), *words[4 if words[2] == "resnets" else 2 :]]
    return ".".join(words)


@pytest.mark.parametrize("kind", ["full_adapter", "full_adapter_xl"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", ["original", "diffusers"])
@torch.no_grad()
def test_an_adapter_says_what_that_of_diffusers_says(tmp_path, kind, channels, layout):
    torch.manual_seed(0)
    reference = write(tmp_path / "a.safetensors", kind, channels, layout)
    handle = open_control(tmp_path / "a.safetensors")
    assert handle.kind == "t2i_adapter"
    adapter = load_control(handle, UNET, ON_CPU, 8)
    hint = torch.rand(2, 3, 128, 128)
    seen = hint if channels == 3 else hint.mean(dim=1, keepdim=True)
    found = adapter.residuals(torch.zeros(0), hint, torch.zeros(0), torch.zeros(0), {}, None)
    for ours, theirs in zip(found.inside, reference(seen), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
