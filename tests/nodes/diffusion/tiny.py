"""Tiny random models in every layout that can be loaded, written by tests into their own folders."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from nodes.diffusion.families.ldm_unet import unet_keys
from nodes.diffusion.families.ldm_vae import vae_keys
from nodes.diffusion.text.vocabulary import BUNDLED_SIZE

WIDTH = 32
"""Of the text encoder."""
WORDS = ("a", "red", "circle", "on", "blue", "photo", "of", "cat")


@dataclass(frozen=True)
class TinyModel:
    """The networks of a small model of the family Stable Diffusion 1.x."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    vae: AutoencoderKL


def build(seed: int = 0, vocabulary: int = BUNDLED_SIZE, groups: int = 32) -> TinyModel:
    """A random model; the same seed gives the same weights. Eight heads and 32 groups, as the original has."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(
            sample_size=8,
            layers_per_block=1,
            block_out_channels=(32, 64),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=WIDTH,
            attention_head_dim=8,
            norm_num_groups=groups,
        )
        vae = AutoencoderKL(
            block_out_channels=(32, 32, 32, 64),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=groups,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=vocabulary,
                hidden_size=WIDTH,
                intermediate_size=64,
                num_hidden_layers=3,
                num_attention_heads=1,
                hidden_act="quick_gelu",
                projection_dim=WIDTH,
                bos_token_id=vocabulary - 2,
                eos_token_id=vocabulary - 1,
                pad_token_id=vocabulary - 1,
            )
        )
        nn.init.normal_(text_encoder.get_input_embeddings().weight)
    return TinyModel(unet.eval(), text_encoder.eval(), vae.eval())


def write_folder(folder: Path, model: TinyModel | None = None, *, prediction: str = "epsilon") -> Path:
    """A diffusers folder with a vocabulary of its own; returns the folder."""
    model = model or build(vocabulary=write_tokenizer(folder / "tokenizer"))
    model.unet.save_pretrained(folder / "unet")
    model.text_encoder.save_pretrained(folder / "text_encoder")
    model.vae.save_pretrained(folder / "vae")
    if not (folder / "tokenizer").is_dir():
        write_tokenizer(folder / "tokenizer")
    DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type=prediction
    ).save_pretrained(folder / "scheduler")
    index = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    (folder / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def write_tokenizer(folder: Path) -> int:
    """A CLIP tokenizer whose tokens are letters and a few words; returns how many tokens it has."""
    letters = [chr(code) for code in range(33, 127)]
    merges, tokens = [], [*letters, *(f"{letter}</w>" for letter in letters)]
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        while len(pieces) > 1:
            merges.append((pieces[0], pieces[1]))
            pieces[:2] = [pieces[0] + pieces[1]]
            tokens.append(pieces[0])
    tokens = [*dict.fromkeys(tokens), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}), encoding="utf-8")
    lines = ["#version: 0.2", *dict.fromkeys(f"{a} {b}" for a, b in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    marks = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>"}
    config = {**marks, "unk_token": marks["eos_token"], "pad_token": marks["eos_token"], "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return len(tokens)


def original_tensors(model: TinyModel) -> dict[str, Tensor]:
    """The weights under the names that original Stable Diffusion 1.x files use, with everything that lies beside."""
    tensors = {f"model.diffusion_model.{new}": t for new, t in _renamed(model.unet, unet_keys)}
    for key, tensor in _renamed(model.vae, vae_keys):
        is_matrix = ".attn_1." in key and tensor.dim() == 2
        tensors[f"first_stage_model.{key}"] = tensor[..., None, None] if is_matrix else tensor
    for key, tensor in model.text_encoder.state_dict().items():
        tensors[f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}"] = tensor
    tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(77)[None]
    tensors["alphas_cumprod"] = torch.linspace(0.99, 0.01, 1000)
    return {key: tensor.contiguous() for key, tensor in tensors.items()}


def write_file(
    path: Path, model: TinyModel | None = None, *, dtype: torch.dtype = torch.float32, metadata: dict | None = None
) -> Path:
    """A checkpoint in the original layout, about 10 MB; returns its path."""
    tensors = original_tensors(model or build())
    half = {key: t.to(dtype) if t.is_floating_point() else t for key, t in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(half, path, metadata=metadata or {})
    return path


def _renamed(network: nn.Module, names) -> list[tuple[str, Tensor]]:
    state = network.state_dict()
    new = names(state)
    return [(new[key], tensor) for key, tensor in state.items()]
