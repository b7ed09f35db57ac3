"""Parts of models that do not fit are refused before anything runs, naming both files and what would fit."""

import json
from pathlib import Path
from typing import Any

import pytest

from graph.belonging import Belonging
from graph.belonging.facts import Facts, facts_of, facts_of_configs, text_width
from graph.belonging.headers import Headers
from graph.folders import Folders
from graph.registry import Catalogue
from graph.validation import Validated, validate
from graph.workflow import Workflow
from tests.graph.estimates.graphs import spec

SPECS = (
    spec("Checkpoint", "name:COMBO:checkpoints", "MODEL CLIP VAE"),
    spec("Unet", "name:COMBO:diffusion_models", "MODEL"),
    spec("Clip", "name:COMBO:text_encoders type:STRING", "CLIP"),
    spec("TwoClips", "one:COMBO:text_encoders two:COMBO:text_encoders type:STRING", "CLIP"),
    spec("Vae", "name:COMBO:vae", "VAE"),
    spec("Lora", "model:MODEL clip:CLIP", "MODEL CLIP"),
    spec("Encode", "clip:CLIP", "CONDITIONING"),
    spec("Combine", "one:CONDITIONING two:CONDITIONING", "CONDITIONING"),
    spec("Empty", "", "LATENT"),
    spec("Sample", "model:MODEL positive:CONDITIONING latent:LATENT", "LATENT"),
    spec("Guide", "model:MODEL positive:CONDITIONING", "GUIDER"),
    spec("Follow", "guider:GUIDER latent:LATENT", "LATENT"),
    spec("Decode", "samples:LATENT vae:VAE", "IMAGE"),
    spec("VaeEncode", "vae:VAE", "LATENT"),
    spec("Save", "images:*", is_output=True),
)
CATALOGUE = Catalogue({each.id: each for each in SPECS})
UNET = {"input_blocks.0.0.weight": (8, 4, 3, 3), "out.2.weight": (4, 8, 3, 3)}
CLIP_L = {"text_model.embeddings.token_embedding.weight": (9, 768)}
CLIP_G = {"token_embedding.weight": (9, 1280)}
T5 = {"encoder.block.0.layer.0.SelfAttention.q.weight": (64, 4096)}
VAE = {"decoder.conv_in.weight": (8, 4, 3, 3)}
FLUX = {
    "double_blocks.0.img_attn.qkv.weight": (9, 3),
    "vector_in.in_layer.weight": (3, 768),
    "txt_in.weight": (3, 4096),
    "final_layer.linear.weight": (64, 3),
}


def unet(width: int) -> dict[str, tuple[int, ...]]:
    return {**UNET, "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (8, width)}


def below(prefix: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {prefix + key: shape for key, shape in shapes.items()}


def whole(width: int, text: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return below("model.diffusion_model.", unet(width)) | below("cond.", text) | below("first_stage_model.", VAE)


FILES = {
    "checkpoints/one.safetensors": whole(768, CLIP_L),
    "checkpoints/xl.safetensors": whole(2048, below("a.", CLIP_L) | below("b.", CLIP_G)),
    "diffusion_models/flux.safetensors": FLUX,
    "text_encoders/l.safetensors": CLIP_L,
    "text_encoders/t5.safetensors": T5,
    "text_encoders/strange.safetensors": {"model.layers.0.self_attn.q_proj.weight": (9, 9)},
    "vae/ae.safetensors": {"decoder.conv_in.weight": (8, 16, 3, 3)},
    "vae/sd.safetensors": VAE,
}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name, shapes in FILES.items():
        path = tmp_path / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        entries = {key: {"dtype": "F16", "shape": shape, "data_offsets": [0, 0]} for key, shape in shapes.items()}
        header = json.dumps({**entries, "__metadata__": {}}).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header)
    return Folders(data=tmp_path / "data", models=[tmp_path / "models"])


def judged(folders: Folders, **nodes: tuple[str, dict[str, Any]]) -> Validated:
    graph = {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}
    found = validate(Workflow.parse(graph), CATALOGUE, choices=folders.names)
    assert not found.problems, found.problems
    return Belonging(folders).judge(found)


def test_parts_of_one_file_belong_together(folders: Folders) -> None:
    for name in ("one.safetensors", "xl.safetensors"):
        found = judged(
            folders,
            c=("Checkpoint", {"name": name}),
            l=("Lora", {"model": ["c", 0], "clip": ["c", 1]}),
            t=("Encode", {"clip": ["l", 1]}),
            e=("Empty", {}),
            s=("Sample", {"model": ["l", 0], "positive": ["t", 0], "latent": ["e", 0]}),
            d=("Decode", {"samples": ["s", 0], "vae": ["c", 2]}),
            o=("Save", {"images": ["d", 0]}),
        )
        assert not found.problems
        assert found.graph is not None


def test_a_text_of_another_model_is_refused_with_both_names_and_what_would_fit(folders: Folders) -> None:
    found = judged(
        folders,
        a=("Checkpoint", {"name": "one.safetensors"}),
        b=("Checkpoint", {"name": "xl.safetensors"}),
        t=("Encode", {"clip": ["b", 1]}),
        u=("Combine", {"one": ["t", 0], "two": ["t", 0]}),
        e=("Empty", {}),
        s=("Sample", {"model": ["a", 0], "positive": ["u", 0], "latent": ["e", 0]}),
        o=("Save", {"images": ["s", 0]}),
        p=("Save", {"images": ["t", 0]}),
    )
    (problem,) = found.problems
    assert (problem.code, problem.node, problem.input) == ("mismatched", "s", "positive")
    assert "one.safetensors reads texts that are 768 numbers wide, but xl.safetensors gives 2048" in problem.message
    assert "Text encoders that fit: l.safetensors, one.safetensors." in problem.message
    assert found.graph is not None
    assert found.graph.targets == ("p",)


@pytest.mark.parametrize(
    ("loader", "inputs", "fits"),
    [
        ("TwoClips", {"one": "l.safetensors", "two": "t5.safetensors", "type": "flux"}, True),
        ("Clip", {"name": "l.safetensors", "type": "stable_diffusion"}, False),
        ("Clip", {"name": "l.safetensors", "type": "sd3"}, True),
        ("Clip", {"name": "strange.safetensors", "type": "wan"}, True),
    ],
)
def test_what_is_not_understood_is_let_through(folders: Folders, loader: str, inputs: Any, fits: bool) -> None:
    found = judged(
        folders,
        u=("Unet", {"name": "flux.safetensors"}),
        c=(loader, inputs),
        t=("Encode", {"clip": ["c", 0]}),
        g=("Guide", {"model": ["u", 0], "positive": ["t", 0]}),
        e=("Empty", {}),
        f=("Follow", {"guider": ["g", 0], "latent": ["e", 0]}),
        o=("Save", {"images": ["f", 0]}),
    )
    assert (found.graph is not None) == fits


def test_a_model_of_videos_with_sound_reads_two_texts_side_by_side() -> None:
    block = "transformer_blocks.0."
    late = {f"{block}attn2.to_k.weight": (4096, 4096), f"{block}audio_attn2.to_k.weight": (2048, 2048)}
    first = {**late, "caption_projection.linear_1.weight": (4096, 3840)}
    for shapes, reads in ((late, 6144), (first, 7680)):
        found = facts_of(below("model.diffusion_model.", {**shapes, "audio_patchify_proj.weight": (2048, 128)}))
        assert (found.reads, found.channels) == (reads, None)


def test_latents_must_be_those_of_the_autoencoder(folders: Folders) -> None:
    chain = {
        "u": ("Unet", {"name": "flux.safetensors"}),
        "c": ("Clip", {"name": "t5.safetensors", "type": "flux"}),
        "t": ("Encode", {"clip": ["c", 0]}),
        "g": ("Guide", {"model": ["u", 0], "positive": ["t", 0]}),
        "e": ("Empty", {}),
        "f": ("Follow", {"guider": ["g", 0], "latent": ["e", 0]}),
        "d": ("Decode", {"samples": ["f", 0], "vae": ["v", 0]}),
        "o": ("Save", {"images": ["d", 0]}),
    }
    assert judged(folders, v=("Vae", {"name": "ae.safetensors"}), **chain).graph is not None
    (problem,) = judged(folders, v=("Vae", {"name": "sd.safetensors"}), **chain).problems
    assert "sd.safetensors works on latents of 4 channels, but those of flux.safetensors have 16" in problem.message
    assert "Autoencoders that fit: ae.safetensors." in problem.message
    (problem,) = judged(
        folders,
        v=("Vae", {"name": "ae.safetensors"}),
        n=("VaeEncode", {"vae": ["v", 0]}),
        a=("Checkpoint", {"name": "one.safetensors"}),
        t=("Encode", {"clip": ["a", 1]}),
        s=("Sample", {"model": ["a", 0], "positive": ["t", 0], "latent": ["n", 0]}),
        o=("Save", {"images": ["s", 0]}),
    ).problems
    assert (problem.node, problem.input) == ("s", "latent")


def test_folders_are_known_by_their_configurations(tmp_path: Path) -> None:
    configs = {
        "unet": {"cross_attention_dim": 2048, "out_channels": 4},
        "text_encoder": {"model_type": "clip_text_model", "hidden_size": 768},
        "text_encoder_2": {"model_type": "clip_text_model", "hidden_size": 1280},
        "vae": {"latent_channels": 4},
    }
    for name, config in configs.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
    found = Headers().of(tmp_path)
    assert found == Facts(reads=2048, channels=4, clips=(768, 1280), latents=4)
    assert text_width([found]) == 2048
    sd3 = facts_of_configs({"transformer": {"_class_name": "SD3Transformer2DModel", "joint_attention_dim": 4096}})
    assert text_width([sd3, Facts(clips=(768,))]) == 4096


def test_files_that_cannot_be_read_are_unknown(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"\x00" * 4)
    for name in ("x.safetensors", "missing.safetensors"):
        assert Headers().of(tmp_path / name) == Facts()
    assert facts_of({"lora_unet.attn2.to_k.weight": (8, 8)}) == Facts()


def test_stable_audio_is_read_off_its_file() -> None:
    inside = {"to_cond_embed.0.weight": (768, 768), "preprocess_conv.weight": (64, 64, 1)}
    autoencoder = {"pretransform.model.decoder.layers.0.weight_v": (2048, 64, 7)}
    assert facts_of({**below("model.model.", inside), **autoencoder}) == Facts(reads=768, channels=64, latents=64)


def test_stable_cascade_pixart_and_hunyuan_dit_are_told_from_shapes() -> None:
    stages = {"c": ("clip_txt_mapper.weight", 16), "b": ("clip_mapper.weight", 4)}
    for text, channels in stages.values():
        found = facts_of(below("model.diffusion_model.", {text: (2048, 1280), "clf.1.weight": (16, 320, 1, 1)}))
        assert (found.reads, found.channels) == (1280, channels)
    assert facts_of({"vae.vquantizer.codebook.weight": (8192, 4)}).latents == 4
    pixart = {"y_embedder.y_proj.fc1.weight": (1152, 4096), "t_block.1.weight": (6, 6)}
    hunyuan = {"mlp_t5.0.weight": (8192, 2048), "pooler.positional_embedding": (257, 2048)}
    for network, reads in ((pixart, 4096), (hunyuan, 2048)):
        found = facts_of({**network, "final_layer.linear.weight": (32, 1152)})
        assert (found.reads, found.channels) == (reads, 4)
