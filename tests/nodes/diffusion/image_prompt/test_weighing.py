"""Which layers listen to a picture, and how strongly."""

import pytest

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton
from nodes.diffusion.image_prompt.files import cross_layers
from nodes.diffusion.image_prompt.weighing import layer_weights
from nodes.diffusion.weights.libraries import new_unet
from tests.nodes.diffusion.originals import SD1_UNET, SDXL_UNET


@pytest.fixture(scope="module")
def sd1():
    return cross_layers(skeleton(lambda: new_unet(SD1_UNET)))


@pytest.fixture(scope="module")
def sdxl():
    return cross_layers(skeleton(lambda: new_unet(SDXL_UNET)))


def listening(layers, kind):
    """The transformers that listen at all."""
    weights = layer_weights(layers, kind)
    return {name.partition(".transformer_blocks")[0] for name in layers if weights[name]}


def test_style_and_composition_of_xl_are_decided_where_instant_style_found_them(sdxl) -> None:
    style, composition = "up_blocks.0.attentions.1", "down_blocks.2.attentions.1"
    assert listening(sdxl, "style transfer") == {style}
    assert listening(sdxl, "composition") == {composition}
    assert listening(sdxl, "style and composition") == {style, composition}
    assert composition not in listening(sdxl, "strong style transfer")


def test_published_networks_have_the_layers_that_files_number(sd1, sdxl) -> None:
    assert (len(sd1), len(sdxl)) == (16, 70)
    assert sd1[-1].startswith("mid_block")  # files number the middle last
    assert len(listening(sd1, "style transfer")) == 11


def test_slopes_fall_rise_and_turn(sd1) -> None:
    first, last = (
        "down_blocks.0.attentions.0.transformer_blocks.0.attn2",
        "up_blocks.3.attentions.2.transformer_blocks.0.attn2",
    )
    for kind, (start, end) in {"ease in": (1.0, 0.109), "ease out": (0.05, 0.941)}.items():
        weights = layer_weights(sd1, kind)
        assert (weights[first], weights[last]) == pytest.approx((start, end), abs=1e-3)
    turning, back = (layer_weights(sd1, kind) for kind in ("ease in-out", "reverse in-out"))
    middle = next(name for name in sd1 if turning[name] == 1.0)
    assert back[middle] == 0.05


def test_parts_are_weakened_by_name(sd1) -> None:
    weak, strong = layer_weights(sd1, "weak input"), layer_weights(sd1, "strong middle")
    assert {weak[name] for name in sd1 if name.startswith("down")} == {0.2}
    assert {weak[name] for name in sd1 if not name.startswith("down")} == {1.0}
    assert {name for name in sd1 if strong[name] == 1.0} == {sd1[-1]}
    assert set(layer_weights(sd1, "linear").values()) == {1.0}


def test_ways_that_are_known_for_published_networks_only_are_refused_for_others(sd1) -> None:
    with pytest.raises(DiffusionError, match=r"Stable Diffusion 1.5 and XL"):
        layer_weights(sd1[:3], "style transfer")
