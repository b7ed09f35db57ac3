"""Subgraph definitions and the nodes that stand for them, against what ComfyUI itself sends."""

from typing import Any

from graph.workflow import Workflow
from tests.graph.formats.editor.drawing import Drawing, api_of, converted, said

KEY = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def sampling(key: str = KEY) -> dict[str, Any]:
    """Samples and decodes: the steps are an input, the seed is not."""
    inner = Drawing(1)
    inner.add(1, "KSampler", [5, "fixed", 20, 8.0, "euler", True])
    inner.add(2, "VAEDecode")
    inner.link(-10, 0, 1, "model", "MODEL")
    inner.link(-10, 1, 1, "latent_image", "LATENT")
    inner.link(-10, 2, 1, "steps", "INT", is_widget=True)
    inner.link(-10, 3, 2, "vae", "VAE")
    inner.link(1, 0, 2, "samples", "LATENT")
    inner.give(2, 0, 0, "IMAGE")
    inputs = [("model", "MODEL"), ("latent", "LATENT"), ("steps", "INT"), ("vae", "VAE")]
    return inner.definition(key, inputs, [("IMAGE", "IMAGE")], "Sample and decode")


def outside(values: list[Any] | None = None, **properties: Any) -> Drawing:
    """Uses it as node 5."""
    drawing = Drawing()
    drawing.add(3, "CheckpointLoaderSimple", ["sd15.safetensors"])
    drawing.add(4, "EmptyLatentImage", [512])
    drawing.add(5, KEY, values, properties=properties)
    drawing.add(6, "SaveImage")
    drawing.link(3, 0, 5, "model", "MODEL")
    drawing.link(4, 0, 5, "latent", "LATENT")
    drawing.link(3, 2, 5, "vae", "VAE")
    drawing.link(5, 0, 6, "images", "IMAGE")
    drawing.rest["definitions"] = {"subgraphs": [sampling()]}
    return drawing


def sent(seed: int = 5, steps: int = 20) -> dict[str, Any]:
    """What ComfyUI sends for it: nodes inside are called `outer:inner`."""
    sampler = {"seed": seed, "steps": steps, "cfg": 8.0, "sampler_name": "euler", "add_noise": True}
    return {
        "3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}},
        "5:1": {"class_type": "KSampler", "inputs": {**sampler, "model": ["3", 0], "latent_image": ["4", 0]}},
        "5:2": {"class_type": "VAEDecode", "inputs": {"samples": ["5:1", 0], "vae": ["3", 2]}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5:2", 0]}},
    }


def test_a_subgraph_becomes_a_definition_with_declared_inputs_and_outputs() -> None:
    workflow = converted(outside()).workflow
    definition = workflow.subgraphs[KEY]
    assert definition.title == "Sample and decode"
    assert [(each.name, each.to, each.type) for each in definition.inputs] == [
        ("model", (("1", "model"),), "MODEL"),
        ("latent", (("1", "latent_image"),), "LATENT"),
        ("steps", (("1", "steps"),), "INT"),
        ("vae", (("2", "vae"),), "VAE"),
    ]
    assert [(each.name, each.source) for each in definition.outputs] == [("IMAGE", ("2", 0))]
    assert workflow.graph["5"] == {
        "class_type": KEY,
        "inputs": {"model": ["3", 0], "latent": ["4", 0], "vae": ["3", 2]},
    }
    assert definition.layout.model_extra == {"boundaries": {"inputs": (0, 0, 9, 9)}}


def test_unfolded_it_is_what_comfyui_sends() -> None:
    assert api_of(outside()) == sent()
    assert said(converted(outside())) == []


def test_a_value_on_the_outside_goes_before_that_inside() -> None:
    assert api_of(outside([30])) == sent(steps=30)


def test_shown_widgets_become_inputs() -> None:
    proxies = [["-1", "steps"], ["1", "seed"], ["1", "control_after_generate"], ["1", "$$canvas-image-preview"]]
    drawing = outside([30, 77, "randomize"], proxyWidgets=proxies)
    assert api_of(drawing) == sent(seed=77, steps=30)
    workflow = converted(drawing).workflow
    assert workflow.subgraphs[KEY].inputs[-1].name == "seed"
    assert workflow.subgraphs[KEY].inputs[-1].to == (("1", "seed"),)
    assert workflow.layout.nodes["5"].model_extra == {"after_run": {"seed": "randomize"}}


def test_shown_widgets_without_values_keep_those_inside() -> None:
    assert api_of(outside([], proxyWidgets=[["1", "seed"]])) == sent()
    assert api_of(outside([None, 30], proxyWidgets=[["1", "seed"], ["-1", "steps"]])) == sent(steps=30)


def test_shown_widgets_may_be_written_as_text() -> None:
    assert api_of(outside([77], proxyWidgets='[["1", "seed"]]')) == sent(seed=77)


def test_a_shown_widget_that_an_input_sets_already_is_that_input() -> None:
    drawing = outside([30], proxyWidgets=[["1", "steps"]])
    assert len(converted(drawing).workflow.subgraphs[KEY].inputs) == 4
    assert api_of(drawing) == sent(steps=30)


def test_a_shown_widget_that_is_not_there_is_named() -> None:
    conversion = converted(outside([3], proxyWidgets=[["1", "strides"]]))
    assert any('its widget "strides" is shown outside' in each for each in said(conversion, "warning"))
    assert (conversion.workflow.layout.nodes["5"].model_extra or {})["widgets_values"] == [3]


def test_two_uses_have_values_of_their_own() -> None:
    drawing = outside([30], proxyWidgets=[["1", "seed"]])
    drawing.add(8, KEY, [31], properties={"proxyWidgets": [["1", "seed"]]})
    drawing.link(3, 0, 8, "model", "MODEL")
    graph = api_of(drawing)
    assert [graph[key]["inputs"]["seed"] for key in ("5:1", "8:1")] == [30, 31]


def test_values_that_the_browser_set_aside_are_used_as_it_does() -> None:
    aside = [{"originalEntry": ["-1", "steps"], "reason": "missingSourceNode", "hostValue": 44}]
    assert api_of(outside([30], proxyWidgetErrorQuarantine=aside)) == sent(steps=44)


def test_values_of_a_use_may_stand_by_name() -> None:
    drawing = outside()
    drawing.find(5)["widgets_values"] = {"steps": 30, "other": 1}
    assert api_of(drawing) == sent(steps=30)
    assert (converted(drawing).workflow.layout.nodes["5"].model_extra or {})["widgets_values"] == {"other": 1}
    drawing = outside(["euler", 3])
    drawing.find(5)["widgets_values_named"] = {"steps": 31}
    assert api_of(drawing) == sent(steps=31)


def test_values_of_a_use_that_do_not_fit_are_named() -> None:
    drawing = outside(["euler"])
    assert any("its values do not fit its inputs (steps)" in each for each in said(converted(drawing), "warning"))
    drawing = outside(["euler"], proxyWidgets=[["-1", "steps"]])
    assert any("the value of steps is of the wrong kind" in each for each in said(converted(drawing), "warning"))


def test_an_output_that_comes_from_a_value_is_named() -> None:
    inner = Drawing(1)
    inner.add(1, "PrimitiveNode", [3, "fixed"], title="Three")
    inner.give(1, 0, 0, "INT")
    drawing = Drawing()
    drawing.add(5, KEY)
    drawing.rest["definitions"] = {"subgraphs": [inner.definition(KEY, [], [("n", "INT")])]}
    assert any('the output "n" cannot come from a value' in each for each in said(converted(drawing), "warning"))


def test_a_seed_outside_may_be_followed_by_what_happens_to_it() -> None:
    inner = Drawing(1)
    inner.add(1, "KSampler", [5, "fixed", 20, 8.0, "euler", True])
    inner.link(-10, 0, 1, "seed", "INT", is_widget=True)
    inner.link(-10, 1, 1, "cfg", "FLOAT", is_widget=True)
    inner.give(1, 0, 0)
    for values in ([9, "increment", 3.0], [9, 3.0]):
        drawing = Drawing()
        drawing.add(5, KEY, values)
        drawing.rest["definitions"] = {
            "subgraphs": [inner.definition(KEY, [("s", "INT"), ("c", "FLOAT")], [("o", "*")])]
        }
        inputs = api_of(drawing)["5:1"]["inputs"]
        assert (inputs["seed"], inputs["cfg"]) == (9, 3.0)


def nested() -> Drawing:
    """`sampling` within a definition of another, which shows the seed of the sampler, two levels down."""
    middle = Drawing(1)
    middle.add(1, KEY, [25, 6], properties={"proxyWidgets": [["-1", "steps"], ["1", "seed"]]})
    middle.add(2, "EmptyLatentImage", [64])
    middle.link(-10, 0, 1, "model", "MODEL")
    middle.link(-10, 1, 1, "vae", "VAE")
    middle.link(2, 0, 1, "latent", "LATENT")
    middle.give(1, 0, 0, "IMAGE")
    definition = middle.definition(OTHER, [("model", "MODEL"), ("vae", "VAE")], [("IMAGE", "IMAGE")])
    drawing = Drawing()
    drawing.add(3, "CheckpointLoaderSimple", ["sd15.safetensors"])
    drawing.add(5, OTHER, [99], properties={"proxyWidgets": [["1", "1: seed"]]})
    drawing.add(6, "SaveImage")
    drawing.link(3, 0, 5, "model", "MODEL")
    drawing.link(3, 2, 5, "vae", "VAE")
    drawing.link(5, 0, 6, "images", "IMAGE")
    drawing.rest["definitions"] = {"subgraphs": [definition, sampling()]}
    return drawing


def test_subgraphs_in_subgraphs_are_unfolded_as_comfyui_does() -> None:
    sampler = {"seed": 99, "steps": 25, "cfg": 8.0, "sampler_name": "euler", "add_noise": True}
    assert api_of(nested()) == {
        "3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "5:1:1": {"class_type": "KSampler", "inputs": {**sampler, "model": ["3", 0], "latent_image": ["5:2", 0]}},
        "5:1:2": {"class_type": "VAEDecode", "inputs": {"samples": ["5:1:1", 0], "vae": ["3", 2]}},
        "5:2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5:1:2", 0]}},
    }


def test_definitions_may_stand_within_the_definition_that_uses_them() -> None:
    drawing = nested()
    outer, inner = drawing.rest["definitions"]["subgraphs"]
    outer["definitions"] = {"subgraphs": [inner]}
    drawing.rest["definitions"]["subgraphs"] = [outer]
    assert api_of(drawing) == api_of(nested())


def test_an_input_that_leads_straight_to_an_output_is_passed_through() -> None:
    inner = Drawing(1)
    inner.add(1, "Reroute")
    inner.link(-10, 0, 1, "")
    inner.give(1, 0, 0, "IMAGE")
    inner.add(2, "LoadImage", ["dog.png", "image"])
    inner.give(2, 0, 2, "IMAGE")
    drawing = Drawing()
    drawing.add(4, "LoadImage", ["cat.png", "image"])
    drawing.add(5, KEY)
    drawing.link(4, 0, 5, "in", "IMAGE")
    for number, slot in ((6, 0), (7, 1), (8, 2)):
        drawing.add(number, "SaveImage")
        drawing.link(5, slot, number, "images", "IMAGE")
    outputs = [("a", "IMAGE"), ("b", "IMAGE"), ("c", "IMAGE")]
    drawing.rest["definitions"] = {"subgraphs": [inner.definition(KEY, [("in", "IMAGE")], outputs)]}
    graph = api_of(drawing)
    assert graph["6"]["inputs"] == {"images": ["4", 0]}
    assert graph["7"]["inputs"] == {}
    assert graph["8"]["inputs"] == {"images": ["5:2", 0]}
    assert any("output 1 of subgraph node 5 gives nothing" in each for each in said(converted(drawing), "warning"))


def test_a_primitive_inside_may_be_shown_outside() -> None:
    inner = Drawing(1)
    inner.add(1, "PrimitiveNode", [3, "fixed"])
    inner.add(2, "PrimitiveInt", [0, "fixed"])
    inner.link(1, 0, 2, "value", "INT", is_widget=True)
    inner.give(2, 0, 0)
    drawing = Drawing()
    drawing.add(5, KEY, [9], properties={"proxyWidgets": [["1", "value"]]})
    drawing.add(6, KEY, [])
    drawing.rest["definitions"] = {"subgraphs": [inner.definition(KEY, [], [("n", "INT")])]}
    graph = api_of(drawing)
    assert [graph[key]["inputs"]["value"] for key in ("5:2", "6:2")] == [9, 3]


def test_a_primitive_outside_gives_its_value_to_an_input_of_a_subgraph() -> None:
    drawing = outside()
    drawing.add(9, "PrimitiveNode", [12, "fixed"])
    drawing.link(9, 0, 5, "steps", "INT", is_widget=True)
    assert api_of(drawing) == sent(steps=12)


def test_modes_inside_hold_in_every_use() -> None:
    drawing = outside()
    drawing.rest["definitions"]["subgraphs"][0]["nodes"][0]["mode"] = 4
    graph = api_of(drawing)
    assert graph["5:2"]["inputs"]["samples"] == ["4", 0]


def test_notes_about_nodes_inside_name_the_subgraph() -> None:
    drawing = outside()
    drawing.rest["definitions"]["subgraphs"][0]["nodes"][0]["type"] = "Mystery"
    found = next(each for each in converted(drawing).notes if each.node == "1")
    assert found.subgraph == KEY
    assert found.message.startswith('Node 1 "Mystery" in subgraph "Sample and decode": ')


def test_definitions_in_a_circle_are_converted_and_left_to_validation() -> None:
    first, second = Drawing(1), Drawing(1)
    first.add(1, OTHER)
    second.add(1, KEY)
    drawing = Drawing()
    drawing.add(5, KEY)
    drawing.rest["definitions"] = {"subgraphs": [first.definition(KEY, [], []), second.definition(OTHER, [], [])]}
    assert set(converted(drawing).workflow.subgraphs) == {KEY, OTHER}


def test_names_that_are_used_twice_get_numbers() -> None:
    inner = Drawing(1)
    inner.add(1, "PrimitiveInt", [0, "fixed"])
    inner.add(2, "PrimitiveInt", [0, "fixed"])
    inner.link(-10, 0, 1, "value", "INT", is_widget=True)
    inner.link(-10, 1, 2, "value", "INT", is_widget=True)
    drawing = Drawing()
    drawing.add(5, KEY, [1, 2])
    drawing.rest["definitions"] = {"subgraphs": [inner.definition(KEY, [("value", "INT"), ("value", "INT")], [])]}
    assert [each.name for each in converted(drawing).workflow.subgraphs[KEY].inputs] == ["value", "value_1"]
    graph = api_of(drawing)
    assert [graph[key]["inputs"]["value"] for key in ("5:1", "5:2")] == [1, 2]
    drawing.find(5)["inputs"] = [{"name": "value", "type": "INT", "link": None, "widget": {"name": "value"}}] * 2
    drawing.find(5)["inputs"][1] = {"name": "value", "type": "INT", "link": 1, "widget": {"name": "value"}}
    drawing.add(6, "PrimitiveInt", [7, "fixed"])
    drawing.links.append([1, 6, 0, 5, 1, "INT", {}])
    graph = api_of(drawing)
    assert [graph[key]["inputs"]["value"] for key in ("5:1", "5:2")] == [1, ["6", 0]]


def test_the_document_with_subgraphs_is_read_again_as_it_was_written() -> None:
    for drawing in (outside([30]), nested()):
        workflow = converted(drawing).workflow
        assert Workflow.from_text(workflow.to_text()).dump() == workflow.dump()
