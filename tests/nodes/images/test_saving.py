"""Saving pictures and latents: names, what the files say about their making, and what clients are told."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, PngImagePlugin
from safetensors import safe_open

from graph.artefacts import Artefacts
from graph.context import Context
from graph.errors import Cancelled, FolderError
from graph.folders import Folders
from graph.formats import read_any
from nodes.images.opening import load_image, load_image_mask, load_latent
from nodes.images.saving import (
    Exr,
    Png,
    image_compare,
    mask_preview,
    preview_image,
    save_image,
    save_image_advanced,
    save_latent,
)

PROMPT = {"7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "ä"}}}
DOCUMENT = {"latentloom": 1, "graph": PROMPT, "layout": {"nodes": {"7": {"at": [1, 2]}}}}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(data=tmp_path)


@pytest.fixture
def artefacts(folders: Folders) -> Artefacts:
    return Artefacts(folders)


def pictures(count: int = 2) -> torch.Tensor:
    return torch.randint(0, 256, (count, 4, 6, 3), generator=torch.Generator().manual_seed(0)).float() / 255


def named(shown: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """What is shown, without the digests of the content, which differ with every library."""
    assert all(len(each["digest"]) == 64 for entries in shown.values() for each in entries)
    return {
        kind: [{key: each[key] for key in each if key != "digest"} for each in entries]
        for kind, entries in shown.items()
    }


def texts_of(path: Path) -> dict[str, Any]:
    with Image.open(path) as picture:
        assert isinstance(picture, PngImagePlugin.PngImageFile)
        return {key: json.loads(text) for key, text in picture.text.items()}


def test_each_picture_of_a_batch_gets_a_number(folders: Folders, artefacts: Artefacts) -> None:
    ctx = Context()
    assert save_image(pictures(), "sub/%width%x%height%_%batch_num%", ctx=ctx, artefacts=artefacts).images is not None
    save_image(pictures(1), "sub/6x4_0", ctx=ctx, artefacts=artefacts)
    assert named(ctx.shown) == {
        "images": [
            {"filename": "6x4_0_00001_.png", "subfolder": "sub", "type": "output"},
            {"filename": "6x4_1_00001_.png", "subfolder": "sub", "type": "output"},
            {"filename": "6x4_0_00002_.png", "subfolder": "sub", "type": "output"},
        ]
    }


def test_a_saved_picture_is_read_back_exactly(folders: Folders, artefacts: Artefacts) -> None:
    images = pictures()
    save_image(images, "round", ctx=Context(), artefacts=artefacts)
    for number, image in enumerate(images, start=1):
        loaded, mask = load_image(f"round_{number:05}_.png [output]", folders=folders)
        assert torch.equal(loaded, image[None])
        assert torch.equal(mask, torch.zeros(1, 64, 64))
        red = load_image_mask(f"round_{number:05}_.png [output]", "red", folders=folders)
        assert torch.equal(red, image[None, ..., 0])


def test_a_picture_says_how_it_was_made(folders: Folders, artefacts: Artefacts) -> None:
    save_image(pictures(1), "x", ctx=Context(prompt=PROMPT, document=DOCUMENT), artefacts=artefacts)
    assert texts_of(folders.path("output", "x_00001_.png")) == {"prompt": PROMPT, "workflow": DOCUMENT}


def test_saved_files_can_be_opened_as_the_workflow_they_were_made_by(folders: Folders, artefacts: Artefacts) -> None:
    ctx = Context(prompt=PROMPT, document=DOCUMENT)
    save_image(pictures(1), "x", ctx=ctx, artefacts=artefacts)
    save_latent({"samples": torch.zeros(1, 4, 2, 2)}, "x", ctx=ctx, artefacts=artefacts)
    for shown in (*ctx.shown["images"], *ctx.shown["latents"]):
        workflow = read_any(artefacts.path(shown).read_bytes())
        assert workflow.graph == PROMPT
        assert workflow.dump() == DOCUMENT


def test_a_picture_made_from_a_bare_graph_carries_just_that(folders: Folders, artefacts: Artefacts) -> None:
    save_image(pictures(1), "x", ctx=Context(prompt=PROMPT), artefacts=artefacts)
    assert texts_of(folders.path("output", "x_00001_.png")) == {"prompt": PROMPT}
    save_image(pictures(1), "x", ctx=Context(), artefacts=artefacts)
    assert texts_of(folders.path("output", "x_00002_.png")) == {}


def test_what_the_client_wants_in_the_picture_gets_there(folders: Folders, artefacts: Artefacts) -> None:
    extra = {"extra_pnginfo": {"workflow": {"nodes": []}, "note": "hello"}, "client": 1}
    save_image(pictures(1), "x", ctx=Context(prompt=PROMPT, extra=extra), artefacts=artefacts)
    assert texts_of(folders.path("output", "x_00001_.png")) == {
        "prompt": PROMPT,
        "workflow": {"nodes": []},
        "note": "hello",
    }


def test_previews_go_to_the_temporary_folder(folders: Folders, artefacts: Artefacts) -> None:
    ctx = Context(prompt=PROMPT)
    preview_image(pictures(1), ctx=ctx, artefacts=artefacts)
    assert named(ctx.shown) == {"images": [{"filename": "ComfyUI_temp_00001_.png", "subfolder": "", "type": "temp"}]}
    assert folders.names("output") == []
    assert torch.equal(load_image("ComfyUI_temp_00001_.png [temp]", folders=folders).IMAGE, pictures(1))


def test_masks_are_shown_as_grey_pictures(folders: Folders, artefacts: Artefacts) -> None:
    ctx = Context()
    mask_preview(torch.full((2, 3, 4), 0.2), ctx=ctx, artefacts=artefacts)
    assert [each["type"] for each in ctx.shown["images"]] == ["temp", "temp"]
    shown = load_image("ComfyUI_temp_00002_.png [temp]", folders=folders).IMAGE
    assert torch.allclose(shown, torch.full((1, 3, 4, 3), 0.2))


def test_a_cancelled_job_saves_no_further_pictures(folders: Folders, artefacts: Artefacts) -> None:
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        save_image(pictures(3), "x", ctx=Context(is_cancelled=lambda: next(answers)), artefacts=artefacts)
    assert folders.names("output") == ["x_00001_.png"]


def test_nothing_is_saved_outside_the_folder(artefacts: Artefacts) -> None:
    with pytest.raises(FolderError):
        save_image(pictures(1), "../x", ctx=Context(), artefacts=artefacts)


def test_a_saved_latent_is_read_back_with_its_mask_and_its_making(folders: Folders, artefacts: Artefacts) -> None:
    latent = {"samples": torch.randn(2, 4, 3, 3), "noise_mask": torch.rand(1, 1, 24, 24), "batch_index": [0, 2]}
    ctx = Context(prompt=PROMPT, document=DOCUMENT)
    assert save_latent(latent, ctx=ctx, artefacts=artefacts).samples is latent
    assert named(ctx.shown) == {
        "latents": [{"filename": "ComfyUI_00001_.latent", "subfolder": "latents", "type": "output"}]
    }
    again = load_latent("latents/ComfyUI_00001_.latent [output]", folders=folders)
    assert torch.equal(again["samples"], latent["samples"])
    assert torch.equal(again["noise_mask"], latent["noise_mask"])
    assert again["batch_index"] == [0, 2]
    with safe_open(folders.path("output", "latents/ComfyUI_00001_.latent"), "pt") as file:
        assert {key: json.loads(text) for key, text in file.metadata().items()} == {
            "prompt": PROMPT,
            "workflow": DOCUMENT,
        }


def test_deep_files_are_saved_in_the_kind_that_was_chosen(folders: Folders, artefacts: Artefacts) -> None:
    ctx = Context()
    for chosen in (Png("8-bit"), Png("16-bit"), Exr("32-bit float", "linear")):
        save_image_advanced(pictures(1), "deep", chosen, ctx=ctx, artefacts=artefacts)
    assert folders.names("output") == ["deep_00001_.png", "deep_00002_.png", "deep_00003_.exr"]
    depth = [folders.path("output", f"deep_0000{number}_.png").read_bytes()[24] for number in (1, 2)]
    assert depth == [8, 16]
    with pytest.raises(ValueError, match="PNG holds 8 or 16"):
        save_image_advanced(pictures(1), "deep", Png("32-bit float"), ctx=ctx, artefacts=artefacts)


def test_two_pictures_are_shown_to_be_compared(artefacts: Artefacts) -> None:
    ctx = Context()
    image_compare(pictures(1), pictures(2), ctx=ctx, artefacts=artefacts)
    assert {kind: len(entries) for kind, entries in ctx.shown.items()} == {"a_images": 1, "b_images": 2}
    image_compare(ctx=Context(), artefacts=artefacts)
