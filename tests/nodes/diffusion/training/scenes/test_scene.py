"""A seed means the same picture, caption and facts for ever: a model may have been trained on them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from nodes.diffusion.training import scenes
from nodes.diffusion.training.scenes import FAMILIES, STYLES, Scene, render

# The digests depend on Pillow's rasteriser, which constraints.txt pins; other versions may move single pixels.
GOLDEN: list[dict[str, Any]] = json.loads(Path(__file__).with_name("golden_scenes.json").read_text())


def digest(scene: Scene) -> str:
    return hashlib.sha256(scene.image.tobytes() + scene.caption.encode()).hexdigest()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden['family']}-{golden['seed']}")
def test_a_seed_means_the_same_scene_for_ever(golden: dict[str, Any]) -> None:
    scene = render(golden["seed"], golden["width"], golden["height"], family=golden["family"], styled=golden["styled"])
    assert scene.caption == golden["caption"]
    assert scene.meta == golden["meta"]
    assert digest(scene) == golden["digest"]


def test_every_family_has_two_golden_scenes_and_every_style_one() -> None:
    families = [golden["family"] for golden in GOLDEN]
    assert all(families.count(family) >= 2 for family in FAMILIES)
    assert set(STYLES) <= {golden["styled"] for golden in GOLDEN}


@pytest.mark.parametrize("family", FAMILIES)
def test_rendering_twice_gives_the_same_scene(family: str) -> None:
    first, second = render(7, 64, 64, family=family), render(7, 64, 64, family=family)
    assert digest(first) == digest(second)
    assert first.meta == second.meta


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_describes_what_it_drew(family: str) -> None:
    for seed in range(8):
        scene = render(seed, 32, 32, family=family, styled=False)
        assert scene.caption == " ".join(scene.caption.split()) != ""
        assert scene.meta["family"] == family
        assert scene.meta["style"] is None
        assert scene.image.getcolors(1) is None, "the picture is one flat colour"


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 96), (100, 75)])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_requested_size_is_respected(family: str, size: tuple[int, int]) -> None:
    image = render(3, *size, family=family, styled=False).image
    assert image.size == size
    assert image.mode == "RGB"


@pytest.mark.parametrize("family", ["house", "phantom"])
@pytest.mark.parametrize("style", STYLES)
def test_every_style_changes_the_picture_and_is_named(family: str, style: str) -> None:
    plain = render(5, 96, 64, family=family, styled=False)
    styled = render(5, 96, 64, family=family, styled=style)
    assert styled.meta["style"] == style
    assert styled.image.size == (96, 64)
    assert digest(styled) != digest(plain)
    fixed_words = [template.replace("{}", "").strip(" ,") for template in STYLES[style].captions]
    assert any(words in styled.caption for words in fixed_words)


def test_the_seed_chooses_family_and_style_when_neither_is_given() -> None:
    metas = [render(seed, 16, 16).meta for seed in range(300)]
    assert {meta["family"] for meta in metas} == set(FAMILIES)
    assert {meta["style"] for meta in metas} == {None, *STYLES}
    assert all(meta["style"] is None for meta in metas if not FAMILIES[str(meta["family"])].takes_style)


def test_an_unknown_family_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of shape, shapes, .*, got 'moon'"):
        render(0, family="moon")


@pytest.mark.parametrize("styled", ["oil", True])
def test_an_unknown_style_is_refused_with_the_known_ones(styled: str | bool) -> None:
    with pytest.raises(ValueError, match=r"one of pixel, gray, .*, got "):
        render(0, styled=styled)


def test_the_package_exports_only_what_a_caller_needs() -> None:
    assert set(scenes.__all__) == {"FAMILIES", "STYLES", "Scene", "render"}
