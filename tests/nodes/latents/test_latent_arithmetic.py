"""The calculating nodes pass their inputs on in the right order."""

from pathlib import Path

import torch

from nodes.diffusion.types import Latent
from nodes.latents import latent_arithmetic as nodes
from tests.nodes.test_running import House


def full(value: float, side: int = 8) -> Latent:
    return {"samples": torch.full((1, 4, side, side), value)}


def mean(latent: Latent) -> float:
    return round(float(latent["samples"].mean()), 5)


def test_which_is_first_matters() -> None:
    one, three = full(1.0), full(3.0)
    assert mean(nodes.latent_add(one, three)) == 4
    assert mean(nodes.latent_subtract(one, three)) == -2
    assert mean(nodes.latent_multiply(three, 2.0)) == 6
    assert mean(nodes.latent_blend(one, three, 0.75)) == 1.5
    assert mean(nodes.latent_interpolate(one, three, 0.75)) == 1.5
    assert nodes.latent_concat(one, three, "x")["samples"][0, 0, 0, -1] == 3
    assert nodes.latent_cut(one, "y", 2, 3)["samples"].shape == (1, 4, 3, 8)
    assert mean(nodes.latent_composite_masked(one, three, resize_source=True)) == 3
    assert nodes.latent_batch_seed_behavior(one)["batch_index"] == [0]


def test_operations_travel_on_links_and_survive_the_cache(tmp_path: Path) -> None:
    graph = {
        "empty": ("EmptyLatentImage", {"width": 64, "height": 64}),
        "sharp": ("LatentOperationSharpen", {"sharpen_radius": 2, "sigma": 1.0, "alpha": 0.1}),
        "done": ("LatentApplyOperation", {"samples": ["empty", 0], "operation": ["sharp", 0]}),
        "tone": ("LatentOperationTonemapReinhard", {"multiplier": 1.0}),
        "again": ("LatentApplyOperation", {"samples": ["done", 0], "operation": ["tone", 0]}),
        "save": ("SaveLatent", {"samples": ["again", 0]}),
    }
    assert House(tmp_path).run(graph).outputs["save"][0][0]["samples"].abs().sum() == 0
    assert House(tmp_path).run(graph).executed == ()


def test_a_latent_is_cut_into_a_batch() -> None:
    video = torch.arange(2 * 3 * 5).float().view(2, 3, 5, 1, 1)
    found = nodes.latent_cut_to_batch({"samples": video}, "t", 2)["samples"]
    assert found.shape == (4, 3, 2, 1, 1)  # the fifth frame is left over
    assert torch.equal(found[1], video[0, :, 2:4])
    assert torch.equal(found[2], video[1, :, :2])
    wide = torch.randn(1, 4, 2, 6)
    assert torch.equal(nodes.latent_cut_to_batch({"samples": wide}, "x", 3)["samples"][1], wide[0, ..., 3:])
    assert torch.equal(nodes.latent_cut_to_batch({"samples": wide}, "y", 9)["samples"], wide)
    assert torch.equal(nodes.latent_cut_to_batch({"samples": wide}, "t", 1)["samples"], wide)
