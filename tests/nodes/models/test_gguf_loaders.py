"""GGUF files through the nodes: diffusion models and text encoders in few bits, from a prompt to a picture."""

import json
from pathlib import Path

import gguf
import pytest
import torch
from safetensors.torch import save_file

from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.families.flux import Flux
from nodes.diffusion.gguf.file import GgufFile
from nodes.diffusion.gguf.names import _LANGUAGE_LAYER, _LANGUAGE_OUTER, _T5_LAYER, _T5_OUTER
from nodes.diffusion.gguf.tensors import QuantisedTensor
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.memory.streaming import Streaming
from nodes.diffusion.text.unigram import parse_pieces
from nodes.models.gguf_loaders import load_clip, load_diffusion_model, load_three_clips, load_two_clips
from nodes.models.loaders import load_vae
from nodes.models.lora import load_lora_model_only
from tests.nodes.diffusion import newer_originals, originals
from tests.nodes.diffusion.gguf import files
from tests.nodes.house import House, is_picture


def llama_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights of a T5 encoder under the names of llama.cpp."""
    outer = {new: old for old, new in _T5_OUTER.items()}
    layers = {new: old for old, new in _T5_LAYER.items()}
    found = {}
    for key, tensor in tensors.items():
        if key in outer:
            found[outer[key]] = tensor
            continue
        _, _, number, rest = key.split(".", 3)
        layer, _, parameter = rest.rpartition(".")
        found[f"enc.blk.{number}.{layers[layer]}.{parameter}"] = tensor
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    house = House(tmp_path_factory.mktemp("gguf"))
    flux, sd3 = originals.flux(), originals.sd3()
    root = house.folder
    files.write(root / "diffusion_models" / "flux.gguf", flux.transformer(), files.Type.Q8_0)
    plain = GgufFile(root / "diffusion_models" / "flux.gguf")
    dense = {key: plain.tensor(key).to(torch.float32).clone() for key in plain.shapes}
    save_file(dense, root / "diffusion_models" / "dense.safetensors")
    (root / "text_encoders").mkdir()
    for name, network in (("clip_l", flux), ("clip_g", sd3)):
        save_file(network.text(name), root / "text_encoders" / f"{name}.safetensors")
    files.write(root / "text_encoders" / "t5.gguf", llama_names(flux.text("t5xxl")), files.Type.Q8_0, "t5encoder")
    (root / "vae").mkdir()
    save_file(originals.vae_tensors(flux.vae, ""), root / "vae" / "vae.safetensors")
    originals.write_t5_vocabulary(root / "tokenizers" / "t5")
    return house


def drawn(house: House, model, clip):
    return house.sample(model, house.text(clip, "a cat"), house.text(clip, ""))["samples"]


def test_a_picture_from_few_bits_is_that_of_their_numbers(house: House) -> None:
    model = load_diffusion_model("flux.gguf", **house.files)
    clip = load_two_clips("t5.gguf", "clip_l.safetensors", "flux", **house.files)
    found = drawn(house, model, clip)
    dense = drawn(house, load_diffusion_model("dense.safetensors", **house.files), clip)
    torch.testing.assert_close(found, dense, atol=1e-4, rtol=1e-4)
    assert is_picture(house.decode({"samples": found}, load_vae("vae.safetensors", **house.files)))


def test_a_text_encoder_in_few_bits_reads_as_that_of_its_numbers(house: House) -> None:
    clip = load_two_clips("clip_l.safetensors", "t5.gguf", "flux", **house.files)
    assert clip.source.architecture == "flux"
    with house.models.use_clip(clip) as encoder:
        weights = dict(encoder.t5.network.named_parameters())
        kept = [key for key, weight in weights.items() if isinstance(weight, QuantisedTensor)]
        assert len(kept) > 10
        few = encoder.encode("a cat").hidden
    original = originals.flux().texts["t5xxl"].state_dict()
    assert all((weights[key] + 0 - original[key]).abs().max() < 0.02 * original[key].abs().max() for key in kept)
    assert few.isfinite().all()


def test_a_language_model_in_few_bits_reads_as_that_of_its_numbers(house: House) -> None:
    network = newer_originals.qwen3()
    outer = {new.removeprefix("model."): old for old, new in _LANGUAGE_OUTER.items()}
    layers, tensors = {new: old for old, new in _LANGUAGE_LAYER.items()}, {}
    for key, tensor in network.state_dict().items():
        _, number, rest = [*key.split(".", 2), "", ""][:3]
        layer, _, parameter = rest.rpartition(".")
        tensors[outer.get(key) or f"blk.{number}.{layers[layer]}.{parameter}"] = tensor
    files.write(house.folder / "text_encoders" / "qwen3.gguf", tensors, files.Type.Q8_0, "qwen3")
    newer_originals.write_language_vocabulary(house.folder / "tokenizers" / "qwen3")
    clip = load_clip("qwen3.gguf", "lumina2", **house.files)
    assert clip.source.architecture == "z_image"
    with house.models.use_clip(clip) as encoder:
        found = encoder.encode("a cat").hidden
        state = {key: value + 0 for key, value in encoder.network.state_dict().items()}
        encoder.network.load_state_dict(state, assign=True)  # the same numbers, whole
        torch.testing.assert_close(found, encoder.encode("a cat").hidden, atol=1e-4, rtol=1e-4)
    house.models.unload()


def test_the_other_loaders_take_the_same_files(house: House) -> None:
    three = load_three_clips("clip_l.safetensors", "clip_g.safetensors", "t5.gguf", **house.files)
    assert three.source.architecture == "sd3"
    assert load_clip("t5.gguf", "chroma", **house.files).source.architecture == "chroma"


def test_weights_stay_in_few_bits_and_are_counted_so(house: House) -> None:
    house.models.unload()
    model = load_diffusion_model("flux.gguf", **house.files)
    with house.models.use_model(model) as network:
        kinds = {type(weight) for weight in network.network.parameters()}
        taken = sum(weight.nbytes for weight in network.network.parameters())
    assert kinds == {QuantisedTensor, torch.nn.Parameter}
    assert taken < 0.4 * sum(weight.numel() * 4 for weight in network.network.parameters())
    assert house.models.held_bytes == open_contents(house.folder / "diffusion_models" / "flux.gguf").kept[1]


def test_a_lora_changes_them_and_leaves_no_trace(house: House) -> None:
    clip = load_two_clips("clip_l.safetensors", "t5.gguf", "flux", **house.files)
    names = {"double_blocks_0_img_attn_proj": (64, 64), "single_blocks_1_linear1": (448, 64)}
    generator, lora = torch.Generator().manual_seed(4), {}
    for name, (out, into) in names.items():
        lora[f"lora_unet_{name}.lora_up.weight"] = torch.randn(out, 2, generator=generator)
        lora[f"lora_unet_{name}.lora_down.weight"] = torch.randn(2, into, generator=generator)
    (house.folder / "loras").mkdir(exist_ok=True)
    save_file(lora, house.folder / "loras" / "l.safetensors")
    few, dense = (load_diffusion_model(name, **house.files) for name in ("flux.gguf", "dense.safetensors"))
    plain = drawn(house, few, clip)
    changed = [
        drawn(house, load_lora_model_only(each, "l.safetensors", 0.5, **house.files), clip) for each in (few, dense)
    ]
    assert (changed[0] - plain).abs().max() > 1e-3
    torch.testing.assert_close(*changed, atol=1e-4, rtol=1e-4)
    assert torch.equal(drawn(house, few, clip), plain)
    with house.models.use_model(few) as network:
        assert all(
            weight.worn is None for weight in network.network.parameters() if isinstance(weight, QuantisedTensor)
        )


def test_looking_at_a_model_multiplies_nothing_out(house: House) -> None:
    found = house.models.look(load_diffusion_model("flux.gguf", **house.files).source)
    assert {weight.device.type for weight in found.network.parameters()} == {"meta"}


def test_a_model_larger_than_its_room_takes_turns_in_few_bits(house: House) -> None:
    contents = open_contents(house.folder / "diffusion_models" / "flux.gguf")
    place = Placement(torch.device("cpu"), torch.float32)
    whole = Flux().load_model(contents, place)
    streamed = Flux().load_model(contents, Placement(torch.device("cpu"), torch.float32, is_streamed=True))
    Streaming(streamed.network, place, 0)
    x, context = torch.randn(1, 16, 8, 8), torch.randn(1, 5, 96)
    told = {"pooled": torch.randn(1, 32), "guidance": torch.tensor([3.5])}
    wanted, *found = (each.predict(x, torch.tensor([0.5]), context, told) for each in (whole, streamed, streamed))
    for each in found:
        torch.testing.assert_close(each, wanted, atol=1e-4, rtol=1e-4)
    assert all(
        weight.worn is None
        for weight in streamed.network.transformer_blocks.parameters()
        if isinstance(weight, QuantisedTensor)
    )


def test_the_vocabulary_that_a_file_brings_is_read(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "t5.gguf", "t5encoder")
    tokens = ["<pad>", "</s>", "<unk>", "▁a", "▁cat", "c", "a", "t", "▁"]
    writer.add_tokenizer_model("t5")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_types([3, 3, 2, 1, 1, 1, 1, 1, 1])
    writer.add_tensor("enc.output_norm.weight", torch.ones(32).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    file = GgufFile(tmp_path / "t5.gguf")
    assert "spiece_model" in file
    vocabulary = parse_pieces(bytes(file.tensor("spiece_model").numpy().tobytes()), "t5.gguf")
    assert vocabulary.ids("a cat") == [3, 4]
    assert json.loads(vocabulary.tokenizer.to_str())["model"]["unk_id"] == 2
