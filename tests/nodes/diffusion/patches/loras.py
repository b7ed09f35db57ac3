"""Small random LoRAs for the tiny model, in every style of naming."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

UNET_LAYERS = {
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q": "input_blocks.3.1.transformer_blocks.0.attn1.to_q",
    "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k": "input_blocks.3.1.transformer_blocks.0.attn2.to_k",
    "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0": "middle_block.1.transformer_blocks.0.attn1.to_out.0",
    "mid_block.attentions.0.proj_in": "middle_block.1.proj_in",
    "up_blocks.1.resnets.0.conv1": "output_blocks.2.0.in_layers.2",
}
"""Layers of the tiny UNet: their own name -> that of original files."""
TEXT_LAYERS = ("encoder.layers.0.self_attn.q_proj", "encoder.layers.2.mlp.fc1")
STYLES = ("kohya", "kohya original", "peft", "peft with model", "diffusers", "original", "bare")


def unet_name(layer: str, style: str) -> str:
    """What a style calls a layer of the UNet."""
    return {
        "kohya": "lora_unet_" + layer.replace(".", "_"),
        "kohya original": "lora_unet_" + UNET_LAYERS[layer].replace(".", "_"),
        "peft": f"unet.{layer}",
        "peft with model": f"unet.base_model.model.{layer}",
        "diffusers": f"unet.{layer}",
        "original": f"diffusion_model.{UNET_LAYERS[layer]}",
        "bare": UNET_LAYERS[layer],
    }[style]


def text_name(layer: str, style: str) -> str:
    """What a style calls a layer of the text encoder."""
    return {
        "kohya": "lora_te_text_model_" + layer.replace(".", "_"),
        "kohya original": "lora_te1_text_model_" + layer.replace(".", "_"),
        "original": f"text_encoders.clip_l.transformer.text_model.{layer}",
        "bare": f"text_encoders.clip_l.transformer.text_model.{layer}",
    }.get(style, f"text_encoder.text_model.{layer}")


def ends(style: str) -> tuple[str, str]:
    """How a style ends the keys of the two matrices."""
    if style in ("kohya", "kohya original"):
        return ".lora_up.weight", ".lora_down.weight"
    if style == "diffusers":
        return ".lora.up.weight", ".lora.down.weight"
    return ".lora_B.weight", ".lora_A.weight"


def matrices(weight: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Random `up` and `down` of rank 2 for a weight, as large as what they change."""
    generator = torch.Generator().manual_seed(seed)
    kernel = weight.shape[2:]
    up = torch.randn(weight.shape[0], 2, *[1] * len(kernel), generator=generator)
    return up, 0.1 * torch.randn(2, weight.shape[1], *kernel, generator=generator)


def write_lora(
    path: Path, unet: dict[str, Tensor], text: dict[str, Tensor], style: str = "kohya", seed: int = 0
) -> Path:
    """A LoRA for the layers of `UNET_LAYERS` and `TEXT_LAYERS`; returns its path."""
    tensors = {}
    named = [(unet_name(layer, style), unet[f"{layer}.weight"]) for layer in UNET_LAYERS]
    named += [(text_name(layer, style), text[f"{layer}.weight"]) for layer in TEXT_LAYERS]
    for number, (name, weight) in enumerate(named):
        up, down = ends(style)
        tensors[name + up], tensors[name + down] = matrices(weight, seed + number)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path)
    return path


def patched(weights: dict[str, Tensor], layers: list[str], strength: float, first_seed: int) -> dict[str, Tensor]:
    """What weights are with a LoRA, by dense mathematics."""
    new = dict(weights)
    for number, layer in enumerate(layers):
        weight = weights[f"{layer}.weight"]
        up, down = matrices(weight, first_seed + number)
        new[f"{layer}.weight"] = weight + strength * (up.flatten(1) @ down.flatten(1)).reshape(weight.shape)
    return new
