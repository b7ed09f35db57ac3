"""Group nodes, the subgraphs of old files."""

from typing import Any

from tests.graph.formats.editor.drawing import Drawing, api_of, converted, said


def grouped(type_: str) -> Drawing:
    """A group of a loader, a reroute, a sampler and a decoder; its first output also leads inside."""
    inner = Drawing()
    inner.add(0, "Reroute")
    inner.add(1, "KSampler", [1, "fixed", 2, 3.0, "heun", False])
    inner.add(2, "VAEDecode")
    inner.input(0, "", "*")
    inner.input(1, "model", "MODEL")
    inner.input(1, "latent_image", "LATENT")
    inner.input(2, "samples", "LATENT")
    inner.input(2, "vae", "VAE")
    nodes: list[dict[str, Any]] = [{**each, "index": at} for at, each in enumerate(inner.nodes)]
    nodes[0]["outputs"] = [{"name": "", "type": "*", "links": []}]
    nodes[1]["outputs"] = [{"name": "LATENT", "type": "LATENT", "links": []}]
    nodes[2]["outputs"] = [{"name": "IMAGE", "type": "IMAGE", "links": []}]
    links = [[None, 0, 0, 0, 7, "MODEL"], [0, 0, 1, 0, 8, "MODEL"], [1, 0, 2, 0, 9, "LATENT"]]
    drawing = Drawing()
    drawing.add(3, "CheckpointLoaderSimple", ["sd15.safetensors"])
    drawing.add(4, "EmptyLatentImage", [512])
    drawing.add(5, type_, [5, "randomize", 20, 8.0, "euler", True])
    drawing.add(6, "SaveImage")
    drawing.link(3, 0, 5, "model", "MODEL")
    drawing.link(4, 0, 5, "latent_image", "LATENT")
    drawing.link(3, 2, 5, "vae", "VAE")
    drawing.link(5, 0, 6, "images", "IMAGE")
    drawing.rest["extra"] = {"groupNodes": {"Mine": {"nodes": nodes, "links": links, "external": []}}}
    return drawing


def test_a_group_node_is_unfolded_as_comfyui_does() -> None:
    sampler = {"seed": 5, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "add_noise": True}
    for type_ in ("workflow>Mine", "workflow/Mine"):
        assert api_of(grouped(type_)) == {
            "3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
            "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}},
            "5:1": {"class_type": "KSampler", "inputs": {**sampler, "model": ["3", 0], "latent_image": ["4", 0]}},
            "5:2": {"class_type": "VAEDecode", "inputs": {"samples": ["5:1", 0], "vae": ["3", 2]}},
            "6": {"class_type": "SaveImage", "inputs": {"images": ["5:2", 0]}},
        }


def test_outputs_that_also_lead_outside_are_shown_in_order() -> None:
    drawing = grouped("workflow>Mine")
    group = drawing.rest["extra"]["groupNodes"]["Mine"]
    group["external"] = [[1, 0, "LATENT"]]
    subgraph = converted(drawing).workflow.subgraphs["workflow>Mine#5"]
    assert [(each.name, each.source) for each in subgraph.outputs] == [("LATENT", ("1", 0)), ("IMAGE", ("2", 0))]


def test_it_is_said_what_became_of_it() -> None:
    assert any("group node became a subgraph" in each for each in said(converted(grouped("workflow>Mine")), "info"))


def test_a_group_node_without_its_definition_is_an_unknown_type() -> None:
    drawing = grouped("workflow>Yours")
    assert any("not known here" in each for each in said(converted(drawing), "error"))
