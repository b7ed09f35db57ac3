"""HunyuanVideo 1.5: found, loaded bit for bit, named as files are published; it predicts what diffusers predicts."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo15, HunyuanVideo15Transformer3DModel
from safetensors.torch import save_file

from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, open_contents
from nodes.diffusion.families.hunyuan15 import SKIPPED, TEMPLATE
from nodes.diffusion.families.hunyuan15_layout import (
    APART,
    FUSED,
    hunyuan15_config,
    hunyuan15_vae_config,
    hunyuan15_vae_map,
)
from nodes.diffusion.families.known import recognise, recognise_text
from nodes.diffusion.families.weights import file_shapes, file_tensors
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.text.glyph_texts import WRITTEN, quoted
from nodes.diffusion.types import Start
from nodes.diffusion.vision.encoder import Seen
from tests.nodes.diffusion import hunyuan_originals as originals
from tests.nodes.diffusion.families.test_flow_families import same
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import write_hollow

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)


def model_of(folder: Path, layout: Any = APART) -> tuple[Any, Any]:
    original = originals.hunyuan15()
    original.write(folder)
    tensors = file_tensors(layout.key_map(state_shapes(original.network)), original.network.state_dict())
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, folder / "x.safetensors")
    found = recognise(SingleFile(folder / "x.safetensors"), "model")
    assert found.family.name == "hunyuan_video_15"
    return found.family.load_model(found.contents, CPU), original


def test_the_names_are_those_of_published_files() -> None:
    network = skeleton(lambda: HunyuanVideo15Transformer3DModel(num_layers=2))
    own = state_shapes(network)
    names = APART.key_map(own)
    assert names.keys() == own.keys()
    assert {
        "byt5_in.layernorm.weight",
        "cond_type_embedding.weight",
        "double_blocks.1.img_attn_q.weight",
        "double_blocks.1.txt_attn_v.bias",
        "double_blocks.0.txt_attn_k_norm.weight",
        "final_layer.adaLN_modulation.1.weight",
        "img_in.proj.weight",
        "time_in.mlp.2.bias",
        "txt_in.individual_token_refiner.blocks.1.self_attn_qkv.weight",
        "vision_in.proj.4.weight",
    } <= {piece.key for piece in names.values()}
    assert names["norm_out.linear.weight"].is_swapped


@pytest.mark.parametrize("layout", [APART, FUSED], ids=["apart", "fused"])
def test_a_file_of_published_width_is_known(tmp_path: Path, layout: Any) -> None:
    network = skeleton(lambda: HunyuanVideo15Transformer3DModel(num_layers=2))
    own = state_shapes(network)
    shapes = file_shapes(layout.key_map(own), own)
    found = recognise(SingleFile(write_hollow(tmp_path / "x.safetensors", shapes)), "model")
    assert found.family.name == "hunyuan_video_15"
    loaded: Any = found.family.load_model(found.contents, NOWHERE).network
    assert state_shapes(loaded) == own
    told = hunyuan15_config(shapes)
    assert {key: loaded.config[key] for key in told} == {key: network.config[key] for key in told} == told


@pytest.mark.parametrize("layout", [APART, FUSED], ids=["apart", "fused"])
def test_tiny_files_load_bit_for_bit(tmp_path: Path, layout: Any) -> None:
    model, original = model_of(tmp_path, layout)
    assert same(model.network, original.network)
    vae = recognise(SingleFile(tmp_path / "vae" / "x.safetensors"), "vae")
    assert vae.family.name == "hunyuan_vae"
    autoencoder: Any = vae.family.load_vae(vae.contents, CPU)
    assert same(autoencoder.network, original.vae)
    assert (autoencoder.latent_channels, autoencoder.downscale) == (32, 16)


def test_the_autoencoders_names_are_those_of_published_files() -> None:
    network = skeleton(AutoencoderKLHunyuanVideo15)
    own = state_shapes(network)
    names = hunyuan15_vae_map(own)
    files = {piece.key for piece in names.values()}
    assert len(files) == len(own)
    assert {
        "encoder.conv_in.conv.weight",
        "encoder.down.0.block.1.conv2.conv.bias",
        "encoder.down.0.downsample.conv.conv.weight",
        "encoder.mid.attn_1.q.weight",
        "encoder.mid.attn_1.proj_out.weight",
        "encoder.norm_out.gamma",
        "decoder.mid.block_2.norm2.gamma",
        "decoder.up.0.block.2.conv1.conv.weight",
        "decoder.up.3.upsample.conv.conv.bias",
        "decoder.conv_out.conv.weight",
    } <= files
    told = hunyuan15_vae_config(file_shapes(names, own))
    assert {key: network.config[key] for key in told} == told


@torch.no_grad()
def test_a_prompt_is_read_with_what_is_to_be_written(tmp_path: Path) -> None:
    _, original = model_of(tmp_path)
    write_language_vocabulary(tmp_path / "tokenizers" / "qwen2.5")
    files = [tmp_path / "text_encoders" / f"{name}.safetensors" for name in ("qwen", "byt5")]
    found = recognise_text(open_contents(*files), ["hunyuan_video_15"])
    encoder: Any = found.family.load_clip(found.contents, CPU)
    prompt = 'a sign that says "Open"'
    encoded = encoder.encode(prompt)
    ids = torch.tensor([encoder.language.vocabulary.ids(TEMPLATE.replace("{}", prompt))])
    states = original.language(ids, output_hidden_states=True).hidden_states
    torch.testing.assert_close(encoded.hidden, states[-3][:, SKIPPED:], atol=1e-4, rtol=1e-4)
    written = torch.tensor([[byte + 3 for byte in b'Text "Open". '] + [1]])
    torch.testing.assert_close(encoded.options[WRITTEN], original.byt5(written).last_hidden_state)
    assert not encoder.encode("a sign").options
    assert encoder.encode("").hidden.shape[1] == encoder.encode(" ").hidden.shape[1]


def test_what_is_to_be_written_stands_in_quotation_marks() -> None:
    assert quoted("nothing") == ""
    assert quoted('"a" and “b c” and "a"') == 'Text "a". Text "b c". '


@torch.no_grad()
@pytest.mark.parametrize("told", ["text", "text and words", "text, words and picture"])
def test_it_predicts_what_diffusers_predicts(tmp_path: Path, told: str) -> None:
    """Diffusers fills up what is missing and hides it; here it is left out."""
    model, original = model_of(tmp_path)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(1, 32, 3, 4, 6, generator=generator)
    context, written, seen = (torch.randn(1, count, width, generator=generator) for count, width in originals.TOLD15)
    frame, mask = torch.randn(1, 32, 1, 4, 6, generator=generator), torch.ones(1, 1, 3, 4, 6)
    mask[:, :, 0] = 0
    options: dict[str, Any] = {}
    beside = torch.zeros(1, 33, 3, 4, 6)
    if "words" in told:
        options[WRITTEN] = written
    if "picture" in told:
        options |= {"concat_latent_image": frame, "concat_mask": mask}
        options["clip_vision_output"] = Seen(seen, seen, None)
        beside[:, :32, :1], beside[:, 32:, :1] = model.latent_format.to_network(frame), 1.0
    found = model.predict(x, torch.tensor([700.0]), context, model.inputs(options, "positive", Start(x)))
    network: Any = HunyuanVideo15Transformer3DModel(**originals.SIZES15).eval()
    network.load_state_dict(original.network.state_dict())
    wanted = network(
        torch.cat([x, beside], dim=1),
        torch.tensor([700.0]),
        context,
        torch.ones(1, context.shape[1]),
        encoder_hidden_states_2=written,
        encoder_attention_mask_2=torch.full((1, written.shape[1]), float("words" in told)),
        image_embeds=seen if "picture" in told else torch.zeros_like(seen),
        return_dict=False,
    )[0]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_videos_keep_their_sizes(tmp_path: Path) -> None:
    originals.hunyuan15().write(tmp_path)
    found = recognise(SingleFile(tmp_path / "vae" / "x.safetensors"), "vae")
    autoencoder = found.family.load_vae(found.contents, CPU)
    latents = autoencoder.encode(torch.rand(1, 3, 5, 32, 64) * 2 - 1)
    assert latents.shape == (1, 32, 2, 2, 4)
    assert autoencoder.decode(latents).shape == (1, 3, 5, 32, 64)
    assert autoencoder.encode(torch.zeros(1, 3, 32, 64)).shape == (1, 32, 2, 4)
