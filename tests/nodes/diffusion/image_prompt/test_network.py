"""The networks of IP-Adapters compute what diffusers computes with the same file."""

from pathlib import Path

import pytest
import torch

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.image_prompt.files import IpAdapterFile, load_ip_adapter, open_ip_adapter
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.unpickling import weights_of
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.image_prompt import adapters

CPU = Placement(torch.device("cpu"), torch.float32)


@pytest.fixture(scope="module")
def unet():
    return tiny.build(seed=1).unet


@pytest.mark.parametrize(("kind", "shape"), [("base", (2, 24)), ("plus", (2, 17, 64)), ("full", (2, 17, 64))])
@torch.no_grad()
def test_a_picture_becomes_the_words_that_diffusers_makes_of_it(unet, kind, shape, tmp_path: Path) -> None:
    tensors = adapters.adapter(unet, kind)
    network = load_ip_adapter(open_ip_adapter(adapters.write(tmp_path / "a.safetensors", tensors)), CPU)
    seen = torch.randn(shape, generator=torch.Generator().manual_seed(4))
    below = {key.removeprefix("image_proj."): value for key, value in tensors.items() if key.startswith("image_proj.")}
    theirs = unet._convert_ip_adapter_image_proj_to_diffusers(below, low_cpu_mem_usage=False)
    torch.testing.assert_close(network.words(seen), theirs(seen), atol=1e-5, rtol=1e-4)


def test_what_a_file_reads_is_told_by_its_shapes(unet, tmp_path: Path) -> None:
    facts = {"base": (True, 24), "plus": (False, 64), "full": (False, 64)}
    for kind, (sums_up, width) in facts.items():
        file = IpAdapterFile(adapters.write(tmp_path / f"{kind}.safetensors", adapters.adapter(unet, kind)))
        assert (file.sums_up, file.seen_width, file.is_known) == (sums_up, width, True)
        assert len(file.widths) == len(unet.attn_processors) // 2


def test_pickles_hold_both_parts_apart_and_become_one_file(unet) -> None:
    tensors = adapters.adapter(unet)
    nested = {
        part: {key.removeprefix(f"{part}."): value for key, value in tensors.items() if key.startswith(part)}
        for part in ("image_proj", "ip_adapter")
    }
    assert weights_of(nested).keys() == tensors.keys()


def test_adapters_for_faces_and_other_files_are_refused(unet, tmp_path: Path) -> None:
    tensors = adapters.adapter(unet)
    face = {**tensors, "ip_adapter.0.to_q_lora.down.weight": torch.zeros(4, 32)}
    with pytest.raises(UnsupportedModel, match="recognises faces"):
        open_ip_adapter(adapters.write(tmp_path / "face.safetensors", face))
    with pytest.raises(UnsupportedModel, match="choose a file with an IP-Adapter"):
        open_ip_adapter(adapters.write(tmp_path / "x.safetensors", {"x": torch.zeros(1)}))
