"""Models in the layouts of their original files: tiny ones with weights, and ones of full size that take no room."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ChromaTransformer2DModel,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.chroma import LAYOUT as CHROMA
from nodes.diffusion.families.clip_text import clip_keys
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.layouts import Layout
from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.families.sd3_layout import LAYOUT as SD3
from nodes.diffusion.families.weights import file_shapes, file_tensors, renamed

VOCABULARY = 49408
LEFT_OVERS = {"alphas_cumprod": (1000,), "betas": (1000,), "model_ema.decay": ()}
"""What real files hold beside the model."""

SD1_UNET: dict[str, Any] = {"cross_attention_dim": 768, "attention_head_dim": 8}
SD2_UNET: dict[str, Any] = {
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True,
}
SDXL_UNET: dict[str, Any] = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
REFINER_UNET: dict[str, Any] = {
    **SDXL_UNET,
    "block_out_channels": (384, 768, 1536, 1536),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": 4,
    "attention_head_dim": (6, 12, 24, 24),
    "cross_attention_dim": 1280,
    "projection_class_embeddings_input_dim": 2560,
}
CLIP_L = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
CLIP_H = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
CLIP_G = {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20}
"""The published sizes."""

TINY_UNET: dict[str, Any] = {
    "sample_size": 8,
    "layers_per_block": 1,
    "block_out_channels": (32, 64),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
}


def clip(
    width: int = 32, layers: int = 3, *, openclip: bool = False, projects: bool = False, **sizes: Any
) -> nn.Module:
    """A CLIP text encoder, random unless it is built inside `skeleton`."""
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_act="gelu" if openclip else "quick_gelu",
        **{
            "hidden_size": width,
            "intermediate_size": 2 * width,
            "num_hidden_layers": layers,
            "num_attention_heads": max(1, width // 64),
            "projection_dim": sizes.get("hidden_size", width),
            **sizes,
        },
    )
    return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config).eval()


def autoencoder(
    channels: tuple[int, ...] = (32, 32, 32, 64), layers: int = 1, latent: int = 4, **more: Any
) -> nn.Module:
    """A KL autoencoder."""
    return AutoencoderKL(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        layers_per_block=layers,
        latent_channels=latent,
        **more,
    ).eval()


@dataclass(frozen=True)
class Original:
    """A model whose parts have names in an original file."""

    unet: nn.Module
    clips: Mapping[str, tuple[nn.Module, bool]]
    """By prefix: a text encoder, and whether it has OpenCLIP's layout."""
    vae: nn.Module

    def tensors(self) -> dict[str, Tensor]:
        """Its weights under their original names."""
        return {key: tensor.contiguous() for part in self.parts() for key, tensor in part.items()} | self.beside()

    def parts(self) -> list[dict[str, Tensor]]:
        """The weights of each part under their original names."""
        found = [_below("model.diffusion_model.", original_unet(self.unet)), vae_tensors(self.vae)]
        return found + [_below(prefix, clip_tensors(net, is_open)) for prefix, (net, is_open) in self.clips.items()]

    def beside(self) -> dict[str, Tensor]:
        """What real files hold besides."""
        extras = {"alphas_cumprod": torch.linspace(0.99, 0.01, 1000), "betas": torch.zeros(1000)}
        for prefix, (_net, is_open) in self.clips.items():
            if is_open:
                extras[f"{prefix}logit_scale"] = torch.tensor(4.6)
            else:
                extras[f"{prefix}embeddings.position_ids"] = torch.arange(77)[None]
        return extras

    def write(self, path: Path, metadata: dict[str, str] | None = None, **more: Tensor) -> Path:
        """One file with everything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({**self.tensors(), **more}, path, metadata=metadata)
        return path


def seeded(seed: int, build: Any) -> Any:
    """What a function builds, with weights that only the seed decides."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


def sd2(seed: int = 0, in_channels: int = 4) -> Original:
    """A tiny Stable Diffusion 2: matrices in the transformers, OpenCLIP's layout with the layer that is not used."""
    sizes = {"cross_attention_dim": 32, "attention_head_dim": (1, 1), "use_linear_projection": True}
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**TINY_UNET, **sizes, in_channels=in_channels).eval(),
            {"cond_stage_model.model.": (clip(openclip=True, projects=True), True)},
            autoencoder(),
        ),
    )


def sdxl(seed: int = 0, in_channels: int = 4, widths: tuple[int, int] = (32, 48)) -> Original:
    """A tiny Stable Diffusion XL; its text encoders may be equally wide, which misleads other loaders."""
    sizes = {
        "cross_attention_dim": sum(widths),
        "attention_head_dim": (1, 1),
        "use_linear_projection": True,
        "transformer_layers_per_block": (1, 2),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": widths[1] + 6 * 256,
    }
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**TINY_UNET, **sizes, in_channels=in_channels).eval(),
            {
                "conditioner.embedders.0.transformer.text_model.": (clip(widths[0]), False),
                "conditioner.embedders.1.model.": (clip(widths[1], openclip=True, projects=True), True),
            },
            autoencoder(),
        ),
    )


def refiner(seed: int = 0) -> Original:
    """A tiny refiner: its lowest level has no attention, but its middle has, several blocks deep."""
    blocks = {
        "sample_size": 8,
        "layers_per_block": 1,
        "block_out_channels": (32, 64, 64),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": 2,
        "cross_attention_dim": 48,
        "attention_head_dim": (1, 1, 1),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 48 + 5 * 256,
    }
    return seeded(
        seed,
        lambda: Original(
            UNet2DConditionModel(**blocks).eval(),
            {"conditioner.embedders.0.model.": (clip(48, openclip=True, projects=True), True)},
            autoencoder(),
        ),
    )


def original_unet(unet: nn.Module) -> dict[str, Tensor]:
    """The weights of a UNet under their original names."""
    state = unet.state_dict()
    return file_tensors(renamed(unet_keys(state)), state)


def vae_tensors(vae: nn.Module, prefix: str = "first_stage_model.") -> dict[str, Tensor]:
    """The weights of an autoencoder under their original names, attention as 1x1 convolutions."""
    state = vae.state_dict()
    found = file_tensors(renamed(vae_keys(state)), state)
    return {
        f"{prefix}{key}": tensor[..., None, None] if ".attn_1." in key and tensor.dim() == 2 else tensor
        for key, tensor in found.items()
    }


def clip_tensors(network: nn.Module, is_open: bool) -> dict[str, Tensor]:
    """The weights of a text encoder in OpenCLIP's layout or in that of transformers, without `text_model.`."""
    state = network.state_dict()
    if is_open:
        found = file_tensors(clip_keys(state_shapes(network)), state)
        return {key: tensor.contiguous() for key, tensor in found.items()}
    return {key.removeprefix("text_model."): tensor for key, tensor in state.items()}


def full_size(unet: dict[str, Any], clips: Mapping[str, dict[str, Any]], *, in_channels: int = 4) -> dict[str, Any]:
    """The shapes of a file of full size by key.

    Args:
        unet: its configuration.
        clips: the sizes of the text encoders by prefix; those of OpenCLIP end with `model.`.
        in_channels: nine for inpainting.
    """
    network = skeleton(lambda: UNet2DConditionModel(**unet, in_channels=in_channels))
    shapes = _named("model.diffusion_model.", network, renamed(unet_keys(network.state_dict())))
    vae = skeleton(lambda: autoencoder((128, 256, 512, 512), 2))
    named = _named("first_stage_model.", vae, renamed(vae_keys(vae.state_dict())))
    shapes |= {k: (*s, 1, 1) if ".attn_1." in k and len(s) == 2 else s for k, s in named.items()}
    for prefix, sizes in clips.items():
        is_open = prefix.endswith(".model.")
        text = skeleton(lambda: clip(openclip=is_open, projects=is_open, **sizes))  # noqa: B023 - called at once
        own = clip_keys(state_shapes(text)) if is_open else renamed({key: key for key in text.state_dict()})
        shapes |= _named(prefix, text, own)
    return {**shapes, **LEFT_OVERS}


def write_hollow(path: Path, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str] | None = None) -> Path:
    """A safetensors file of any size that takes no room: its header is real, its numbers are a hole in the disk."""
    header: dict[str, Any] = {"__metadata__": dict(metadata or {})}
    end = 0
    for key, shape in shapes.items():
        start, end = end, end + 2 * torch.Size(shape).numel()
        header[key] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    return path


def _named(prefix: str, network: nn.Module, key_map: Any) -> dict[str, tuple[int, ...]]:
    return _below(prefix, file_shapes(key_map, state_shapes(network)))


def _below(prefix: str, items: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + key: value for key, value in items.items()}


SD3_MEDIUM: dict[str, Any] = {
    "num_layers": 24,
    "num_attention_heads": 24,
    "caption_projection_dim": 1536,
    "pos_embed_max_size": 192,
}
SD35_LARGE: dict[str, Any] = {
    "num_layers": 38,
    "num_attention_heads": 38,
    "caption_projection_dim": 2432,
    "pos_embed_max_size": 192,
    "qk_norm": "rms_norm",
}
SD35_MEDIUM: dict[str, Any] = {
    **SD3_MEDIUM,
    "pos_embed_max_size": 384,
    "qk_norm": "rms_norm",
    "dual_attention_layers": tuple(range(13)),
}
FLUX_DEV: dict[str, Any] = {"guidance_embeds": True}
"""The published sizes."""


@dataclass(frozen=True)
class FlowOriginal:
    """A flow model whose parts have names in an original file."""

    network: nn.Module
    layout: Layout
    texts: Mapping[str, nn.Module]
    vae: nn.Module
    vae_prefix: str = "first_stage_model."

    def transformer(self) -> dict[str, Tensor]:
        """The transformer's weights under their original names."""
        found = file_tensors(self.layout.key_map(state_shapes(self.network)), self.network.state_dict())
        return {key: tensor.contiguous() for key, tensor in found.items()}

    def text(self, name: str) -> dict[str, Tensor]:
        """The weights of a text encoder as files of their own have them."""
        state = self.texts[name].state_dict()
        nested = {k if k.startswith(("text_", "shared", "encoder.block", "encoder.final")) else f"text_model.{k}": t
                  for k, t in state.items() if k != "encoder.embed_tokens.weight"}  # fmt: skip
        return {key: tensor.contiguous() for key, tensor in nested.items()}

    def tensors(self) -> dict[str, Tensor]:
        """Everything in one file."""
        found = _below("model.diffusion_model.", self.transformer()) | vae_tensors(self.vae, self.vae_prefix)
        for name in self.texts:
            found |= _below(f"text_encoders.{name}.transformer.", self.text(name))
        return found

    def write(self, path: Path, metadata: dict[str, str] | None = None) -> Path:
        """One file with everything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.tensors(), path, metadata=metadata)
        return path


def t5(width: int = 32, vocabulary: int = 200) -> nn.Module:
    """A tiny T5 encoder."""
    config = T5Config(
        vocab_size=vocabulary,
        d_model=width,
        d_kv=64,
        d_ff=48,
        num_layers=2,
        num_heads=1,
        feed_forward_proj="gated-gelu",
    )
    return T5EncoderModel(config).eval()


def sd3(seed: int = 0, kind: str = "medium", context: int = 96) -> FlowOriginal:
    """A tiny Stable Diffusion 3; `large` has normalised queries and keys, `medium 3.5` attends twice as well."""
    more: dict[str, Any] = {} if kind == "medium" else {"qk_norm": "rms_norm"}
    if kind == "medium 3.5":
        more["dual_attention_layers"] = (0,)

    def build() -> FlowOriginal:
        network = SD3Transformer2DModel(
            sample_size=8,
            num_layers=2,
            num_attention_heads=1,
            joint_attention_dim=context,
            caption_projection_dim=64,
            pooled_projection_dim=80,
            pos_embed_max_size=12,
            **more,
        )
        texts = {
            "clip_l": clip(32, projects=True),
            "clip_g": clip(48, openclip=True, projects=True),
            "t5xxl": t5(context),
        }
        vae = autoencoder(latent=16, use_quant_conv=False, use_post_quant_conv=False)
        return FlowOriginal(network.eval(), SD3, texts, vae)

    return seeded(seed, build)


def flux(seed: int = 0, in_channels: int = 64, guidance: bool = True, context: int = 96) -> FlowOriginal:
    """A tiny Flux; 128 input channels follow a picture, 384 fill."""

    def build() -> FlowOriginal:
        network = FluxTransformer2DModel(
            in_channels=in_channels,
            out_channels=64,
            num_layers=2,
            num_single_layers=2,
            attention_head_dim=32,
            num_attention_heads=2,
            joint_attention_dim=context,
            pooled_projection_dim=32,
            guidance_embeds=guidance,
            axes_dims_rope=(4, 14, 14),
        )
        vae = autoencoder(latent=16, use_quant_conv=False, use_post_quant_conv=False)
        return FlowOriginal(network.eval(), FLUX, {"clip_l": clip(32), "t5xxl": t5(context)}, vae, "vae.")

    return seeded(seed, build)


def chroma(seed: int = 0, context: int = 96) -> FlowOriginal:
    """A tiny Chroma."""

    def build() -> FlowOriginal:
        network = ChromaTransformer2DModel(
            num_layers=2,
            num_single_layers=2,
            attention_head_dim=32,
            num_attention_heads=2,
            joint_attention_dim=context,
            axes_dims_rope=(4, 14, 14),
            approximator_num_channels=16,
            approximator_hidden_dim=24,
            approximator_layers=2,
        )
        vae = autoencoder(latent=16, use_quant_conv=False, use_post_quant_conv=False)
        return FlowOriginal(network.eval(), CHROMA, {"t5xxl": t5(context)}, vae, "vae.")

    return seeded(seed, build)


def write_t5_vocabulary(folder: Path, size: int = 200) -> Path:
    """A vocabulary of letters and a few words in SentencePiece's format; returns its file."""
    words = ["<pad>", "</s>", "<unk>", "▁", "▁a", "▁cat", "▁photo", "▁of", "▁dog"]
    letters = [chr(code) for code in range(33, 127)]
    pieces = [*words, *letters][:size]
    data = b"".join(_message(1, _piece(each, -float(i), 2 if each == "<unk>" else 1)) for i, each in enumerate(pieces))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "spiece.model"
    path.write_bytes(data)
    return path


def _piece(text: str, score: float, kind: int) -> bytes:
    return _message(1, text.encode()) + bytes([2 << 3 | 5]) + struct.pack("<f", score) + bytes([3 << 3, kind])


def _message(field: int, content: bytes) -> bytes:
    return bytes([field << 3 | 2, len(content)]) + content
