"""Nodes that resize: every rule of the resizing node, and the same node in a graph."""

from pathlib import Path
from typing import Any

import pytest
import torch

from nodes.images import sizing
from tests.nodes.test_running import House

RULES = sizing.ResizeType.__metadata__[0].classes


def picture() -> torch.Tensor:
    return torch.rand(2, 16, 24, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("rule", "inputs", "size"),
    [
        ("scale dimensions", {"width": 10, "height": 20}, (10, 20)),
        ("scale dimensions", {"width": 12, "height": 0}, (12, 8)),
        ("scale by multiplier", {"multiplier": 0.5}, (12, 8)),
        ("scale longer dimension", {"longer_size": 12}, (12, 8)),
        ("scale shorter dimension", {"shorter_size": 8}, (12, 8)),
        ("scale width", {"width": 48}, (48, 32)),
        ("scale height", {"height": 8}, (12, 8)),
        ("scale total pixels", {"megapixels": 0.01}, (125, 84)),
        ("match size", {"match": torch.zeros(1, 5, 7)}, (7, 5)),
        ("scale to multiple", {"multiple": 10}, (20, 10)),
    ],
)
def test_every_rule_gives_its_size_to_pictures_and_masks(
    rule: str, inputs: dict[str, Any], size: tuple[int, int]
) -> None:
    for input in (picture(), picture()[..., 0]):
        resized = sizing.resize_image_mask(input, RULES[rule](**inputs)).resized
        assert (resized.shape[2], resized.shape[1]) == size
        assert resized.dim() == input.dim()


def test_a_changed_aspect_ratio_is_cut_or_stretched() -> None:
    halves = torch.cat([torch.zeros(1, 4, 4, 3), torch.ones(1, 4, 4, 3)], dim=2)
    cut = sizing.resize_image_mask(halves, sizing.ToDimensions(2, 4), "nearest-exact").resized
    stretched = sizing.resize_image_mask(halves, sizing.ToDimensions(2, 4, "disabled"), "nearest-exact").resized
    assert cut[0, 0, :, 0].tolist() == stretched[0, 0, :, 0].tolist() == [0, 1]
    narrow = torch.cat([torch.zeros(1, 4, 6, 3), torch.ones(1, 4, 2, 3)], dim=2)
    assert sizing.resize_image_mask(narrow, sizing.ToDimensions(4, 4), "nearest-exact").resized[..., 0].max() == 0


def test_sizes_are_told_and_reached() -> None:
    assert sizing.get_image_size(picture()) == (24, 16, 2)
    assert sizing.image_scale_to_max_dimension(picture(), "area", 12).shape == (2, 8, 12, 3)
    assert sizing.resize_images_by_longer_edge(picture(), 48).shape == (2, 32, 48, 3)
    assert sizing.image_scale_to_total_pixels(picture(), "area", 0.01, 8).shape == (2, 80, 128, 3)
    assert sizing.flux_kontext_image_scale(picture()).shape == (2, 832, 1248, 3)
    padded = sizing.resize_and_pad_image(picture(), 24, 24, "white", "area")
    assert padded.shape == (2, 24, 24, 3)
    assert torch.equal(padded[:, 4:20], picture())
    assert padded[:, :4].min() == 1


def test_a_graph_writes_the_rule_with_its_inputs(tmp_path: Path) -> None:
    graph = {
        "width": ("PrimitiveInt", {"value": 10}),
        "picture": ("EmptyImage", {"width": 24, "height": 16}),
        "resize": (
            "ResizeImageMaskNode",
            {"input": ["picture", 0], "resize_type": "scale dimensions", "resize_type.width": ["width", 0]},
        ),
        "size": ("GetImageSize", {"image": ["resize", 0]}),
        "show": ("PreviewAny", {"source": ["size", 1]}),
    }
    outcome = House(tmp_path).run(graph)
    assert outcome.ui["show"] == {"text": ["512"]}
    assert outcome.outputs
