import pytest
import torch
from torch import Tensor

from nodes.diffusion import autoencoding
from nodes.diffusion.autoencoding import (
    Tiling,
    decode,
    decode_tiled,
    encode,
    encode_for_inpainting,
    encode_tiled,
)
from nodes.diffusion.errors import DiffusionError, OutOfMemory
from nodes.diffusion.families.kl_autoencoder import KlAutoencoder
from tests.nodes.diffusion import tiny


@pytest.fixture(scope="module")
def autoencoder() -> KlAutoencoder:
    network = tiny.build(seed=5).vae.requires_grad_(False)
    return KlAutoencoder(network, torch.device("cpu"), torch.float32)


class Averages:
    """An autoencoder whose latents are mean colours, so that tiles cannot differ from the whole but by blending."""

    latent_channels, downscale, device = 3, 8, torch.device("cpu")

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def encode(self, pixels: Tensor) -> Tensor:
        self.sizes.append(tuple(pixels.shape))
        return torch.nn.functional.avg_pool2d(pixels, 8)

    def decode(self, latents: Tensor) -> Tensor:
        self.sizes.append(tuple(latents.shape))
        return latents.repeat_interleave(8, -1).repeat_interleave(8, -2)

    def bytes_per_pixel(self) -> int:
        return 1


def draw(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_pictures_become_latents_eight_times_smaller_and_back(autoencoder):
    latents = encode(autoencoder, draw(2, 48, 64, 3))
    assert latents.shape == (2, 4, 6, 8)
    images = decode(autoencoder, latents)
    assert images.shape == (2, 48, 64, 3)
    assert images.dtype == torch.float32
    assert images.is_contiguous()
    assert 0.0 <= images.min() <= images.max() <= 1.0


def test_encoding_is_the_mean_of_the_distribution_unscaled(autoencoder):
    images = draw(1, 32, 32, 3)
    expected = autoencoder.network.encode(images.movedim(-1, 1) * 2 - 1).latent_dist.mean
    assert torch.allclose(encode(autoencoder, images), expected, atol=1e-6)
    assert torch.equal(encode(autoencoder, images), encode(autoencoder, images))


def test_sides_are_cut_to_whole_cells_at_either_edge():
    images = draw(1, 21, 30, 3)
    assert torch.equal(encode(Averages(), images), encode(Averages(), images[:, 2:18, 3:27]))


def test_alpha_is_left_out_and_grey_becomes_colour():
    images = draw(1, 16, 16, 4)
    assert torch.equal(encode(Averages(), images), encode(Averages(), images[..., :3]))
    grey = draw(1, 16, 16, 1)
    assert torch.equal(encode(Averages(), grey), encode(Averages(), grey.expand(-1, -1, -1, 3)))


def test_too_small_a_picture_is_refused():
    with pytest.raises(DiffusionError, match="at least 8 pixels"):
        encode(Averages(), draw(1, 7, 64, 3))


def test_latents_of_another_kind_are_refused(autoencoder):
    with pytest.raises(DiffusionError, match="16 channels, this autoencoder has 4"):
        decode(autoencoder, draw(1, 16, 4, 4))


def test_decoding_goes_in_pieces_that_fit(monkeypatch):
    averages = Averages()
    latents = draw(5, 3, 2, 2)
    monkeypatch.setattr(autoencoding, "available_bytes", lambda device: 2 * 16 * 16 / autoencoding.MEMORY_SHARE)
    expected = decode(Averages(), latents)
    assert torch.equal(decode(averages, latents), expected)
    assert [size[0] for size in averages.sizes] == [2, 2, 1]


def test_where_memory_runs_out_tiles_are_tried():
    class Small(Averages):
        def decode(self, latents: Tensor) -> Tensor:
            if latents.shape[-1] > 64:
                raise torch.OutOfMemoryError("no")
            return super().decode(latents)

        def encode(self, pixels: Tensor) -> Tensor:
            if pixels.shape[-1] > 512:
                raise torch.OutOfMemoryError("no")
            return super().encode(pixels)

    latents = draw(1, 3, 4, 80)
    assert torch.allclose(decode(Small(), latents), decode(Averages(), latents), atol=1e-6)
    images = draw(1, 16, 640, 3)
    assert torch.allclose(encode(Small(), images), encode(Averages(), images), atol=1e-6)


def test_where_not_even_a_tile_fits_the_error_has_figures():
    class Tiny(Averages):
        def decode(self, latents: Tensor) -> Tensor:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(OutOfMemory, match=r"tile of \d+ pixels fits: it takes about .* GB, and .* GB of cpu are free"):
        decode(Tiny(), draw(1, 3, 4, 4))


def test_one_tile_is_the_whole(autoencoder):
    latents, images, tiling = draw(2, 4, 8, 8), draw(2, 64, 64, 3), Tiling(64, 16)
    assert torch.equal(decode_tiled(autoencoder, latents, tiling), decode(autoencoder, latents))
    assert torch.equal(encode_tiled(autoencoder, images, tiling), encode(autoencoder, images))


@pytest.mark.parametrize("overlap", [0, 16, 32, 4096])
@pytest.mark.parametrize("size", [64, 96, 512])
def test_tiles_of_what_is_local_are_the_whole(size, overlap):
    latents, images = draw(2, 3, 23, 31), draw(2, 184, 248, 3)
    tiling = Tiling(size, overlap)
    assert torch.allclose(decode_tiled(Averages(), latents, tiling), decode(Averages(), latents), atol=1e-5)
    assert torch.allclose(encode_tiled(Averages(), images, tiling), encode(Averages(), images), atol=1e-5)


def test_tiles_are_of_the_size_that_was_asked_for():
    averages = Averages()
    decode_tiled(averages, draw(1, 3, 20, 8), Tiling(64, 16))
    assert averages.sizes == [(1, 3, 8, 8)] * 3


def test_there_are_no_seams_in_smooth_pictures():
    """Each tile is off by its own constant; blending must spread the step over the overlap."""

    class Biased(Averages):
        def decode(self, latents: Tensor) -> Tensor:
            return super().decode(latents) + 0.1 * (len(self.sizes) % 2)

    latents = torch.zeros(1, 3, 8, 40)
    whole = decode_tiled(Biased(), latents, Tiling(128, 32))
    steps = (whole[:, :, 1:] - whole[:, :, :-1]).abs().max().item()
    assert 0 < steps <= 0.05 / 32 * 1.6


def test_the_masked_part_is_grey_before_encoding():
    images, mask = draw(1, 32, 32, 3), torch.zeros(1, 32, 32)
    mask[:, 8:16, 8:16] = 1.0
    latent = encode_for_inpainting(Averages(), images, mask, grow=0)
    plain = encode(Averages(), images)
    assert torch.allclose(latent["samples"][:, :, 1, 1], torch.zeros(1, 3), atol=1e-6)  # grey is 0 for the network
    others = latent["samples"].clone()
    others[:, :, 1, 1] = plain[:, :, 1, 1]
    assert torch.allclose(others, plain, atol=1e-6)


@pytest.mark.parametrize(("grow", "first", "last"), [(0, 10, 20), (1, 10, 20), (5, 8, 22), (6, 8, 23)])
def test_the_noise_mask_grows_by_half_its_measure_on_either_side(grow, first, last):
    mask = torch.zeros(1, 32, 32)
    mask[:, 10:20, 10:20] = 0.9
    noise = encode_for_inpainting(Averages(), draw(1, 32, 32, 3), mask, grow)["noise_mask"]
    assert noise.shape == (1, 1, 32, 32)
    row = noise[0, 0, 15].nonzero().flatten()
    assert (row.min().item(), row.max().item() + 1) == (first, last)
    assert set(noise.unique().tolist()) == {0.0, 1.0}


def test_a_mask_of_another_size_is_resized_and_cut_like_the_picture():
    mask = torch.zeros(1, 10, 10)
    mask[:, :5] = 1.0
    latent = encode_for_inpainting(Averages(), draw(2, 43, 40, 3), mask, grow=0)
    assert latent["samples"].shape == (2, 3, 5, 5)
    assert latent["noise_mask"].shape == (1, 1, 40, 40)
    assert latent["noise_mask"][0, 0, :19].min() == 1.0
    assert latent["noise_mask"][0, 0, 22:].max() == 0.0
