from graph.registry import Catalogue
from graph.schema import object_info, object_info_of
from graph.spec import InputSpec, NodeSpec, OutputSpec
from tests.graph.small_catalogue import CATALOGUE, choices

FULL = NodeSpec(
    id="Full",
    title="Everything",
    category="test/full",
    description="Shows every option.",
    source="nodes.full",
    is_output=True,
    experimental=True,
    inputs=(
        InputSpec(name="model", type="MODEL", help="What draws."),
        InputSpec(
            name="seed",
            type="INT",
            has_default=True,
            default=0,
            minimum=0,
            maximum=2**64 - 1,
            control_after_generate=True,
        ),
        InputSpec(name="cfg", type="FLOAT", has_default=True, default=8.0, step=0.1, options={"round": 0.01}),
        InputSpec(name="text", type="STRING", multiline=True, lazy=True),
        InputSpec(name="number", type="INT", socket_only=True, raw_link=True),
        InputSpec(name="sampler", type="COMBO", choices=("euler", "heun"), has_default=True, default="heun"),
        InputSpec(name="vae", type="COMBO", files="checkpoints", extra_choices=("none",), required=False),
    ),
    outputs=(
        OutputSpec(name="picture", type="IMAGE", help="What came of it."),
        OutputSpec(name="n", type="INT", is_list=True),
    ),
)


def test_an_entry_has_the_shape_of_the_classic_protocol() -> None:
    assert object_info_of(FULL, choices) == {
        "input": {
            "required": {
                "model": ["MODEL", {"tooltip": "What draws."}],
                "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}],
                "cfg": ["FLOAT", {"default": 8.0, "step": 0.1, "round": 0.01}],
                "text": ["STRING", {"multiline": True, "lazy": True}],
                "number": ["INT", {"rawLink": True, "forceInput": True}],
                "sampler": [["euler", "heun"], {"default": "heun"}],
            },
            "optional": {"vae": [["none", "sd15.safetensors", "xl/base.safetensors"], {}]},
            "hidden": {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
        },
        "input_order": {
            "required": ["model", "seed", "cfg", "text", "number", "sampler"],
            "optional": ["vae"],
            "hidden": ["prompt", "extra_pnginfo"],
        },
        "output": ["IMAGE", "INT"],
        "output_is_list": [False, True],
        "output_name": ["picture", "n"],
        "output_tooltips": ["What came of it.", ""],
        "name": "Full",
        "display_name": "Everything",
        "description": "Shows every option.",
        "python_module": "nodes.full",
        "category": "test/full",
        "output_node": True,
        "experimental": True,
    }


def test_growing_groups_and_dependent_choices_are_told_as_new_style_inputs() -> None:
    info = object_info(CATALOGUE, choices)
    assert info["Sum"]["input"]["required"]["values"] == [
        "COMFY_AUTOGROW_V3",
        {
            "template": {
                "input": {"required": {"values": ["FLOAT,INT", {}]}},
                "names": ["a", "b", "c"],
                "min": 1,
            }
        },
    ]
    assert info["Resize"]["input"]["required"]["mode"] == [
        "COMFY_DYNAMICCOMBO_V3",
        {
            "default": "width",
            "options": [
                {"key": "width", "inputs": {"required": {"width": ["INT", {"default": 512, "min": 1}]}}},
                {"key": "factor", "inputs": {"required": {"factor": ["FLOAT", {}]}}},
            ],
        },
    ]
    assert list(info["Resize"]["input"]["required"]) == ["image", "mode"]


def test_every_type_has_its_entry_and_a_folder_is_listed_once() -> None:
    asked: list[str] = []

    def counting(folder: str) -> list[str]:
        asked.append(folder)
        return []

    again = {**CATALOGUE.specs, "Again": CATALOGUE.specs["LoadImage"]}
    assert set(object_info(Catalogue(again), counting)) == set(again)
    assert sorted(asked) == ["checkpoints", "input", "vae"]
