"""Tiny models of HunyuanVideo and HunyuanVideo 1.5 in the layout of their original files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffusers import (
    AutoencoderKLHunyuanVideo,
    AutoencoderKLHunyuanVideo15,
    HunyuanVideo15Transformer3DModel,
    HunyuanVideoTransformer3DModel,
)
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, LlamaConfig, LlamaModel, LlavaConfig, LlavaModel, Qwen2Config, Qwen2Model

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.hunyuan15_layout import APART, hunyuan15_vae_map
from nodes.diffusion.families.hunyuan_layout import LAYOUT
from nodes.diffusion.families.weights import file_tensors
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals import clip, seeded, t5

TEXT_WIDTH, SUM_WIDTH = 64, 32
WHERE_SEEN = 399
"""The token in whose place a LLaVA has a picture."""


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
        write_files(self.files(), folder)


def write_files(files: Mapping[str, Mapping[str, Tensor]], folder: Path) -> None:
    """Files by their places below a folder."""
    for name, tensors in files.items():
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


SIZES15: dict[str, Any] = {
    "num_attention_heads": 2,
    "attention_head_dim": 32,
    "num_layers": 2,
    "num_refiner_layers": 1,
    "text_embed_dim": 128,
    "text_embed_2_dim": 48,
    "image_embed_dim": 64,
    "rope_axes_dim": (4, 14, 14),
}
TOLD15 = ((7, 128), (5, 48), (9, 64))
"""How many tokens of a text, of words and of a picture tests tell it, and how wide they are."""


@dataclass(frozen=True)
class Hunyuan15Original:
    """A HunyuanVideo 1.5, whose parts are in four files."""

    network: nn.Module
    language: nn.Module
    byt5: nn.Module
    vae: nn.Module

    def files(self) -> dict[str, dict[str, Tensor]]:
        """The tensors of each file, by its place below the folder of models."""
        names = APART.key_map(state_shapes(self.network))
        vae = hunyuan15_vae_map(state_shapes(self.vae))
        byt5 = {key: value for key, value in self.byt5.state_dict().items() if key != "encoder.embed_tokens.weight"}
        return {
            "diffusion_models/x": file_tensors(names, self.network.state_dict()),
            "text_encoders/qwen": {f"model.{key}": value for key, value in self.language.state_dict().items()},
            "text_encoders/byt5": byt5,
            "vae/x": file_tensors(vae, self.vae.state_dict()),
        }

    def write(self, folder: Path) -> None:
        """All four files."""
        write_files(self.files(), folder)


def hunyuan15() -> Hunyuan15Original:
    """A tiny HunyuanVideo 1.5."""

    def build() -> Hunyuan15Original:
        network = alive(HunyuanVideo15Transformer3DModel(**SIZES15))
        vae = AutoencoderKLHunyuanVideo15(block_out_channels=(32, 32, 32, 64, 64), layers_per_block=1)
        return Hunyuan15Original(network, qwen(), t5(48, 400), vae.eval())

    return seeded(6, build)


def qwen() -> nn.Module:
    """A tiny Qwen2.5 of which three layers are read."""
    config = Qwen2Config(
        vocab_size=300,
        hidden_size=128,
        intermediate_size=96,
        num_hidden_layers=5,
        num_attention_heads=1,
        num_key_value_heads=1,
        rms_norm_eps=1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        bos_token_id=None,
        eos_token_id=None,
    )
    return Qwen2Model(config).eval()


def llava(language: nn.Module) -> LlavaModel:
    """A tiny LLaVA around a language model, with an encoder of pictures of 28 by 28 pixels."""
    eyes = CLIPVisionConfig(hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=16)
    eyes.image_size, eyes.patch_size = 28, 14
    config = LlavaConfig(vision_config=eyes, text_config=language.config, image_token_index=WHERE_SEEN)
    whole = seeded(7, lambda: LlavaModel(config).eval())
    whole.language_model.load_state_dict(language.state_dict())
    return whole


def eyes_file(whole: LlavaModel) -> dict[str, Tensor]:
    """The file of what a LLaVA sees with."""
    eyes = whole.vision_tower.state_dict()
    seen = {key if key.startswith("vision_model.") else f"vision_model.{key}": value for key, value in eyes.items()}
    projector = whole.multi_modal_projector.state_dict()
    return seen | {f"multi_modal_projector.{key}": value for key, value in projector.items()}
