"""The types of the newer protocol by name: `io.Int`, `io.Image`, `io.Custom("THING")`."""

from collections.abc import Callable
from typing import Any

from nodes.packs.shims import io_inputs as parts


class ComfyTypeI:
    """A type that only inputs have."""

    io_type: str = "*"
    Type: Any = Any
    Input: Any = parts.Input


class ComfyTypeIO(ComfyTypeI):
    """A type that inputs and outputs have."""

    Output: Any = parts.Output


def comfytype(io_type: str, **ignored: Any) -> Callable[[type], type]:
    """Declare a class as the type called `io_type`; its inputs and outputs then know it."""

    def declare(kind: Any) -> type:
        kind.io_type = io_type
        for part in ("Input", "Output"):
            inherited = getattr(kind, part, None)
            if inherited is not None:
                setattr(kind, part, type(part, (inherited,), {"Parent": kind}))
        return kind

    return declare


def Custom(io_type: str) -> type:  # noqa: N802 - the protocol's name
    """A type of a pack's own."""
    return new_type(io_type, io_type)


def new_type(name: str, io_type: str, input: type[parts.Input] = parts.Input) -> type:
    """A type whose inputs are of the class `input`."""
    return comfytype(io_type)(type(name, (ComfyTypeIO,), {"Input": input}))


class MultiType:
    """Inputs that take several types."""

    Input = parts.MultiTypeInput
    Type = Any


class MatchType(ComfyTypeIO):
    """Inputs and outputs that share a type."""

    Template = parts.MatchTemplate
    Input = parts.MatchInput
    Output = parts.MatchOutput


class Autogrow(ComfyTypeI):
    """Groups of inputs that grow."""

    TemplateNames = parts.GrowingNames
    TemplatePrefix = parts.GrowingPrefix
    Input = parts.GrowingInput
    Type = dict[str, Any]


class DynamicCombo(ComfyTypeI):
    """Choices that bring inputs with them."""

    Option = parts.DynamicOption
    Input = parts.DynamicComboInput
    Type = dict[str, Any]


_WIDGETS: dict[str, tuple[str, type[parts.Input]]] = {
    "Boolean": ("BOOLEAN", parts.WidgetInput),
    "Int": ("INT", parts.NumberInput),
    "Float": ("FLOAT", parts.NumberInput),
    "String": ("STRING", parts.WidgetInput),
    "Combo": ("COMBO", parts.ComboInput),
    "MultiCombo": ("COMBO", parts.ComboInput),
    "Color": ("COLOR", parts.WidgetInput),
    "BoundingBox": ("BOUNDING_BOX", parts.WidgetInput),
    "Curve": ("CURVE", parts.WidgetInput),
    "Range": ("RANGE", parts.WidgetInput),
    "ImageCompare": ("IMAGECOMPARE", parts.WidgetInput),
    "Webcam": ("WEBCAM", parts.WidgetInput),
    "Load3D": ("LOAD_3D", parts.WidgetInput),
}
_SOCKETS = """
    AnyType=* Image=IMAGE Mask=MASK Latent=LATENT Conditioning=CONDITIONING Sampler=SAMPLER Sigmas=SIGMAS Noise=NOISE
    Guider=GUIDER Clip=CLIP Vae=VAE Model=MODEL ControlNet=CONTROL_NET ClipVision=CLIP_VISION
    ClipVisionOutput=CLIP_VISION_OUTPUT StyleModel=STYLE_MODEL Gligen=GLIGEN UpscaleModel=UPSCALE_MODEL
    LatentUpscaleModel=LATENT_UPSCALE_MODEL ModelPatch=MODEL_PATCH LatentOperation=LATENT_OPERATION Hooks=HOOKS
    HookKeyframes=HOOK_KEYFRAMES TimestepsRange=TIMESTEPS_RANGE Audio=AUDIO AudioEncoder=AUDIO_ENCODER
    AudioEncoderOutput=AUDIO_ENCODER_OUTPUT Video=VIDEO SVG=SVG LoraModel=LORA_MODEL LossMap=LOSS_MAP Voxel=VOXEL
    Mesh=MESH Splat=SPLAT Tracks=TRACKS Photomaker=PHOTOMAKER Point=POINT FaceAnalysis=FACE_ANALYSIS BBOX=BBOX SEGS=SEGS
    FlowControl=FLOW_CONTROL Accumulation=ACCUMULATION WanCameraEmbedding=WAN_CAMERA_EMBEDDING
    Load3DCamera=LOAD3D_CAMERA Load3DAnimation=LOAD_3D_ANIMATION Histogram=HISTOGRAM Array=ARRAY Dict=DICT
    File3DAny=FILE_3D
"""
NAMED: dict[str, type] = {
    **{name: new_type(name, wire, input) for name, (wire, input) in _WIDGETS.items()},
    **{name: new_type(name, wire) for name, _, wire in (each.partition("=") for each in _SOCKETS.split())},
}
"""Name in `io` -> the type."""
