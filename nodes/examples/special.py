"""What examples of single node types hold beyond what is generated, so that the node has something to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nodes.examples.parts import (
    AS_TEXT,
    CANVAS,
    DRAWN,
    OTHER_PHANTOM,
    PHANTOM,
    PICTURE,
    SHAPE,
    From,
    checkpoint,
    made,
)
from nodes.examples.video_models import OF_VIDEOS, wan


@dataclass(frozen=True)
class Special:
    """What is said about the example of a node type."""

    inputs: Mapping[str, Any] = field(default_factory=dict)  # JSON values, or `From`
    shown: tuple[str, str] | None = None
    """The node behind it, and the input by which it takes the result; None leaves that to the type of the output."""
    slot: int = 0
    """The output that is shown."""
    world: Mapping[str, From] = field(default_factory=dict)
    """Who gives values in this example in place of those who usually do, by type."""
    needs: tuple[str, ...] = ()
    """Files that the node reads although no input names them."""


def special(**inputs: Any) -> Special:  # as in `Special`
    """Inputs of the node itself."""
    return Special(inputs)


BLUE = made("EmptyImage", color=0x3060D0)
PHANTOMS = made("ImageBatch", image1=PHANTOM, image2=OTHER_PHANTOM)
FOUR = made("EmptyImage", color=0xD06030, batch_size=4)
COUNTED = made("StartLoop", **{"mode.num_iterations": 3})
SAVE_LATENT = ("SaveLatent", "samples")
SD15 = checkpoint("v1-5-pruned-emaonly.safetensors")
SDXL = checkpoint("sd_xl_base_1.0.safetensors")
REFINER = checkpoint("sd_xl_refiner_1.0.safetensors")
SD3 = checkpoint("sd3.5_medium_incl_clips_t5xxlfp8scaled.safetensors")
UNCLIP = checkpoint("sd21-unclip-h.safetensors")
LUMINA2 = checkpoint("NetaYumev35_pretrained_all_in_one.safetensors")
HIDREAM_TEXTS = {
    "clip_name1": "clip_l_hidream.safetensors",
    "clip_name2": "clip_g_hidream.safetensors",
    "clip_name3": "t5xxl_fp16.safetensors",
    "clip_name4": "llama_3.1_8b_instruct_fp8_scaled.safetensors",
}
HIDREAM = {
    "MODEL": made("UNETLoader", unet_name="hidream_i1_full_fp8.safetensors"),
    "CLIP": made("QuadrupleCLIPLoader", **HIDREAM_TEXTS),
    "VAE": made("VAELoader", vae_name="ae.safetensors"),
}
WRITING = {
    "MODEL": made("UNETLoader", unet_name="z_image_turbo_bf16.safetensors"),
    "CLIP": made("CLIPLoader", clip_name="qwen_3_4b.safetensors", type="lumina2"),
}
Z_IMAGE = {**WRITING, "VAE": made("VAELoader", vae_name="ae.safetensors")}
LOTUS = {"MODEL": made("UNETLoader", unet_name="lotus-depth-d-v1-1.safetensors"), "VAE": made("VAELoader")}
SD3_INPAINTING = made("ControlNetLoader", control_net_name="sd3_controlnet_inpainting.safetensors")
PLUS = "PLUS (high strength)"
FOUND_ADAPTER = made("IPAdapterUnifiedLoader", 1, preset=PLUS)
FOR_FOUND = ("clip_vision/clip_vision_h.safetensors", "ipadapter/ip-adapter-plus_sd15.safetensors")
FLUX = {
    "MODEL": made("UNETLoader", unet_name="flux1-dev.safetensors"),
    "CLIP": made("DualCLIPLoader", clip_name1="clip_l.safetensors", clip_name2="t5xxl_fp16.safetensors", type="flux"),
    "VAE": made("VAELoader", vae_name="ae.safetensors"),
}
LTXV = {
    **checkpoint("ltx-video-2b-v0.9.5.safetensors"),
    "CLIP": made("CLIPLoader", clip_name="t5xxl_fp16.safetensors", type="ltxv"),
}
VIDEO = made("EmptyLTXVLatentVideo", length=9)
GUIDED = [made("LTXVAddGuide", slot, latent=VIDEO, image=DRAWN) for slot in range(3)]
LTX2_FILE = "ltx-2.3-22b-distilled-fp8.safetensors"
LTX2_TEXTS = {"text_encoder": "gemma_3_12B_it_fp8_scaled.safetensors", "ckpt_name": LTX2_FILE}
LTX2 = {**checkpoint(LTX2_FILE), "CLIP": made("LTXAVTextEncoderLoader", **LTX2_TEXTS)}
LTX2_SOUND = made("LTXVAudioVAELoader", ckpt_name=LTX2_FILE)
SILENCE = made("LTXVEmptyLatentAudio", frames_number=9, audio_vae=LTX2_SOUND)
HEARD = made("LTXVConcatAVLatent", video_latent=VIDEO, audio_latent=SILENCE)
STABLE_AUDIO = {
    **checkpoint("stable-audio-open-1.0.safetensors"),
    "CLIP": made("CLIPLoader", clip_name="t5-base.safetensors", type="stable_audio"),
}
SOUND = made("EmptyLatentAudio", seconds=1.0)
SEEN = made("CLIPVisionEncode")
VIDEO_OF_FOUR = made("RepeatImageBatch", image=DRAWN, amount=4)
CASCADE_C, CASCADE_B = (checkpoint(f"stable_cascade_stage_{stage}.safetensors") for stage in "cb")
DRAWN_BY_C = made(
    "KSampler",
    model=CASCADE_C["MODEL"],
    latent_image=made("StableCascade_EmptyLatentImage", width=256, height=256),
)
PIXART = {
    "MODEL": made("UNETLoader", unet_name="PixArt-XL-2-1024-MS.safetensors"),
    "CLIP": made("CLIPLoader", clip_name="t5xxl_fp16.safetensors", type="pixart"),
    "VAE": made("VAELoader"),
}
HUNYUAN_DIT = checkpoint("hunyuan_dit_1.2.safetensors")
X4 = checkpoint("x4-upscaler-ema.safetensors")
ZERO123 = {
    part: made("ImageOnlyCheckpointLoader", slot, ckpt_name="stable_zero123.safetensors")
    for slot, part in enumerate(("MODEL", "CLIP_VISION", "VAE"))
}
SVD = {
    part: made("ImageOnlyCheckpointLoader", slot, ckpt_name="svd_xt.safetensors")
    for slot, part in enumerate(("MODEL", "CLIP_VISION", "VAE"))
}
"""What the other parts of a model are in examples of nodes that need one of its family."""

_NEED_EDGES = (
    *("Canny", "ImageBlur", "ImageSharpen", "NormalMap", "KeyOutBackground", "ImageFlip", "ImageRotate", "ImageInvert"),
    *("Morphology", "ImageQuantize", "MeasureSeam", "TileImage", "ImageScaleBy", "ImageToMask", "GetImageSize"),
)
_TWO_LATENTS = ("LatentAdd", "LatentSubtract", "LatentBlend", "LatentInterpolate", "LatentBatch", "LatentConcat")

SPECIAL: Mapping[str, Special] = {
    **{name: special(image=DRAWN) for name in _NEED_EDGES},
    "ControlNetInpaintingAliMamaApply": special(control_net=SD3_INPAINTING, image=PICTURE),
    "FrameInterpolate": special(images=FOUR),
    "LotusConditioning": Special({}, ("BasicGuider", "conditioning"), world=LOTUS),
    "RemoveBackground": special(image=DRAWN),
    "ZImageFunControlnet": Special({"image": DRAWN}, world=Z_IMAGE),
    **{name: special(image=made("Canny", image=DRAWN)) for name in ("ControlNetApply", "ControlNetApplyAdvanced")},
    **{name: special(samples2=made("VAEEncode", pixels=BLUE)) for name in _TWO_LATENTS},
    # pictures
    "BatchImagesNode": Special({"images.image0": PICTURE, "images.image1": BLUE}),
    "ColorToRGBInt": special(color="#ff8000"),
    "ColorTransfer": special(image_target=DRAWN, image_ref=BLUE),
    "ConvertDictionaryToString": special(dictionary={"colour": "red", "corners": 0}),
    "CreateBoundingBoxes": special(
        background=PICTURE, bboxes=made("PrimitiveBoundingBox", x=16, y=16, width=32, height=32)
    ),
    "CompareQuality": Special({"image": made("ImageBlur", image=DRAWN), "reference": DRAWN}, slot=3),
    "ContactSheet": special(images=made("ImageBatch", image1=PICTURE, image2=BLUE), labels="orange\nblue", cell=128),
    "CreateList": Special({"inputs.input0": "red", "inputs.input1": "green"}),
    "CreateVideo": special(images=FOUR, fps=8.0),
    "ImageBatch": special(image2=BLUE),
    "ImageBlend": special(image2=BLUE),
    "ImageCompare": special(image_a=DRAWN, image_b=made("ImageBlur", image=DRAWN)),
    "ImageCompositeMasked": special(destination=PICTURE, source=BLUE, mask=SHAPE),
    "ImageCrop": special(image=DRAWN, width=32, height=32, x=16, y=16),
    "ImageCropToMask": special(images=DRAWN, pad_factor=1.5),
    "ImageHistogram": special(image=DRAWN),
    "ImageCropV2": special(image=DRAWN, crop_region={"x": 16, "y": 16, "width": 32, "height": 32}),
    "ImageFromBatch": special(image=FOUR, batch_index=1),
    "ImageMergeTileList": special(
        image_list=made("SplitImageToTileList", image=PICTURE, tile_width=64, tile_height=64, overlap=0), overlap=0
    ),
    "ImagePadForOutpaint": special(image=PICTURE, left=16, right=16, feathering=8),
    "ImageScaleToTotalPixels": special(megapixels=0.01),
    "ImageStitch": special(image2=BLUE),
    "ImageYUVToRGB": special(
        Y=made("ImageRGBToYUV", 0, image=PICTURE),
        U=made("ImageRGBToYUV", 1, image=PICTURE),
        V=made("ImageRGBToYUV", 2, image=PICTURE),
    ),
    "MemorisationCheck": Special({"images": PHANTOM, "reference": PHANTOMS}, slot=2),
    "ResizeImageMaskNode": Special(
        {"input": DRAWN, "resize_type": "scale dimensions", "resize_type.width": 128, "resize_type.height": 128},
        ("PreviewImage", "images"),
    ),
    "RebatchImages": special(images=FOUR, batch_size=2),
    "ResizeImagesByLongerEdge": special(longer_edge=128),
    "SaveAnimatedPNG": special(images=FOUR),
    "SaveAnimatedWEBP": special(images=FOUR),
    "SaveImageAdvanced": Special({"images": PHANTOM, "format": "png", "format.bit_depth": "16-bit"}),
    "UNetSelfAttentionMultiply": special(out=1.2),
    "UNetCrossAttentionMultiply": special(out=1.2),
    "UNetTemporalAttentionMultiply": special(self_structural=1.2),
    "Video Slice": special(duration=0.25),
    "SaveSyntheticSet": special(images=PHANTOM, classes="disc", seeds=made("PrimitiveInt", value=0)),
    "SaveWEBM": special(images=FOUR, fps=8.0),
    "SetReport": Special({"images": PHANTOMS, "reference": PHANTOMS}, slot=3),
    "SplitImageToTileList": special(tile_width=64, tile_height=64, overlap=0),
    "SpriteSheet": special(images=FOUR, columns=2),
    # masks
    "BatchMasksNode": Special({"masks.mask0": SHAPE, "masks.mask1": made("InvertMask", mask=SHAPE)}),
    "CropMask": special(width=32, height=32, x=16, y=16),
    "FeatherMask": special(mask=made("SolidMask"), left=8, right=8, top=8, bottom=8),
    "GrowMask": special(expand=4),
    "ImageColorToMask": special(image=PICTURE, color=0xD06030),
    "LoadImageMask": special(channel="red"),
    "MaskComposite": special(source=made("SolidMask", width=32, height=32), operation="subtract"),
    "PhantomTexture": special(masks=made("DrawPhantom", 0, side=64)),
    "PorterDuffImageComposite": special(destination=BLUE, mode="SRC_OVER"),
    "SplitImageWithAlpha": special(image=made("JoinImageWithAlpha", image=PICTURE, alpha=SHAPE)),
    # latents
    "BatchLatentsNode": Special({"latents.latent0": CANVAS, "latents.latent1": CANVAS}),
    "EmptyChromaRadianceLatentImage": Special({}, SAVE_LATENT),
    "EmptyFlux2LatentImage": Special({}, SAVE_LATENT),
    "EmptyHunyuanImageLatent": Special({}, SAVE_LATENT),
    "EmptyHunyuanLatentVideo": Special({"length": 5}, SAVE_LATENT),
    "EmptyLTXVLatentVideo": Special({"length": 9}, SAVE_LATENT),
    "EmptyLatentAudio": Special({"seconds": 1.0}, SAVE_LATENT),
    "EmptySD3LatentImage": Special({}, SAVE_LATENT),
    "LatentComposite": special(samples_from=made("VAEEncode", pixels=BLUE), x=16, y=16),
    "LatentCompositeMasked": special(source=made("VAEEncode", pixels=BLUE), mask=SHAPE),
    "LatentCutToBatch": special(dim="x", slice_size=4),
    "LatentFromBatch": special(samples=made("EmptyLatentImage", batch_size=4), batch_index=2),
    "RebatchLatents": special(latents=made("EmptyLatentImage", batch_size=4), batch_size=2),
    "StableCascade_EmptyLatentImage": Special({"width": 256, "height": 256}, SAVE_LATENT),
    "LTXVLatentUpsampler": Special({"samples": VIDEO}, SAVE_LATENT, world=LTXV),
    "NormalizeVideoLatentStart": Special({"latent": made("EmptyLTXVLatentVideo", length=65)}, SAVE_LATENT),
    "ReplaceVideoLatentFrames": Special(
        {"destination": made("EmptyLTXVLatentVideo", length=33), "source": VIDEO, "index": 1}, SAVE_LATENT
    ),
    "VAEDecodeAudio": Special({"samples": SOUND}, world=STABLE_AUDIO),
    "VAEDecodeAudioTiled": Special({"samples": SOUND}, world=STABLE_AUDIO),
    "VAEEncodeAudio": Special({}, ("VAEDecodeAudio", "samples"), world=STABLE_AUDIO),
    "LTXAVTextEncoderLoader": Special(LTX2_TEXTS, world=LTX2),
    "LTXVAudioVAELoader": Special(
        {"ckpt_name": LTX2_FILE}, ("LTXVAudioVAEDecode", "audio_vae"), world={**LTX2, "LATENT": SILENCE}
    ),
    "LTXVEmptyLatentAudio": Special(
        {"frames_number": 9}, ("LTXVAudioVAEDecode", "samples"), world={**LTX2, "VAE": LTX2_SOUND}
    ),
    "LTXVAudioVAEEncode": Special({}, ("LTXVAudioVAEDecode", "samples"), world={**LTX2, "VAE": LTX2_SOUND}),
    "LTXVAudioVAEDecode": special(samples=SILENCE, audio_vae=LTX2_SOUND),
    "LTXVConcatAVLatent": Special(
        {"video_latent": VIDEO, "audio_latent": SILENCE}, ("KSampler", "latent_image"), world=LTX2
    ),
    "LTXVSeparateAVLatent": Special({"av_latent": HEARD}, ("VAEDecode", "samples"), world=LTX2),
    "LTXVDualCFGGuider": Special(world=LTX2),
    # sound
    "EmptyAudio": special(duration=1.0),
    "JoinAudioChannels": special(
        audio_left=made("EmptyAudio", channels=1, duration=1.0), audio_right=made("SplitAudioChannels", 1)
    ),
    "RecordAudio": Special({"audio": "sound.flac"}, needs=("input/sound.flac",)),
    "SaveAudioAdvanced": Special({"format": "mp3", "format.quality": "V0"}),
    "TrimAudioDuration": special(start_index=0.25, duration=0.5),
    # conditionings
    "CLIPTextEncodeFlux": Special({"clip_l": "a cat", "t5xxl": "a cat on a wall in the evening"}, world=FLUX),
    "CLIPTextEncodeHiDream": Special(
        {"clip_l": "a cat", "clip_g": "a cat", "t5xxl": "a cat on a wall", "llama": "a cat on a wall"}, world=HIDREAM
    ),
    "CLIPTextEncodeLumina2": Special({"system_prompt": "superior", "user_prompt": "a cat on a wall"}, world=LUMINA2),
    "CLIPTextEncodeHunyuanDiT": Special({"bert": "a cat on a wall", "mt5xl": "a cat on a wall"}, world=HUNYUAN_DIT),
    "CLIPTextEncodePixArtAlpha": Special({"text": "a cat on a wall"}, world=PIXART),
    "CLIPTextEncodeSD3": Special({"clip_l": "a cat", "clip_g": "a cat", "t5xxl": "a cat on a wall"}, world=SD3),
    "CLIPTextEncodeSDXL": Special({"text_g": "a cat on a wall", "text_l": "a cat on a wall"}, world=SDXL),
    "CLIPTextEncodeSDXLRefiner": Special({"text": "a cat on a wall"}, world=REFINER),
    "ConditioningSetArea": special(width=64, height=64),
    "ConditioningSetMask": special(mask=SHAPE),
    "ConditioningStableAudio": Special({}, AS_TEXT),
    "SD_4XUpscale_Conditioning": Special({"images": DRAWN}, world=X4),
    "StableCascade_StageB_Conditioning": Special(
        {"stage_c": DRAWN_BY_C}, world={**CASCADE_B, "CLIP": CASCADE_C["CLIP"]}
    ),
    "StableCascade_SuperResolutionControlnet": Special(
        {"image": DRAWN}, ("SaveLatent", "samples"), slot=1, world=CASCADE_C
    ),
    "StableZero123_Conditioning": Special({"azimuth": 90.0}, world=ZERO123),
    "StableZero123_Conditioning_Batched": Special({"batch_size": 2, "azimuth_batch_increment": 90.0}, world=ZERO123),
    "LTXVAddGuide": Special({"latent": VIDEO, "image": DRAWN}, ("LTXVCropGuides", "latent"), slot=2, world=LTXV),
    "LTXVCropGuides": Special(
        {"positive": GUIDED[0], "negative": GUIDED[1], "latent": GUIDED[2]},
        ("VAEDecode", "samples"),
        slot=2,
        world=LTXV,
    ),
    "LTXVImgToVideoInplace": Special({"latent": VIDEO, "image": DRAWN}, world=LTXV),
    "ReferenceLatent": special(latent=made("VAEEncode", pixels=DRAWN)),
    "T5TokenizerOptions": Special({"min_padding": 8}, world=FLUX),
    # files
    "CLIPLoaderGGUF": special(clip_name="clip_l-q8_0.gguf"),
    "ControlNetApplySD3": Special(
        {"control_net": made("ControlNetLoader", control_net_name="sd3.5_canny.safetensors")}
    ),
    "SetUnionControlNetType": special(
        control_net=made("ControlNetLoader", control_net_name="controlnet-union-sdxl-promax.safetensors")
    ),
    "DualCLIPLoader": special(clip_name2="clip_g.safetensors", type="sdxl"),
    "DualCLIPLoaderGGUF": special(clip_name1="clip_l-q8_0.gguf", clip_name2="clip_g-q8_0.gguf", type="sdxl"),
    "ImageOnlyCheckpointLoader": Special(
        {"ckpt_name": "svd_xt.safetensors"}, ("SVD_img2vid_Conditioning", "clip_vision"), slot=1
    ),
    "IPAdapter": Special({"ipadapter": FOUND_ADAPTER}, world=SD15, needs=FOR_FOUND),
    "IPAdapterAdvanced": special(clip_vision=made("CLIPVisionLoader")),
    "IPAdapterUnifiedLoader": Special(
        {"preset": PLUS}, ("IPAdapter", "ipadapter"), slot=1, world=SD15, needs=FOR_FOUND
    ),
    "LatentUpscaleModelLoader": Special({}, world={**LTXV, "LATENT": VIDEO}),
    "LoadAudio": special(audio="sound.flac"),
    "LoadLatent": special(latent="ComfyUI_00001_.latent"),
    "LoadTable": special(table="classes.csv"),
    "LoadTrainingDataset": Special(needs=("output/training_dataset",)),
    "LoadVideo": special(file="clip.mp4"),
    "TripleCLIPLoader": special(clip_name2="clip_g.safetensors", clip_name3="t5xxl_fp16.safetensors"),
    "TripleCLIPLoaderGGUF": special(clip_name2="clip_g.safetensors", clip_name3="t5-v1_1-xxl-q8_0.gguf"),
    "QuadrupleCLIPLoader": Special(HIDREAM_TEXTS),
    "QuadrupleCLIPLoaderGGUF": Special({**HIDREAM_TEXTS, "clip_name3": "t5-v1_1-xxl-q8_0.gguf"}),
    "VAELoader": Special({"vae_name": "ae.safetensors"}, world=FLUX),
    "UnetLoaderGGUF": special(unet_name="flux1-dev-q8_0.gguf"),
    "WanImageToVideo": special(clip_vision_output=SEEN, start_image=PICTURE),
    "WanFirstLastFrameToVideo": special(
        clip_vision_start_image=SEEN, clip_vision_end_image=SEEN, start_image=PICTURE, end_image=BLUE
    ),
    "WanFunInpaintToVideo": special(clip_vision_output=SEEN, start_image=PICTURE, end_image=BLUE),
    "WanFunControlToVideo": special(clip_vision_output=SEEN, start_image=PICTURE, control_video=VIDEO_OF_FOUR),
    "Wan22FunControlToVideo": special(ref_image=PICTURE, control_video=VIDEO_OF_FOUR),
    "WanVaceToVideo": special(control_video=VIDEO_OF_FOUR, reference_image=PICTURE),
    "Wan22ImageToVideoLatent": Special({"start_image": PICTURE}, ("KSampler", "latent_image")),
    "WanCameraEmbedding": Special({"camera_pose": "Zoom In"}, ("WanCameraImageToVideo", "camera_conditions")),
    "WanCameraImageToVideo": special(
        start_image=PICTURE, camera_conditions=made("WanCameraEmbedding", camera_pose="Zoom In")
    ),
    "WanPhantomSubjectToVideo": special(images=PICTURE),
    "HunyuanImageToVideo": special(guidance_type="v2 (replace)", start_image=PICTURE),
    "HunyuanVideo15ImageToVideo": special(start_image=PICTURE),
    "EmptyHunyuanVideo15Latent": Special({"length": 5}, SAVE_LATENT),
    "TrimVideoLatent": Special({"samples": made("EmptyHunyuanLatentVideo", length=9), "trim_amount": 1}, SAVE_LATENT),
    "unCLIPCheckpointLoader": Special({"ckpt_name": "sd21-unclip-h.safetensors"}),
    # models
    "LoraSave": special(model_diff=made("ModelMergeSubtract", multiplier=0.5), rank=2),
    "LoraModelLoader": special(strength_model=0.8),
    "ModelSamplingFlux": Special(world=FLUX),
    **dict.fromkeys(("SkipLayerGuidanceSD3", "SkipLayerGuidanceDiT", "SkipLayerGuidanceDiTSimple"), Special(world=SD3)),
    "ScaleROPE": Special({"scale_t": 2.0}, world=wan("wan2.1_t2v_1.3B_fp16")),
    # sigmas
    "ManualSigmas": special(sigmas="14.6, 5, 1, 0"),
    "SamplingPercentToSigma": special(sampling_percent=0.5),
    "SplitSigmas": special(step=1),
    "SplitSigmasDenoise": special(denoise=0.5),
    # training
    "MakeTrainingDataset": special(images=DRAWN, texts="a white disc on black"),
    # sequence, words and numbers
    "CaseConverter": special(string="a red circle"),
    "ComfyAndNode": Special({"values.value0": True, "values.value1": False}),
    "ComfyMathExpression": Special({"expression": "a * 2 + b", "values.a": 3, "values.b": 1}),
    "ComfySoftSwitchNode": special(on_true="a red circle", on_false="a blue square"),
    "ComfySwitchNode": special(on_true="a red circle", on_false="a blue square"),
    "CustomCombo": special(choice="red"),
    "EndLoop": Special(
        {
            "output_value": made("ComfyMathExpression", 1, **{"expression": "a * a", "values.a": COUNTED}),
            "accumulate": True,
        }
    ),
    "GetItemFromList": special(list=made("CreateList", **{"inputs.input0": "red", "inputs.input1": "green"}), index=1),
    "JsonExtractString": special(json_string='{"prompt": "a red circle"}', key="prompt"),
    "ComfyNumberConvert": special(value="3"),
    "PromptAdherence": special(prompt="an orange background", image=PICTURE),
    "RegexExtract": special(string="seed 42, steps 20", regex_pattern="[0-9]+"),
    "RegexMatch": special(string="seed 42", regex_pattern="[0-9]+"),
    "RegexReplace": special(string="a red circle", regex_pattern="red|blue", replace="green"),
    "StartLoop": Special({"mode.num_iterations": 3}, ("EndLoop", "output_value")),
    "StringCompare": special(string_a="a red circle", string_b="a red"),
    "StringConcatenate": special(string_a="a red circle", string_b="on white", delimiter=" "),
    "StringContains": special(string="a red circle", substring="red"),
    "StringFormat": Special({"f_string": "a {a} {b}", "values.a": "red", "values.b": "circle"}),
    "StringReplace": special(string="a red circle", find="red", replace="blue"),
    "StringSubstring": special(string="a red circle", start=2, end=5),
    "StringTrim": special(string="  a red circle  "),
    "TextGenerate": Special({"prompt": "Say in one sentence what a lighthouse is.", "max_length": 64}, world=WRITING),
    "TextGenerateLTX2Prompt": Special({"prompt": "a lighthouse in a storm", "max_length": 64}, world=LTX2),
}

OF_ONE_FAMILY: Mapping[str, Mapping[str, From]] = {
    **dict.fromkeys(("CLIPVisionLoader", "CLIPVisionEncode", "unCLIPConditioning"), UNCLIP),
    **dict.fromkeys(("StyleModelLoader", "StyleModelApply", "UNETLoader", "UnetLoaderGGUF"), FLUX),
    "LTXVImgToVideo": LTXV,
    **dict.fromkeys(("ModelSamplingStableCascade", "StableCascade_StageC_VAEEncode"), CASCADE_C),
    "SVD_img2vid_Conditioning": SVD,
    **OF_VIDEOS,
    **dict.fromkeys(("DualCLIPLoader", "DualCLIPLoaderGGUF", "SetUnionControlNetType"), SDXL),
    **dict.fromkeys(("PhotoMakerLoader", "PhotoMakerEncode"), SDXL),
    **dict.fromkeys(("ModelPatchLoader", "QwenImageDiffsynthControlnet"), Z_IMAGE),
    **dict.fromkeys(("TripleCLIPLoader", "TripleCLIPLoaderGGUF", "ControlNetApplySD3"), SD3),
    "ControlNetInpaintingAliMamaApply": SD3,
    **dict.fromkeys(("QuadrupleCLIPLoader", "QuadrupleCLIPLoaderGGUF"), HIDREAM),
}
"""Who gives values in examples that are generated otherwise, by node type."""
FOR_SD15 = frozenset(
    {"clip_vision", "controlnet", "gligen", "hypernetworks", "ipadapter", "loras", "text_encoders", "vae"}
)
"""Folders whose files, as examples name them, belong to a Stable Diffusion 1.5, unless it is said otherwise."""
SAME_AS: Mapping[str, str] = {
    "IPAdapterModelLoader": "IPAdapterAdvanced",
    "LoopRound": "EndLoop",
    "LoopTurn": "EndLoop",
}
"""Nodes that are shown by the example of another one; those of loops are made by it while it runs."""
