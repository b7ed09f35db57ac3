"""The parts of models of videos, as examples of nodes that need one of a kind name their files."""

from collections.abc import Mapping

from nodes.examples.parts import From, made


def wan(name: str, vae: str = "wan_2.1_vae") -> Mapping[str, From]:
    """The parts of a model of the kind Wan."""
    return {
        "MODEL": made("UNETLoader", unet_name=f"{name}.safetensors"),
        "CLIP": made("CLIPLoader", clip_name="umt5_xxl_fp16.safetensors", type="wan"),
        "VAE": made("VAELoader", vae_name=f"{vae}.safetensors"),
    }


def hunyuan(kind: str, name: str, texts: tuple[str, str], vae: str) -> Mapping[str, From]:
    """The parts of a HunyuanVideo; `kind` is what the loader of its text encoders is told."""
    first, second = (f"{text}.safetensors" for text in texts)
    return {
        "MODEL": made("UNETLoader", unet_name=f"{name}.safetensors"),
        "CLIP": made("DualCLIPLoader", clip_name1=first, clip_name2=second, type=kind),
        "VAE": made("VAELoader", vae_name=f"{vae}.safetensors"),
    }


WAN_5_BILLION = wan("wan2.2_ti2v_5B_fp16", "wan2.2_vae")
WAN_CAMERA = wan("wan2.2_fun_camera_high_noise_14B_fp16")
HUNYUAN = hunyuan(
    "hunyuan_video",
    "hunyuan_video_v2_replace_image_to_video_720p_bf16",
    ("clip_l", "llava_llama3_fp16"),
    "hunyuan_video_vae_bf16",
)
OF_VIDEOS: Mapping[str, Mapping[str, From]] = {
    "WanImageToVideo": wan("wan2.1_i2v_480p_14B_fp16"),
    "WanFirstLastFrameToVideo": wan("wan2.1_flf2v_720p_14B_fp16"),
    "WanFunInpaintToVideo": wan("wan2.1_fun_inp_1.3B_bf16"),
    "WanFunControlToVideo": wan("wan2.1_fun_control_1.3B_bf16"),
    "Wan22FunControlToVideo": wan("wan2.2_fun_control_5B_bf16", "wan2.2_vae"),
    "WanVaceToVideo": wan("wan2.1_vace_1.3B_fp16"),
    "Wan22ImageToVideoLatent": WAN_5_BILLION,
    "WanCameraEmbedding": WAN_CAMERA,
    "WanCameraImageToVideo": WAN_CAMERA,
    "WanPhantomSubjectToVideo": wan("Phantom-Wan-14B_fp16"),
    "HunyuanImageToVideo": HUNYUAN,
    "TextEncodeHunyuanVideo_ImageToVideo": {
        **HUNYUAN,
        "CLIP_VISION": made("CLIPVisionLoader", clip_name="llava_llama3_vision.safetensors"),
    },
    "HunyuanVideo15ImageToVideo": hunyuan(
        "hunyuan_video_15",
        "hunyuanvideo1.5_720p_i2v_fp16",
        ("qwen_2.5_vl_7b_fp8_scaled", "byt5_small_glyphxl_fp16"),
        "hunyuanvideo15_vae_fp16",
    ),
}
"""Who gives values in their examples, by node type."""
