"""BiRefNet: its layout at the published sizes, and the parts that it is made of."""

import torch
from torch.nn import functional
from transformers.models.swin.modeling_swin import SwinRelativePositionBias

from nodes.diffusion.families.building import parameter_count, skeleton, state_shapes
from nodes.diffusion.families.weights import file_shapes
from nodes.diffusion.vision.background import background_keys, window_places
from nodes.diffusion.vision.birefnet import BiRefNet, Sizes, squares_of
from nodes.diffusion.vision.deformable import deformed

PUBLISHED = {
    "bb.patch_embed.proj.weight": (192, 3, 4, 4),
    "bb.patch_embed.norm.bias": (192,),
    "bb.layers.0.blocks.1.attn.relative_position_bias_table": (529, 6),
    "bb.layers.2.blocks.17.attn.qkv.weight": (2304, 768),
    "bb.layers.2.blocks.17.attn.proj.bias": (768,),
    "bb.layers.3.blocks.0.mlp.fc1.weight": (6144, 1536),
    "bb.layers.1.downsample.reduction.weight": (768, 1536),
    "bb.norm3.weight": (1536,),
    "squeeze_module.0.conv_in.weight": (64, 5760, 3, 3),
    "squeeze_module.0.dec_att.global_avg_pool.1.weight": (256, 64, 1, 1),
    "decoder.ipt_blk5.conv1.weight": (64, 3072, 3, 3),
    "decoder.decoder_block4.conv_in.weight": (64, 3456, 3, 3),
    "decoder.decoder_block1.dec_att.aspp_deforms.2.atrous_conv.offset_conv.weight": (98, 64, 7, 7),
    "decoder.decoder_block1.dec_att.conv1.weight": (64, 1280, 1, 1),
    "decoder.lateral_block2.conv.weight": (384, 384, 1, 1),
    "decoder.gdt_convs_attn_3.0.weight": (1, 16, 1, 1),
    "decoder.ipt_blk1.conv_out.weight": (48, 64, 3, 3),
    "decoder.conv_out1.0.weight": (1, 240, 1, 1),
}
"""Names and shapes in the authors' file with the large Swin, as their code makes them."""
LITE = Sizes(96, (2, 2, 6, 2), (3, 6, 12, 24), 7)


def shapes_of(sizes: Sizes):
    network = skeleton(lambda: BiRefNet(sizes))
    own = state_shapes(network)
    return file_shapes(background_keys(own), own), parameter_count(network)


def test_published_names_and_shapes_are_those_of_the_network() -> None:
    shapes, count = shapes_of(Sizes())
    assert {key: shapes[key] for key in PUBLISHED} == PUBLISHED
    assert 2.1e8 < count < 2.3e8
    lite, _ = shapes_of(LITE)
    assert lite["squeeze_module.0.conv_in.weight"] == (64, 2880, 3, 3)
    assert {key.replace(".blocks.6.", ".") for key in lite} <= {key.replace(".blocks.6.", ".") for key in shapes}


def test_places_in_windows_are_those_of_transformers() -> None:
    theirs = SwinRelativePositionBias(2, (5, 5)).relative_position_index
    assert torch.equal(window_places(5), theirs.flatten())


def test_points_that_stay_are_a_plain_convolution() -> None:
    x, weight = torch.randn(2, 3, 6, 5), torch.randn(4, 3, 3, 3)
    found = deformed(x, torch.zeros(2, 18, 6, 5), torch.ones(2, 9, 6, 5), weight)
    torch.testing.assert_close(found, functional.conv2d(x, weight, padding=1), atol=1e-5, rtol=1e-5)


def test_points_move_count_and_find_nothing_outside() -> None:
    x, weight = torch.arange(16.0).view(1, 1, 4, 4), torch.ones(1, 1, 1, 1)
    offsets = torch.zeros(1, 2, 4, 4)
    offsets[:, 0], offsets[:, 1] = 1.0, 0.5
    found = deformed(x, offsets, torch.full((1, 1, 4, 4), 2.0), weight)
    assert torch.allclose(found[0, 0, 0], torch.tensor([9.0, 11.0, 13.0, 7.0]), atol=1e-4)
    assert torch.allclose(found[0, 0, 3], torch.zeros(4), atol=1e-4)


def test_squares_keep_every_pixel() -> None:
    picture = torch.arange(32.0).view(1, 2, 4, 4)
    found = squares_of(picture, torch.zeros(1, 1, 2, 2))
    assert found.shape == (1, 8, 2, 2)
    assert found[0, :4, 0, 1].tolist() == [1.0, 3.0, 9.0, 11.0]
