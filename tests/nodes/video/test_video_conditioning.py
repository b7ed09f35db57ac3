"""Wan makes videos that begin with a picture, through the nodes."""

import pytest
import torch
from diffusers import WanTransformer3DModel
from transformers import UMT5Config, UMT5EncoderModel

from nodes.conditioning.clip_vision import encode_clip_vision, load_clip_vision
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.wan import LAYOUT
from nodes.diffusion.types import Start
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from nodes.video.video_conditioning import wan_image_to_video
from tests.nodes.diffusion import newer_originals, originals
from tests.nodes.diffusion.image_prompt import adapters
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 64, 80, 3, generator=torch.Generator().manual_seed(5))
SEEING = {"image_dim": adapters.HIDDEN, "added_kv_proj_dim": 128}


def original(**more: int) -> newer_originals.NewerOriginal:
    """A tiny Wan that is given frames; Wan 2.1 is also told what CLIP sees."""

    def build() -> newer_originals.NewerOriginal:
        sizes = {"num_attention_heads": 1, "attention_head_dim": 128, "text_dim": 32, "ffn_dim": 64, "num_layers": 2}
        network = WanTransformer3DModel(**sizes, in_channels=36, **more)
        text = {"vocab_size": 200, "d_model": 32, "d_kv": 64, "d_ff": 48, "num_layers": 2, "num_heads": 1}
        encoder = UMT5EncoderModel(UMT5Config(**text, feed_forward_proj="gated-gelu")).eval()
        return newer_originals.NewerOriginal(
            newer_originals.alive(network), LAYOUT, encoder, newer_originals.wan_vae(), ""
        )

    return originals.seeded(3, build)


@pytest.fixture(scope="module", params=["2.1", "2.2"])
def version(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def house(tmp_path_factory, version: str) -> House:
    house = House(tmp_path_factory.mktemp("wan"))
    original(**(SEEING if version == "2.1" else {})).write(house.folder)
    originals.write_t5_vocabulary(house.folder / "tokenizers" / "umt5")
    adapters.write(house.folder / "clip_vision" / "c.safetensors", adapters.vision().state_dict())
    return house


@pytest.fixture
def parts(house: House):
    name = "x.safetensors"
    return (
        load_diffusion_model(name, "default", **house.files),
        load_clip(name, "wan", **house.files),
        load_vae(name, **house.files),
    )


def seen_by(house: House):
    vision = load_clip_vision("c.safetensors", folders=house.folders)
    return encode_clip_vision(vision, IMAGE, "none", models=house.models)


def begun(house: House, parts, image=IMAGE, seen=True, **sizes):
    texts = house.text(parts[1], "a cat"), house.text(parts[1], "")
    wanted = {"width": 64, "height": 64, "length": 9, "batch_size": 1, **sizes}
    shown = {"clip_vision_output": seen_by(house) if seen else None, "start_image": image}
    return wan_image_to_video(*texts, parts[2], **wanted, **shown, models=house.models)


def test_a_video_follows_its_first_picture(house: House, parts) -> None:
    first, other = begun(house, parts), begun(house, parts, 1 - IMAGE)
    found = [
        house.sample(parts[0], each.positive, each.negative, each.latent)["samples"] for each in (first, first, other)
    ]
    assert found[0].shape == (1, 16, 3, 8, 8)
    assert torch.equal(found[0], found[1])
    assert not torch.allclose(found[0], found[2])
    frames = house.decode({"samples": found[0]}, parts[2])
    assert len(frames) == 9
    assert is_picture(frames)


def test_the_mask_says_which_frames_are_made(house: House, parts) -> None:
    for count, given in ((1, 1), (5, 2), (20, 3)):
        options = begun(house, parts, IMAGE.expand(count, -1, -1, -1)).positive[0][1]
        assert options["concat_mask"].shape == (1, 1, 3, 8, 8)
        assert options["concat_mask"][0, 0, :, 0, 0].tolist() == [0.0] * given + [1.0] * (3 - given)
        assert options["concat_latent_image"].shape == (1, 16, 3, 8, 8)
    assert "concat_mask" not in begun(house, parts, None).positive[0][1]


def test_a_batch_is_several_videos(house: House, parts) -> None:
    both = begun(house, parts, batch_size=2)
    found = house.sample(parts[0], both.positive, both.negative, both.latent)["samples"]
    assert found.shape[0] == 2
    assert not torch.equal(found[0], found[1])


@torch.no_grad()
def test_one_call_is_that_of_diffusers(house: House, parts, version: str) -> None:
    """Its pipeline gives the mask of the first frame, 1 where it is given, then the latent of the frames."""
    ((context, options),) = begun(house, parts).positive
    x, timestep = torch.randn(1, 16, 3, 8, 8), torch.tensor([500.0])
    with house.models.use_model(parts[0]) as model:
        found = model.predict(x, timestep, context, model.inputs(options, "positive", Start(torch.zeros_like(x))))
        mask = torch.zeros(1, 4, 3, 8, 8)
        mask[:, :, 0] = 1
        latent = model.latent_format.to_network(options["concat_latent_image"])
        seen = options["clip_vision_output"].penultimate_hidden_states if version == "2.1" else None
        wanted = model.network(torch.cat([x, mask, latent], dim=1), timestep, context, seen, return_dict=False)[0]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_wan_that_is_told_what_clip_sees_asks_for_it(house: House, parts, version: str) -> None:
    unseen = begun(house, parts, seen=False)
    if version == "2.2":
        assert house.sample(parts[0], unseen.positive, unseen.negative, unseen.latent)["samples"].isfinite().all()
        return
    with pytest.raises(DiffusionError, match="what CLIP sees in the first frame"):
        house.sample(parts[0], unseen.positive, unseen.negative, unseen.latent)
