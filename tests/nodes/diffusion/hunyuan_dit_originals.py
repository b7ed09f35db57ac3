"""A tiny Hunyuan-DiT in the layout of its original files, with both text encoders."""

from pathlib import Path

import torch
from diffusers import HunyuanDiT2DModel
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from nodes.diffusion.families.hunyuan_dit import LAYOUT
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.newer_originals import alive
from tests.nodes.diffusion.originals.flows import FlowOriginal
from tests.nodes.diffusion.originals.parts import below, seeded, t5, vae_tensors

WORDS, PHRASES = 24, 32
"""Widths of BERT and of mT5."""
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "cat", "on", "blue", ",")


def network(*, is_old: bool = False) -> HunyuanDiT2DModel:
    """The transformer; old versions are told the size of the picture."""
    return alive(
        HunyuanDiT2DModel(
            num_attention_heads=16,
            attention_head_dim=4,
            in_channels=4,
            patch_size=2,
            hidden_size=64,
            num_layers=4,
            mlp_ratio=2.0,
            cross_attention_dim=WORDS,
            cross_attention_dim_t5=PHRASES,
            pooled_projection_dim=24,
            use_style_cond_and_image_meta_size=is_old,
        )
    )


def bert() -> BertModel:
    """A tiny BERT."""
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=WORDS,
        num_hidden_layers=2,
        num_attention_heads=1,
        intermediate_size=32,
        max_position_embeddings=80,
    )
    return BertModel(config).eval()


def hunyuan_dit(seed: int = 0, *, is_old: bool = False) -> FlowOriginal:
    """A tiny Hunyuan-DiT with everything."""

    def build() -> FlowOriginal:
        texts: dict[str, nn.Module] = {"hydit_clip": bert(), "mt5xl": t5(PHRASES)}
        return FlowOriginal(network(is_old=is_old), LAYOUT, texts, originals.autoencoder(), "vae.")

    return seeded(seed, build)


def checkpoint(original: FlowOriginal) -> dict[str, Tensor]:
    """Everything in one file, with what such files hold besides."""
    found = below("model.diffusion_model.", original.transformer()) | vae_tensors(original.vae, "vae.")
    found |= below("text_encoders.hydit_clip.transformer.bert.", original.texts["hydit_clip"].state_dict())
    found |= below("text_encoders.mt5xl.transformer.", original.text("mt5xl"))
    return found | {"text_encoders.hydit_clip.logit_scale": torch.tensor(4.6)}


def write_vocabularies(folder: Path) -> None:
    """The vocabularies that people bring for both, below a folder `tokenizers`."""
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    (folder / "hydit_clip").mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "hydit_clip" / "tokenizer.json"))
    originals.write_t5_vocabulary(folder / "mt5")
