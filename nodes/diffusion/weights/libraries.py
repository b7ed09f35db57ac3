"""Networks of diffusers and transformers; both libraries are imported when one is first built.

Importing them takes three seconds of processor time, twice as much as everything else; a run whose results are all
cached, or a look at the list of nodes, needs neither. A worker that stands ready calls `import_all` beforehand.
"""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo
    from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder
    from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan
    from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
    from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
    from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
    from tokenizers import Tokenizer
    from torch.nn import Module
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, T5EncoderModel

_DECODER_WIDTHS = "decoder_block_out_channels"


def new_unet(config: Mapping[str, Any]) -> "UNet2DConditionModel":
    """The UNet of diffusers."""
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

    return UNet2DConditionModel.from_config(dict(config))


def new_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKL":
    """The KL autoencoder of diffusers; its decoder is otherwise wide where `decoder_block_out_channels` says so."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.autoencoders.vae import Decoder

    shared = {key: value for key, value in config.items() if key != _DECODER_WIDTHS}
    network = AutoencoderKL.from_config(shared)
    if _DECODER_WIDTHS in config:
        network.decoder = Decoder(
            in_channels=config["latent_channels"],
            out_channels=config["out_channels"],
            up_block_types=config["up_block_types"],
            block_out_channels=config[_DECODER_WIDTHS],
            layers_per_block=config["layers_per_block"],
            norm_num_groups=network.config["norm_num_groups"],
            mid_block_add_attention=config["mid_block_add_attention"],
        )
    return network


def new_tiny_autoencoder(config: Mapping[str, Any]) -> "AutoencoderTiny":
    """The tiny autoencoder of diffusers."""
    from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

    return AutoencoderTiny.from_config(dict(config))


def new_text_encoder(config: Mapping[str, Any]) -> "CLIPTextModel":
    """The CLIP text encoder of transformers."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(CLIPTextConfig(**config))


def new_projecting_text_encoder(config: Mapping[str, Any]) -> "CLIPTextModelWithProjection":
    """The CLIP text encoder of transformers with the matrix that sums up a text."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    return CLIPTextModelWithProjection(CLIPTextConfig(**config))


def new_t5_encoder(config: Mapping[str, Any]) -> "T5EncoderModel":
    """The T5 encoder of transformers."""
    from transformers import T5Config, T5EncoderModel

    return T5EncoderModel(T5Config(**config))


def new_umt5_encoder(config: Mapping[str, Any]) -> "T5EncoderModel":
    """The encoder of UMT5, the multilingual T5 of transformers."""
    from transformers import UMT5Config, UMT5EncoderModel

    return UMT5EncoderModel(UMT5Config(**config))


def new_sd3_transformer(config: Mapping[str, Any]) -> "SD3Transformer2DModel":
    """The transformer of Stable Diffusion 3."""
    from diffusers.models.transformers.transformer_sd3 import SD3Transformer2DModel

    return SD3Transformer2DModel.from_config(dict(config))


def new_flux_transformer(config: Mapping[str, Any]) -> "FluxTransformer2DModel":
    """The transformer of Flux."""
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

    return FluxTransformer2DModel.from_config(dict(config))


def new_chroma_transformer(config: Mapping[str, Any]) -> "ChromaTransformer2DModel":
    """The transformer of Chroma."""
    from diffusers.models.transformers.transformer_chroma import ChromaTransformer2DModel

    return ChromaTransformer2DModel.from_config(dict(config))


def new_z_image_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Z-Image."""
    from diffusers.models.transformers.transformer_z_image import ZImageTransformer2DModel

    return ZImageTransformer2DModel.from_config(dict(config))


def new_qwen_image_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Qwen-Image."""
    from diffusers.models.transformers.transformer_qwenimage import QwenImageTransformer2DModel

    return QwenImageTransformer2DModel.from_config(dict(config))


def new_flux2_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Flux.2."""
    from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel

    return Flux2Transformer2DModel.from_config(dict(config))


def new_wan_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Wan."""
    from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

    return WanTransformer3DModel.from_config(dict(config))


def new_wan_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLWan":
    """The autoencoder of Wan 2.1 and Qwen-Image."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan

    return AutoencoderKLWan.from_config(dict(config))


def new_ltxv_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of LTX-Video."""
    from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel

    return LTXVideoTransformer3DModel.from_config(dict(config))


def new_ltxv_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLLTXVideo":
    """The autoencoder of LTX-Video."""
    from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo

    return AutoencoderKLLTXVideo.from_config(dict(config))


def new_svd_unet(config: Mapping[str, Any]) -> "UNetSpatioTemporalConditionModel":
    """The UNet of Stable Video Diffusion."""
    from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel

    return UNetSpatioTemporalConditionModel.from_config(dict(config))


def new_svd_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLTemporalDecoder":
    """The autoencoder of Stable Video Diffusion."""
    from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder

    return AutoencoderKLTemporalDecoder.from_config(dict(config))


def new_language_model(kind: str, config: Mapping[str, Any]) -> "Module":
    """A language model without its last matrix.

    Args:
        kind: `qwen3`, `qwen2.5` or `mistral`.
        config: as transformers wants it.
    """
    from transformers import MistralConfig, MistralModel, Qwen3Config, Qwen3Model
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLTextModel

    builders: Mapping[str, Any] = {
        "qwen3": lambda: Qwen3Model(Qwen3Config(**config)),
        # It reads texts as Qwen2.5 does, and knows places of pictures among them.
        "qwen2.5": lambda: Qwen2_5_VLTextModel(Qwen2_5_VLTextConfig(**config)),
        "mistral": lambda: MistralModel(MistralConfig(**config)),
    }
    built: Module = builders[kind]()
    return built


def chroma_times(channels: int, count: int) -> "Module":
    """The table of what Chroma's transformer modulates."""
    from diffusers.models.transformers.transformer_chroma import ChromaCombinedTimestepTextProjEmbeddings

    return ChromaCombinedTimestepTextProjEmbeddings(num_channels=channels, out_dim=count)


def new_tokenizer(numbers: Mapping[str, int], merges: Sequence[tuple[str, str]], length: int) -> "CLIPTokenizer":
    """The CLIP tokenizer of transformers, from the number of each token and the merges in their order."""
    from transformers import CLIPTokenizer

    # The annotation says `list[str]`; the tokenizer wants pairs.
    return CLIPTokenizer(vocab=dict(numbers), merges=list(merges), model_max_length=length)


def read_tokenizer(folder: Path) -> "CLIPTokenizer":
    """The CLIP tokenizer whose files are in a folder.

    Raises:
        OSError: they cannot be read.
        ValueError: they hold something else.
    """
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def parse_tokenizer(text: str) -> "Tokenizer":
    """A tokenizer of the package tokenizers from its JSON.

    Raises:
        Exception: the text is something else; the package raises nothing more specific.
    """
    from tokenizers import Tokenizer

    return Tokenizer.from_str(text)


def import_all() -> None:
    """Import everything now, so that the first model loads without delay."""
    import diffusers.models.autoencoders.autoencoder_kl
    import diffusers.models.unets.unet_2d_condition  # noqa: F401 - only to have it
    from transformers import CLIPTextModel, CLIPTokenizer  # noqa: F401 - as above
