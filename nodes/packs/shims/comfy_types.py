"""`comfy.comfy_types`: names of types, for annotations."""

import enum
from typing import Any


class IO(enum.StrEnum):
    """Wire types by name."""

    STRING = "STRING"
    IMAGE = "IMAGE"
    MASK = "MASK"
    LATENT = "LATENT"
    BOOLEAN = "BOOLEAN"
    INT = "INT"
    FLOAT = "FLOAT"
    COMBO = "COMBO"
    CONDITIONING = "CONDITIONING"
    SAMPLER = "SAMPLER"
    SIGMAS = "SIGMAS"
    GUIDER = "GUIDER"
    NOISE = "NOISE"
    CLIP = "CLIP"
    CONTROL_NET = "CONTROL_NET"
    VAE = "VAE"
    MODEL = "MODEL"
    LORA_MODEL = "LORA_MODEL"
    LOSS_MAP = "LOSS_MAP"
    CLIP_VISION = "CLIP_VISION"
    CLIP_VISION_OUTPUT = "CLIP_VISION_OUTPUT"
    STYLE_MODEL = "STYLE_MODEL"
    GLIGEN = "GLIGEN"
    UPSCALE_MODEL = "UPSCALE_MODEL"
    AUDIO = "AUDIO"
    WEBCAM = "WEBCAM"
    POINT = "POINT"
    FACE_ANALYSIS = "FACE_ANALYSIS"
    BBOX = "BBOX"
    SEGS = "SEGS"
    VIDEO = "VIDEO"
    ANY = "*"
    NUMBER = "FLOAT,INT"
    PRIMITIVE = "STRING,FLOAT,INT,BOOLEAN"


class ComfyNodeABC:
    """What classic nodes may derive from to have their attributes annotated."""

    DESCRIPTION: str = ""
    CATEGORY: str = ""


class CheckLazyMixin:
    """Asks for every lazy input that was not evaluated yet."""

    def check_lazy_status(self, **kwargs: Any) -> list[str]:
        """The inputs that are None."""
        return [name for name, value in kwargs.items() if value is None]


InputTypeDict = dict[str, Any]
InputTypeOptions = dict[str, Any]
InputBaseOptions = dict[str, Any]
HiddenInputTypeDict = dict[str, Any]
FileLocator = dict[str, Any]
UnetApplyFunction = Any
UnetWrapperFunction = Any
UnetParams = dict[str, Any]
UnetApplyConds = dict[str, Any]
SaveImageOutput = dict[str, Any]
UIOutput = dict[str, Any]
