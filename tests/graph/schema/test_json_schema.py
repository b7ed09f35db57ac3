from typing import Any

from graph.schema import json_schema
from tests.graph.small_catalogue import CATALOGUE, choices


def schema(type_id: str) -> dict[str, Any]:
    return json_schema(CATALOGUE.specs[type_id], choices)


def test_widgets_become_properties_with_limits_and_defaults() -> None:
    properties = schema("KSampler")["properties"]
    assert properties["steps"] == {"x-type": "INT", "type": "integer", "minimum": 1, "maximum": 150}
    assert properties["cfg"] == {"x-type": "FLOAT", "type": "number", "default": 8.0, "minimum": 0.0}
    assert properties["sampler_name"]["enum"] == ["euler", "euler_ancestral", "heun"]
    assert properties["model"] == {"x-type": "MODEL", "x-socket": True}


def test_what_has_no_default_is_required() -> None:
    assert schema("KSampler")["required"] == ["model", "seed", "steps", "latent_image"]
    assert schema("ImageBlend")["required"] == ["image", "strength"]
    assert schema("Resize")["required"] == ["image"]
    assert schema("Sum")["required"] == ["values.a"]


def test_files_are_listed() -> None:
    assert schema("CheckpointLoaderSimple")["properties"]["ckpt_name"] == {
        "x-type": "COMBO",
        "enum": ["sd15.safetensors", "xl/base.safetensors"],
        "x-files": "checkpoints",
    }
    assert schema("VAELoader")["properties"]["vae_name"]["enum"] == ["taesd"]


def test_growing_groups_are_patterns() -> None:
    assert list(schema("Sum")["patternProperties"]) == [r"^values\.(a|b|c)$"]


def test_inputs_of_a_choice_say_so() -> None:
    assert schema("Resize")["properties"]["mode.width"]["x-only-for"] == ["width"]


def test_outputs_stand_beside_the_inputs() -> None:
    described = schema("SaveImage")
    assert described["x-output-node"] is True
    assert described["x-outputs"] == [{"name": "image", "type": "IMAGE", "isList": False}]
    assert (described["$id"], described["title"], described["x-category"]) == ("SaveImage", "Save image", "test")
