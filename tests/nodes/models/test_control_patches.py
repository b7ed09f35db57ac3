"""What steers transformers from inside: block-wise ControlNets of Qwen-Image, Fun ControlNets of Z-Image."""

import pytest
import torch
from diffusers import ZImageControlNetModel
from safetensors.torch import save_file
from torch.nn import functional

from nodes.diffusion.control.equipping import equipped
from nodes.diffusion.effects.base import with_effect
from nodes.diffusion.errors import DiffusionError, ModelError, UnsupportedModel
from nodes.diffusion.families.tokens import packed, unpacked
from nodes.diffusion.types import Guider, Start
from nodes.latents.latent_families import empty_sd3_latent
from nodes.models.control_patches import apply_diffsynth_controlnet, apply_fun_controlnet, load_model_patch
from nodes.models.loaders import load_clip, load_diffusion_model, load_vae
from tests.nodes.diffusion import newer_originals
from tests.nodes.diffusion.control import model_patches
from tests.nodes.house import House, is_picture

IMAGE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(9))
MASK = torch.zeros(1, 64, 64)
MASK[:, 16:48, 24:56] = 1
FAMILIES = {"qwen": ("qwen_image", "qwen2.5"), "z_image": ("lumina2", "qwen3")}
KINDS = {"qwen": "qwen", "qwen inpaint": "qwen", "fun 1": "z_image", "fun 2.0": "z_image", "fun 2.1": "z_image"}


class Furnished:
    """A house with both families and all kinds of files."""

    def __init__(self, folder) -> None:
        self.house = house = House(folder)
        for family, original in (("qwen", newer_originals.qwen_image()), ("z_image", newer_originals.z_image())):
            original.write(house.folder, f"{family}.safetensors")
            newer_originals.write_language_vocabulary(house.folder / "tokenizers" / FAMILIES[family][1])
        for kind in KINDS:
            model_patches.write(house.folder / "model_patches" / f"{kind}.safetensors", kind)
        self._parts: dict[str, tuple] = {}

    def parts(self, family: str) -> tuple:
        """The model, its two texts and its autoencoder."""
        if family not in self._parts:
            name, files = f"{family}.safetensors", self.house.files
            clip = load_clip(name, FAMILIES[family][0], **files)
            texts = self.house.text(clip, "a cat"), self.house.text(clip, "")
            self._parts[family] = load_diffusion_model(name, "default", **files), texts, load_vae(name, **files)
        return self._parts[family]

    def patch(self, kind: str):
        return load_model_patch(f"{kind}.safetensors", folders=self.house.folders)

    def steered(self, kind: str, *inputs, **others):
        model, _, vae = self.parts(KINDS[kind])
        return apply_diffsynth_controlnet(model, self.patch(kind), vae, IMAGE, *inputs, **others)

    def drawn(self, kind: str, model, **inputs):
        texts = self.parts(KINDS[kind])[1]
        return self.house.sample(model, *texts, empty_sd3_latent(64, 64, 1), **inputs)["samples"]

    def latents(self, family: str, network, picture):
        with self.house.models.use_vae(self.parts(family)[2]) as vae:
            return network.latent_format.to_network(vae.encode(picture.movedim(-1, 1) * 2 - 1))


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> Furnished:
    return Furnished(tmp_path_factory.mktemp("patches"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_steers_and_strength_nought_does_not(furnished: Furnished, kind: str) -> None:
    model = furnished.parts(KINDS[kind])[0]
    assert furnished.steered(kind, 0.0) is model
    plain, found = (furnished.drawn(kind, each) for each in (model, furnished.steered(kind)))
    assert (found - plain).abs().max() > 1e-3
    assert torch.equal(furnished.drawn(kind, model), plain), "the model itself stays as it was"
    assert is_picture(furnished.house.decode({"samples": found}, furnished.parts(KINDS[kind])[2]))


@pytest.mark.parametrize("kind", ["qwen inpaint", "fun 2.1"])
def test_a_mask_counts_where_the_network_looks_at_one(furnished: Furnished, kind: str) -> None:
    found = [furnished.drawn(kind, furnished.steered(kind, mask=mask)) for mask in (None, MASK, 1 - MASK)]
    assert len({each.sum().item() for each in found}) == 3


def test_a_picture_may_have_another_size(furnished: Furnished) -> None:
    model, _, vae = furnished.parts("qwen")
    wide = functional.interpolate(IMAGE.movedim(-1, 1), size=(96, 128), mode="nearest").movedim(1, -1)
    found = furnished.drawn("qwen", apply_diffsynth_controlnet(model, furnished.patch("qwen"), vae, wide))
    assert found.isfinite().all()


def test_several_add_up(furnished: Furnished) -> None:
    once = furnished.steered("qwen", 0.5)
    twice = apply_diffsynth_controlnet(once, furnished.patch("qwen"), furnished.parts("qwen")[2], 1 - IMAGE, 0.5)
    assert not torch.equal(furnished.drawn("qwen", twice), furnished.drawn("qwen", once))


def predicted(furnished: Furnished, kind: str, model, x, context, timestep):
    """One call of the steered network, and the network itself."""
    texts = furnished.parts(KINDS[kind])[1]
    guider = Guider(model, "cfg", {"positive": texts[0], "negative": texts[1]}, {"cfg": 4.0})
    with equipped(furnished.house.models, guider) as network:
        told = network.inputs({}, "positive", Start(torch.zeros_like(x)))
        return network.predict(x, timestep, context, {**told, "sigma": 0.5}), network


@pytest.mark.parametrize("kind", ["qwen", "qwen inpaint"])
@torch.no_grad()
def test_blocks_of_qwen_image_follow_the_published_formula(furnished: Furnished, kind: str) -> None:
    x, context, timestep = torch.randn(1, 16, 8, 8), furnished.parts("qwen")[1][0][0][0], torch.tensor([0.5])
    mask = MASK if kind == "qwen inpaint" else None
    found, network = predicted(furnished, kind, furnished.steered(kind, 0.7, mask=mask), x, context, timestep)
    base, own = network._network.network, model_patches.blocks(68 if kind == "qwen inpaint" else 64)
    latent = furnished.latents("qwen", network, IMAGE)
    if mask is not None:
        kept = functional.interpolate(1 - mask[:, None], size=(8, 8), mode="bilinear")
        latent = torch.cat([latent, kept], dim=1)
    shown = own.img_in(packed(latent, 2))
    hidden = base.img_in(packed(x, 2))
    time, text = base.time_text_embed(timestep, hidden), base.txt_in(base.txt_norm(context))
    places = base.pos_embed([[(1, 4, 4)]], max_txt_seq_len=context.shape[1], device=x.device)
    for block, steering in zip(base.transformer_blocks, own.controlnet_blocks, strict=True):
        text, hidden = block(hidden, text, None, time, image_rotary_emb=places)
        sums = norm(hidden, steering.x_rms.weight) + norm(shown, steering.y_rms.weight)
        hidden = hidden + 0.7 * steering.output_proj(functional.gelu(steering.input_proj(sums)))
    wanted = base.proj_out(base.norm_out(hidden, time))
    torch.testing.assert_close(found, unpacked(wanted, 4, 4, 2), atol=1e-4, rtol=1e-4)


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight


@pytest.mark.parametrize("kind", model_patches.MODES)
@torch.no_grad()
def test_a_fun_controlnet_steers_z_image_as_that_of_diffusers(furnished: Furnished, kind: str) -> None:
    """Since 2.0 the layers that refine the picture are steered too, which diffusers does in its ControlNet only."""
    x, context, timestep = torch.randn(1, 16, 8, 8), furnished.parts("z_image")[1][0][0][0], torch.tensor([0.4])
    mask = None if kind == "fun 1" else MASK
    found, network = predicted(furnished, kind, furnished.steered(kind, 0.7, mask=mask), x, context, timestep)
    base, latent = network._network.network, furnished.latents("z_image", network, IMAGE)
    if mask is not None:
        grey = furnished.latents("z_image", network, torch.full_like(IMAGE, 0.5))
        latent = torch.cat([latent, 1 - mask[:, None, ::8, ::8], grey], dim=1)
    own = ZImageControlNetModel.from_transformer(model_patches.fun(kind), base)
    refined = []
    own.control_layers[0].register_forward_pre_hook(lambda layer, told: refined.append(told[1][:, :32]))
    pictures, texts = list(x.unsqueeze(2)), list(context)
    steering = own(pictures, 1 - timestep, texts, list(latent.unsqueeze(2)), conditioning_scale=0.7)
    handle = base.noise_refiner[-1].register_forward_hook(lambda layer, told, output: refined[-1])
    wanted = base(pictures, 1 - timestep, texts, controlnet_block_samples=steering, return_dict=False)[0]
    handle.remove()
    torch.testing.assert_close(found, -torch.stack(wanted).squeeze(2), atol=1e-4, rtol=1e-4)


def test_a_part_of_a_picture_is_painted_anew(furnished: Furnished) -> None:
    model, _, vae = furnished.parts("z_image")
    patch = furnished.patch("fun 2.1")
    found = [
        furnished.drawn("fun 2.1", apply_fun_controlnet(model, patch, vae, inpaint_image=image, mask=MASK))
        for image in (IMAGE, 1 - IMAGE)
    ]
    assert not torch.equal(*found)
    both = apply_fun_controlnet(model, patch, vae, image=IMAGE, inpaint_image=IMAGE, mask=MASK)
    assert not torch.equal(furnished.drawn("fun 2.1", both), found[0])


def test_what_does_not_fit_is_refused_by_name(furnished: Furnished) -> None:
    qwen, _, vae = furnished.parts("qwen")
    z_image = furnished.parts("z_image")[0]
    with pytest.raises(DiffusionError, match=r"fun 1\.safetensors steers models of the family z_image; qwen"):
        apply_diffsynth_controlnet(qwen, furnished.patch("fun 1"), vae, IMAGE)
    with pytest.raises(DiffusionError, match=r"needs a picture to look at"):
        apply_fun_controlnet(z_image, furnished.patch("fun 1"), vae, inpaint_image=IMAGE)
    path = furnished.house.folder / "model_patches" / "wide.safetensors"
    save_file(model_patches.BlockNetwork(64, 32, 3).state_dict(), path)
    wide = apply_diffsynth_controlnet(qwen, furnished.patch("wide"), vae, IMAGE)
    with pytest.raises(
        ModelError, match=r"wide\.safetensors does not fit the model: it is for 3 blocks of 32 channels"
    ):
        furnished.drawn("qwen", wide)
    with pytest.raises(ModelError, match=r"freeu: this changes models with a UNet"):
        furnished.drawn("qwen", with_effect(qwen, "freeu", b1=1, b2=1, s1=1, s2=1))


def test_other_kinds_of_files_are_told_apart(furnished: Furnished) -> None:
    path = furnished.house.folder / "model_patches" / "other.safetensors"
    save_file({"audio_proj.proj1.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(UnsupportedModel, match="looks like InfiniteTalk"):
        furnished.patch("other")
