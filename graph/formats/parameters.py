"""Generation parameters as other programs write them into pictures as text: a prompt, and a line of settings.

    a castle <lora:oil:0.8>
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 5, Size: 512x768, Model: dreams, Clip skip: 2

The text names no graph, so one is built: a checkpoint, its LoRAs, two prompts, a sampler, a decoder, a file. What the
text says beyond that is named in the report.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.formats.editor.report import Conversion, Report
from graph.workflow import Workflow

_SETTINGS = re.compile(r"^Steps: \d+,? ?.*\b(?:Sampler|Seed): .*$", re.MULTILINE)
_SETTING = re.compile(r'\s*([A-Za-z][\w \-/+.]*?): *("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_NEGATIVE = re.compile(r"^Negative prompt: ?", re.MULTILINE)
_LORA = re.compile(r"<lora:([^:>]+)(?::(-?[\d.]+))?[^>]*>")
_SCHEDULED = re.compile(r"\[[^\[\]]*:[^\[\]]*:\s*[\d.]+\]|\[[^\[\]]*\|[^\[\]]*\]")
_SIZE = re.compile(r"(\d+)x(\d+)")
_SAMPLERS: Mapping[str, str] = {
    "euler": "euler",
    "euler a": "euler_ancestral",
    "lms": "lms",
    "heun": "heun",
    "dpm2": "dpm_2",
    "dpm2 a": "dpm_2_ancestral",
    "dpm++ 2s a": "dpmpp_2s_ancestral",
    "dpm++ 2m": "dpmpp_2m",
    "dpm++ sde": "dpmpp_sde",
    "dpm++ 2m sde": "dpmpp_2m_sde",
    "dpm++ 2m sde heun": "dpmpp_2m_sde_heun",
    "dpm++ 3m sde": "dpmpp_3m_sde",
    "dpm fast": "dpm_fast",
    "dpm adaptive": "dpm_adaptive",
    "ddim": "ddim",
    "ddpm": "ddpm",
    "unipc": "uni_pc",
    "lcm": "lcm",
}
_SCHEDULES: Mapping[str, str] = {
    "automatic": "normal",
    "uniform": "normal",
    "normal": "normal",
    "karras": "karras",
    "exponential": "exponential",
    "sgm uniform": "sgm_uniform",
    "simple": "simple",
    "beta": "beta",
    "ddim": "ddim_uniform",
}
_USED = frozenset(
    ("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model", "Clip skip", "Model hash", "Version")
)
_WITHOUT_EFFECT = frozenset(("Lora hashes", "TI hashes", "Hashes", "VAE hash", "User", "Parser", "RNG"))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What such a text says."""

    positive: str
    negative: str
    settings: Mapping[str, str]


def is_parameters(text: str) -> bool:
    """Whether a text holds generation parameters."""
    return _SETTINGS.search(text) is not None


def read_parameters(text: str) -> Parameters:
    """Takes such a text apart."""
    found = list(_SETTINGS.finditer(text))[-1]
    prompts = text[: found.start()].strip()
    negative = _NEGATIVE.search(prompts)
    settings = {name.strip(): value.strip().strip('"') for name, value in _SETTING.findall(found.group())}
    if negative is None:
        return Parameters(prompts, "", settings)
    return Parameters(prompts[: negative.start()].strip(), prompts[negative.end() :].strip(), settings)


def from_parameters(text: str) -> Conversion:
    """The workflow that makes such a picture here, as far as the text tells; every difference is reported."""
    parameters, report = read_parameters(text), Report()
    report.tell("info", "The file carries generation parameters of another program; a workflow was built from them.")
    graph = _graph(parameters, report)
    _tell_differences(parameters, report)
    return Conversion(Workflow.parse({"latentloom": 1, "graph": graph}), tuple(report.notes))


def _graph(parameters: Parameters, report: Report) -> dict[str, Any]:  # JSON
    settings = parameters.settings
    graph: dict[str, Any] = {"1": _node("CheckpointLoaderSimple", ckpt_name=_file(settings.get("Model", "")))}
    model, clip, prompt = _with_loras(parameters.positive, graph)
    skip = _number(settings.get("Clip skip"), 1)
    if skip > 1:
        graph["9"] = _node("CLIPSetLastLayer", clip=clip, stop_at_clip_layer=-int(skip))
        clip = ["9", 0]
    sampler, schedule = _sampling(settings, report)
    size = _SIZE.fullmatch(settings.get("Size", ""))
    width, height = (int(size[1]), int(size[2])) if size is not None else (512, 512)
    graph["2"] = _node("CLIPTextEncode", "Prompt", text=prompt, clip=clip)
    graph["3"] = _node("CLIPTextEncode", "Negative prompt", text=parameters.negative, clip=clip)
    graph["4"] = _node("EmptyLatentImage", width=width, height=height, batch_size=1)
    graph["5"] = _node(
        "KSampler",
        model=model,
        seed=_whole(settings.get("Seed")),
        steps=int(_number(settings.get("Steps"), 20)),
        cfg=_number(settings.get("CFG scale"), 7.0),
        sampler_name=sampler,
        scheduler=schedule,
        positive=["2", 0],
        negative=["3", 0],
        latent_image=["4", 0],
        denoise=1.0,
    )
    graph["6"] = _node("VAEDecode", samples=["5", 0], vae=["1", 2])
    graph["7"] = _node("SaveImage", images=["6", 0], filename_prefix="picture")
    return graph


def _with_loras(prompt: str, graph: dict[str, Any]) -> tuple[list[Any], list[Any], str]:
    """Adds a loader for each LoRA that a prompt names; gives the last model and CLIP, and the prompt without them."""
    model, clip = ["1", 0], ["1", 1]
    for index, (name, strength) in enumerate(_LORA.findall(prompt)):
        node_id, weight = str(20 + index), _number(strength, 1.0)
        inputs: dict[str, Any] = {"lora_name": _file(name), "strength_model": weight, "strength_clip": weight}
        graph[node_id] = _node("LoraLoader", model=model, clip=clip, **inputs)
        model, clip = [node_id, 0], [node_id, 1]
    return model, clip, re.sub(r"[ \t]{2,}", " ", _LORA.sub("", prompt)).strip(" ,")


def _sampling(settings: Mapping[str, str], report: Report) -> tuple[str, str]:
    """The sampler and the schedule here. Older programs put the schedule behind the name of the sampler."""
    name = settings.get("Sampler", "Euler").lower()
    schedule = settings.get("Schedule type", "").lower()
    for suffix in ("karras", "exponential"):
        if name.endswith(f" {suffix}"):
            name, schedule = name.removesuffix(suffix).strip(), suffix
    if name not in _SAMPLERS:
        there = settings.get("Sampler", "")
        report.tell("warning", f'There is no sampler "{there[:80]}" here; euler was taken instead.', "5")
    if schedule and schedule not in _SCHEDULES:
        report.tell("warning", f'There is no schedule "{schedule[:80]}" here; normal was taken instead.', "5")
    return _SAMPLERS.get(name, "euler"), _SCHEDULES.get(schedule, "normal")


def _tell_differences(parameters: Parameters, report: Report) -> None:
    settings = parameters.settings
    if "Model" not in settings:
        report.tell("warning", "The text does not name the model; choose one.", "1")
    report.tell("info", "Noise is made differently there, so the picture will be similar and not the same.", "5")
    if "BREAK" in parameters.positive or _SCHEDULED.search(parameters.positive):
        report.tell("warning", "The prompt changes while it is sampled there (BREAK, [a:b:0.5], [a|b]); not here.", "2")
    left_out = [name for name in settings if name not in _USED and name not in _WITHOUT_EFFECT]
    if left_out:
        told = ", ".join(f"{name}: {settings[name]}" for name in left_out)
        report.tell("warning", f"These settings have no counterpart in the workflow: {told[:600]}.")


def _node(class_type: str, title: str | None = None, **inputs: Any) -> dict[str, Any]:  # JSON
    return {"class_type": class_type, "inputs": inputs, **({"_meta": {"title": title}} if title else {})}


def _file(name: str) -> str:
    return name if not name or name.endswith((".safetensors", ".ckpt", ".pt")) else f"{name}.safetensors"


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text) if text else otherwise
    except ValueError:
        return otherwise


def _whole(text: str | None) -> int:
    """A seed, exactly: a float would round the large ones."""
    return int(text) if text is not None and text.isdecimal() else 0
