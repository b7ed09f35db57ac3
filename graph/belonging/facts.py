"""What a model file holds, told from names and shapes: how wide the texts are that it reads or gives, and its latents.

These are the numbers that make two parts fit or not, whatever they are called. What is not understood stays unknown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph.belonging.networks import PATCH, Shapes, network_of

_CLIP = "token_embedding.weight"
_T5 = "encoder.block.0.layer.0.SelfAttention.q.weight"
_LANGUAGE_MODEL = "layers.0.self_attn.q_proj.weight"
_STAGE_A = "vquantizer.codebook.weight"
_OOBLECK = "decoder.layers.0.weight_v"
_DECODERS = ("decoder.conv_in.weight", "decoder.conv1.weight", "decoder.conv_in.conv.weight")
"""What the first layer of a decoder is called; Wan has the second, HunyuanVideo the third."""


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
    network = network_of(shapes)
    decoders = [shape for key, shape in shapes.items() if key.endswith(_DECODERS) and len(shape) in (4, 5)]
    decoders += [shape for key, shape in shapes.items() if key.endswith((_STAGE_A, _OOBLECK))]
    return Facts(
        reads=network.reads,
        channels=network.channels,
        clips=tuple(sorted(shape[1] for key, shape in shapes.items() if key.endswith(_CLIP))),
        language=next((shape[1] for key, shape in shapes.items() if key.endswith(_T5)), None),
        gives_else=any(key.endswith(_LANGUAGE_MODEL) for key in shapes),
        latents=decoders[0][1] if len(decoders) == 1 else None,
        joins=network.joins,
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
        channels=_whole(transformer.get("in_channels", 0)) // PATCH if is_flux else _whole(latents) or None,
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


def _whole(value: object) -> int:
    """A whole number; 0 for anything else."""
    return value if isinstance(value, int) else 0
