"""A dozen node types for tests of documents: enough of each kind of input, and nothing that computes."""

from typing import Any

from graph.registry import Catalogue
from graph.spec import Autogrow, InputSpec, NodeSpec, OutputSpec

FILES = {
    "checkpoints": ["sd15.safetensors", "xl/base.safetensors"],
    "input": ["cat.png"],
    "output": ["dog.png"],
}


def choices(folder: str) -> list[str]:
    return FILES.get(folder, [])


def spec(type_id: str, inputs: list[InputSpec], outputs: list[str], **facts: Any) -> NodeSpec:
    given = [OutputSpec(name=each.lower(), type=each) for each in outputs]
    return NodeSpec(
        id=type_id,
        title=facts.pop("title", type_id),
        category="test",
        inputs=tuple(inputs),
        outputs=tuple(given),
        **facts,
    )


def widget(name: str, type_: str, **facts: Any) -> InputSpec:
    return InputSpec(name=name, type=type_, **facts)


def with_default(name: str, type_: str, default: Any, **facts: Any) -> InputSpec:
    return InputSpec(name=name, type=type_, has_default=True, default=default, **facts)


SPECS = [
    spec("PrimitiveString", [widget("value", "STRING")], ["STRING"]),
    spec("PrimitiveInt", [widget("value", "INT")], ["INT"]),
    spec(
        "StringConcatenate",
        [widget("string_a", "STRING"), widget("string_b", "STRING"), with_default("delimiter", "STRING", "")],
        ["STRING"],
        title="Concatenate",
    ),
    spec("PreviewAny", [widget("source", "*")], [], is_output=True, title="Preview"),
    spec("CheckpointLoaderSimple", [widget("ckpt_name", "COMBO", files="checkpoints")], ["MODEL", "CLIP", "VAE"]),
    spec("VAELoader", [widget("vae_name", "COMBO", files="vae", extra_choices=("taesd",))], ["VAE"]),
    spec("LoadImage", [widget("image", "COMBO", files="input")], ["IMAGE", "MASK"], title="Load image"),
    spec("EmptyLatentImage", [with_default("width", "INT", 512, minimum=16, maximum=16384)], ["LATENT"]),
    spec(
        "KSampler",
        [
            widget("model", "MODEL"),
            widget("seed", "INT", minimum=0, maximum=2**64 - 1, control_after_generate=True),
            widget("steps", "INT", minimum=1, maximum=150),
            with_default("cfg", "FLOAT", 8.0, minimum=0.0),
            with_default("sampler_name", "COMBO", "euler", choices=("euler", "euler_ancestral", "heun")),
            widget("latent_image", "LATENT"),
            with_default("add_noise", "BOOLEAN", True),
        ],
        ["LATENT"],
        title="Sample",
    ),
    spec("VAEDecode", [widget("samples", "LATENT"), widget("vae", "VAE")], ["IMAGE"], title="Decode"),
    spec(
        "ImageBlend",
        [widget("image", "IMAGE"), widget("strength", "FLOAT"), widget("mask", "MASK", required=False)],
        ["IMAGE"],
    ),
    spec("SaveImage", [widget("images", "IMAGE")], ["IMAGE"], is_output=True, title="Save image"),
    spec(
        "Sum",
        [widget("values", "FLOAT,INT", autogrow=Autogrow(names=("a", "b", "c"), minimum=1))],
        ["FLOAT", "INT"],
    ),
    spec(
        "Resize",
        [
            widget("image", "IMAGE"),
            with_default("mode", "COMBO", "width", choices=("width", "factor")),
            with_default("mode.width", "INT", 512, minimum=1, only_for=("width",)),
            widget("mode.factor", "FLOAT", only_for=("factor",)),
        ],
        ["IMAGE"],
    ),
    spec("Sink", [], [], title="Sink"),
    spec("Anything", [], ["*"], accepts_undeclared=True, is_output=True),
    spec(
        "Picky",
        [widget("level", "INT", maximum=5), widget("image", "IMAGE", required=False)],
        [],
        is_output=True,
        has_validator=True,
        own_checks=("level",),
    ),
]
CATALOGUE = Catalogue({each.id: each for each in SPECS}, {"OldSampler": "KSampler"})


def node(type_id: str, title: str | None = None, /, **inputs: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"class_type": type_id, "inputs": inputs}
    return {**described, "_meta": {"title": title}} if title else described


def chain(length: int) -> dict[str, Any]:
    """A text that grows by one letter a node, shown at the end."""
    graph = {"0": node("PrimitiveString", value="a")}
    for number in range(1, length):
        graph[str(number)] = node("StringConcatenate", string_a=[str(number - 1), 0], string_b="b")
    return {**graph, "end": node("PreviewAny", source=[str(length - 1), 0])}
