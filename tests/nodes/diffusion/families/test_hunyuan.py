"""HunyuanVideo: found, loaded bit for bit, mapped as diffusers maps it; its predictions are those of diffusers."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLHunyuanVideo, HunyuanVideoTransformer3DModel
from diffusers.loaders.single_file_utils import convert_hunyuan_video_transformer_to_diffusers

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.building import skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile, open_contents
from nodes.diffusion.families.hunyuan import SKIPPED, TEMPLATE
from nodes.diffusion.families.hunyuan_autoencoder import hunyuan_vae_config
from nodes.diffusion.families.hunyuan_layout import LAYOUT, hunyuan_config
from nodes.diffusion.families.known import recognise, recognise_text
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start
from tests.nodes.diffusion import hunyuan_originals as originals
from tests.nodes.diffusion.families.test_flow_families import rows_of, same, striped
from tests.nodes.diffusion.newer_originals import write_language_vocabulary
from tests.nodes.diffusion.originals import write_hollow

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
FEWER = {"num_layers": 2, "num_single_layers": 4}


def model_of(folder: Path, **inputs: Any) -> tuple[Any, originals.HunyuanOriginal]:
    original = originals.hunyuan(**inputs)
    original.write(folder)
    found = recognise(SingleFile(folder / "diffusion_models" / "x.safetensors"), "model")
    assert found.family.name == "hunyuan_video"
    return found.family.load_model(found.contents, CPU), original


def test_the_full_size_map_is_that_of_diffusers_row_by_row() -> None:
    own = state_shapes(skeleton(HunyuanVideoTransformer3DModel))
    ours = LAYOUT.key_map(own)
    shapes = file_shapes(ours, own)
    original = striped({key: (shape[0], *[1] * (len(shape) - 1)) for key, shape in shapes.items()})
    theirs = convert_hunyuan_video_transformer_to_diffusers(dict(original))
    assert theirs.keys() == ours.keys() == own.keys()
    for key, piece in ours.items():
        assert torch.equal(rows_of(piece.take(original[piece.key])), rows_of(theirs[key])), key


@pytest.mark.parametrize("channels", [16, 33])
def test_a_file_of_published_width_is_known_and_every_weight_finds_its_place(tmp_path: Path, channels: int) -> None:
    network = skeleton(lambda: HunyuanVideoTransformer3DModel(in_channels=channels, **FEWER))
    own = state_shapes(network)
    shapes = file_shapes(LAYOUT.key_map(own), own)
    path = write_hollow(tmp_path / "x.safetensors", {f"model.diffusion_model.{key}": s for key, s in shapes.items()})
    found = recognise(SingleFile(path), "model")
    loaded: Any = found.family.load_model(found.contents, NOWHERE).network
    assert state_shapes(loaded) == own
    told = hunyuan_config(shapes)
    assert {
        key: tuple(value) if isinstance(value, list) else value for key, value in network.config.items() if key in told
    } == told


@pytest.mark.parametrize("channels", [16, 33])
def test_tiny_files_load_bit_for_bit(tmp_path: Path, channels: int) -> None:
    model, original = model_of(tmp_path, in_channels=channels)
    assert same(model.network, original.network)
    write_language_vocabulary(tmp_path / "tokenizers" / "llama3")
    files = [tmp_path / "text_encoders" / f"{name}.safetensors" for name in ("clip_l", "llava")]
    for order in (files, files[::-1]):
        found = recognise_text(open_contents(*order), ["hunyuan_video"])
        encoder: Any = found.family.load_clip(found.contents, CPU)
        read = encoder.language.network.state_dict()
        assert all(torch.equal(value, original.language.state_dict()[key]) for key, value in read.items())
        summed = encoder.clip_l.network.state_dict()
        assert all(torch.equal(value, original.clip_l.state_dict()[key]) for key, value in summed.items())
    vae = recognise(SingleFile(tmp_path / "vae" / "x.safetensors"), "vae")
    assert vae.family.name == "hunyuan_vae"
    autoencoder: Any = vae.family.load_vae(vae.contents, CPU)
    assert same(autoencoder.network, original.vae)


@torch.no_grad()
def test_a_prompt_is_read_as_transformers_reads_it(tmp_path: Path) -> None:
    _, original = model_of(tmp_path)
    write_language_vocabulary(tmp_path / "tokenizers" / "llama3")
    files = [tmp_path / "text_encoders" / f"{name}.safetensors" for name in ("clip_l", "llava")]
    found = recognise_text(open_contents(*files), ["hunyuan_video"])
    encoder: Any = found.family.load_clip(found.contents, CPU)
    encoded = encoder.encode("a cat")
    ids = torch.tensor([encoder.language.vocabulary.ids(TEMPLATE.replace("{}", "a cat"))])
    states = original.language(ids, output_hidden_states=True).hidden_states
    torch.testing.assert_close(encoded.hidden, states[-3][:, SKIPPED:], atol=1e-5, rtol=1e-5)
    assert encoded.pooled.shape == (1, originals.SUM_WIDTH)


def called(model: Any, options: dict[str, Any], x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    context = torch.randn(1, 7, originals.TEXT_WIDTH, generator=generator)
    told = model.inputs({"pooled_output": torch.ones(1, originals.SUM_WIDTH), **options}, "positive", Start(x, mask))
    found: torch.Tensor = model.predict(x, torch.tensor([700.0]), context, told)
    return found


def wanted_of(network: Any, x: torch.Tensor, guidance: float | None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    context = torch.randn(1, 7, originals.TEXT_WIDTH, generator=generator)
    told = None if guidance is None else torch.tensor([guidance * 1000.0])
    found: torch.Tensor = network(
        x, torch.tensor([700.0]), context, torch.ones(1, 7), torch.ones(1, originals.SUM_WIDTH), told, return_dict=False
    )[0]
    return found


@torch.no_grad()
@pytest.mark.parametrize("guidance", [True, False])
def test_it_predicts_what_diffusers_predicts(tmp_path: Path, guidance: bool) -> None:
    model, original = model_of(tmp_path, guidance=guidance)
    x = torch.randn(1, 16, 3, 4, 6)
    wanted = wanted_of(original.network, x, 4.5 if guidance else None)
    torch.testing.assert_close(called(model, {"guidance": 4.5}, x), wanted, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_first_frame_that_is_given_is_told_as_diffusers_tells_it(tmp_path: Path) -> None:
    model, original = model_of(tmp_path)
    network: Any = originals.hunyuan_network(kind="token_replace").eval()
    network.load_state_dict(original.network.state_dict())
    x = torch.randn(1, 16, 3, 4, 6)
    found = called(model, {"guidance": 6.0, "guiding_frame_index": 0}, x)
    torch.testing.assert_close(found, wanted_of(network, x, 6.0), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(found, called(model, {"guidance": 6.0}, x), atol=1e-3)


@torch.no_grad()
def test_frames_beside_the_latent_are_shown_as_diffusers_shows_them(tmp_path: Path) -> None:
    """Its pipeline puts the first frame before zeros, and a mask that is one there."""
    model, original = model_of(tmp_path, in_channels=33)
    x, frame = torch.randn(1, 16, 3, 4, 6), torch.randn(1, 16, 1, 4, 6)
    mask = torch.ones(1, 1, 3, 4, 6)
    mask[:, :, 0] = 0
    shown = torch.cat([model.latent_format.to_network(frame), torch.zeros(1, 16, 2, 4, 6)], dim=2)
    seen = torch.cat([x, shown, 1 - mask], dim=1)
    found = called(model, {"concat_latent_image": frame, "concat_mask": mask}, x)
    torch.testing.assert_close(found, wanted_of(original.network, seen, 6.0), atol=1e-5, rtol=1e-5)
    nothing = called(model, {}, x)
    wanted = wanted_of(original.network, torch.cat([x, torch.zeros(1, 17, 3, 4, 6)], dim=1), 6.0)
    torch.testing.assert_close(nothing, wanted, atol=1e-5, rtol=1e-5)


def test_what_it_cannot_be_told_is_refused(tmp_path: Path) -> None:
    model, _ = model_of(tmp_path)
    with pytest.raises(DiffusionError, match="must be told it"):
        called(model, {"guidance": None}, torch.zeros(1, 16, 1, 4, 4))
    with pytest.raises(DiffusionError, match="custom"):
        called(model, {"ref_latent": torch.zeros(1)}, torch.zeros(1, 16, 1, 4, 4))


def test_the_autoencoders_configuration_is_read_off_the_shapes() -> None:
    for network in (skeleton(AutoencoderKLHunyuanVideo), originals.hunyuan().vae):
        told = hunyuan_vae_config(state_shapes(network))
        assert {key: network.config[key] for key in told} == told
        assert state_shapes(skeleton(lambda: AutoencoderKLHunyuanVideo(**told))) == state_shapes(network)  # noqa: B023 - called at once


def test_videos_keep_their_sizes(tmp_path: Path) -> None:
    originals.hunyuan().write(tmp_path)
    found = recognise(SingleFile(tmp_path / "vae" / "x.safetensors"), "vae")
    autoencoder = found.family.load_vae(found.contents, CPU)
    latents = autoencoder.encode(torch.rand(1, 3, 5, 32, 16) * 2 - 1)
    assert latents.shape == (1, 16, 2, 4, 2)
    assert autoencoder.decode(latents).shape == (1, 3, 5, 32, 16)
    assert autoencoder.encode(torch.zeros(1, 3, 32, 16)).shape == (1, 16, 4, 2)
