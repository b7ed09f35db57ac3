"""Stable Diffusion 1.x, as one file in the original layout or as a diffusers folder of any size."""

import json
from collections.abc import Mapping
from math import prod
from typing import Any

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.autoencoder_files import autoencoder_from_file, autoencoder_from_folder
from nodes.diffusion.families.building import gather, skeleton
from nodes.diffusion.families.clip_text import TOKEN_EMBEDDING, bare, build_clip, clip_config
from nodes.diffusion.families.contents import Contents, ModelFolder, read_json
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from nodes.diffusion.families.ldm_unet import unet_config, unet_keys
from nodes.diffusion.families.schedule import betas_of
from nodes.diffusion.families.unet import UnetModel, build_unet
from nodes.diffusion.families.weights import renamed
from nodes.diffusion.libraries import new_unet
from nodes.diffusion.memory import Placement
from nodes.diffusion.statefile import StateFile, shapes_below
from nodes.diffusion.text.encoder import ClipTextEncoder
from nodes.diffusion.text.vocabulary import bundled_vocabulary, read_vocabulary
from nodes.diffusion.types import Component, LatentFormat, Prediction

Shapes = Mapping[str, tuple[int, ...]]

UNET, VAE = "model.diffusion_model.", "first_stage_model."
TEXT = ("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer.")
"""Key prefixes of the parts in an original file."""
CONTEXT_WIDTH = 768
HEADS = 8
SCALE = 0.18215
RGB_FACTORS = (
    (0.3512, 0.2297, 0.3227),
    (0.3250, 0.4974, 0.2350),
    (-0.2829, 0.1762, 0.2721),
    (-0.2120, -0.2616, -0.7177),
)
"""Colours of the four latent channels, as published for Stable Diffusion 1.x; one row a channel."""
SETTINGS = {
    "unet": ("attention_head_dim", "norm_num_groups"),
    "text": ("num_attention_heads",),
    "vae": ("norm_num_groups",),
}
"""What shapes do not tell, and so may stand in a file's header as JSON under `latentloom.unet` and so on."""


class StableDiffusion1:
    """The family of Stable Diffusion 1.x; see `nodes.diffusion.families.family.Family`."""

    name = "sd1"
    title = "Stable Diffusion 1.x"

    def parts(self, contents: Contents) -> dict[Component, int]:
        """How many weights each part has; empty if this is another family."""
        if isinstance(contents, ModelFolder):
            return _folder_parts(contents) if _is_folder(contents) else {}
        return _file_parts(contents.shapes) if _is_file(contents.shapes) else {}

    def load_model(self, contents: Contents, placement: Placement) -> UnetModel:
        """Build the UNet."""
        if isinstance(contents, ModelFolder):
            part = contents.part("unet")
            network = skeleton(lambda: new_unet(part.config))
            tensors = part.tensors()
            own = renamed({key: key for key in network.state_dict()})
            weights = gather(network, own, part.shapes(), tensors.__getitem__)
            return build_unet(network, weights, placement, _folder_training(contents))
        file, shapes = contents.file, shapes_below(contents.shapes, UNET)
        settings = {"attention_head_dim": HEADS, **_settings(file, "unet")}
        network = skeleton(lambda: new_unet({**unet_config(shapes), **settings}))
        names = renamed(unet_keys(network.state_dict()))
        weights = gather(network, names, shapes, lambda key: file.tensor(UNET + key))
        return build_unet(network, weights, placement, _file_training(file))

    def load_clip(self, contents: Contents, placement: Placement) -> ClipTextEncoder:
        """Build the CLIP text encoder with its tokenizer."""
        if isinstance(contents, ModelFolder):
            part = contents.part("text_encoder")
            tensors = {bare(key): tensor for key, tensor in part.tensors().items()}
            shapes = {bare(key): shape for key, shape in part.shapes().items()}
            network = build_clip(part.config, shapes, tensors.__getitem__, placement)
            vocabulary = read_vocabulary(contents.path / "tokenizer", network.config.vocab_size)
            return ClipTextEncoder(network, vocabulary, placement.device, placement.dtype)
        file, prefix = contents.file, _text_prefix(contents.shapes)
        shapes = shapes_below(contents.shapes, prefix)
        config = {**clip_config(shapes), **_settings(file, "text")}
        network = build_clip(config, shapes, lambda key: file.tensor(prefix + key), placement)
        vocabulary = bundled_vocabulary(network.config.vocab_size)
        return ClipTextEncoder(network, vocabulary, placement.device, placement.dtype)

    def load_vae(self, contents: Contents, placement: Placement) -> KlAutoencoder:
        """Build the autoencoder."""
        if isinstance(contents, ModelFolder):
            return autoencoder_from_folder(contents.part("vae"), placement)
        file, shapes = contents.file, shapes_below(contents.shapes, VAE)
        return autoencoder_from_file(shapes, lambda key: file.tensor(VAE + key), placement, _settings(file, "vae"))


def _is_folder(folder: ModelFolder) -> bool:
    unet, text = folder.part("unet").config, folder.part("text_encoder").config
    plain = not any(unet.get(key) for key in ("addition_embed_type", "class_embed_type", "encoder_hid_dim"))
    one_encoder = text.get("hidden_act") == "quick_gelu" and not folder.has("text_encoder_2")
    is_unet = unet.get("_class_name") == "UNet2DConditionModel" and unet.get("in_channels") == 4
    return is_unet and plain and one_encoder and text.get("hidden_size") == unet.get("cross_attention_dim")


def _folder_parts(folder: ModelFolder) -> dict[Component, int]:
    names: dict[Component, str] = {"model": "unet", "clip": "text_encoder", "vae": "vae"}
    return {each: _weights(folder.part(name).shapes()) for each, name in names.items() if folder.has(name)}


def _folder_training(folder: ModelFolder) -> tuple[LatentFormat, Prediction, Any]:
    vae, scheduler = folder.part("vae").config, read_json(folder.path / "scheduler" / "scheduler_config.json")
    colours = read_json(folder.path / "vae" / "latent_rgb.json")
    channels = int(vae.get("latent_channels", 4))
    factors = colours.get("latent_rgb_factors") or (RGB_FACTORS if channels == len(RGB_FACTORS) else ())
    format = LatentFormat(
        channels=channels,
        scale=float(vae.get("scaling_factor", SCALE)),
        shift=float(vae.get("shift_factor") or 0.0),
        downscale=2 ** (len(vae.get("block_out_channels", (0,) * 4)) - 1),
        rgb_factors=tuple(tuple(row) for row in factors),
        rgb_bias=tuple(colours.get("bias", (0.0, 0.0, 0.0))),
    )
    return format, _prediction(scheduler.get("prediction_type", "epsilon")), betas_of(scheduler)


def _is_file(shapes: Shapes) -> bool:
    entry = shapes.get(f"{UNET}input_blocks.0.0.weight", ())
    if len(entry) != 4 or entry[1] != 4 or f"{UNET}label_emb.0.0.weight" in shapes:
        return False
    widths = {shape[1] for key, shape in shapes.items() if key.startswith(UNET) and key.endswith("attn2.to_k.weight")}
    prefix = _text_prefix(shapes)
    return widths == {shapes[prefix + TOKEN_EMBEDDING][1] if prefix else CONTEXT_WIDTH}


def _file_parts(shapes: Shapes) -> dict[Component, int]:
    parts: dict[Component, int] = {"model": _weights(shapes_below(shapes, UNET))}
    if prefix := _text_prefix(shapes):
        parts["clip"] = _weights(shapes_below(shapes, prefix))
    if f"{VAE}decoder.conv_in.weight" in shapes:
        parts["vae"] = _weights(shapes_below(shapes, VAE))
    return parts


def _file_training(file: StateFile) -> tuple[LatentFormat, Prediction, Any]:
    """How the UNet of a single file was trained, as far as the file says; otherwise as Stable Diffusion 1.x was."""
    said = file.metadata.get("modelspec.prediction_type") or file.metadata.get("prediction_type")
    kind = said or ("v_prediction" if "v_pred" in file else "epsilon")
    return LatentFormat(scale=SCALE, rgb_factors=RGB_FACTORS), _prediction(kind), betas_of({})


def _prediction(name: str) -> Prediction:
    kinds: dict[str, Prediction] = {
        "epsilon": "epsilon",
        "eps": "epsilon",
        "v_prediction": "v_prediction",
        "v": "v_prediction",
        "sample": "sample",
    }
    if name not in kinds:
        raise UnsupportedModel(f'The model predicts "{name}"; known are epsilon, v_prediction and sample.')
    return kinds[name]


def _text_prefix(shapes: Shapes) -> str:
    """Where the text encoder is in a file; empty if there is none."""
    return next((prefix for prefix in TEXT if prefix + TOKEN_EMBEDDING in shapes), "")


def _settings(file: StateFile, part: str) -> dict[str, Any]:
    """What the header says about a part that no shape tells."""
    try:
        said = json.loads(file.metadata.get(f"latentloom.{part}", "{}"))
    except ValueError:
        return {}
    return {key: said[key] for key in SETTINGS[part] if key in said} if isinstance(said, dict) else {}


def _weights(shapes: Shapes) -> int:
    return sum(prod(shape) for shape in shapes.values())
