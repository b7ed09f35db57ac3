"""What a model that nothing here can load looks like, so that an error can name it."""

from collections.abc import Mapping

from nodes.diffusion.families.contents import Contents, ModelFolder, TextFiles

Shapes = Mapping[str, tuple[int, ...]]

UNET = "model.diffusion_model."
PREFIXES = (UNET, "diffusion_model.", "model.", "text_model.", "")
_MARKS = (
    ("joint_blocks.0.context_block.attn.qkv.weight", "Stable Diffusion 3"),
    ("single_stream_modulation.lin.weight", "Flux.2"),
    ("double_blocks.0.img_attn.qkv.weight", "Flux"),
    ("double_blocks.0.img_attn_qkv.weight", "Hunyuan Video"),
    ("txt_in.text_norm.weight", "Qwen-Image 2"),
    ("transformer_blocks.0.img_mod.1.weight", "Qwen-Image"),
    ("layers.0.adaLN_modulation.0.weight", "Z-Image"),
    ("layers.0.adaLN_modulation.1.weight", "Lumina 2"),
    ("face_adapter.fuser_blocks.0.linear1_q.weight", "Wan that follows faces"),
    ("casual_audio_encoder.encoder.final_linear.weight", "Wan that follows sound"),
    ("audio_proj.audio_proj_glob_1.layer.weight", "Wan that follows sound"),
    ("patch_embedding_pose.weight", "Wan that follows poses"),
    ("head.modulation", "Wan of another kind than is known"),
    ("double_layers.0.attn.w1q.weight", "AuraFlow"),
    ("clf.1.weight", "Stable Cascade"),
    ("time_embed.0.weight", ""),
    ("input_hint_block.0.weight", "a ControlNet"),
    ("encoder.layers.0.mlp.fc1.weight", "a text encoder"),
)
"""A key that gives a diffusion network away, and what it is then; an empty name means a UNet, told apart by widths."""
_CONTEXT_NAMES = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "Stable Diffusion XL"}
_PIPELINES = {
    "StableDiffusionXL": "Stable Diffusion XL",
    "StableDiffusion3": "Stable Diffusion 3",
    "Flux": "Flux",
    "Wan": "Wan",
    "QwenImage": "Qwen-Image",
    "ZImage": "Z-Image",
}


def look_at(contents: Contents) -> str:
    """What a model looks like, in a few words: `Stable Diffusion XL`, `a LoRA`, `nothing known`."""
    if isinstance(contents, TextFiles):
        return " and ".join(_file(file.file.shapes) for file in contents.files)
    return _folder(contents) if isinstance(contents, ModelFolder) else _file(contents.file.shapes)


def _folder(folder: ModelFolder) -> str:
    name = str(folder.index.get("_class_name", ""))
    for start, title in _PIPELINES.items():
        if name.startswith(start):
            return title
    if folder.part("text_encoder").config.get("hidden_act") == "gelu":
        return "Stable Diffusion 2.x"
    inputs = folder.part("unet").config.get("in_channels", 4)
    if inputs != 4:
        return f"a Stable Diffusion model for inpainting or editing (its UNet takes {inputs} channels)"
    return f"a {name}" if name else "nothing known"


def _file(shapes: Shapes) -> str:
    if any(".lora_" in key or key.startswith("lora_") for key in shapes):
        return "a LoRA"
    if any(key.startswith("control_model.") for key in shapes) or "controlnet_cond_embedding.conv_in.weight" in shapes:
        return "a ControlNet"
    if any(key.endswith((".scale_weight", "scaled_fp8")) for key in shapes):
        return f"{_network(shapes)} in scaled 8-bit weights"
    return _network(shapes)


def _network(shapes: Shapes) -> str:
    for prefix in PREFIXES:
        for mark, title in _MARKS:
            if prefix + mark in shapes:
                return title or _unet(shapes, prefix)
    if "decoder.conv_in.weight" in shapes or "first_stage_model.decoder.conv_in.weight" in shapes:
        return "an autoencoder without a diffusion model"
    if "emb_params" in shapes or len(shapes) == 1:
        return "a textual inversion"
    return "nothing known"


def _unet(shapes: Shapes, prefix: str) -> str:
    inputs = shapes.get(f"{prefix}input_blocks.0.0.weight", (0, 4))[1]
    if f"{prefix}input_hint_block.0.weight" in shapes:
        return "a ControlNet"
    keys = sorted(key for key in shapes if key.startswith(prefix) and key.endswith("attn2.to_k.weight"))
    width = shapes[keys[0]][1] if keys else 0
    name = _CONTEXT_NAMES.get(width, f"a UNet that reads texts of width {width}" if width else "a UNet without text")
    label = shapes.get(f"{prefix}label_emb.0.0.weight")
    if label:
        name = "Stable Diffusion XL refiner" if label[1] == 2560 else "Stable Diffusion XL"
    return name if inputs == 4 else f"{name} for inpainting or editing (its UNet takes {inputs} channels)"
