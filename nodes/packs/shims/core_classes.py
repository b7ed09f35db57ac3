"""Our own nodes as classes of the classic protocol: what packs find in `nodes.NODE_CLASS_MAPPINGS`, call and extend."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph.context import Context
from graph.errors import FolderError
from graph.execution.results import answer_of
from graph.node import Node
from graph.schema.object_info import object_info_of
from graph.shape import Shape
from nodes.packs.handles import Border
from nodes.packs.house import PackHouse
from nodes.packs.running import current

_METHODS: Mapping[str, str] = {
    "BasicGuider": "get_guider",
    "BasicScheduler": "get_sigmas",
    "CFGGuider": "get_guider",
    "CLIPSetLastLayer": "set_last_layer",
    "CLIPTextEncode": "encode",
    "CheckpointLoaderSimple": "load_checkpoint",
    "ConditioningAverage": "addWeighted",
    "ConditioningCombine": "combine",
    "ConditioningConcat": "concat",
    "ConditioningSetArea": "append",
    "ConditioningSetAreaPercentage": "append",
    "ConditioningSetMask": "append",
    "ConditioningSetTimestepRange": "set_range",
    "ConditioningZeroOut": "zero_out",
    "ControlNetApply": "apply_controlnet",
    "ControlNetApplyAdvanced": "apply_controlnet",
    "ControlNetLoader": "load_controlnet",
    "EmptyImage": "generate",
    "EmptyLatentImage": "generate",
    "ImageBatch": "batch",
    "ImageInvert": "invert",
    "ImagePadForOutpaint": "expand_image",
    "ImageScale": "upscale",
    "ImageScaleBy": "upscale",
    "KSampler": "sample",
    "KSamplerAdvanced": "sample",
    "LatentComposite": "composite",
    "LatentCrop": "crop",
    "LatentFlip": "flip",
    "LatentFromBatch": "frombatch",
    "LatentRotate": "rotate",
    "LatentUpscale": "upscale",
    "LatentUpscaleBy": "upscale",
    "LoadImage": "load_image",
    "LoadImageMask": "load_image",
    "LoraLoader": "load_lora",
    "LoraLoaderModelOnly": "load_lora_model_only",
    "RepeatLatentBatch": "repeat",
    "SetLatentNoiseMask": "set_mask",
    "UpscaleModelLoader": "load_model",
    "VAEDecode": "decode",
    "VAEDecodeTiled": "decode",
    "VAEEncode": "encode",
    "VAEEncodeForInpaint": "encode",
    "VAEEncodeTiled": "encode",
    "VAELoader": "load_vae",
}
"""What packs call to run a node."""
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "CLIPTextEncode": ("clip", "text"),
    "VAEDecode": ("vae", "samples"),
    "VAEDecodeTiled": ("vae", "samples"),
    "VAEEncode": ("vae", "pixels"),
    "VAEEncodeTiled": ("vae", "pixels"),
    "VAEEncodeForInpaint": ("vae", "pixels"),
}
"""What packs give by position, where that is not the order of the inputs."""
_LISTS: Mapping[str, str] = {"upscale_method": "upscale_methods", "crop": "crop_methods"}
"""Choices of an input that packs find as an attribute of the class."""


def core_class(node: Node, house: PackHouse, border: Border) -> type:
    """A node of ours as a class of the classic protocol."""
    spec = node.spec
    method = _METHODS.get(spec.id, "execute")

    def run(self: Any, *values: Any, **inputs: Any) -> Any:
        return _run(node, house, border, values, inputs)

    def input_types(cls: type) -> dict[str, Any]:
        return _input_types(node, house)

    return type(
        spec.id,
        (),
        {
            "__doc__": spec.description,
            "INPUT_TYPES": classmethod(input_types),
            "RETURN_TYPES": tuple(each.type for each in spec.outputs),
            "RETURN_NAMES": tuple(each.name for each in spec.outputs),
            "OUTPUT_IS_LIST": tuple(each.is_list for each in spec.outputs),
            "INPUT_IS_LIST": spec.takes_lists,
            "OUTPUT_NODE": spec.is_output,
            "CATEGORY": spec.category,
            "DESCRIPTION": spec.description,
            "FUNCTION": method,
            **{attribute: _choices(node, name) for name, attribute in _LISTS.items() if _choices(node, name)},
            method: run,
        },
    )


def common_ksampler(classes: Mapping[str, type]) -> Any:
    """The function `nodes.common_ksampler`, over our own samplers."""

    def sample(
        model: Any,
        seed: int,
        steps: int,
        cfg: float,
        sampler_name: str,
        scheduler: str,
        positive: Any,
        negative: Any,
        latent: Any,
        denoise: float = 1.0,
        disable_noise: bool = False,
        start_step: int | None = None,
        last_step: int | None = None,
        force_full_denoise: bool = False,
    ) -> Any:
        named = {"model": model, "steps": steps, "cfg": cfg, "sampler_name": sampler_name, "scheduler": scheduler}
        named |= {"positive": positive, "negative": negative, "latent_image": latent}
        if not disable_noise and start_step is None and last_step is None:
            return classes["KSampler"]().sample(**named, seed=seed, denoise=denoise)
        return classes["KSamplerAdvanced"]().sample(
            **named,
            noise_seed=seed,
            add_noise="disable" if disable_noise else "enable",
            start_at_step=start_step or 0,
            end_at_step=10000 if last_step is None else last_step,
            return_with_leftover_noise="disable" if force_full_denoise else "enable",
        )

    return sample


def _run(node: Node, house: PackHouse, border: Border, values: tuple[Any, ...], inputs: Mapping[str, Any]) -> Any:
    spec, shape = node.spec, Shape(node.spec)
    order = _ORDERS.get(spec.id, tuple(each.name for each in spec.inputs))
    given = {**dict(zip(order, values, strict=False)), **inputs}
    filled = {each.name: each.default for each in spec.inputs if each.required and each.has_default}
    outward = {name: border.outward(value) for name, value in {**filled, **given}.items() if shape.reaches(name)}
    arguments = shape.arguments(outward, node.variants)
    arguments.update({name: house.services[name] for name in node.services if name in house.services})
    run = current()
    ctx = replace(run.ctx if run is not None else Context(), shown={})
    if "ctx" in node.services:
        arguments["ctx"] = ctx
    answer = answer_of(node, node.function(**arguments))
    result = tuple(border.inward(value) for value in answer.outputs)
    if answer.graph is not None:
        return {"result": result, "expand": answer.graph}
    return {"ui": {**ctx.shown, **(answer.ui or {})}, "result": result} if spec.is_output else result


def _choices(node: Node, name: str) -> list[Any]:
    found = node.spec.input(name)
    return list(found.choices or ()) if found is not None else []


def _input_types(node: Node, house: PackHouse) -> dict[str, Any]:
    @functools.cache
    def names(folder: str) -> list[str]:
        try:
            return house.folders.names(folder)
        except FolderError:
            return []

    groups = object_info_of(node.spec, names)["input"]
    return {
        kind: {name: tuple(entry) if isinstance(entry, list) else entry for name, entry in entries.items()}
        for kind, entries in groups.items()
    }
