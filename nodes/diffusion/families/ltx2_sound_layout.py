"""LTX-2's autoencoder of sound and its vocoder in original files: what parts are called, and how large they are."""

import re
from typing import Any

from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.weights import Piece, Shapes, renamed

RATE, HOP = 16000, 160
"""Samples a second, and samples from one step of the spectrogram to the next."""
STEPS_OF_A_CELL = 4
"""Steps and tones of the spectrogram along the sides of a cell of the latent."""
MEAN, DEVIATION = "per_channel_statistics.mean-of-means", "per_channel_statistics.std-of-means"
FACTORS = {16: 6, 15: 5, 12: 6, 11: 5, 8: 2, 4: 2}
"""How much longer an enlarging layer of a vocoder makes a sound, by the width of its kernel; no shape tells it."""
FINE_HOP = 80
"""As `HOP`, of the spectrogram that the second vocoder looks at."""
DILATIONS = (1, 3, 5, 7)
_VOCODER_NAMES = (
    ("upsamplers.", "ups."),
    ("resnets.", "resblocks."),
    ("conv_in.", "conv_pre."),
    ("conv_out.", "conv_post."),
    ("act_out.", "act_post."),
    ("downsample.", "downsample.lowpass."),
)


def sound_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the autoencoder from the shapes of an original file."""
    base, channels = shapes["encoder.conv_in.conv.weight"][:2]
    latent = shapes["decoder.conv_in.conv.weight"][1]
    levels = block_count(shapes, "encoder.down")
    widths = [shapes[f"encoder.down.{level}.block.0.conv1.conv.weight"][0] for level in range(levels)]
    return {
        "base_channels": base,
        "output_channels": shapes["decoder.conv_out.conv.weight"][0],
        "ch_mult": tuple(width // base for width in widths),
        "num_res_blocks": block_count(shapes, "encoder.down.0.block"),
        "in_channels": channels,
        "latent_channels": latent,
        "mid_block_add_attention": "encoder.mid.attn_1.q.weight" in shapes,
        "sample_rate": RATE,
        "mel_hop_length": HOP,
        "mel_bins": shapes[MEAN][0] // latent * STEPS_OF_A_CELL,
        "double_z": shapes["encoder.conv_out.conv.weight"][0] == 2 * latent,
    }


def sound_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of the autoencoder."""
    others = {"latents_mean": MEAN, "latents_std": DEVIATION}
    return renamed({key: others.get(key, key) for key in shapes})


def vocoder_config(shapes: Shapes) -> dict[str, Any]:
    """The configuration of the vocoder from the shapes of an original file; of both, where a second makes it finer."""
    if "conv_pre.weight" in shapes:
        config = _vocoder_config(shapes, "")
        return {**config, "output_sampling_rate": _faster(RATE, HOP, config)}
    first, second = (_vocoder_config(shapes, prefix) for prefix in ("vocoder.", "bwe_generator."))
    rate, window = _faster(RATE, HOP, first), shapes["mel_stft.stft_fn.forward_basis"][2]
    return {
        **first,
        **{f"bwe_{name}": value for name, value in second.items()},
        "filter_length": window,
        "window_length": window,
        "hop_length": FINE_HOP,
        "num_mel_channels": shapes["mel_stft.mel_basis"][0],
        "input_sampling_rate": rate,
        "output_sampling_rate": _faster(rate, FINE_HOP, second),
    }


def vocoder_map(shapes: Shapes) -> dict[str, Piece]:
    """Where the original files have each weight of the vocoder."""
    return renamed({key: _vocoder_name(key) for key in shapes})


def _vocoder_name(key: str) -> str:
    for ours, theirs in _VOCODER_NAMES:
        key = re.sub(rf"(^|\.){re.escape(ours)}", rf"\g<1>{theirs}", key, count=1)
    return key


def _vocoder_config(shapes: Shapes, prefix: str) -> dict[str, Any]:
    stages = block_count(shapes, f"{prefix}ups")
    kernels = [shapes[f"{prefix}ups.{stage}.weight"][2] for stage in range(stages)]
    each = block_count(shapes, f"{prefix}resblocks") // stages
    blocks = [f"{prefix}resblocks.{block}.convs1" for block in range(each)]
    hears_waves = f"{prefix}act_post.act.alpha" in shapes
    width, channels = shapes[f"{prefix}conv_pre.weight"][:2]
    return {
        "in_channels": channels,
        "hidden_channels": width,
        "out_channels": shapes[f"{prefix}conv_post.weight"][0],
        "upsample_kernel_sizes": kernels,
        "upsample_factors": [FACTORS.get(kernel, kernel // 2) for kernel in kernels],
        "resnet_kernel_sizes": [shapes[f"{block}.0.weight"][2] for block in blocks],
        "resnet_dilations": [list(DILATIONS[: block_count(shapes, block)]) for block in blocks],
        "act_fn": "snakebeta" if hears_waves else "leaky_relu",
        "antialias": hears_waves,
        "final_act_fn": None if hears_waves else "tanh",
        "final_bias": f"{prefix}conv_post.bias" in shapes,
    }


def _faster(rate: int, hop: int, config: dict[str, Any]) -> int:
    """The rate of what a vocoder makes of a spectrogram."""
    for factor in config["upsample_factors"]:
        rate *= factor
    return rate // hop
