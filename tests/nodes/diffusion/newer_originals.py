"""Tiny models of the families whose parts come in files of their own, in the layouts of their original files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLWan,
    Flux2Transformer2DModel,
    QwenImageTransformer2DModel,
    WanTransformer3DModel,
    ZImageTransformer2DModel,
)
from diffusers.models.autoencoders.vae import Decoder
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn
from transformers import (
    MistralConfig,
    MistralModel,
    Qwen2Config,
    Qwen2Model,
    Qwen3Config,
    Qwen3Model,
    UMT5Config,
    UMT5EncoderModel,
)

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.flux2 import LAYOUT as FLUX2
from nodes.diffusion.families.layouts import Layout, SameLayout
from nodes.diffusion.families.wan_layout import LAYOUT as WAN
from nodes.diffusion.families.wan_vae_layout import wan_vae_map
from nodes.diffusion.families.weights import file_tensors
from nodes.diffusion.families.z_image import LAYOUT as Z_IMAGE
from tests.nodes.diffusion.originals import autoencoder, seeded, vae_tensors

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<s>",
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "</s>",
    "<bos>",
    "<eos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
)


@dataclass(frozen=True)
class NewerOriginal:
    """A model whose parts are in three files.

    Attributes:
        network: the transformer.
        layout: what its weights are called in the file.
        text: the text encoder.
        vae: the autoencoder's weights as its file has them.
        text_prefix: before the keys of the text encoder.
        beside: what the file of the transformer holds besides.
        text_beside: as `beside`, for the text encoder.
    """

    network: nn.Module
    layout: Layout
    text: nn.Module
    vae: Mapping[str, Tensor]
    text_prefix: str = "model."
    beside: Mapping[str, Tensor] = field(default_factory=dict)
    text_beside: Mapping[str, Tensor] = field(default_factory=dict)

    def transformer(self) -> dict[str, Tensor]:
        """The transformer's weights under their original names."""
        return file_tensors(self.layout.key_map(state_shapes(self.network)), self.network.state_dict())

    def files(self) -> dict[str, dict[str, Tensor]]:
        """The tensors of each file, by folder."""
        text = {
            f"{self.text_prefix}{key}": tensor
            for key, tensor in self.text.state_dict().items()
            if key != "encoder.embed_tokens.weight"
        }
        return {
            "diffusion_models": {**self.transformer(), **self.beside},
            "text_encoders": {**text, **self.text_beside},
            "vae": dict(self.vae),
        }

    def write(self, models_folder: Path, name: str = "x.safetensors") -> None:
        """The three files, each in its folder."""
        for folder, tensors in self.files().items():
            (models_folder / folder).mkdir(parents=True, exist_ok=True)
            save_file({k: t.clone().contiguous() for k, t in tensors.items()}, models_folder / folder / name)


def z_image() -> NewerOriginal:
    """A tiny Z-Image, with Flux's autoencoder."""

    def build() -> NewerOriginal:
        network = ZImageTransformer2DModel(
            dim=64,
            n_layers=2,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=64,
            axes_dims=[8, 12, 12],
        )
        vae = flux_vae()
        beside = {"norm_final.weight": torch.ones(64)}
        return NewerOriginal(alive(network), Z_IMAGE, qwen3(), vae, beside=beside)

    return seeded(0, build)


def qwen_image(*, clean_references: bool = False) -> NewerOriginal:
    """A tiny Qwen-Image; in the later models for editing, pictures to look at are known to be clean."""

    def build() -> NewerOriginal:
        network = QwenImageTransformer2DModel(
            num_layers=2,
            attention_head_dim=32,
            num_attention_heads=2,
            joint_attention_dim=128,
            axes_dims_rope=(4, 14, 14),
            zero_cond_t=clean_references,
        )
        beside = {"__index_timestep_zero__": torch.zeros(1)} if clean_references else {}
        seeing = {"visual.patch_embed.proj.weight": torch.zeros(2, 2), "lm_head.weight": torch.zeros(2, 2)}
        return NewerOriginal(alive(network), SameLayout(), qwen25(), wan_vae(), "model.", beside, seeing)

    return seeded(1, build)


def flux2(*, is_klein: bool = False) -> NewerOriginal:
    """A tiny Flux.2; klein is not told guidance, and read by Qwen3."""

    def build() -> NewerOriginal:
        network = Flux2Transformer2DModel(
            num_layers=2,
            num_single_layers=2,
            attention_head_dim=32,
            num_attention_heads=2,
            joint_attention_dim=192,
            axes_dims_rope=(8, 8, 8, 8),
            guidance_embeds=not is_klein,
        )
        text = qwen3(28) if is_klein else mistral()
        return NewerOriginal(alive(network), FLUX2, text, flux2_vae())

    return seeded(2, build)


def wan() -> NewerOriginal:
    """A tiny Wan that makes videos from texts."""

    def build() -> NewerOriginal:
        network = WanTransformer3DModel(
            num_attention_heads=1, attention_head_dim=128, text_dim=32, ffn_dim=64, num_layers=2
        )
        config = UMT5Config(
            vocab_size=200, d_model=32, d_kv=64, d_ff=48, num_layers=2, num_heads=1, feed_forward_proj="gated-gelu"
        )
        return NewerOriginal(alive(network), WAN, UMT5EncoderModel(config).eval(), wan_vae(), "")

    return seeded(3, build)


def flux_vae() -> dict[str, Tensor]:
    """The weights of a tiny autoencoder with 16 channels."""
    return vae_tensors(autoencoder(latent=16, use_quant_conv=False, use_post_quant_conv=False), "")


def wan_vae() -> dict[str, Tensor]:
    """The weights of a tiny autoencoder of Wan, as its file has them."""
    network = AutoencoderKLWan(base_dim=8)
    return file_tensors(wan_vae_map(state_shapes(network)), network.state_dict())


def flux2_vae(decoder: tuple[int, ...] | None = None) -> dict[str, Tensor]:
    """The weights of a tiny autoencoder of Flux.2, with two layers inside of the halves.

    Args:
        decoder: the channels of a decoder that is narrower than its encoder.
    """
    network = autoencoder(latent=32)
    if decoder is not None:
        levels = ("UpDecoderBlock2D",) * len(decoder)
        network.decoder = Decoder(32, 3, up_block_types=levels, block_out_channels=decoder, layers_per_block=1).eval()
    inner = {
        {"quant_conv": "encoder.quant_conv", "post_quant_conv": "decoder.post_quant_conv"}.get(
            key.split(".")[0], key.split(".")[0]
        )
        + key[len(key.split(".")[0]) :]: tensor
        for key, tensor in vae_tensors(network, "").items()
    }
    return {
        **inner,
        "bn.running_mean": torch.linspace(-1, 1, 128),
        "bn.running_var": torch.linspace(0.5, 2, 128),
        "bn.num_batches_tracked": torch.tensor(1),
    }


def qwen3(layers: int = 3) -> nn.Module:
    """A tiny Qwen3."""
    return Qwen3Model(Qwen3Config(**_sizes(layers, 64, 32), head_dim=32, rms_norm_eps=1e-6)).eval()


def qwen25() -> nn.Module:
    """A tiny Qwen2.5, the part of Qwen2.5-VL that reads."""
    return Qwen2Model(Qwen2Config(**_sizes(3, 128, 128), rms_norm_eps=1e-6)).eval()


def mistral() -> nn.Module:
    """A tiny Mistral that is as deep as it is read."""
    sizes = {**_sizes(30, 64, 128), "rope_parameters": {"rope_type": "default", "rope_theta": 1e9}}
    return MistralModel(MistralConfig(**sizes, head_dim=128, rms_norm_eps=1e-5, sliding_window=None)).eval()


def write_language_vocabulary(folder: Path) -> Path:
    """A vocabulary in which each byte is a token; returns its file."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in SPECIAL])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def _sizes(layers: int, width: int, head: int) -> dict[str, object]:
    return {
        "vocab_size": 300,
        "hidden_size": width,
        "intermediate_size": 96,
        "num_hidden_layers": layers,
        "num_attention_heads": max(1, width // head),
        "num_key_value_heads": 1,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
        "bos_token_id": None,
        "eos_token_id": None,
    }


def alive(network: nn.Module) -> nn.Module:
    """A network in which nothing is zero that a test could not see."""
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.02)
    return network.eval()
