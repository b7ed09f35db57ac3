"""Folders in the diffusers layout of the families with several text encoders."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler

from nodes.diffusion.families.contents import ModelFolder
from nodes.diffusion.families.known import recognise
from nodes.diffusion.memory.placing import Placement
from tests.nodes.diffusion import originals

CPU = Placement(torch.device("cpu"), torch.float32)


def write(folder: Path, parts: dict[str, Any], pipeline: str) -> ModelFolder:
    for name, part in parts.items():
        part.save_pretrained(folder / name)
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    return ModelFolder(folder)


def unet_folder(folder: Path, kind: str) -> tuple[ModelFolder, dict[str, Any]]:
    original = {"sd2": originals.sd2, "sdxl": originals.sdxl, "sdxl_refiner": originals.refiner}[kind](seed=3)
    names = {"sd2": ["text_encoder"], "sdxl": ["text_encoder", "text_encoder_2"], "sdxl_refiner": ["text_encoder_2"]}
    texts = dict(zip(names[kind], (net for net, _ in original.clips.values()), strict=True))
    scheduler = DDIMScheduler(prediction_type="v_prediction", rescale_betas_zero_snr=True)
    parts = {"unet": original.unet, "vae": original.vae, "scheduler": scheduler, **texts}
    return write(folder, parts, "StableDiffusionPipeline"), parts


def flow_folder(folder: Path, kind: str) -> tuple[ModelFolder, dict[str, Any]]:
    original = {"sd3": originals.sd3, "flux": originals.flux, "chroma": originals.chroma}[kind](seed=3)
    names = ("text_encoder", "text_encoder_2", "text_encoder_3")
    parts = {
        "transformer": original.network,
        "vae": original.vae,
        **dict(zip(names, original.texts.values(), strict=False)),
    }
    last = f"tokenizer_{len(original.texts)}".removesuffix("_1")
    originals.write_t5_vocabulary(folder / last)
    return write(folder, parts, "AnyPipeline"), parts


@pytest.mark.parametrize("kind", ["sd2", "sdxl", "sdxl_refiner", "sd3", "flux", "chroma"])
def test_a_folder_loads_bit_for_bit(tmp_path: Path, kind: str) -> None:
    build = flow_folder if kind in ("sd3", "flux", "chroma") else unet_folder
    folder, parts = build(tmp_path / "any name", kind)
    found = recognise(folder, "model")
    assert (found.family.name, set(found.parts)) == (kind, {"model", "clip", "vae"})
    model = found.family.load_model(folder, CPU)
    wanted = parts.get("unet", parts.get("transformer")).state_dict()
    loaded = model.network.state_dict()
    assert loaded.keys() == wanted.keys()
    assert all(torch.equal(loaded[key], wanted[key]) for key in wanted)
    encoder = found.family.load_clip(folder, CPU)
    assert len(encoder.parts) == sum(name.startswith("text_encoder") for name in parts)
    text = encoder.encode("a cat")
    assert text.hidden.shape[-1] == model.context_width
    if "scheduler" in parts:
        assert (model.prediction, model.sampling) == ("v_prediction", {"zsnr": True})
    assert found.family.load_vae(folder, CPU).latent_channels == parts["vae"].config.latent_channels
