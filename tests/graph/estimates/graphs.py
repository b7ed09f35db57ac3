"""Graphs for the tests of estimates: node types as specifications, no code behind them."""

from collections.abc import Mapping
from typing import Any

from graph.registry import Catalogue
from graph.spec import InputSpec, NodeSpec, OutputSpec, SizeRule
from graph.validation import Validated, validate
from graph.workflow import Workflow


def spec(name: str, inputs: str = "", outputs: str = "", **more: Any) -> NodeSpec:
    """`spec("Scale", "image:IMAGE width:INT", "IMAGE")`; a default of 1 for numbers."""
    given = [each.split(":") for each in inputs.split()]
    made = [
        InputSpec(
            name=each[0],
            type=each[1],
            files=each[2] if len(each) > 2 else None,
            required=not each[0].startswith("maybe"),
            has_default=each[1] in ("INT", "FLOAT"),
            default=1,
        )
        for each in given
    ]
    return NodeSpec(
        id=name,
        title=name,
        category="test",
        inputs=tuple(made),
        outputs=tuple(OutputSpec(name=each, type=each) for each in outputs.split()),
        **more,
    )


SPECS = (
    spec("Int", "value:INT", "INT"),
    spec("Checkpoint", "name:COMBO:checkpoints", "MODEL CLIP VAE"),
    spec("Lora", "model:MODEL lora:COMBO:loras", "MODEL"),
    spec("Encode", "clip:CLIP", "CONDITIONING"),
    spec("Empty", "width:INT height:INT batch_size:INT", "LATENT"),
    spec("EmptyVideo", "width:INT height:INT length:INT batch_size:INT", "LATENT"),
    spec("EmptyImage", "width:INT height:INT batch_size:INT", "IMAGE"),
    spec("Load", "image:COMBO:input", "IMAGE MASK"),
    spec("Sample", "model:MODEL latent_image:LATENT", "LATENT", occupies="gpu"),
    spec("Decode", "samples:LATENT vae:VAE", "IMAGE", occupies="gpu"),
    spec("Scale", "image:IMAGE width:INT height:INT", "IMAGE"),
    spec("ScaleBy", "image:IMAGE scale_by:FLOAT", "IMAGE"),
    spec("Upscale", "upscale_model:UPSCALE_MODEL image:IMAGE", "IMAGE"),
    spec("UpscaleModel", "name:COMBO:upscale_models", "UPSCALE_MODEL"),
    spec("Repeat", "samples:LATENT amount:INT", "LATENT"),
    spec("FromBatch", "samples:LATENT batch_index:INT length:INT", "LATENT"),
    spec("Batch", "image1:IMAGE image2:IMAGE", "IMAGE"),
    spec("Pad", "image:IMAGE left:INT top:INT right:INT bottom:INT", "IMAGE MASK"),
    spec("Blend", "image:IMAGE other:IMAGE", "IMAGE"),
    spec("Declared", "image:IMAGE columns:INT", "IMAGE", size=SizeRule(like=("image",), times="columns", scale=0.5)),
    spec("Area", "conditioning:CONDITIONING width:INT height:INT", "CONDITIONING"),
    spec("Save", "images:IMAGE", is_output=True),
    spec("SaveLatent", "samples:LATENT", is_output=True),
    spec("SaveAny", "value:*", is_output=True),
)
CATALOGUE = Catalogue({each.id: each for each in SPECS})
FILES = {
    "checkpoints": ["m.safetensors", "folder"],
    "loras": ["l.safetensors"],
    "input": ["p.png"],
    "upscale_models": [],
}


def checked(**nodes: tuple[str, Mapping[str, Any]]) -> Validated:
    """`checked(a=("Empty", {"width": 512}))`, validated."""
    graph = {name: {"class_type": kind, "inputs": dict(inputs)} for name, (kind, inputs) in nodes.items()}
    found = validate(Workflow.parse(graph), CATALOGUE, choices=lambda folder: FILES.get(folder, []))
    assert not found.problems, found.problems
    return found
