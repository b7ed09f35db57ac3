"""Stable Diffusion 2, XL and the refiner: found, loaded bit for bit, and of full size."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.clip_text import inner
from nodes.diffusion.families.contents import SingleFile, open_contents
from nodes.diffusion.families.known import recognise
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import Start
from tests.nodes.diffusion import originals, tiny

CPU = Placement(torch.device("cpu"), torch.float32)
NOWHERE = Placement(torch.device("meta"), torch.float16)
SDXL_TEXT = {
    "conditioner.embedders.0.transformer.text_model.": originals.CLIP_L,
    "conditioner.embedders.1.model.": originals.CLIP_G,
}
FULL: dict[str, tuple[dict[str, Any], dict[str, Any], int, int]] = {
    "sd1": (originals.SD1_UNET, {"cond_stage_model.transformer.text_model.": originals.CLIP_L}, 4, 686),
    "sd1 inpainting": (originals.SD1_UNET, {"cond_stage_model.transformer.text_model.": originals.CLIP_L}, 9, 686),
    "sd2": (originals.SD2_UNET, {"cond_stage_model.model.": originals.CLIP_H}, 4, 686),
    "sd2 inpainting": (originals.SD2_UNET, {"cond_stage_model.model.": originals.CLIP_H}, 9, 686),
    "sdxl": (originals.SDXL_UNET, SDXL_TEXT, 4, 1680),
    "sdxl inpainting": (originals.SDXL_UNET, SDXL_TEXT, 9, 1680),
    "sdxl_refiner": (originals.REFINER_UNET, {"conditioner.embedders.0.model.": originals.CLIP_G}, 4, 1220),
}
BUILDERS = {"sd2": originals.sd2, "sdxl": originals.sdxl, "sdxl_refiner": originals.refiner}


def same(network: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = network.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


@pytest.mark.parametrize("kind", FULL)
def test_a_file_of_full_size_is_known_and_every_weight_finds_its_place(tmp_path: Path, kind: str) -> None:
    unet, clips, channels, count = FULL[kind]
    shapes = originals.full_size(unet, clips, in_channels=channels)
    assert sum(key.startswith("model.diffusion_model.") for key in shapes) == count
    path = originals.write_hollow(tmp_path / "any name.safetensors", shapes)
    found = recognise(open_contents(path), "model")
    assert found.family.name == kind.split()[0]
    assert set(found.parts) == {"model", "clip", "vae"}
    model = found.family.load_model(found.contents, NOWHERE)
    assert model.network.config.in_channels == channels
    assert found.family.load_vae(found.contents, NOWHERE).latent_channels == 4
    parts = found.family.load_clip(found.contents, NOWHERE).parts
    assert [part.network.config.num_hidden_layers for part in parts.values()] == [
        sizes["num_hidden_layers"] for sizes in clips.values()
    ]
    heads = unet["attention_head_dim"]
    blocks = [block for block in model.network.down_blocks if hasattr(block, "attentions")]
    wanted = [heads] * 4 if isinstance(heads, int) else heads
    for block in blocks:
        level = list(model.network.down_blocks).index(block)
        assert block.attentions[0].transformer_blocks[0].attn1.heads == wanted[level]


@pytest.mark.parametrize("kind", BUILDERS)
def test_tiny_files_load_bit_for_bit(tmp_path: Path, kind: str) -> None:
    original = BUILDERS[kind](seed=1)
    contents = SingleFile(original.write(tmp_path / "x.safetensors"))
    found = recognise(contents, "model")
    assert found.family.name == kind
    assert same(found.family.load_model(contents, CPU).network, original.unet)
    assert same(found.family.load_vae(contents, CPU).network, original.vae)
    loaded = list(found.family.load_clip(contents, CPU).parts.values())
    for part, (net, _) in zip(loaded, original.clips.values(), strict=True):
        # Stable Diffusion 2 does not sum its texts up; what would do it stays in the file.
        assert same(part.network, net) or (kind == "sd2" and same(inner(part.network), inner(net)))


def test_text_encoders_of_equal_width_are_not_confused(tmp_path: Path) -> None:
    """Loaders that tell encoders apart by width give the second the weights of the first."""
    original = originals.sdxl(widths=(32, 32))
    contents = SingleFile(original.write(tmp_path / "x.safetensors"))
    encoder = recognise(contents, "clip").family.load_clip(contents, CPU)
    first, second = (net for net, _ in original.clips.values())
    assert same(encoder.parts["clip_l"].network, first)
    assert same(encoder.parts["clip_g"].network, second)


@pytest.mark.parametrize("kind", BUILDERS)
def test_what_is_loaded_is_written_back_as_it_was(tmp_path: Path, kind: str) -> None:
    original = BUILDERS[kind](seed=2)
    path = original.write(tmp_path / "x.safetensors")
    again = originals.Original(original.unet, original.clips, original.vae).tensors()
    file = SingleFile(path)
    assert set(again) == set(file.file.shapes)
    assert all(torch.equal(file.file.tensor(key), tensor) for key, tensor in again.items())


@pytest.mark.parametrize("kind", ["sd1", *BUILDERS])
@pytest.mark.parametrize("layout", ["original", "diffusers", "prefixed"])
def test_a_diffusion_model_alone_is_known_by_its_shapes(tmp_path: Path, kind: str, layout: str) -> None:
    unet = tiny.build().unet if kind == "sd1" else BUILDERS[kind]().unet
    tensors = unet.state_dict() if layout == "diffusers" else originals.original_unet(unet)
    prefix = "model.diffusion_model." if layout == "prefixed" else ""
    save_file({prefix + key: tensor.contiguous() for key, tensor in tensors.items()}, tmp_path / "x.safetensors")
    found = recognise(open_contents(tmp_path / "x.safetensors"), "model")
    assert (found.family.name, set(found.parts)) == (kind, {"model"})
    assert same(found.family.load_model(found.contents, CPU).network, unet)


@pytest.mark.parametrize(
    ("name", "marks", "metadata", "prediction", "sampling"),
    [
        ("plain", {}, {}, "epsilon", {}),
        ("marker", {"v_pred": torch.tensor([])}, {}, "v_prediction", {}),
        (
            "markers",
            {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])},
            {},
            "v_prediction",
            {"zsnr": True},
        ),
        ("header", {"v_pred": torch.tensor([])}, {"modelspec.prediction_type": "epsilon"}, "epsilon", {}),
    ],
)
def test_what_is_predicted_is_read_from_headers_and_markers(
    tmp_path: Path, name: str, marks: Any, metadata: Any, prediction: str, sampling: Any
) -> None:
    contents = SingleFile(originals.sdxl().write(tmp_path / "x.safetensors", metadata, **marks))
    model = recognise(contents, "model").family.load_model(contents, CPU)
    assert (model.prediction, model.sampling) == (prediction, sampling)


def test_settings_beside_a_file_say_what_it_predicts(tmp_path: Path) -> None:
    path = originals.sd2().write(tmp_path / "x.safetensors")
    contents = SingleFile(path)
    assert recognise(contents, "model").family.load_model(contents, CPU).prediction == "epsilon"
    path.with_suffix(".yaml").write_text('model:\n  params:\n    parameterization: "v"\n')
    assert recognise(contents, "model").family.load_model(contents, CPU).prediction == "v_prediction"
    path.with_suffix(".json").write_text('{"prediction_type": "epsilon"}')
    assert recognise(contents, "model").family.load_model(contents, CPU).prediction == "epsilon"


def test_models_with_latents_of_their_own_scale_are_refused(tmp_path: Path) -> None:
    contents = SingleFile(originals.sdxl().write(tmp_path / "x.safetensors", edm_mean=torch.zeros(4)))
    with pytest.raises(UnsupportedModel, match="Playground"):
        recognise(contents, "model").family.load_model(contents, CPU)


def test_scaled_eight_bit_weights_are_multiplied_out(tmp_path: Path) -> None:
    original = originals.sdxl()
    tensors, scales = original.tensors(), {}
    for key in [key for key, tensor in tensors.items() if ".transformer_blocks." in key and tensor.dim() == 2]:
        scale = tensors[key].abs().max() / 400
        tensors[key] = (tensors[key] / scale).to(torch.float8_e4m3fn)
        scales[key.replace(".weight", ".scale_weight")] = scale
        scales[key.replace(".weight", ".scale_input")] = torch.tensor(1.0)
    marks = {"model.diffusion_model.scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn)}
    save_file({**tensors, **scales, **marks}, tmp_path / "x.safetensors")
    contents = SingleFile(tmp_path / "x.safetensors")
    network = recognise(contents, "model").family.load_model(contents, CPU).network
    for key, weight in network.state_dict().items():
        assert torch.allclose(weight, original.unet.state_dict()[key], rtol=0.08, atol=1e-3), key


def test_a_tiny_refiner_reads_sizes_and_taste(tmp_path: Path) -> None:
    contents = SingleFile(originals.refiner().write(tmp_path / "x.safetensors"))
    found = recognise(contents, "model")
    model = found.family.load_model(contents, CPU)
    pooled = found.family.load_clip(contents, CPU).encode("a cat").pooled
    start = Start(torch.zeros(1, 4, 8, 8))
    liked = model.inputs({"pooled_output": pooled}, "positive", start)
    assert liked["time_ids"].tolist() == [[64.0, 64.0, 0.0, 0.0, 6.0]]
    disliked = model.inputs({"pooled_output": pooled, "width": 512}, "negative", start)
    assert disliked["time_ids"].tolist() == [[64.0, 512.0, 0.0, 0.0, 2.5]]
