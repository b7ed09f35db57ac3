import pytest
import torch
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, SiglipVisionConfig, SiglipVisionModel

from graph.folders import Folders
from nodes.conditioning.clip_vision import apply_style_model, encode_clip_vision, load_clip_vision, load_style_model
from nodes.diffusion.errors import DiffusionError, UnsupportedModel
from nodes.diffusion.models import ModelRegistry
from nodes.diffusion.vision.encoder import CLIP_DEVIATION, CLIP_MEAN, Seen, VisionFile, prepared

SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 16}


@pytest.fixture
def folders(tmp_path) -> Folders:
    return Folders(data=tmp_path / "data", models=[tmp_path])


@pytest.fixture
def clip(folders, tmp_path):
    torch.manual_seed(0)
    network = CLIPVisionModelWithProjection(
        CLIPVisionConfig(**SMALL, patch_size=8, image_size=32, projection_dim=24, hidden_act="quick_gelu")
    ).eval()
    (tmp_path / "clip_vision").mkdir()
    weights = {**network.state_dict(), "vision_model.embeddings.position_ids": torch.arange(17)[None]}
    save_file(weights, tmp_path / "clip_vision" / "c.safetensors")
    return network


@torch.no_grad()
def test_pictures_are_seen_as_transformers_sees_them(clip, folders):
    models, image = ModelRegistry("cpu", budget_bytes=1 << 30), torch.rand(2, 32, 32, 3)
    handle = load_clip_vision("c.safetensors", folders=folders)
    seen = encode_clip_vision(handle, image, "center", models=models)
    pictures = (image * 255).round() / 255
    pictures = (pictures - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_DEVIATION)
    wanted = clip(pixel_values=pictures.movedim(-1, 1), output_hidden_states=True)
    for ours, theirs in (
        (seen.last_hidden_state, wanted.last_hidden_state),
        (seen.penultimate_hidden_states, wanted.hidden_states[-2]),
        (seen.image_embeds, wanted.image_embeds),
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_siglip_is_told_apart_and_seen_alike(folders, tmp_path):
    torch.manual_seed(0)
    network = SiglipVisionModel(SiglipVisionConfig(**SMALL, patch_size=8, image_size=32, vision_use_head=False)).eval()
    (tmp_path / "clip_vision").mkdir()
    save_file(
        {f"vision_model.{key.removeprefix('vision_model.')}": value for key, value in network.state_dict().items()},
        tmp_path / "clip_vision" / "s.safetensors",
    )
    handle = load_clip_vision("s.safetensors", folders=folders)
    image = torch.rand(1, 32, 32, 3)
    seen = encode_clip_vision(handle, image, "none", models=ModelRegistry("cpu", budget_bytes=1 << 30))
    pictures = (image * 255).round() / 255 * 2 - 1
    wanted = network(pixel_values=pictures.movedim(-1, 1))
    torch.testing.assert_close(seen.last_hidden_state, wanted.last_hidden_state, atol=1e-5, rtol=1e-4)
    assert seen.image_embeds is None


def test_the_configuration_is_read_from_shapes(clip, folders):
    config = VisionFile(folders.path("clip_vision", "c.safetensors")).config
    assert {key: clip.config.to_dict()[key] for key in config} == config


def test_pictures_are_cut_or_squeezed_to_a_square():
    wide = torch.cat([torch.zeros(1, 32, 16, 3), torch.rand(1, 32, 32, 3), torch.ones(1, 32, 16, 3)], dim=2)
    middle = prepared(wide[:, :, 16:48], 32, "center", is_clip=True)
    torch.testing.assert_close(prepared(wide, 32, "center", is_clip=True), middle, atol=2e-2, rtol=0)
    assert prepared(wide, 32, "none", is_clip=True).shape == (1, 3, 32, 32)
    assert prepared(torch.rand(1, 50, 40, 1), 32, "center", is_clip=False).shape == (1, 3, 32, 32)


def test_what_sees_nothing_is_refused(folders, tmp_path):
    (tmp_path / "clip_vision").mkdir()
    save_file({"x": torch.zeros(1)}, tmp_path / "clip_vision" / "x.safetensors")
    with pytest.raises(UnsupportedModel, match="CLIP and SigLIP"):
        load_clip_vision("x.safetensors", folders=folders)


def test_a_style_model_lets_a_picture_follow_the_prompt(folders, tmp_path):
    torch.manual_seed(0)
    (tmp_path / "style_models").mkdir()
    up, down = torch.randn(30, 8), torch.randn(16, 30)
    weights = {"redux_up.weight": up, "redux_up.bias": torch.ones(30)}
    weights |= {"redux_down.weight": down, "redux_down.bias": torch.ones(16)}
    save_file(weights, tmp_path / "style_models" / "r.safetensors")
    style = load_style_model("r.safetensors", folders=folders)
    hidden = torch.randn(2, 5, 8)
    seen, text = Seen(hidden, hidden, None), torch.randn(1, 7, 16)
    ((found, options),) = apply_style_model([(text, {"a": 1})], style, seen, 0.5, "multiply")
    words = torch.nn.functional.silu(hidden @ up.T + 1) @ down.T + 1
    torch.testing.assert_close(found, torch.cat([text, 0.5 * words.reshape(1, 10, 16)], dim=1))
    assert options == {"a": 1}
    with pytest.raises(DiffusionError, match="width 16"):
        apply_style_model([(torch.randn(1, 7, 4), {})], style, seen, 1.0, "multiply")
    with pytest.raises(DiffusionError, match="8 numbers a position"):
        apply_style_model([(text, {})], style, Seen(torch.randn(1, 5, 4), hidden, None), 1.0, "multiply")
    with pytest.raises(DiffusionError, match="attn_bias"):
        apply_style_model([(text, {})], style, seen, 0.5, "attn_bias")
