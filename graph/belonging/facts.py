"""What a model file holds, told from names and shapes: how wide the texts are that it reads or gives, and its latents.

These are the numbers that make two parts fit or not, whatever they are called. What is not understood stays unknown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]

_CLIP = "token_embedding.weight"
_T5 = "encoder.block.0.layer.0.SelfAttention.q.weight"
_LANGUAGE_MODEL = "layers.0.self_attn.q_proj.weight"
_UNET_TEXT = "attn2.to_k.weight"
_CASCADE_TEXT = {"clip_txt_mapper.weight": 1, "clip_mapper.weight": 4}
"""What reads the text in Stable Cascade's stages, and the cells of a latent in a cell of the stage."""
_STAGE_A = "vquantizer.codebook.weight"
_OOBLECK = "decoder.layers.0.weight_v"
_SURE = {"y_embedder.y_proj.fc1.weight": "t_block.1.weight", "mlp_t5.0.weight": "pooler.positional_embedding"}
"""What reads the text in PixArt and Hunyuan-DiT, and what is beside it; both also say how sure they are of a cell."""
_DECODERS = ("decoder.conv_in.weight", "decoder.conv1.weight", "decoder.conv_in.conv.weight")
"""What the first layer of a decoder is called; Wan has the second, HunyuanVideo the third."""
_PATCH = 4
"""Cells of a latent in a token of Flux and Wan."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file.

    Attributes:
        reads: how wide the texts are that its diffusion model reads; None if there is none, or it is not understood.
        channels: of the latents that its diffusion model makes.
        clips: the widths of its CLIP text encoders.
        language: the width of its T5.
        gives_else: whether it has a text encoder of which nothing is known.
        latents: the channels of its autoencoder's latents.
        joins: whether its diffusion model reads CLIP filled up to the width of T5, as Stable Diffusion 3 does.
    """

    reads: int | None = None
    channels: int | None = None
    clips: tuple[int, ...] = ()
    language: int | None = None
    gives_else: bool = False
    latents: int | None = None
    joins: bool = False


def facts_of(shapes: Shapes) -> Facts:
    """What a file with these tensors holds."""
    reads, channels, joins = _network(shapes)
    decoders = [shape for key, shape in shapes.items() if key.endswith(_DECODERS) and len(shape) in (4, 5)]
    decoders += [shape for key, shape in shapes.items() if key.endswith(_STAGE_A)]
    decoders += [shape for key, shape in shapes.items() if key.endswith(_OOBLECK)]
    return Facts(
        reads=reads,
        channels=channels,
        clips=tuple(sorted(shape[1] for key, shape in shapes.items() if key.endswith(_CLIP))),
        language=next((shape[1] for key, shape in shapes.items() if key.endswith(_T5)), None),
        gives_else=any(key.endswith(_LANGUAGE_MODEL) for key in shapes),
        latents=decoders[0][1] if len(decoders) == 1 else None,
        joins=joins,
    )


def facts_of_configs(configs: Mapping[str, Mapping[str, Any]]) -> Facts:
    """What a folder in the diffusers layout holds, by the `config.json` of each part."""
    unet, transformer = configs.get("unet", {}), configs.get("transformer", {})
    texts = [config for name, config in configs.items() if name.startswith("text_encoder")]
    kind = str(transformer.get("_class_name", ""))
    is_flux = kind.startswith("FluxTransformer2D")
    latents = transformer.get("in_channels") if kind.startswith("SD3") else unet.get("out_channels")
    return Facts(
        reads=_whole(unet.get("cross_attention_dim", transformer.get("joint_attention_dim"))),
        channels=_whole(transformer.get("in_channels", 0)) // _PATCH if is_flux else _whole(latents) or None,
        clips=tuple(
            sorted(_whole(each["hidden_size"]) for each in texts if each.get("model_type") == "clip_text_model")
        ),
        language=next((_whole(each["d_model"]) for each in texts if each.get("model_type") == "t5"), None),
        gives_else=any(each.get("model_type") not in ("clip_text_model", "t5") for each in texts),
        latents=_whole(configs.get("vae", {}).get("latent_channels")) or None,
        joins=kind.startswith("SD3"),
    )


def text_width(files: Iterable[Facts], kind: str = "") -> int | None:
    """How wide the texts are that text encoders give together; None if that is not known.

    Args:
        files: where they are.
        kind: the model that they are meant for, as `CLIPLoader` calls it.
    """
    files = list(files)
    languages = [each.language for each in files if each.language is not None]
    clips = [width for each in files for width in each.clips]
    if any(each.gives_else for each in files) or not (languages or clips):
        return None
    if languages:
        return languages[0] if len(languages) == 1 else None
    if kind == "sd3" or any(each.joins for each in files):
        return next((each.reads for each in files if each.joins), 4096)
    return sum(clips)


def _network(shapes: Shapes) -> tuple[int | None, int | None, bool]:
    """What a diffusion model reads and makes, and whether it reads CLIP filled up."""
    if any(".lora_" in key or key.startswith("lora_") for key in shapes):
        return None, None, False
    for key in shapes:
        prefix = key.removesuffix("joint_blocks.0.context_block.attn.qkv.weight")
        if prefix != key:
            return (
                _second(shapes, f"{prefix}context_embedder.weight"),
                _second(shapes, f"{prefix}x_embedder.proj.weight"),
                True,
            )
        prefix = key.removesuffix("double_blocks.0.img_attn.qkv.weight")
        if prefix != key:
            made = shapes.get(f"{prefix}final_layer.linear.weight", (0,))[0] // _PATCH
            is_flux1 = f"{prefix}vector_in.in_layer.weight" in shapes
            return _second(shapes, f"{prefix}txt_in.weight"), made if is_flux1 and made else None, False
        prefix = key.removesuffix("img_in.proj.weight")
        if prefix != key and f"{prefix}txt_in.input_embedder.weight" in shapes:  # HunyuanVideo
            made = shapes[f"{prefix}final_layer.linear.weight"][0] // prod(shapes[key][2:])
            return _second(shapes, f"{prefix}txt_in.input_embedder.weight"), made or None, False
        prefix = key.removesuffix("blocks.0.self_attn.norm_q.weight")
        if prefix != key and f"{prefix}head.head.weight" in shapes:  # Wan
            made = shapes[f"{prefix}head.head.weight"][0] // _PATCH
            return _second(shapes, f"{prefix}text_embedding.0.weight"), made or None, False
    for key in shapes:
        for text, cells in _CASCADE_TEXT.items():
            prefix = key.removesuffix(text)
            if prefix != key and f"{prefix}clf.1.weight" in shapes:
                return shapes[key][1], shapes[f"{prefix}clf.1.weight"][0] // cells, False
        for text, beside in _SURE.items():
            prefix = key.removesuffix(text)
            if prefix != key and f"{prefix}{beside}" in shapes:
                made = shapes.get(f"{prefix}final_layer.linear.weight", (0,))[0] // (2 * _PATCH)
                return shapes[key][1], made or None, False
        prefix = key.removesuffix("to_cond_embed.0.weight")
        if prefix != key and f"{prefix}preprocess_conv.weight" in shapes:  # Stable Audio
            return shapes[key][1], shapes[f"{prefix}preprocess_conv.weight"][0], False
        prefix = key.removesuffix("audio_patchify_proj.weight")
        if prefix != key:
            return _reads_with_sound(shapes, prefix), None, False
    widths = {shape[1] for key, shape in shapes.items() if key.endswith(_UNET_TEXT) and len(shape) == 2}
    ends = ("out.2.weight", "conv_out.weight")
    outputs = [shapes[key][0] for key in shapes if key.endswith(ends) and "coder." not in key]
    is_unet = any(key.endswith(("input_blocks.0.0.weight", "down_blocks.0.resnets.0.conv1.weight")) for key in shapes)
    if len(widths) != 1 or not is_unet:
        return None, None, False
    return widths.pop(), outputs[0] if len(outputs) == 1 else None, False


def _reads_with_sound(shapes: Shapes, prefix: str) -> int | None:
    """What LTX-2 reads: a text for the video and one for its sound, side by side."""
    captions = _second(shapes, f"{prefix}caption_projection.linear_1.weight")
    if captions is not None:
        return 2 * captions
    both = [_second(shapes, f"{prefix}transformer_blocks.0.{name}.to_k.weight") for name in ("attn2", "audio_attn2")]
    return sum(width for width in both if width) if all(both) else None


def _second(shapes: Shapes, key: str) -> int | None:
    return shapes[key][1] if key in shapes else None


def _whole(value: object) -> int:
    """A whole number; 0 for anything else."""
    return value if isinstance(value, int) else 0
