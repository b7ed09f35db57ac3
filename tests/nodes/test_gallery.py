"""The gallery: every template stands in it, with a picture that its graph, as it is now, has made."""

import asyncio
import json
from pathlib import Path

import pytest
from PIL import Image

from graph.library.chapters import CHAPTERS
from nodes import gallery
from nodes.gallery import (
    LARGEST_BYTES,
    PAGE,
    Template,
    drawn_digest,
    page,
    run_template,
    templates,
    write_thumbnail,
)

ALL = templates()
HINT = "run `python -m nodes.gallery`"


def template(folder: Path, **about: object) -> Template:
    document = {"graph": {"1": {"class_type": "A", "inputs": {"seed": 7}}}, "about": {"picture": "Save", **about}}
    path = folder / "some.json"
    path.write_text(json.dumps(document))
    return Template(path, document)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_the_thumbnail_was_made_by_the_graph_as_it_is(each: Template) -> None:
    assert drawn_digest(each.thumbnail) == each.digest, HINT


def test_the_page_is_what_the_templates_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ALL), HINT


def test_there_is_no_thumbnail_without_a_template() -> None:
    assert {path.stem for path in (gallery.WORKFLOWS / "thumbnails").iterdir()} == {each.name for each in ALL}


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_every_template_says_where_it_stands_and_has_a_note(each: Template) -> None:
    assert each.chapter in CHAPTERS
    assert each.description.endswith(".")
    assert len(each.document["layout"]["notes"]["n1"]["text"]) > 200
    titles = [node["_meta"]["title"] for node in each.document["graph"].values()]
    assert each.picture in titles
    for parameter in each.document["layout"].get("parameters", {}).values():
        assert parameter["input"] in each.document["graph"][parameter["node"]]["inputs"]


def test_no_two_templates_of_a_chapter_stand_in_one_place() -> None:
    places = [each.order[:2] for each in ALL]
    assert len(set(places)) == len(places)


def test_a_template_is_run_and_what_its_output_node_saved_is_found(tmp_path: Path) -> None:
    colour = {"width": 32, "height": 16, "batch_size": 1, "color": 255}
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": colour},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
    }
    graph["2"]["_meta"] = {"title": "Save"}
    document = {"latentloom": 1, "graph": graph, "about": {}}
    with Image.open(asyncio.run(run_template(Template(tmp_path / "a.json", document), tmp_path))) as picture:
        assert (picture.size, picture.getpixel((0, 0))) == ((32, 16), (0, 0, 255))
    with pytest.raises(RuntimeError, match='no output node is called "Other"'):
        asyncio.run(run_template(Template(tmp_path / "a.json", {**document, "about": {"picture": "Other"}}), tmp_path))


def test_the_digest_follows_the_graph_and_what_is_shown_but_not_the_words(tmp_path: Path) -> None:
    first = template(tmp_path, title="One").digest
    assert template(tmp_path, title="Two").digest == first
    assert template(tmp_path, title="One", picture="Other").digest != first


def test_a_thumbnail_is_small_and_says_what_made_it(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((900, 450)).convert("RGB").save(tmp_path / "drawn.png")
    some = template(tmp_path)
    write_thumbnail(tmp_path / "drawn.png", some)
    assert drawn_digest(some.thumbnail) == some.digest
    assert some.thumbnail.stat().st_size < LARGEST_BYTES
    with Image.open(some.thumbnail) as picture:
        assert picture.size == (640, 320)


def test_a_picture_that_is_not_small_in_any_quality_becomes_smaller(tmp_path: Path) -> None:
    Image.effect_noise((640, 640), 80).convert("RGB").save(tmp_path / "drawn.png")
    some = template(tmp_path)
    write_thumbnail(tmp_path / "drawn.png", some)
    assert some.thumbnail.stat().st_size < LARGEST_BYTES


def test_transparency_is_kept_and_animations_end(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(tmp_path / "drawn.png")
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("black", "white")]
    frames[0].save(tmp_path / "drawn.webp", save_all=True, append_images=frames[1:])
    some = template(tmp_path)
    write_thumbnail(tmp_path / "drawn.png", some)
    with Image.open(some.thumbnail) as picture:
        assert picture.getpixel((4, 4))[3] == 0
    write_thumbnail(tmp_path / "drawn.webp", some)
    with Image.open(some.thumbnail) as picture:
        assert picture.convert("L").getpixel((4, 4)) > 250


def test_what_was_never_drawn_has_no_digest(tmp_path: Path) -> None:
    assert drawn_digest(tmp_path / "nothing.webp") is None
