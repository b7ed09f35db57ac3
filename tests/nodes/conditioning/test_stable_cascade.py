"""Stable Cascade through the nodes: from a prompt or a picture over both stages to a picture."""

from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from nodes.conditioning.clip_vision import encode_clip_vision, unclip_conditioning
from nodes.conditioning.control import apply_controlnet_advanced, load_controlnet
from nodes.conditioning.stable_cascade import encode_for_stage_c, show_for_enlarging, stage_b_conditioning
from nodes.diffusion.errors import DiffusionError, ModelError
from nodes.diffusion.weights import merging_files
from nodes.latents.empty_latents import stable_cascade_empty_latent_image
from nodes.models.loaders import load_checkpoint, load_clip, load_diffusion_model, load_unclip_checkpoint, load_vae
from nodes.models.model_sampling import model_sampling_stable_cascade
from tests.nodes.diffusion import cascade_originals as originals
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 96, 128, 3, generator=torch.Generator().manual_seed(3))


def write(house: House, folder: str, name: str, tensors, header=None) -> None:
    path = house.folder / folder / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone().contiguous() for key, value in tensors.items()}, path, header)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("cascade"))
    write(house, "checkpoints", "c", originals.checkpoint_c())
    write(house, "checkpoints", "b", originals.checkpoint_b())
    return house


@pytest.fixture(scope="module")
def stages(house: House) -> SimpleNamespace:
    c = load_unclip_checkpoint("c.safetensors", **house.files)
    b = load_checkpoint("b.safetensors", **house.files)
    texts = house.text(c.CLIP, "a (red:1.2) cat"), house.text(c.CLIP, "")
    return SimpleNamespace(c=c, b=b, positive=texts[0], negative=texts[1])


def enlarged(house: House, stages: SimpleNamespace, drawn, latent, positive=None):
    told = stage_b_conditioning(positive or stages.positive, drawn)
    return house.sample(stages.b.MODEL, told, stages.negative, latent, cfg=1.1)


def test_a_prompt_becomes_a_picture_over_both_stages(house: House, stages: SimpleNamespace) -> None:
    empty = stable_cascade_empty_latent_image(128, 64, 32, 2)
    drawn = house.sample(stages.c.MODEL, stages.positive, stages.negative, empty.stage_c, scheduler="simple")
    assert drawn["samples"].shape == (2, 16, 2, 4)
    large = enlarged(house, stages, drawn, empty.stage_b)
    assert large["samples"].shape == (2, 4, 16, 32)
    assert is_picture(house.decode(large, stages.b.VAE), 64, 128)
    other = enlarged(house, stages, {"samples": -drawn["samples"]}, empty.stage_b)
    assert (other["samples"] - large["samples"]).abs().max() > 1e-3
    shown = house.decode(drawn, stages.c.VAE)
    assert is_picture(shown, 16, 32)


def test_pictures_and_shifts_change_what_is_drawn(house: House, stages: SimpleNamespace) -> None:
    empty = stable_cascade_empty_latent_image(256, 256, 64).stage_c
    plain = house.sample(stages.c.MODEL, stages.positive, stages.negative, empty)["samples"]
    seen = encode_clip_vision(stages.c.CLIP_VISION, IMAGE, "center", models=house.models)
    once = unclip_conditioning(stages.positive, seen, 1.0)
    twice = unclip_conditioning(once, seen, 0.5)
    drawn = [house.sample(stages.c.MODEL, told, stages.negative, empty)["samples"] for told in (once, twice)]
    same_shift = model_sampling_stable_cascade(stages.c.MODEL, 2.0)
    assert torch.equal(house.sample(same_shift, stages.positive, stages.negative, empty)["samples"], plain)
    shifted = model_sampling_stable_cascade(stages.c.MODEL, 1.0)
    drawn.append(house.sample(shifted, stages.positive, stages.negative, empty)["samples"])
    assert all(not torch.allclose(each, plain, atol=1e-4) for each in drawn)
    assert not torch.allclose(drawn[0], drawn[1], atol=1e-4)


def test_a_picture_is_changed_by_both_stages(house: House, stages: SimpleNamespace) -> None:
    begun = encode_for_stage_c(IMAGE, stages.c.VAE, 32, models=house.models)
    assert begun.stage_c["samples"].shape == (1, 16, 3, 4)
    assert begun.stage_b["samples"].shape == (1, 4, 24, 32)
    drawn = house.sample(stages.c.MODEL, stages.positive, stages.negative, begun.stage_c, denoise=0.6)
    assert is_picture(house.decode(enlarged(house, stages, drawn, begun.stage_b), stages.b.VAE), 96, 128)


def test_what_does_not_belong_there_is_refused(house: House, stages: SimpleNamespace) -> None:
    with pytest.raises(DiffusionError, match="stage C"):
        encode_for_stage_c(IMAGE, stages.b.VAE, 32, models=house.models)
    with pytest.raises(DiffusionError, match="at least 100 pixels"):
        encode_for_stage_c(IMAGE, stages.c.VAE, 100, models=house.models)
    empty = stable_cascade_empty_latent_image(256, 256, 64)
    with pytest.raises(DiffusionError, match="StageB_Conditioning"):
        enlarged(house, stages, {"samples": torch.ones(1, 4, 8, 8)}, empty.stage_b)


def test_parts_in_files_of_their_own_draw_the_same(house: House, stages: SimpleNamespace) -> None:
    write(house, "diffusion_models", "stage_c", originals.original(originals.stage_c()))
    write(house, "text_encoders", "clip_g", *originals.lone_text())
    write(house, "vae", "previewer", originals.coder_c().previewer.state_dict())
    model = load_diffusion_model("stage_c.safetensors", "default", **house.files)
    clip = load_clip("clip_g.safetensors", "stable_cascade", **house.files)
    vae = load_vae("previewer.safetensors", **house.files)
    positive, negative = house.text(clip, "a (red:1.2) cat"), house.text(clip, "")
    torch.testing.assert_close(positive[0][0], stages.positive[0][0])
    empty = stable_cascade_empty_latent_image(256, 256, 64).stage_c
    drawn = house.sample(model, positive, negative, empty)
    wanted = house.sample(stages.c.MODEL, stages.positive, stages.negative, empty)
    torch.testing.assert_close(drawn["samples"], wanted["samples"], atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(house.decode(drawn, vae), house.decode(wanted, stages.c.VAE), atol=1e-4, rtol=0)


def test_what_is_saved_can_be_loaded_again(house: House, stages: SimpleNamespace) -> None:
    saved = merging_files.checkpoint(house.models, stages.c.MODEL, stages.c.CLIP)
    write(house, "checkpoints", "saved", saved.tensors, dict(saved.metadata))
    again = load_unclip_checkpoint("saved.safetensors", **house.files)
    empty = stable_cascade_empty_latent_image(256, 256, 64).stage_c
    seen = [encode_clip_vision(each, IMAGE, "center", models=house.models) for each in (stages.c[3], again[3])]
    torch.testing.assert_close(seen[0].image_embeds, seen[1].image_embeds)
    drawn = house.sample(again.MODEL, house.text(again.CLIP, "a (red:1.2) cat"), house.text(again.CLIP, ""), empty)
    wanted = house.sample(stages.c.MODEL, stages.positive, stages.negative, empty)
    torch.testing.assert_close(drawn["samples"], wanted["samples"], atol=1e-3, rtol=1e-4)


def test_a_controlnet_steers_the_first_stage(house: House, stages: SimpleNamespace) -> None:
    for name, colours, sees_latents in (("edges", 3, False), ("large", 16, True)):
        control = originals.control(colours, sees_latents=sees_latents)
        write(house, "controlnet", name, control.state_dict())
    empty = stable_cascade_empty_latent_image(256, 256, 64).stage_c
    plain = house.sample(stages.c.MODEL, stages.positive, stages.negative, empty)["samples"]
    large = show_for_enlarging(torch.rand(1, 128, 128, 3), stages.c.VAE, models=house.models)
    assert [each["samples"].shape for each in large[1:]] == [(1, 16, 8, 8), (1, 4, 64, 64)]
    for name, seen in (("edges", IMAGE), ("large", large.controlnet_input)):
        net = load_controlnet(f"{name}.safetensors", folders=house.folders)
        steered = apply_controlnet_advanced(stages.positive, stages.negative, net, seen)
        drawn = house.sample(stages.c.MODEL, *steered, empty)["samples"]
        assert not torch.allclose(drawn, plain, atol=1e-3)
        with pytest.raises(ModelError, match="steers stage C"):
            house.sample(stages.b.MODEL, *steered, stable_cascade_empty_latent_image(256, 256, 64).stage_b)
