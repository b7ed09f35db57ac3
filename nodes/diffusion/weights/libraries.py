"""Networks of diffusers and transformers; both libraries are imported when one is first built.

Importing them takes three seconds of processor time, twice as much as everything else; a run whose results are all
cached, or a look at the list of nodes, needs neither. A worker that stands ready calls `import_all` beforehand.
"""

# Imports inside functions are the point of this module, and stay inside it.
from collections.abc import Mapping, Sequence
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.autoencoders.autoencoder_kl_hunyuan_video import AutoencoderKLHunyuanVideo
    from diffusers.models.autoencoders.autoencoder_kl_hunyuanvideo15 import AutoencoderKLHunyuanVideo15
    from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo
    from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder
    from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan
    from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel
    from diffusers.models.unets.unet_stable_cascade import StableCascadeUNet
    from tokenizers import Tokenizer
    from torch import Tensor
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


def new_wan_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Wan."""
    from diffusers.models.transformers.transformer_wan import WanTransformer3DModel

    return WanTransformer3DModel.from_config(dict(config))


def new_wan_vace_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of Wan with VACE, whose second row of blocks follows pictures and videos."""
    from diffusers.models.transformers.transformer_wan_vace import WanVACETransformer3DModel

    return WanVACETransformer3DModel.from_config(dict(config))


def new_wan_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLWan":
    """The autoencoder of Wan, of which Qwen-Image shares the first version."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import AutoencoderKLWan

    return AutoencoderKLWan.from_config(dict(config))


def new_hunyuan_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of HunyuanVideo."""
    from diffusers.models.transformers.transformer_hunyuan_video import HunyuanVideoTransformer3DModel

    return HunyuanVideoTransformer3DModel.from_config(dict(config))


def new_hunyuan_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLHunyuanVideo":
    """The autoencoder of HunyuanVideo."""
    from diffusers.models.autoencoders.autoencoder_kl_hunyuan_video import AutoencoderKLHunyuanVideo

    return AutoencoderKLHunyuanVideo.from_config(dict(config))


def new_hunyuan15_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of HunyuanVideo 1.5, whose attention needs no mask, since nothing fills its texts up."""
    from diffusers.models.transformers.transformer_hunyuan_video import HunyuanVideoAttnProcessor2_0
    from diffusers.models.transformers.transformer_hunyuan_video15 import HunyuanVideo15Transformer3DModel

    network = HunyuanVideo15Transformer3DModel.from_config(dict(config))
    for block in network.transformer_blocks:
        block.attn.set_processor(HunyuanVideoAttnProcessor2_0())
    return network


def new_hunyuan15_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLHunyuanVideo15":
    """The autoencoder of HunyuanVideo 1.5."""
    from diffusers.models.autoencoders.autoencoder_kl_hunyuanvideo15 import AutoencoderKLHunyuanVideo15

    return AutoencoderKLHunyuanVideo15.from_config(dict(config))


def new_ltxv_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of LTX-Video."""
    from diffusers.models.transformers.transformer_ltx import LTXVideoTransformer3DModel

    return LTXVideoTransformer3DModel.from_config(dict(config))


def new_ltxv_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLLTXVideo":
    """The autoencoder of LTX-Video."""
    from diffusers.models.autoencoders.autoencoder_kl_ltx import AutoencoderKLLTXVideo

    return AutoencoderKLLTXVideo.from_config(dict(config))


def new_ltx2_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of LTX-2."""
    from diffusers.models.transformers.transformer_ltx2 import LTX2VideoTransformer3DModel

    return LTX2VideoTransformer3DModel.from_config(dict(config))


def new_ltx2_connectors(config: Mapping[str, Any]) -> "Module":
    """What leads from a language model to the transformer of LTX-2."""
    from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors

    return LTX2TextConnectors.from_config(dict(config))


def new_ltx2_autoencoder(config: Mapping[str, Any]) -> "Any":
    """The autoencoder of LTX-2's videos."""
    from diffusers.models.autoencoders.autoencoder_kl_ltx2 import AutoencoderKLLTX2Video

    return AutoencoderKLLTX2Video.from_config(dict(config))


def new_ltx2_sound_autoencoder(config: Mapping[str, Any]) -> "Module":
    """The autoencoder of LTX-2's sound."""
    from diffusers.models.autoencoders.autoencoder_kl_ltx2_audio import AutoencoderKLLTX2Audio

    return AutoencoderKLLTX2Audio.from_config(dict(config))


def new_ltx2_vocoder(config: Mapping[str, Any]) -> "Module":
    """What makes waveforms of LTX-2's spectrograms."""
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

    return LTX2Vocoder.from_config(dict(config))


def new_ltx2_fine_vocoder(config: Mapping[str, Any]) -> "Module":
    """As `new_ltx2_vocoder`, followed by a second that adds the high tones."""
    from diffusers.pipelines.ltx2.vocoder import LTX2VocoderWithBWE

    return LTX2VocoderWithBWE.from_config(dict(config))


def new_wav2vec2(config: Mapping[str, Any]) -> "Module":
    """Wav2Vec2, without the head that writes."""
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    return Wav2Vec2Model(Wav2Vec2Config(**config))


def new_whisper_encoder(config: Mapping[str, Any]) -> "Module":
    """The part of Whisper that hears."""
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    return WhisperEncoder(WhisperConfig(**config))


def mel_filters(frequencies: int, tones: int, rate: int) -> "Tensor":
    """How much each frequency up to half the rate counts for each tone (frequencies, tones), as in Slaney's toolbox.

    Args:
        frequencies: how many.
        tones: how many.
        rate: samples a second.
    """
    from torch import from_numpy
    from transformers.audio_utils import mel_filter_bank

    bank = mel_filter_bank(frequencies, tones, 0.0, rate / 2, rate, norm="slaney", mel_scale="slaney")
    return from_numpy(bank).float()


def ltx2_instructions(*, sees: bool) -> str:
    """What Lightricks tells a language model that writes prompts for LTX-2.

    Args:
        sees: whether it is shown the first picture of the video.
    """
    from diffusers.pipelines.ltx2.utils import I2V_DEFAULT_SYSTEM_PROMPT, T2V_DEFAULT_SYSTEM_PROMPT

    return str(I2V_DEFAULT_SYSTEM_PROMPT if sees else T2V_DEFAULT_SYSTEM_PROMPT).strip()


def new_latent_upsampler(config: Mapping[str, Any]) -> "Module":
    """The network that enlarges latents of LTX-Video."""
    from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel

    return LTX2LatentUpsamplerModel.from_config(dict(config))


def new_svd_unet(config: Mapping[str, Any]) -> "UNetSpatioTemporalConditionModel":
    """The UNet of Stable Video Diffusion."""
    from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionModel

    return UNetSpatioTemporalConditionModel.from_config(dict(config))


def new_svd_autoencoder(config: Mapping[str, Any]) -> "AutoencoderKLTemporalDecoder":
    """The autoencoder of Stable Video Diffusion."""
    from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder

    return AutoencoderKLTemporalDecoder.from_config(dict(config))


def new_cascade_unet(config: Mapping[str, Any]) -> "StableCascadeUNet":
    """A stage of Stable Cascade, whose times are spread into waves in full precision, whatever it computes in."""
    from diffusers.models.unets.unet_stable_cascade import StableCascadeUNet

    class Precise(StableCascadeUNet):
        def get_timestep_ratio_embedding(self, timestep_ratio: "Tensor", max_positions: int = 10000) -> "Tensor":
            waves = super().get_timestep_ratio_embedding(timestep_ratio.float(), max_positions)
            return waves.to(self.embedding[1].weight.dtype)

    return Precise.from_config(dict(config))


def new_pixart_transformer(config: Mapping[str, Any]) -> "Module":
    """The transformer of PixArt."""
    from diffusers.models.transformers.pixart_transformer_2d import PixArtTransformer2DModel

    return PixArtTransformer2DModel.from_config(dict(config))


def pixart_places(network: Any) -> "Tensor":  # a transformer of PixArt
    """The places of the pixels that its pictures usually have (1, tokens, width)."""
    from diffusers.models.embeddings import get_2d_sincos_pos_embed

    embedding = network.pos_embed
    _, tokens, width = embedding.pos_embed.shape
    side, scale = isqrt(tokens), embedding.interpolation_scale
    places: Tensor = get_2d_sincos_pos_embed(width, side, False, 0, scale, embedding.base_size, output_type="pt")
    return places.float().unsqueeze(0)


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
