"""Tiny flow models in the layout of their original files: Stable Diffusion 3, Flux and Chroma."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers import ChromaTransformer2DModel, FluxTransformer2DModel, SD3Transformer2DModel
from safetensors.torch import save_file
from torch import Tensor, nn

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.chroma import LAYOUT as CHROMA
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.layouts import Layout
from nodes.diffusion.families.sd3_layout import LAYOUT as SD3
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.originals.parts import autoencoder, below, clip, seeded, t5, vae_tensors


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
        found = below("model.diffusion_model.", self.transformer()) | vae_tensors(self.vae, self.vae_prefix)
        for name in self.texts:
            found |= below(f"text_encoders.{name}.transformer.", self.text(name))
        return found

    def write(self, path: Path, metadata: dict[str, str] | None = None) -> Path:
        """One file with everything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.tensors(), path, metadata=metadata)
        return path


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
