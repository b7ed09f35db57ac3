"""Workflows to start from."""

from itertools import groupby

from graph.library.chapters import CHAPTERS
from tests.web.serving import ServerProcess
from tests.web.v2.test_jobs import problem
from web.api.v2.templates import FAMILIES, TEMPLATES

OURS, FOR_OTHERS = (sorted(path.stem for path in place.glob("*.json")) for place in (TEMPLATES, FAMILIES))


def test_every_workflow_of_the_folder_is_a_template_with_title_and_picture(server: ServerProcess):
    listed = server.get("/api/v2/templates")["templates"]
    assert sorted(each["name"] for each in listed[: len(OURS)]) == OURS
    for each in listed[: len(OURS)]:
        assert each["description"], each["name"]
        status, picture, headers = server.ask("GET", each["thumbnail"])
        assert (status, headers["Content-Type"]) == (200, "image/webp")
        assert len(picture) < 40_000


def test_templates_for_models_that_people_bring_come_last_and_without_pictures(server: ServerProcess):
    listed = server.get("/api/v2/templates")["templates"][len(OURS) :]
    assert sorted(each["name"] for each in listed) == FOR_OTHERS
    assert [each["title"] for each in listed] == sorted(each["title"] for each in listed)
    assert all(each["description"] and each["thumbnail"] is None and each["chapter"] is None for each in listed)
    assert server.get("/api/v2/templates/flux_dev")["title"] == "Flux.1 dev"


def test_templates_are_listed_by_chapter_and_begin_with_the_simplest(server: ServerProcess):
    listed = server.get("/api/v2/templates")["templates"][: len(OURS)]
    assert [chapter for chapter, _ in groupby(each["chapter"] for each in listed)] == list(CHAPTERS)
    assert listed[0]["name"] == "text_to_image"


def test_no_two_templates_have_the_same_name():
    assert len({*OURS, *FOR_OTHERS}) == len(OURS) + len(FOR_OTHERS)


def test_a_template_is_opened_by_name(server: ServerProcess):
    told = server.get("/api/v2/templates/text_to_image")
    assert (told["name"], told["workflow"]["latentloom"]) == ("text_to_image", 1)


def test_what_a_template_needs_and_is_not_there_is_told(server: ServerProcess):
    first = {each["name"]: each for each in server.get("/api/v2/templates")["templates"]}["text_to_image"]
    assert "KSampler" in first["missing_types"]  # the nodes of these tests are others


def test_no_name_leads_out_of_the_folder(server: ServerProcess):
    assert problem(server, "GET", "/api/v2/templates/nothing_here")[0] == 404
    assert problem(server, "GET", "/api/v2/templates/..%2Fpyproject")[0] in (404, 422)
