"""Empty latents have the shape that their models take."""

from nodes.latents import empty_latents


def test_empty_latents_have_the_shape_of_their_family() -> None:
    shapes = {
        (1, 16, 7, 60, 106): empty_latents.empty_hunyuan_latent_video(),
        (2, 16, 1, 8, 4): empty_latents.empty_hunyuan_latent_video(32, 64, 1, 2),
        (1, 128, 13, 16, 24): empty_latents.empty_ltxv_latent_video(),
        (1, 64, 64, 32): empty_latents.empty_hunyuan_image_latent(1024, 2048),
        (1, 3, 64, 32): empty_latents.empty_chroma_radiance_latent_image(32, 64),
        (1, 64, 1024): empty_latents.empty_latent_audio(),
    }
    for shape, latent in shapes.items():
        assert tuple(latent["samples"].shape) == shape
        assert not latent["samples"].any()
    stages = empty_latents.stable_cascade_empty_latent_image(1024, 512)
    assert [tuple(each["samples"].shape) for each in stages] == [(1, 16, 12, 24), (1, 4, 128, 256)]
