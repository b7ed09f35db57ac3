"""Generation parameters of other programs, as text."""

import pytest

from graph.formats import read_file
from graph.formats.editor import Conversion
from graph.formats.parameters import is_parameters, read_parameters
from tests.graph.formats.files import jpeg, png

TEXT = """a castle, (red:1.2) <lora:oil:0.8>
at sunset
Negative prompt: blurry,
dark
Steps: 25, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 512x768, Model hash: abc, \
Model: dreams, Clip skip: 2, Hires upscale: 2, Lora hashes: "oil: 12, b: 3", Version: v1.6.0"""


def utf16(text: str) -> bytes:
    return b"UNICODE\0" + text.encode("utf-16-le")


FILES = {"PNG": png({"parameters": TEXT}), "JPEG": jpeg({0x9286: utf16(TEXT)}), "text": TEXT.encode()}


def read(data: bytes) -> Conversion:
    return read_file(data, "castle")


def test_a_text_is_taken_apart() -> None:
    told = read_parameters(TEXT)
    assert told.positive == "a castle, (red:1.2) <lora:oil:0.8>\nat sunset"
    assert told.negative == "blurry,\ndark"
    assert told.settings["Lora hashes"] == "oil: 12, b: 3"
    assert told.settings["Model"] == "dreams"


@pytest.mark.parametrize("kind", FILES)
def test_a_workflow_is_built_from_it(kind: str) -> None:
    graph = read(FILES[kind]).workflow.graph
    sampler = graph["5"]["inputs"]
    assert (sampler["steps"], sampler["cfg"], sampler["sampler_name"], sampler["scheduler"]) == (
        25,
        6.5,
        "dpmpp_2m",
        "karras",
    )
    assert graph["1"]["inputs"]["ckpt_name"] == "dreams.safetensors"
    assert graph["20"]["inputs"] | {"lora_name": "oil.safetensors", "strength_model": 0.8} == graph["20"]["inputs"]
    assert sampler["model"] == ["20", 0]
    assert graph["9"]["inputs"] == {"clip": ["20", 1], "stop_at_clip_layer": -2}
    assert graph["2"]["inputs"]["text"] == "a castle, (red:1.2) \nat sunset"
    assert (graph["4"]["inputs"]["width"], graph["4"]["inputs"]["height"]) == (512, 768)


def test_seeds_are_kept_to_the_last_digit() -> None:
    assert read(FILES["PNG"]).workflow.graph["5"]["inputs"]["seed"] == 18446744073709551615


def test_what_has_no_counterpart_is_named() -> None:
    notes = [each.message for each in read(FILES["PNG"]).notes if each.severity == "warning"]
    assert notes == ["These settings have no counterpart in the workflow: Hires upscale: 2."]
    changed = TEXT.replace("DPM++ 2M Karras", "Restart, Schedule type: Wavy").replace("a castle", "a [cat:dog:0.5]")
    told = "\n".join(each.message for each in read(png({"parameters": changed})).notes)
    assert 'no sampler "Restart"' in told
    assert 'no schedule "wavy"' in told
    assert "changes while it is sampled" in told


def test_other_texts_are_none() -> None:
    assert not is_parameters("a cat\nSteps: 20")
    assert not is_parameters("Dear reader,\nSampler: none")
