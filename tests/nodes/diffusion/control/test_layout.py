import pytest
from accelerate import init_empty_weights
from diffusers import ControlNetModel, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

from nodes.diffusion.control.layout import control_config, control_keys, kind_of, prefix_of
from tests.nodes.diffusion import tiny
from tests.nodes.diffusion.control import controls

SD1 = {"cross_attention_dim": 768}
SDXL = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}


@pytest.fixture(params=[SD1, SDXL], ids=["sd1", "sdxl"])
def full_size(request) -> ControlNetModel:
    with init_empty_weights():
        return ControlNetModel(**request.param)


def test_the_full_size_map_is_that_of_diffusers(full_size):
    state = full_size.state_dict()
    names = control_keys(state)
    assert len(set(names.values())) == len(names)
    theirs = convert_controlnet_checkpoint(
        {f"control_model.{names[key]}": value for key, value in state.items()}, dict(full_size.config)
    )
    missed = {key for key in state if key.startswith("add_embedding.")}  # diffusers' converter knows no sizes
    assert set(theirs) == set(state) - missed
    assert all(theirs[key] is state[key] for key in theirs)
    assert all(names[key].startswith("label_emb.0.") for key in missed)


def test_the_configuration_is_read_from_shapes(full_size):
    names = control_keys(full_size.state_dict())
    config = control_config({names[key]: tuple(value.shape) for key, value in full_size.state_dict().items()})
    defaults = {"mid_block_type": full_size.config.mid_block_type}
    for key, value in {**defaults, **config}.items():
        known = full_size.config[key]
        wide = (known,) * len(config["down_block_types"]) if key == "transformer_layers_per_block" else known
        assert value == (wide if isinstance(known, int) and isinstance(value, tuple) else known), key


def test_files_are_told_apart_by_their_keys():
    unet = tiny.build().unet
    plain = {key: tuple(value.shape) for key, value in controls.build(unet).state_dict().items()}
    union = {key: tuple(value.shape) for key, value in controls.build_union(unet).state_dict().items()}
    assert (prefix_of(plain), kind_of(plain)) == ("", "controlnet")
    assert (prefix_of(union), kind_of(union)) == ("", "union")
    assert (
        prefix_of({f"control_model.{key}": () for key in controls.original(controls.build(unet))}) == "control_model."
    )
    assert prefix_of(dict.fromkeys(UNet2DConditionModel(**SMALL).state_dict(), ())) is None


SMALL = {
    "block_out_channels": (32, 32),
    "down_block_types": ("DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D"),
}
