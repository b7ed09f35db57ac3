"""Z-Image, Qwen-Image, Flux.2 and Wan: maps held against diffusers' at full size, tiny files loaded bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKLWan,
    Flux2Transformer2DModel,
    QwenImageTransformer2DModel,
    WanTransformer3DModel,
    ZImageTransformer2DModel,
)
from diffusers.loaders.single_file_utils import (
    convert_flux2_transformer_checkpoint_to_diffusers,
    convert_wan_transformer_to_diffusers,
    convert_wan_vae_to_diffusers,
    convert_z_image_transformer_checkpoint_to_diffusers,
)
from torch import Tensor

from nodes.diffusion.errors import ModelFileError, UnsupportedModel
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.flux2 import LAYOUT as FLUX2
from nodes.diffusion.families.known import recognise, recognise_text
from nodes.diffusion.families.language_text import find_language, load_language
from nodes.diffusion.families.layouts import SameLayout
from nodes.diffusion.families.wan_layout import LAYOUT as WAN
from nodes.diffusion.families.wan_vae_layout import wan_vae_map
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.families.z_image import LAYOUT as Z_IMAGE
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.language import LanguageStyle
from tests.nodes.diffusion import newer_originals as originals
from tests.nodes.diffusion.families.test_flow_families import rows_of, striped
from tests.nodes.diffusion.originals import write_hollow, write_t5_vocabulary

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
WAN_SMALL = {"num_attention_heads": 12, "num_layers": 30, "ffn_dim": 8960}
KLEIN = {"num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24, "joint_attention_dim": 7680}
FULL: dict[str, tuple[str, Any, dict[str, Any], Any, Callable[..., dict[str, Tensor]]]] = {
    "Z-Image": (
        "z_image",
        ZImageTransformer2DModel,
        {},
        Z_IMAGE,
        convert_z_image_transformer_checkpoint_to_diffusers,
    ),
    "Flux.2 dev": (
        "flux2",
        Flux2Transformer2DModel,
        {"num_layers": 8, "num_single_layers": 48},
        FLUX2,
        convert_flux2_transformer_checkpoint_to_diffusers,
    ),
    "Flux.2 klein": (
        "flux2",
        Flux2Transformer2DModel,
        {**KLEIN, "guidance_embeds": False},
        FLUX2,
        convert_flux2_transformer_checkpoint_to_diffusers,
    ),
    "Wan 14B": ("wan", WanTransformer3DModel, {}, WAN, convert_wan_transformer_to_diffusers),
    "Wan 2.1 from a picture": (
        "wan",
        WanTransformer3DModel,
        {"in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120},
        WAN,
        convert_wan_transformer_to_diffusers,
    ),
    "Wan 2.2 from a picture": (
        "wan",
        WanTransformer3DModel,
        {"in_channels": 36},
        WAN,
        convert_wan_transformer_to_diffusers,
    ),
    "Wan 1.3B": ("wan", WanTransformer3DModel, WAN_SMALL, WAN, convert_wan_transformer_to_diffusers),
    "Qwen-Image": ("qwen_image", QwenImageTransformer2DModel, {}, SameLayout(), dict),
}
FEWER: dict[str, dict[str, int]] = {
    "Flux.2 dev": {"num_layers": 2, "num_single_layers": 5},
    "Wan 14B": {"num_layers": 5},
    "Wan 2.1 from a picture": {"num_layers": 2},
    "Wan 2.2 from a picture": {"num_layers": 2},
    "Qwen-Image": {"num_layers": 5},
}
"""Files of more than 20 GB cannot be mapped on every machine that runs tests; one with fewer blocks stands for them."""
TINY: dict[str, tuple[str, Callable[[], originals.NewerOriginal]]] = {
    "Z-Image": ("z_image", originals.z_image),
    "Qwen-Image": ("qwen_image", originals.qwen_image),
    "Qwen-Image 2511": ("qwen_image", lambda: originals.qwen_image(clean_references=True)),
    "Flux.2 dev": ("flux2", originals.flux2),
    "Flux.2 klein": ("flux2", lambda: originals.flux2(is_klein=True)),
    "Wan": ("wan", originals.wan),
}


def same(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = network.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", FULL)
def test_the_full_size_map_is_that_of_diffusers_row_by_row(kind: str) -> None:
    _family, build, config, layout, convert = FULL[kind]
    own = state_shapes(skeleton(lambda: build(**config)))
    ours = layout.key_map(own)
    shapes = file_shapes(ours, own)
    original = striped({key: (shape[0], *[1] * (len(shape) - 1)) for key, shape in shapes.items()})
    theirs = convert(dict(original))
    assert theirs.keys() == ours.keys() == own.keys()
    for key, piece in ours.items():
        assert torch.equal(rows_of(piece.take(original[piece.key])), rows_of(theirs[key])), key


@pytest.mark.parametrize("kind", FULL)
def test_a_file_of_full_size_is_known_and_every_weight_finds_its_place(tmp_path: Path, kind: str) -> None:
    family, build, config, layout, _convert = FULL[kind]
    network = skeleton(lambda: build(**{**config, **FEWER.get(kind, {})}))
    shapes = file_shapes(layout.key_map(state_shapes(network)), state_shapes(network))
    for prefix in ("", "model.diffusion_model."):
        path = write_hollow(tmp_path / "x.safetensors", {prefix + key: shape for key, shape in shapes.items()})
        found = recognise(SingleFile(path), "model")
        assert found.family.name == family
        loaded = found.family.load_model(found.contents, NOWHERE).network
        wanted, has = (
            {key: plain(value) for key, value in each.config.items() if key in loaded.config and key[0] != "_"}
            for each in (network, loaded)
        )
        assert has == wanted
        assert state_shapes(loaded) == state_shapes(network)


def test_the_map_of_the_autoencoder_of_wan_is_that_of_diffusers() -> None:
    own = state_shapes(skeleton(AutoencoderKLWan))
    ours = wan_vae_map(own)
    original = striped({key: (shape[0], 1) for key, shape in file_shapes(ours, own).items()})
    theirs = convert_wan_vae_to_diffusers(dict(original))
    assert theirs.keys() == own.keys()
    assert all(torch.equal(rows_of(original[piece.key]), rows_of(theirs[key])) for key, piece in ours.items())
    assert len({piece.key for piece in ours.values()}) == len(own) == 194


@pytest.mark.parametrize("kind", TINY)
def test_a_tiny_file_loads_bit_for_bit(tmp_path: Path, kind: str) -> None:
    family, build = TINY[kind]
    original = build()
    original.write(tmp_path)
    for name in ("qwen3", "qwen2.5", "mistral3"):
        originals.write_language_vocabulary(tmp_path / "tokenizers" / name)
    write_t5_vocabulary(tmp_path / "tokenizers" / "umt5")
    found = recognise(SingleFile(tmp_path / "diffusion_models" / "x.safetensors"), "model")
    assert found.family.name == family
    assert same(found.family.load_model(found.contents, CPU).network, original.network)
    text = recognise_text(SingleFile(tmp_path / "text_encoders" / "x.safetensors"), [family])
    encoder = text.family.load_clip(text.contents, CPU)
    loaded = next(iter(encoder.parts.values())).network
    mine, theirs = loaded.state_dict(), original.text.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    vae = recognise(SingleFile(tmp_path / "vae" / "x.safetensors"), "vae")
    names = {"wan": "wan_vae", "qwen_image": "wan_vae", "flux2": "flux2_vae", "z_image": "autoencoder"}
    assert vae.family.name == names[family]
    vae.family.load_vae(vae.contents, CPU)


@pytest.mark.parametrize("layers", [(-1,), (-2,), (1, 2)])
@pytest.mark.parametrize("kind", ["qwen3", "qwen2.5", "mistral"])
def test_a_language_model_gives_what_transformers_gives(tmp_path: Path, kind: str, layers: tuple[int, ...]) -> None:
    build = {"qwen3": originals.qwen3, "qwen2.5": originals.qwen25, "mistral": originals.mistral}[kind]
    from_transformers = build()
    original = originals.NewerOriginal(from_transformers, SameLayout(), from_transformers, {})
    original.write(tmp_path)
    originals.write_language_vocabulary(tmp_path)
    contents = SingleFile(tmp_path / "text_encoders" / "x.safetensors")
    originals.write_language_vocabulary(tmp_path / "text_encoders")
    ((name, view),) = find_language(contents).items()
    assert name == kind
    style = LanguageStyle("<|im_start|>{}<|im_end|>", layers, is_normed=layers == (-1,))
    encoder = load_language(contents, view, CPU, style)
    ids = torch.tensor([encoder.vocabulary.ids("<|im_start|>a (cat:1.2)<|im_end|>")])
    with torch.no_grad():
        states = from_transformers(ids, output_hidden_states=True).hidden_states
    expected = torch.cat([states[layer] for layer in layers], dim=-1)
    assert torch.allclose(encoder.encode("a (cat:1.2)").hidden, expected, atol=1e-5)


def test_a_vocabulary_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    originals.z_image().write(tmp_path)
    found = recognise_text(SingleFile(tmp_path / "text_encoders" / "x.safetensors"), ["z_image"])
    with pytest.raises(ModelFileError, match=r"tokenizers/qwen3"):
        found.family.load_clip(found.contents, CPU)


REFUSED = {
    "Wan of another kind": {"patch_embedding.weight": (8, 40, 1, 2, 2)},
    "Wan that follows faces": {"face_adapter.fuser_blocks.0.linear1_q.weight": (8, 8)},
    "Wan that follows sound": {"casual_audio_encoder.encoder.final_linear.weight": (8, 8)},
    "Lumina 2": {"layers.0.adaLN_modulation.1.weight": (8, 8)},
    "Qwen-Image 2": {"txt_in.text_norm.weight": (8,)},
}


@pytest.mark.parametrize("title", REFUSED)
def test_relatives_that_cannot_be_loaded_are_refused_by_name(tmp_path: Path, title: str) -> None:
    wan = {"head.modulation": (1, 2, 8), "blocks.0.self_attn.q.weight": (8, 8), "text_embedding.0.weight": (8, 8)}
    path = write_hollow(tmp_path / "x.safetensors", {**(wan if "Wan" in title else {}), **REFUSED[title]})
    with pytest.raises(UnsupportedModel, match=title):
        recognise(SingleFile(path), "model")
