"""Tiny models of HunyuanVideo in the layout of their original files."""

from dataclasses import dataclass
from pathlib import Path

from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoTransformer3DModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaModel

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.hunyuan_layout import LAYOUT
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals import clip, seeded

TEXT_WIDTH, SUM_WIDTH = 64, 32


@dataclass(frozen=True)
class HunyuanOriginal:
    """A model whose parts are in four files."""

    network: nn.Module
    language: nn.Module
    clip_l: nn.Module
    vae: nn.Module

    def files(self) -> dict[str, dict[str, Tensor]]:
        """The tensors of each file, by its place below the folder of models."""
        names = LAYOUT.key_map(state_shapes(self.network))
        return {
            "diffusion_models/x": file_tensors(names, self.network.state_dict()),
            "text_encoders/llava": {f"model.{key}": value for key, value in self.language.state_dict().items()},
            "text_encoders/clip_l": {f"text_model.{key}": value for key, value in self.clip_l.state_dict().items()},
            "vae/x": self.vae.state_dict(),
        }

    def write(self, folder: Path) -> None:
        """All four files."""
        for name, tensors in self.files().items():
            path = folder / f"{name}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path)


def hunyuan_network(in_channels: int = 16, kind: str | None = None, *, guidance: bool = True) -> nn.Module:
    """A tiny transformer, as diffusers builds it for a way to begin with a picture."""
    return HunyuanVideoTransformer3DModel(
        in_channels=in_channels,
        num_attention_heads=2,
        attention_head_dim=32,
        num_layers=2,
        num_single_layers=2,
        num_refiner_layers=1,
        text_embed_dim=TEXT_WIDTH,
        pooled_projection_dim=SUM_WIDTH,
        rope_axes_dim=(4, 14, 14),
        guidance_embeds=guidance,
        image_condition_type=kind,
    )


def hunyuan(in_channels: int = 16, *, guidance: bool = True) -> HunyuanOriginal:
    """A tiny HunyuanVideo; with 33 channels it sees its first frame beside the latent."""

    def build() -> HunyuanOriginal:
        network = alive(hunyuan_network(in_channels, guidance=guidance))
        vae = AutoencoderKLHunyuanVideo(block_out_channels=(32, 32, 32, 32), layers_per_block=1)
        return HunyuanOriginal(network, llama(), clip(SUM_WIDTH), vae.eval())

    return seeded(5, build)


def llama() -> nn.Module:
    """A tiny Llama of which two layers are read."""
    config = LlamaConfig(
        vocab_size=400,
        hidden_size=TEXT_WIDTH,
        intermediate_size=96,
        num_hidden_layers=4,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=128,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 5e5},
        bos_token_id=None,
        eos_token_id=None,
    )
    return LlamaModel(config).eval()
