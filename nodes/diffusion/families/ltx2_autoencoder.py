"""The autoencoder of LTX-2's videos: that of LTX-Video, grown, and without the noise that its decoder was told."""

from typing import Any

from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import Contents, ModelFolder, View
from nodes.diffusion.families.lone_autoencoders import LoneAutoencoders
from nodes.diffusion.families.ltxv_autoencoder import UNUSED, LtxvAutoencoder, find_ltxv_autoencoder
from nodes.diffusion.families.ltxv_vae_layout import TIMED, ltxv_vae_config, ltxv_vae_map, units_of
from nodes.diffusion.families.weights import Shapes, unchanged
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.weights.libraries import new_ltx2_autoencoder

CLASS = "AutoencoderKLLTX2Video"
_KINDS = {8: "spatiotemporal", 4: "spatial", 2: "temporal"}
"""What an enlarging part doubles, by how many cells it makes of one."""


def ltx2_vae_config(shapes: Shapes) -> dict[str, Any]:
    """Its configuration from the shapes of an original file.

    Decoders that double everything in each part, as the first version's, add what they enlarge to the result and see
    edges mirrored; shapes do not tell that, nor that later ones do neither.
    """
    shared = ltxv_vae_config(shapes)
    units = units_of(shapes, "decoder.up_blocks")
    grows = [(units[at - 1].width, unit.width, units[at + 1].width) for at, unit in enumerate(units) if not unit.layers]
    kinds = [_KINDS[inside // after] for _, inside, after in grows]
    is_first = all(kind == "spatiotemporal" for kind in kinds)
    return {
        "latent_channels": shared["latent_channels"],
        "block_out_channels": shared["block_out_channels"][1:],
        "down_block_types": ("LTX2VideoDownBlock3D",) * len(shared["down_block_types"]),
        "layers_per_block": shared["layers_per_block"],
        "spatio_temporal_scaling": shared["spatio_temporal_scaling"],
        "downsample_type": shared["downsample_type"],
        "decoder_block_out_channels": tuple(before for before, _, _ in grows[::-1]),
        "decoder_layers_per_block": shared["decoder_layers_per_block"],
        "decoder_spatio_temporal_scaling": (True,) * len(kinds),
        "decoder_inject_noise": shared["decoder_inject_noise"],
        "upsample_type": tuple(kinds),
        "upsample_residual": (is_first,) * len(kinds),
        "upsample_factor": tuple(before // after for before, _, after in grows[::-1]),
        "timestep_conditioning": False,
        "patch_size": shared["patch_size"],
        "encoder_causal": True,
        "decoder_causal": False,
        "encoder_spatial_padding_mode": "zeros",
        "decoder_spatial_padding_mode": "reflect" if is_first else "zeros",
        "spatial_compression_ratio": shared["spatial_compression_ratio"],
        "temporal_compression_ratio": shared["temporal_compression_ratio"],
    }


def find_ltx2_autoencoder(contents: Contents) -> View | None:
    """The weights of the autoencoder in a file or folder; None if there is none, or that of LTX-Video."""
    if isinstance(contents, ModelFolder):
        part = contents.part("vae")
        return part.view() if part.config.get("_class_name") == CLASS else None
    view = find_ltxv_autoencoder(contents)
    return view if view is not None and _is_grown(view.shapes) else None


def _is_grown(shapes: Shapes) -> bool:
    """Whether each part of the encoder folds its cells, and the decoder is told no time."""
    folds = any(unit.changes_by != "conv" for unit in units_of(shapes, "encoder.down_blocks"))
    return folds and TIMED not in shapes


def load_ltx2_autoencoder(view: View, placement: Placement) -> LtxvAutoencoder:
    """Build the autoencoder from a file, or from the `vae` part of a diffusers folder.

    Raises:
        UnsupportedModel: the weights do not fit.
    """
    network = skeleton(lambda: new_ltx2_autoencoder(dict(view.config) or ltx2_vae_config(view.shapes)))
    own = state_shapes(network)
    names = unchanged(own) if view.config else ltxv_vae_map(own)
    held = view.without(*UNUSED)
    fill(network, gather(network, names, held.shapes, held.read), placement)
    return LtxvAutoencoder(network, placement.device, placement.dtype)


LTX2_AUTOENCODERS = LoneAutoencoders(
    "ltx2_vae", "the autoencoder of LTX-2", find_ltx2_autoencoder, load_ltx2_autoencoder
)
