"""UNets in files and folders: where one is, what it is like, and how it is built."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import gather, skeleton
from nodes.diffusion.families.contents import Contents, ModelFolder, SingleFile, View, read_json
from nodes.diffusion.families.ldm_unet import unet_config, unet_keys
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.unet import Training, UnetModel, build_unet
from nodes.diffusion.families.weights import Shapes, renamed
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import LatentFormat, Prediction
from nodes.diffusion.weights.libraries import new_unet

PREFIXES = ("model.diffusion_model.", "diffusion_model.", "model.", "")
"""Where a diffusion network may be in a file."""
SETTINGS = ("attention_head_dim", "norm_num_groups")
"""What shapes do not tell, and so may stand in a file's header."""
FIRST = "input_blocks.0.0.weight"
LABEL = "label_emb.0.0.weight"

_KINDS: Mapping[str, Prediction] = {
    "epsilon": "epsilon",
    "eps": "epsilon",
    "v_prediction": "v_prediction",
    "v": "v_prediction",
    "sample": "sample",
}
Heads = Callable[[int], int]
"""The number of attention heads at a number of channels."""


@dataclass(frozen=True)
class UnetLooks:
    """What tells the UNets of the families apart; None stands for what is not there or cannot be seen."""

    extra_channels: int
    """Input channels beyond the four of the latent."""
    context: int | None
    """Width of the texts that it reads."""
    label: int | None
    """Width of what it is told besides the text."""
    has_matrices: bool | None
    """Whether its transformers project by matrices instead of 1x1 convolutions."""


def find_unet(contents: Contents) -> View | None:
    """The weights of a UNet, in the original layout or that of diffusers; None if there is no UNet."""
    if isinstance(contents, ModelFolder):
        is_unet = contents.part("unet").config.get("_class_name") == "UNet2DConditionModel"
        return contents.part("unet").view() if is_unet else None
    if not isinstance(contents, SingleFile):
        return None
    for prefix in PREFIXES:
        if len(contents.shapes.get(prefix + FIRST, ())) == 4:
            return None if f"{prefix}input_hint_block.0.weight" in contents.shapes else contents.view(prefix)
        if len(contents.shapes.get(f"{prefix}down_blocks.0.resnets.0.conv1.weight", ())) == 4:
            is_control = f"{prefix}controlnet_cond_embedding.conv_in.weight" in contents.shapes
            return None if is_control else contents.view(prefix)
    return None


def looks_of(view: View) -> UnetLooks:
    """What a UNet looks like."""
    shapes = original_shapes(view.shapes)
    widths = {shape[1] for key, shape in shapes.items() if key.endswith("attn2.to_k.weight")}
    projection = next((shape for key, shape in shapes.items() if key.endswith(".1.proj_in.weight")), None)
    first, label = shapes.get(FIRST, (0, 4)), shapes.get(LABEL)
    return UnetLooks(
        extra_channels=first[1] - 4,
        context=next(iter(widths)) if len(widths) == 1 else None,
        label=label[1] if label else None,
        has_matrices=None if projection is None else len(projection) == 2,
    )


def original_shapes(shapes: Shapes) -> Shapes:
    """The shapes of a UNet under the names of the original layout, whichever it has."""
    if FIRST in shapes:
        return shapes
    names = unet_keys(shapes)
    return {names[key]: shape for key, shape in shapes.items()}


def load_unet(view: View, heads: Heads, placement: Placement, training: Training, **facts: Any) -> UnetModel:
    """Build a UNet.

    Args:
        view: its weights.
        heads: how many attention heads it has at a number of channels.
        placement: device and precision.
        training: how it was trained.
        facts: of its configuration, that no shape tells.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    config = dict(view.config)
    if not config:
        config = unet_config(original_shapes(view.shapes))
        config["attention_head_dim"] = tuple(heads(channels) for channels in config["block_out_channels"])
        config |= {**facts, **view.settings("unet", SETTINGS)}
    network = skeleton(lambda: new_unet(config))
    own = network.state_dict()
    names = unet_keys(own) if FIRST in view.shapes else {key: key for key in own}
    return build_unet(network, gather(network, renamed(names), view.shapes, view.read), placement, training)


def training_of(contents: Contents, latent_format: LatentFormat, usual: Prediction) -> Training:
    """How the UNet of a file or folder was trained, as far as that says; otherwise as its family was."""
    if isinstance(contents, ModelFolder):
        return _folder_training(contents, latent_format, usual)
    assert isinstance(contents, SingleFile)
    metadata, held = contents.file.metadata, contents.file.shapes
    if "edm_mean" in held:
        raise UnsupportedModel(
            f"{contents.path.name} scales latents by numbers of its own (edm_mean, edm_std), as Playground 2.5 does; "
            "such models cannot be sampled here yet. Use another model of the family."
        )
    said = metadata.get("modelspec.prediction_type") or metadata.get("prediction_type") or _said_beside(contents)
    kind = said or ("v_prediction" if "v_pred" in held else usual)
    sampling = {"zsnr": True} if "ztsnr" in held else {}
    return Training(latent_format, prediction_named(kind), betas_of({}), sampling)


def prediction_named(name: str) -> Prediction:
    """What a network predicts, by any of the names that people use.

    Raises:
        UnsupportedModel: the name is not known.
    """
    if name not in _KINDS:
        raise UnsupportedModel(f'The model predicts "{name}"; known are epsilon, v_prediction and sample.')
    return _KINDS[name]


def _said_beside(contents: SingleFile) -> str:
    """What a file of settings beside the model says: `model.json` with `prediction_type`, or `model.yaml` of old."""
    beside = contents.path.with_suffix(".json")
    if beside.is_file():
        try:
            said = json.loads(beside.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return str(said.get("prediction_type", "")) if isinstance(said, dict) else ""
    settings = contents.path.with_suffix(".yaml")
    if settings.is_file():
        text = settings.read_text(encoding="utf-8", errors="replace")
        return "v" if 'parameterization: "v"' in text or "parameterization: v\n" in text else ""
    return ""


def _folder_training(folder: ModelFolder, usual: LatentFormat, kind: Prediction) -> Training:
    vae, scheduler = folder.part("vae").config, read_json(folder.path / "scheduler" / "scheduler_config.json")
    colours = read_json(folder.path / "vae" / "latent_rgb.json")
    channels = int(vae.get("latent_channels", usual.channels))
    factors = colours.get("latent_rgb_factors") or (usual.rgb_factors if channels == len(usual.rgb_factors) else ())
    latent_format = LatentFormat(
        channels=channels,
        scale=float(vae.get("scaling_factor", usual.scale)),
        shift=float(vae.get("shift_factor") or usual.shift),
        downscale=2 ** (len(vae.get("block_out_channels", (0,) * 4)) - 1),
        rgb_factors=tuple(tuple(row) for row in factors),
        rgb_bias=tuple(colours.get("bias", (0.0, 0.0, 0.0) if colours else usual.rgb_bias)),
    )
    prediction = prediction_named(str(scheduler.get("prediction_type", kind)))
    sampling = {"zsnr": True} if scheduler.get("rescale_betas_zero_snr") else {}
    return Training(latent_format, prediction, betas_of(scheduler), sampling)
