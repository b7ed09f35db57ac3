"""Tiny models of LTX-2 in the layout of their original files, and the published configurations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLLTX2Audio, AutoencoderKLLTX2Video, LTX2VideoTransformer3DModel
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder, LTX2VocoderWithBWE
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer
from torch import Tensor, nn
from transformers import Gemma3Config, Gemma3TextConfig, Gemma3TextModel, SiglipVisionConfig, SiglipVisionModel
from transformers.models.gemma3.modeling_gemma3 import Gemma3MultiModalProjector

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.ltx2_layout import Ltx2Layout, connectors_map
from nodes.diffusion.families.ltx2_sound_layout import sound_map, vocoder_map
from nodes.diffusion.families.ltxv_vae_layout import ltxv_vae_map
from nodes.diffusion.families.weights import KeyMap, file_tensors
from tests.nodes.diffusion.newer_originals import alive, write_language_vocabulary
from tests.nodes.diffusion.originals import seeded

Tensors = dict[str, Tensor]
VERSIONS = ("2.0", "2.3")
INSIDE, OUTSIDE = "model.diffusion_model.", "text_embedding_projection."
LAYERS = 7
"""Of the tiny Gemma: one of them sees everything."""
MARKS = (
    "<bos>",
    "<eos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
)

_LATE = {"gated_attn": True, "cross_attn_mod": True, "audio_gated_attn": True, "audio_cross_attn_mod": True}
TRANSFORMERS: Mapping[str, dict[str, Any]] = {
    "2.0": {"rope_type": "split", "num_layers": 3},
    "2.3": {"rope_type": "split", "num_layers": 3, "use_prompt_embeddings": False, **_LATE},
}
CONNECTORS: Mapping[str, dict[str, Any]] = {
    "2.0": {"rope_type": "split"},
    "2.3": {
        "video_connector_num_attention_heads": 32,
        "video_connector_num_layers": 8,
        "video_gated_attn": True,
        "audio_connector_num_attention_heads": 32,
        "audio_connector_attention_head_dim": 64,
        "audio_connector_num_layers": 8,
        "audio_gated_attn": True,
        "rope_type": "split",
        "per_modality_projections": True,
        "proj_bias": True,
    },
}
_ENDS = {"decoder_causal": False, "spatial_compression_ratio": 32, "temporal_compression_ratio": 8}
AUTOENCODERS: Mapping[str, dict[str, Any]] = {
    "2.0": _ENDS,
    "2.3": {
        **_ENDS,
        "block_out_channels": (256, 512, 1024, 1024),
        "decoder_block_out_channels": (256, 512, 512, 1024),
        "layers_per_block": (4, 6, 4, 2, 2),
        "decoder_layers_per_block": (4, 6, 4, 2, 2),
        "decoder_spatio_temporal_scaling": (True,) * 4,
        "decoder_inject_noise": (False,) * 5,
        "upsample_type": ("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
        "upsample_residual": (False,) * 4,
        "upsample_factor": (2, 2, 1, 2),
        "decoder_spatial_padding_mode": "zeros",
    },
}
"""As published, by version: what differs from the defaults of diffusers; of the transformer's 48 blocks three."""

_WIDTHS: Mapping[str, dict[str, Any]] = {
    "2.0": {"num_attention_heads": 32, "attention_head_dim": 4, "audio_attention_head_dim": 2, "caption_channels": 128},
    "2.3": {"num_attention_heads": 2, "attention_head_dim": 16, "audio_attention_head_dim": 8},
}
_FEW_CONNECTORS: Mapping[str, dict[str, Any]] = {
    "2.0": {"video_connector_num_attention_heads": 1, "audio_connector_num_attention_heads": 1},
    "2.3": {
        "video_connector_num_attention_heads": 2,
        "video_connector_attention_head_dim": 16,
        "audio_connector_num_attention_heads": 2,
        "audio_connector_attention_head_dim": 8,
        "video_hidden_dim": 32,
        "audio_hidden_dim": 16,
    },
}
_FEW_CHANNELS: Mapping[str, dict[str, Any]] = {
    "2.0": {"decoder_block_out_channels": (8, 16, 32), "decoder_layers_per_block": (1,) * 4},
    "2.3": {"decoder_block_out_channels": (8, 16, 16, 32), "decoder_layers_per_block": (1,) * 5},
}
FEW_TONES = {"base_channels": 32, "ch_mult": (1, 1, 1), "num_res_blocks": 1, "mel_bins": 16}


def transformer_config(version: str) -> dict[str, Any]:
    """The configuration of a tiny transformer."""
    few = _WIDTHS[version]
    sound = few["num_attention_heads"] * few["audio_attention_head_dim"]
    return {
        **TRANSFORMERS[version],
        **few,
        "num_layers": 2,
        "cross_attention_dim": few["num_attention_heads"] * few["attention_head_dim"],
        "audio_in_channels": 32,
        "audio_out_channels": 32,
        "audio_num_attention_heads": few["num_attention_heads"],
        "audio_cross_attention_dim": sound,
    }


def connectors_config(version: str) -> dict[str, Any]:
    """The configuration of tiny connectors."""
    few = {"caption_channels": 128, "text_proj_in_factor": LAYERS + 1, **_FEW_CONNECTORS[version]}
    for name in ("video", "audio"):
        few |= {f"{name}_connector_num_layers": 1, f"{name}_connector_num_learnable_registers": 4}
    return {**CONNECTORS[version], **few}


def autoencoder_config(version: str) -> dict[str, Any]:
    """The configuration of a tiny autoencoder; the first block of its encoder is as wide as its latents."""
    few = {"block_out_channels": (32,) * 4, "layers_per_block": (1,) * 5, **_FEW_CHANNELS[version]}
    return {**AUTOENCODERS[version], **few}


def gemma(width: int = 128) -> nn.Module:
    """A tiny Gemma 3."""
    near, far = ({"rope_type": "default", "rope_theta": 1e4}, {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6})
    config = Gemma3TextConfig(
        vocab_size=300,
        hidden_size=width,
        intermediate_size=96,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        query_pre_attn_scalar=32,
        sliding_window=1024,
        rope_parameters={"sliding_attention": near, "full_attention": far},
    )
    return Gemma3TextModel(config).eval()


def eyes() -> tuple[nn.Module, nn.Module]:
    """The tiny part of Gemma 3 that sees: SigLIP, and what brings its tokens among the words."""
    seeing = SiglipVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=1,
        image_size=32,
        patch_size=4,
        vision_use_head=False,
    )
    config = Gemma3Config(
        vision_config=seeing,
        text_config=Gemma3TextConfig(hidden_size=128, num_attention_heads=1),
        mm_tokens_per_image=64,
    )
    return alive(SiglipVisionModel(seeing)), alive(Gemma3MultiModalProjector(config))


def sound() -> nn.Module:
    """A tiny autoencoder of sound."""
    network = alive(AutoencoderKLLTX2Audio(**FEW_TONES))
    network.latents_mean.copy_(torch.linspace(-1, 1, 32))
    network.latents_std.copy_(torch.linspace(0.5, 2, 32))
    return network


def vocoder(version: str = "2.3") -> nn.Module:
    """A tiny vocoder."""
    few = {"in_channels": 32, "resnet_dilations": [[1, 3]] * 3}
    if version == "2.0":
        return alive(LTX2Vocoder(**few, hidden_channels=32))
    finer = {"bwe_in_channels": 16, "bwe_hidden_channels": 32, "bwe_resnet_dilations": [[1, 3]] * 3}
    network = LTX2VocoderWithBWE(
        **few, **finer, hidden_channels=64, filter_length=160, window_length=160, num_mel_channels=8
    )
    for name, table in network.mel_stft.named_buffers():
        table.copy_(torch.rand(table.shape) if name == "mel_basis" else torch.randn(table.shape) / 16)
    return alive(network)


class Original:
    """A tiny LTX-2.

    Args:
        version: `2.0` or `2.3`.
    """

    def __init__(self, version: str = "2.3") -> None:
        self.network = alive(LTX2VideoTransformer3DModel(**transformer_config(version)))
        self.connectors = alive(LTX2TextConnectors(**connectors_config(version)))
        self.text = gemma()
        self.eyes, self.projector = eyes()
        self.vae = alive(AutoencoderKLLTX2Video(**autoencoder_config(version)))
        self.vae.latents_mean.copy_(self.vae.latents_mean + 0.1)
        self.sound, self.vocoder = sound(), vocoder(version)

    def transformer(self) -> Tensors:
        """The weights of the transformer as their file has them."""
        return _tensors(self.network, Ltx2Layout().key_map(state_shapes(self.network)))

    def model(self) -> Tensors:
        """The file of the transformer, which has the connectors beside it."""
        connectors = _tensors(self.connectors, connectors_map(state_shapes(self.connectors)))
        return self.transformer() | {key: each for key, each in connectors.items() if not key.startswith(OUTSIDE)}

    def projection(self) -> Tensors:
        """What is before the connectors."""
        connectors = _tensors(self.connectors, connectors_map(state_shapes(self.connectors)))
        return {key: each for key, each in connectors.items() if key.startswith(OUTSIDE)}

    def gemma(self) -> Tensors:
        """The file of the text encoder, with the part that sees."""
        seeing = _below("vision_model.", dict(self.eyes.state_dict()))
        seeing |= _below("multi_modal_projector.", dict(self.projector.state_dict()))
        return _below("model.", dict(self.text.state_dict())) | seeing

    def autoencoder(self) -> Tensors:
        """The file of the autoencoder of videos."""
        beside = {"per_channel_statistics.channel": self.vae.latents_mean.clone()}
        return {**_tensors(self.vae, ltxv_vae_map(state_shapes(self.vae))), **beside}

    def sounds(self) -> Tensors:
        """The file of the autoencoder of sound and its vocoder."""
        tensors = _tensors(self.sound, sound_map(state_shapes(self.sound)))
        waves = _tensors(self.vocoder, vocoder_map(state_shapes(self.vocoder)))
        return _below("audio_vae.", tensors) | _below("vocoder.", waves)

    def checkpoint(self) -> Tensors:
        """The file of everything but the text encoder."""
        own = _below(INSIDE, self.model()) | self.projection()
        return own | _below("vae.", self.autoencoder()) | self.sounds()

    def write(self, models_folder: Path, name: str = "x.safetensors") -> None:
        """Both files and the vocabulary, each in its folder."""
        for folder, tensors in (("checkpoints", self.checkpoint()), ("text_encoders", self.gemma())):
            (models_folder / folder).mkdir(parents=True, exist_ok=True)
            save_file({k: t.clone().contiguous() for k, t in tensors.items()}, models_folder / folder / name)
        write_gemma_vocabulary(models_folder / "tokenizers" / "gemma3")


def ltx2(version: str = "2.3") -> Original:
    """A tiny LTX-2, always the same."""
    return seeded(5, lambda: Original(version))


def write_gemma_vocabulary(folder: Path) -> Path:
    """A vocabulary in which each byte is a token, with Gemma's marks; returns its file."""
    path = write_language_vocabulary(folder)
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in MARKS])
    tokenizer.save(str(path))
    return path


def _tensors(network: nn.Module, names: KeyMap) -> Tensors:
    return file_tensors(names, network.state_dict())


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {prefix + key: tensor for key, tensor in tensors.items()}
