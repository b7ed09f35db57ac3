"""The pieces that examples are put together from: who gives a value of each type, and who shows one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class From:
    """An output of a node that is made for the purpose."""

    type: str
    inputs: Mapping[str, Any] = field(default_factory=dict)  # JSON values, or `From`
    slot: int = 0


def made(type_: str, slot: int = 0, /, **inputs: Any) -> From:  # as the inputs of `From`
    """`made("SolidMask", value=1.0)`: an output of such a node; what is not given is generated."""
    return From(type_, inputs, slot)


def checkpoint(name: str) -> dict[str, From]:
    """Model, text encoder and autoencoder of one file."""
    return {part: made("CheckpointLoaderSimple", slot, ckpt_name=name) for slot, part in enumerate(PARTS)}


PARTS = ("MODEL", "CLIP", "VAE")
CHECKPOINT = "latentloom-tiny"
SHIPPED: Mapping[str, tuple[str, ...]] = {
    "checkpoints": (CHECKPOINT,),
    "controlnet": ("latentloom-tiny-edges.safetensors",),
    "upscale_models": ("latentloom-tiny-x2.safetensors",),
}
"""Files that come with the program; every other file is one that people bring."""
SMALL: Mapping[str, Any] = {
    "width": 64,
    "height": 64,
    "target_width": 64,
    "target_height": 64,
    "final_width": 64,
    "final_height": 64,
    "steps": 4,
    "cfg": 3.0,
}
"""Values that keep examples with our model small, by the name of the input; they stay within its limits."""
USUAL: Mapping[str, Any] = {
    "sampler_name": "euler",
    "scheduler": "normal",
    "text": "a red circle on a white background",
}
"""Values for inputs without a default, by name."""
FILES: Mapping[str, str] = {
    "checkpoints": CHECKPOINT,
    "upscale_models": SHIPPED["upscale_models"][0],
    "audio_encoders": "wav2vec2_large_english_fp16.safetensors",
    "background_removal": "birefnet.safetensors",
    "clip_vision": "clip_vision_vit_h.safetensors",
    "configs": "v1-inference.yaml",
    "controlnet": SHIPPED["controlnet"][0],
    "diffusers": "dreamshaper-8",
    "diffusion_models": "flux1-dev.safetensors",
    "frame_interpolation": "film_net_fp16.safetensors",
    "gligen": "gligen_sd14_textbox_pruned.safetensors",
    "hypernetworks": "style.safetensors",
    "input": "photo.png",
    "input_folders": "pictures",
    "ipadapter": "ip-adapter_sd15.safetensors",
    "latent_upscale_models": "ltxv-spatial-upscaler-0.9.8.safetensors",
    "loras": "style.safetensors",
    "model_patches": "Z-Image-Turbo-Fun-Controlnet-Union.safetensors",
    "output": "ComfyUI_00001_.png",
    "photomaker": "photomaker-v1.safetensors",
    "style_models": "flux1-redux-dev.safetensors",
    "text_encoders": "clip_l.safetensors",
    "vae": "vae-ft-mse-840000-ema-pruned.safetensors",
}
"""What is chosen from each folder."""
PLAIN: Mapping[str, Any] = {"STRING": "a red circle", "INT": 3, "FLOAT": 0.5, "BOOLEAN": True}
"""What stands in inputs that hold a value of their own and have no default."""
PROMPT = made("CLIPTextEncode")
NO_PROMPT = made("CLIPTextEncode", text="")
PICTURE = made("EmptyImage", color=0xD06030)
SHAPE = made("DrawPhantom", 1, side=64)
"""A mask with something on it."""
DRAWN = made("MaskToImage", mask=SHAPE)
"""A picture with something on it."""
PHANTOM = made("PhantomTexture", masks=made("DrawPhantom", side=64))
OTHER_PHANTOM = made("PhantomTexture", masks=made("DrawPhantom", side=64, seed=1))
CANVAS = made("EmptyLatentImage")
GIVES: Mapping[str, From] = {
    **checkpoint(CHECKPOINT),
    "CONDITIONING": PROMPT,
    "IMAGE": PICTURE,
    "MASK": SHAPE,
    "BOUNDING_BOX": made("PrimitiveBoundingBox", x=16, y=16, width=32, height=32),
    "ARRAY": made("CreateBoundingBoxes", 2, bboxes=made("PrimitiveBoundingBox", x=16, y=16, width=32, height=32)),
    "LATENT": made("VAEEncode", pixels=DRAWN),
    "SIGMAS": made("BasicScheduler"),
    "SAMPLER": made("KSamplerSelect"),
    "NOISE": made("RandomNoise"),
    "GUIDER": made("CFGGuider"),
    "UPSCALE_MODEL": made("UpscaleModelLoader"),
    "LATENT_UPSCALE_MODEL": made("LatentUpscaleModelLoader"),
    "VIDEO": made("CreateVideo", images=made("EmptyImage", color=0xD06030, batch_size=4), fps=8.0),
    "AUDIO": made("EmptyAudio", duration=1.0),
    "AUDIO_ENCODER": made("AudioEncoderLoader"),
    "CONTROL_NET": made("ControlNetLoader"),
    "CLIP_VISION": made("CLIPVisionLoader"),
    "CLIP_VISION_OUTPUT": made("CLIPVisionEncode"),
    "STYLE_MODEL": made("StyleModelLoader"),
    "BACKGROUND_REMOVAL": made("LoadBackgroundRemovalModel"),
    "GLIGEN": made("GLIGENLoader"),
    "INTERP_MODEL": made("FrameInterpolationModelLoader"),
    "MODEL_PATCH": made("ModelPatchLoader"),
    "PHOTOMAKER": made("PhotoMakerLoader"),
    "IPADAPTER": made("IPAdapterModelLoader"),
    "LATENT_OPERATION": made("LatentOperationSharpen"),
    "LORA_MODEL": made("TrainLoraNode", steps=1, training_dtype="fp32", lora_dtype="fp32"),
    "LOSS_MAP": made("TrainLoraNode", 1, steps=1, training_dtype="fp32", lora_dtype="fp32"),
    "EMBEDDING": made("TrainTextualInversion", steps=1),
    "STRING": made("PrimitiveString", value="a red circle"),
    "INT": made("PrimitiveInt", value=3),
    "FLOAT": made("PrimitiveFloat", value=0.5),
    "BOOLEAN": made("PrimitiveBoolean", value=True),
    "*": made("PrimitiveString", value="a red circle"),
}
"""Wire type -> who gives a value of it."""
BY_NAME: Mapping[str, From] = {
    "negative": NO_PROMPT,
    "empty_conditioning": NO_PROMPT,
    "conditioning_from": made("CLIPTextEncode", text="a blue square"),
    "conditioning_2": made("CLIPTextEncode", text="a blue square"),
    "second": made("CLIPTextEncode", text="a blue square"),
    "cond2": made("CLIPTextEncode", text="a blue square"),
    "latent_image": CANVAS,
}
"""Inputs that want something else than what their type gives, by name."""
SHOWS: Mapping[str, tuple[str, str]] = {
    "IMAGE": ("PreviewImage", "images"),
    "MASK": ("MaskPreview", "mask"),
    "VIDEO": ("SaveVideo", "video"),
    "AUDIO": ("PreviewAudio", "audio"),
    "LORA_MODEL": ("SaveLoRA", "lora"),
    "EMBEDDING": ("SaveEmbedding", "embedding"),
}
"""Wire type -> the node that shows a value of it, and by which input; all others are shown as text."""
AS_TEXT = ("PreviewAny", "source")
LEADS: Mapping[str, tuple[str, str]] = {
    "MODEL": ("KSampler", "model"),
    "CONDITIONING": ("KSampler", "positive"),
    "SAMPLER": ("SamplerCustom", "sampler"),
    "GUIDER": ("SamplerCustomAdvanced", "guider"),
    "NOISE": ("SamplerCustomAdvanced", "noise"),
    "CLIP": ("CLIPTextEncode", "clip"),
    "VAE": ("VAEDecode", "vae"),
    "LATENT": ("VAEDecode", "samples"),
    "CONTROL_NET": ("ControlNetApplyAdvanced", "control_net"),
    "UPSCALE_MODEL": ("ImageUpscaleWithModel", "upscale_model"),
    "LATENT_UPSCALE_MODEL": ("LTXVLatentUpsampler", "upscale_model"),
    "LATENT_OPERATION": ("LatentApplyOperation", "operation"),
    "CLIP_VISION": ("CLIPVisionEncode", "clip_vision"),
    "STYLE_MODEL": ("StyleModelApply", "style_model"),
    "AUDIO_ENCODER": ("AudioEncoderEncode", "audio_encoder"),
    "BACKGROUND_REMOVAL": ("RemoveBackground", "bg_removal_model"),
    "GLIGEN": ("GLIGENTextBoxApply", "gligen_textbox_model"),
    "INTERP_MODEL": ("FrameInterpolate", "interp_model"),
    "MODEL_PATCH": ("QwenImageDiffsynthControlnet", "model_patch"),
    "PHOTOMAKER": ("PhotoMakerEncode", "photomaker"),
    "IPADAPTER": ("IPAdapterAdvanced", "ipadapter"),
    "CLIP_VISION_OUTPUT": ("unCLIPConditioning", "clip_vision_output"),
}
"""Wire type -> what a value of it is for: the node that uses it on the way to something that can be shown."""
