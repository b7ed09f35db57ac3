"""Files of the folder `model_patches`: networks that steer a transformer from inside, by a picture.

Two kinds are known by their keys: the block-wise ControlNets of Qwen-Image by DiffSynth-Studio, and the ControlNets of
Z-Image by Alibaba's VideoX-Fun.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from torch import nn

from nodes.diffusion.control.block_network import BlockNetwork
from nodes.diffusion.control.libraries import new_z_image_controlnet
from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton, state_shapes
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.memory.placing import Placement, in_wide
from nodes.diffusion.weights.statefile import StateFile

PatchKind = Literal["qwen_blocks", "z_image_fun"]
"""What a file is, and the name of the effect that it has on a model."""
_MARKS: dict[str, PatchKind] = {
    "controlnet_blocks.0.y_rms.weight": "qwen_blocks",
    "control_all_x_embedder.2-1.weight": "z_image_fun",
}
_OTHERS = {
    "feature_embedder.mid_layer_norm.bias": "the projector of USO for Flux",
    "audio_proj.proj1.weight": "InfiniteTalk for Wan",
    "lllite_unet.0.down.0.weight": "a ControlNet-LLLite",
}
"""Keys of kinds that are not known here, and what they are."""
_CELLS, _CHANNELS = 4, 16
"""Latent cells of a token, and channels of a latent."""
_AFTER = "control_noise_refiner.0.after_proj.weight"


@dataclass(frozen=True)
class ModelPatchHandle:
    """Which file steers; its weights stay in the registry."""

    path: Path
    kind: PatchKind
    digest: str = ""


@dataclass(frozen=True)
class ModelPatchFile:
    """A file of the folder, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def kind(self) -> PatchKind:
        """What it is.

        Raises:
            UnsupportedModel: it is of a kind that is not known.
        """
        for mark, kind in _MARKS.items():
            if mark in self.file:
                return kind
        named = (name for mark, name in _OTHERS.items() if mark in self.file)
        raise UnsupportedModel(
            f"{self.path.name} looks like {next(named, None) or look_at(SingleFile(self.path))}; what is loaded here "
            "are DiffSynth's block-wise ControlNets of Qwen-Image and the Fun ControlNets of Z-Image."
        )

    @property
    def sees_mask(self) -> bool:
        """Whether it looks at more than one picture: at a mask too, and Z-Image's at what is kept."""
        name = "img_in.weight" if self.kind == "qwen_blocks" else "control_all_x_embedder.2-1.weight"
        return self.file.shapes[name][1] > _CELLS * _CHANNELS

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.file.shapes)

    def load(self, placement: Placement) -> nn.Module:
        """Build the network.

        Raises:
            UnsupportedModel: the weights do not fit.
        """
        if self.kind == "qwen_blocks":
            (width, seen), count = self.file.shapes["img_in.weight"], block_count(self.file.shapes, "controlnet_blocks")
            return self._filled(skeleton(lambda: BlockNetwork(seen, width, count)), placement)
        config = self._z_image_config()
        unused = "control_noise_refiner." if config["add_control_noise_refiner"] == "control_layers" else None
        return self._filled(skeleton(lambda: new_z_image_controlnet(config)), placement, unused)

    def _filled(self, network: nn.Module, placement: Placement, unused: str | None = None) -> nn.Module:
        shapes = {key: shape for key, shape in self.file.shapes.items() if not (unused and key.startswith(unused))}
        names = renamed({key: key for key in state_shapes(network)})
        return fill(network, gather(network, names, shapes, self.file.tensor), in_wide(placement))

    def _z_image_config(self) -> dict[str, Any]:
        """As diffusers wants it. The first release refines the picture by itself; later ones with the noisy picture.

        In 2.0 the layers for that were never trained, and those of the control stand in for them; its files are told by
        the zeros that were left.
        """
        shapes = self.file.shapes
        width, seen = shapes["control_all_x_embedder.2-1.weight"]
        (head,) = shapes["control_layers.0.attention.norm_q.weight"]
        mode = None
        if _AFTER in shapes:
            mode = "control_noise_refiner" if self.file.tensor(_AFTER).any() else "control_layers"
        return {
            "control_layers_places": list(range(block_count(shapes, "control_layers"))),
            "control_refiner_layers_places": list(range(block_count(shapes, "control_noise_refiner"))),
            "control_in_dim": seen // _CELLS,
            "add_control_noise_refiner": mode,
            "dim": width,
            "n_heads": width // head,
            "n_kv_heads": width // head,
            "n_refiner_layers": block_count(shapes, "control_noise_refiner"),
        }


def open_model_patch(path: Path, digest: str = "") -> ModelPatchHandle:
    """A handle of a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is of a kind that is not known.
    """
    return ModelPatchHandle(path, ModelPatchFile(path).kind, digest)
