"""unCLIP: pictures become what the model is told, as diffusers does it."""

from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMScheduler, StableUnCLIPImg2ImgPipeline
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer

from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.families.contents import open_contents
from nodes.diffusion.families.known import recognise
from nodes.diffusion.families.unclip import NoiseAugmentation, kept_at, waves
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.vision.encoder import Seen, VisionFile, load_vision, open_vision
from tests.nodes.diffusion import originals
from tests.nodes.diffusion.families import unclips
from tests.nodes.diffusion.image_prompt import adapters

CPU = Placement(torch.device("cpu"), torch.float32)
MEAN, DEVIATION = torch.linspace(-1, 1, 24)[None], torch.linspace(0.5, 2, 24)[None]


def seen(seed: int = 1, count: int = 1) -> Seen:
    embeds = torch.randn(count, 24, generator=torch.Generator().manual_seed(seed))
    return Seen(embeds, embeds, embeds)


def told(picture: Seen, strength: float = 1.0, noise: float = 0.0):
    return {"clip_vision_output": picture, "strength": strength, "noise_augmentation": noise}


@pytest.mark.parametrize("level", [0, 1, 250, 999])
def test_noise_and_waves_are_those_of_diffusers(level: int) -> None:
    normaliser = StableUnCLIPImageNormalizer(24)
    normaliser.mean.data, normaliser.std.data = MEAN.clone(), DEVIATION.clone()
    scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2")
    pipeline = SimpleNamespace(image_normalizer=normaliser, image_noising_scheduler=scheduler)
    picture, noise = seen().image_embeds, torch.randn(1, 24, generator=torch.Generator().manual_seed(7))
    wanted = StableUnCLIPImg2ImgPipeline.noise_image_embeddings(pipeline, picture, level, noise)
    torch.testing.assert_close(
        NoiseAugmentation(MEAN, DEVIATION).noised(picture, level, 7), wanted, atol=1e-4, rtol=1e-4
    )
    assert kept_at(level) == pytest.approx(float(scheduler.alphas_cumprod[level]), rel=1e-4, abs=1e-9)
    assert waves(level, 24).shape == (1, 24)


def test_the_noise_is_that_of_a_seed_below_the_one_of_the_run() -> None:
    augmentation = NoiseAugmentation(MEAN, DEVIATION)
    found = augmentation.labels([told(seen(), 0.5, 0.3)], seed=13)
    torch.testing.assert_close(found, 0.5 * augmentation.noised(seen().image_embeds, 300, 3))
    assert not torch.equal(found, augmentation.labels([told(seen(), 0.5, 0.3)], seed=14))
    assert augmentation.labels([told(seen(), 1.0, 0.3)], seed=2).isfinite().all()  # a seed below nought


def test_several_pictures_are_summed_up_and_noised_once_more() -> None:
    augmentation = NoiseAugmentation(MEAN, DEVIATION)
    first, second = seen(1), seen(2)
    found = augmentation.labels([told(first, 1.0, 0.1), told(second, 0.5, 0.2)], seed=20)
    total = augmentation.noised(first.image_embeds, 100, 10) + 0.5 * augmentation.noised(second.image_embeds, 200, 10)
    torch.testing.assert_close(found, augmentation.noised(total[:, :24], 50, 10))
    batch = Seen(*[torch.cat([first.image_embeds, second.image_embeds])] * 3)
    alike = [told(first), told(second)]
    torch.testing.assert_close(augmentation.labels([told(batch)], 5), augmentation.labels(alike, 5))


def test_pictures_of_another_encoder_are_refused() -> None:
    with pytest.raises(DiffusionError, match="in 24 numbers"):
        NoiseAugmentation(MEAN, DEVIATION).labels([told(Seen(*[torch.zeros(1, 8)] * 3))], 0)


@torch.no_grad()
def test_the_encoder_inside_a_checkpoint_is_the_one_that_was_written(tmp_path) -> None:
    path = unclips.write(tmp_path / "u.safetensors")
    wanted = adapters.vision()
    assert VisionFile(path).config["hidden_size"] == adapters.HIDDEN
    loaded = load_vision(open_vision(path), CPU)
    state = wanted.state_dict()
    assert all(torch.equal(value, state[key]) for key, value in loaded.network.state_dict().items())
    assert loaded.look(torch.rand(1, 32, 32, 3)).image_embeds.shape == (1, adapters.SEEN)


@pytest.mark.parametrize("width", [768, 1024])
def test_the_published_sizes_are_not_taken_for_xl(tmp_path, width: int) -> None:
    """XL is told as many numbers beside texts that are wider: the trap of telling families apart by that alone."""
    config = {
        **originals.SD2_UNET,
        "class_embed_type": "projection",
        "projection_class_embeddings_input_dim": 2 * width,
    }
    shapes = originals.full_size(config, {"cond_stage_model.model.": originals.CLIP_H})
    shapes |= {"noise_augmentor.data_mean": (1, width), "noise_augmentor.data_std": (1, width)}
    found = recognise(open_contents(originals.write_hollow(tmp_path / "u.safetensors", shapes)), "model")
    assert found.family.name == "sd2_unclip"
    assert set(found.parts) == {"model", "clip", "vae"}
    network = found.family.load_model(found.contents, Placement(torch.device("meta"), torch.float32)).network
    assert network.class_embedding.linear_1.in_features == 2 * width


def test_other_models_of_the_second_generation_are_still_what_they_are(tmp_path) -> None:
    path = originals.sd2().write(tmp_path / "m.safetensors")
    assert recognise(open_contents(path), "model").family.name == "sd2"
