"""Tiny random models in place of those that workflows name: each file is written once and then lies under any name."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from diffusers import T2IAdapter, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

from tests.nodes.diffusion import (
    cascade_originals,
    hunyuan_dit_originals,
    hunyuan_originals,
    ltx2_originals,
    ltxv_originals,
    newer_originals,
    originals,
    pixart_originals,
    spoken_originals,
    stable_audio_originals,
    svd_originals,
    tiny,
    wan_originals,
)
from tests.nodes.diffusion.control import controls, groundings, transformer_controls
from tests.nodes.diffusion.families import relatives, unclips
from tests.nodes.diffusion.gguf import files as gguf_files
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.diffusion.upscaling import latent_upscalers, upscalers
from tests.workflows.further_standins import further

Tensors = dict[str, Tensor]
Part = tuple[Tensors, Mapping[str, str]]
"""What a file holds, and its header."""
FLUX_HEADER = {"latentloom.transformer": '{"axes_dims_rope": [4, 14, 14]}'}
INSIDE = "model.diffusion_model."


@dataclass(frozen=True)
class StandIn:
    """Which tiny file lies where a workflow names one.

    Attributes:
        family: of the model, as `KINDS` calls it.
        part: `checkpoint`, `model`, `vae`, `lora`, …; or the name of a text encoder.
    """

    family: str
    part: str


UNKNOWN = StandIn("any", "unknown")


class Library:
    """Tiny files of every family, written when first asked for.

    Args:
        folder: where they are kept; links to them must be possible from where they are put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, dict[str, Part]] = {}

    def put(self, wanted: StandIn, path: Path) -> bool:
        """Let a file lie at `path`; returns whether it can be loaded: where there is no stand-in, it holds nothing."""
        is_known = wanted != UNKNOWN and wanted.part in self._parts(wanted.family)
        if not is_known:
            wanted = UNKNOWN
        source = self._folder / wanted.family / f"{wanted.part}{'.gguf' if path.suffix == '.gguf' else '.safetensors'}"
        if not source.exists():
            _write(source, *self._parts(wanted.family)[wanted.part])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # people give files of several families one name
        os.link(source, path)
        return is_known

    def _parts(self, family: str) -> dict[str, Part]:
        if family not in self._files:
            self._files[family] = KINDS[family]() | further(family)
        return self._files[family]


def _write(path: Path, tensors: Tensors, header: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gguf":
        gguf_files.write(path, tensors, gguf_files.Type.Q8_0)
    else:
        save_file({key: tensor.clone().contiguous() for key, tensor in tensors.items()}, path, dict(header))


def write_vocabularies(models: Path) -> None:
    """The vocabularies that people bring for text encoders whose files hold none."""
    hunyuan_dit_originals.write_vocabularies(models / "tokenizers")
    for name in ("t5", "umt5", "pile_t5"):
        originals.write_t5_vocabulary(models / "tokenizers" / name)
    for name in ("qwen3", "qwen2.5", "mistral3", "gemma2", "llama3"):
        newer_originals.write_language_vocabulary(models / "tokenizers" / name)
    ltx2_originals.write_gemma_vocabulary(models / "tokenizers" / "gemma3")


def _stable_diffusion_1(in_channels: int = 4) -> dict[str, Part]:
    model = tiny.build()
    size = {
        **originals.TINY_UNET,
        "down_block_types": (
            "CrossAttnDownBlock2D",
            "DownBlock2D",
        ),  # no attention at the lowest level, as the real one
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": tiny.WIDTH,
        "attention_head_dim": 8,
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(**size, in_channels=in_channels).eval()
    prefix = "cond_stage_model.transformer.text_model."
    return _unet_parts(originals.Original(unet, {prefix: (model.text_encoder, False)}, model.vae))


def _unet_parts(original: originals.Original) -> dict[str, Part]:
    """The files of a model with a UNet, and of what steers it."""
    unet = originals.original_unet(original.unet)
    texts = {}
    for network, is_open in original.clips.values():
        inside = "" if is_open else "text_model."
        texts["clip_g" if is_open else "clip_l"] = {
            f"{inside}{key}": tensor for key, tensor in originals.clip_tensors(network, is_open).items()
        }
    found = {"checkpoint": original.tensors(), "model": unet, "vae": originals.vae_tensors(original.vae, ""), **texts}
    found |= {"text": next(iter(texts.values())), "lora": _lora(unet)}
    if original.unet.config["in_channels"] == 4:
        found |= _steering(original.unet)
    return {name: (tensors, {}) for name, tensors in found.items()}


def _steering(unet: UNet2DConditionModel) -> dict[str, Tensors]:
    """ControlNets and adapters for a UNet."""
    network = controls.build(unet)
    widths = list(unet.config["block_out_channels"])
    widths += widths[-1:] * (4 - len(widths))
    begins_below = unet.config["down_block_types"][0] == "DownBlock2D"  # as Stable Diffusion XL does
    kind, fold = ("full_adapter_xl", 16) if begins_below else ("full_adapter", 8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        adapter = T2IAdapter(channels=widths, num_res_blocks=2, downscale_factor=fold, adapter_type=kind)
    return {
        "controlnet": {f"control_model.{key}": tensor for key, tensor in controls.original(network).items()},
        "controlnet in diffusers' layout": network.state_dict(),
        "controlnet union": controls.build_union(unet).state_dict(),
        "adapter": adapter.state_dict(),
        "gligen": groundings.grounding(unet, unet.config["cross_attention_dim"]),
        "ip-adapter": adapters.adapter(unet),
        "ip-adapter plus": adapters.adapter(unet, "plus"),
    }


def _flow_parts(original: originals.FlowOriginal, header: Mapping[str, str]) -> dict[str, Part]:
    network = original.transformer()
    parts = {name: original.text(name) for name in original.texts} | _steering_transformers(original)
    found: dict[str, Part] = {name: (tensors, {}) for name, tensors in parts.items()}
    found |= {"vae": (originals.vae_tensors(original.vae, ""), {}), "lora": (_lora(network), {})}
    return {
        **found,
        "text": found["t5xxl"],
        "checkpoint": (original.tensors(), header),
        "model": (network, header),
    }


def _steering_transformers(original: originals.FlowOriginal) -> dict[str, Tensors]:
    """A ControlNet, for the families that have some."""
    kinds = {"FluxTransformer2DModel": "flux", "SD3Transformer2DModel": "sd3"}
    kind = kinds.get(type(original.network).__name__)
    if kind is None:
        return {}
    tensors = transformer_controls.build(kind).state_dict()
    return {"controlnet": tensors, "controlnet in diffusers' layout": tensors}


def _newer_parts(original: newer_originals.NewerOriginal, text: str) -> dict[str, Part]:
    """The files of a model in three parts, and all in one.

    Args:
        original: the model.
        text: what the text encoder is called where all is in one file.
    """
    files = original.files()
    network = files["diffusion_models"]
    places = {INSIDE: network, f"text_encoders.{text}.transformer.": files["text_encoders"], "vae.": files["vae"]}
    whole = {place + key: tensor for place, tensors in places.items() for key, tensor in tensors.items()}
    found = {"checkpoint": whole, "model": network, "text": files["text_encoders"], "vae": files["vae"]}
    found |= {"t5xxl": found["text"], "lora": _lora(network)}
    if "bn.running_mean" in original.vae:
        found["vae with a small decoder"] = newer_originals.flux2_vae((32, 32, 32, 32))
    return {name: (tensors, {}) for name, tensors in found.items()}


def _ltx2(version: str) -> dict[str, Part]:
    """The files of a tiny LTX-2; its own holds everything but the text encoder."""
    original = ltx2_originals.ltx2(version)
    found = {
        "checkpoint": original.checkpoint(),
        "model": original.model(),
        "text": original.gemma(),
        "vae": original.autoencoder(),
        "vae of sound": original.sounds(),
        "lora": _lora(original.transformer()),
    }
    return {name: (tensors, {}) for name, tensors in found.items()}


def _wan(kind: str) -> dict[str, Part]:
    return _newer_parts(wan_originals.wan(kind), "umt5xxl")


def _cascade_c() -> dict[str, Part]:
    """The files of stage C of Stable Cascade."""
    text = cascade_originals.lone_text()
    return {
        "checkpoint": (cascade_originals.checkpoint_c(), {}),
        "model": (cascade_originals.original(cascade_originals.stage_c()), {}),
        "text": text,
        "clip_g": text,
        **_cascade_controls(),
    }


def _cascade_controls() -> dict[str, Part]:
    """What steers stage C, which a graph may name after stage B."""
    seen = {"controlnet": 3, "controlnet for inpainting": 4}
    return {name: (cascade_originals.control(colours).state_dict(), {}) for name, colours in seen.items()}


def _cascade_b() -> dict[str, Part]:
    """The files of stage B, with stage A."""
    return {
        "checkpoint": (cascade_originals.checkpoint_b(), {}),
        "model": (cascade_originals.original(cascade_originals.stage_b()), {}),
        "vae": (cascade_originals.stage_a().state_dict(), {}),
        **_cascade_controls(),
    }


def _hidream() -> dict[str, Part]:
    """The files of a HiDream, which has four text encoders."""
    files = spoken_originals.hidream().files()
    found: dict[str, Part] = {name: (tensors, {}) for name, tensors in files.items()}
    found["llama"] = (files["llama"], spoken_originals.IS_LLAMA)
    return {**found, "text": found["llama"], "lora": (_lora(files["model"]), {})}


def _hunyuan() -> dict[str, Part]:
    """A HunyuanVideo, whose four parts are in four files, and what its LLaVA sees with."""
    original = hunyuan_originals.hunyuan()
    model, text, clip_l, vae = original.files().values()
    eyes = hunyuan_originals.eyes_file(hunyuan_originals.llava(original.language))
    found = {"model": model, "llama": text, "clip_l": clip_l, "vae": vae, "eyes": eyes, "lora": _lora(model)}
    return {name: (tensors, {}) for name, tensors in found.items()}


def _hunyuan15() -> dict[str, Part]:
    """A HunyuanVideo 1.5, whose four parts are in four files."""
    model, text, byt5, vae = hunyuan_originals.hunyuan15().files().values()
    found = {"model": model, "text": text, "t5xxl": byt5, "vae": vae, "lora": _lora(model)}
    return {name: (tensors, {}) for name, tensors in found.items()}


def _lora(network: Tensors) -> Tensors:
    """A LoRA for three layers of a network, by the names of its original file."""
    layers = [key for key, tensor in network.items() if key.endswith("weight") and tensor.dim() == 2][-3:]
    generator = torch.Generator().manual_seed(0)
    found = {}
    for key in layers:
        rows, columns = network[key].shape
        name = f"diffusion_model.{key.removesuffix('.weight')}"
        found[f"{name}.lora_A.weight"] = 0.1 * torch.randn(2, columns, generator=generator)
        found[f"{name}.lora_B.weight"] = torch.randn(rows, 2, generator=generator)
    return found


def _stable_audio() -> dict[str, Part]:
    """The files of Stable Audio."""
    original = stable_audio_originals.stable_audio()
    checkpoint, text = original.checkpoint(), original.text.state_dict()
    found = {"checkpoint": checkpoint, "vae": original.autoencoder(), "text": text, "t5xxl": text}
    found |= {"lora": _lora(original.transformer())}
    return {name: (tensors, {}) for name, tensors in found.items()}


def _others() -> dict[str, Part]:
    """What belongs to no family."""
    found = {
        "upscale x2": upscalers.compact(2),
        "upscale x4": upscalers.in_layout(upscalers.rrdb(4), "old"),
        "latent upscaler": latent_upscalers.tensors("2 spatial x2"),
        "latent upscaler in time": latent_upscalers.tensors("2 temporal x2"),
        "clip_vision": adapters.vision().state_dict(),
        "unknown": {"of a family without a stand-in": torch.zeros(1)},
    }
    return {name: (tensors, {}) for name, tensors in found.items()}


KINDS: Mapping[str, Callable[[], dict[str, Part]]] = {
    "sd1": _stable_diffusion_1,
    "sd1 inpainting": lambda: _stable_diffusion_1(9),
    "sd2": lambda: _unet_parts(originals.sd2()),
    "sdxl": lambda: _unet_parts(originals.sdxl()),
    "sdxl inpainting": lambda: _unet_parts(originals.sdxl(in_channels=9)),
    "sdxl_refiner": lambda: _unet_parts(originals.refiner()),
    "sd3": lambda: _flow_parts(originals.sd3(), {}),
    "flux": lambda: _flow_parts(originals.flux(), FLUX_HEADER),
    "flux schnell": lambda: _flow_parts(originals.flux(guidance=False), FLUX_HEADER),
    "flux fill": lambda: _flow_parts(originals.flux(in_channels=384), FLUX_HEADER),
    "chroma": lambda: _flow_parts(originals.chroma(), FLUX_HEADER),
    "z_image": lambda: _newer_parts(newer_originals.z_image(), "qwen3_4b"),
    "qwen_image": lambda: _newer_parts(newer_originals.qwen_image(), "qwen25_7b"),
    "flux2": lambda: _newer_parts(newer_originals.flux2(), "mistral3_24b"),
    "flux2 klein": lambda: _newer_parts(newer_originals.flux2(is_klein=True), "qwen3_8b"),
    "lumina2": lambda: _newer_parts(spoken_originals.lumina2(), "gemma2_2b"),
    "aura_flow": lambda: _newer_parts(spoken_originals.aura_flow(), "pile_t5xl"),
    "hidream": _hidream,
    "krea2": lambda: _newer_parts(spoken_originals.krea2(), "qwen3vl_4b"),
    "sd2 unclip": lambda: {"checkpoint": (unclips.whole(), {})},
    "sd2 x4": lambda: _unet_parts(relatives.x4()),
    "zero123": lambda: {"checkpoint": (relatives.whole_zero123(), {})},
    "hunyuan dit": lambda: {"checkpoint": (hunyuan_dit_originals.checkpoint(hunyuan_dit_originals.hunyuan_dit()), {})},
    "pixart alpha": lambda: _flow_parts(pixart_originals.pixart(is_alpha=True), {}),
    "pixart sigma": lambda: _flow_parts(pixart_originals.pixart(), {}),
    "cascade c": _cascade_c,
    "cascade b": _cascade_b,
    **{f"wan {kind}": partial(_wan, kind) for kind in wan_originals.KINDS},
    "hunyuan": _hunyuan,
    "hunyuan 1.5": _hunyuan15,
    "svd": lambda: {"checkpoint": (svd_originals.svd(), {})},
    "stable_audio": _stable_audio,
    "ltx2": lambda: _ltx2("2.3"),
    "ltx2 of the first version": lambda: _ltx2("2.0"),
    "ltxv": lambda: _newer_parts(ltxv_originals.ltxv(), "t5xxl"),
    "lotus": dict,
    "any": _others,
}
"""The families that have a stand-in: name -> the files of its tiny model."""
