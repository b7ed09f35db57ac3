"""Chroma: Flux without a text as one vector and with fewer layers that modulate, as files or as diffusers folders."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from nodes.diffusion.families.contents import Contents, View
from nodes.diffusion.families.flow_family import FlowFamily
from nodes.diffusion.families.flow_text_files import load_t5
from nodes.diffusion.families.flux import FORMAT
from nodes.diffusion.families.flux_layout import HEAD, rope_axes
from nodes.diffusion.families.flux_layout import LAYOUT as FLUX
from nodes.diffusion.families.layouts import BlockLayout, Layout, block_count
from nodes.diffusion.families.tokens import packed, positions, unpacked
from nodes.diffusion.families.transformer_models import FlowTransformer
from nodes.diffusion.families.weights import Piece, Shapes
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.types import TextEncoder
from nodes.diffusion.weights.libraries import chroma_times
from nodes.diffusion.weights.picture_transformers import new_chroma_transformer

GUIDANCE = "distilled_guidance_layer"
SINGLE_PARTS, DOUBLE_PARTS, LAST_PARTS = 3, 12, 2
"""Vectors that modulate each block of either kind, and the end."""

_OUTER = {key: name for key, name in FLUX.outer.items() if not key.startswith(("time_text_embed", "norm_out"))}
_BLOCKS = {
    name: BlockLayout(
        block.name,
        {key: value for key, value in block.layers.items() if not key.startswith("norm")},
        block.fused,
    )
    for name, block in FLUX.blocks.items()
}
_APPROXIMATOR = {f"{GUIDANCE}.{name}": f"{GUIDANCE}.{name}" for name in ("in_proj", "out_proj")}
LAYOUT = Layout(
    outer={**_OUTER, **_APPROXIMATOR},
    blocks={
        **_BLOCKS,
        f"{GUIDANCE}.layers": BlockLayout(f"{GUIDANCE}.layers", {"linear_1": "in_layer", "linear_2": "out_layer"}),
        f"{GUIDANCE}.norms": BlockLayout(f"{GUIDANCE}.norms", {"weight": "scale"}),
    },
)
T5_SHORTEST = 1


class ChromaModel(FlowTransformer):
    """Chroma on its device."""

    def call(self, x: Tensor, timestep: Tensor, context: Tensor, told: Mapping[str, Tensor]) -> Tensor:
        """Timesteps are 0..1; the latent becomes one token for each square of four cells."""
        rows, columns = (side // self.patch for side in x.shape[-2:])
        output = self.network(
            packed(x, self.patch),
            context,
            timestep,
            img_ids=positions(rows, columns, self.device),
            txt_ids=context.new_zeros(context.shape[1], 3),
            return_dict=False,
        )[0]
        return unpacked(output, rows, columns, self.patch)


class Chroma(FlowFamily):
    """The family of Chroma."""

    name = "chroma"
    title = "Chroma"
    latent_format = FORMAT
    layout = LAYOUT
    pipeline = "ChromaTransformer2DModel"
    marks = (HEAD, f"{GUIDANCE}.in_proj.weight", "single_blocks.0.linear1.weight")
    layout_marks = (
        f"{GUIDANCE}.in_proj.weight",
        "single_transformer_blocks.0.proj_mlp.weight",
        "transformer_blocks.0.attn.add_q_proj.weight",
    )

    def config(self, shapes: Shapes) -> dict[str, Any]:
        """As the shapes tell."""
        width, channels = shapes["img_in.weight"]
        (head,) = shapes[HEAD]
        hidden, told = shapes[f"{GUIDANCE}.in_proj.weight"]
        return {
            "patch_size": 1,
            "in_channels": channels,
            "out_channels": shapes["final_layer.linear.weight"][0],
            "num_layers": block_count(shapes, "double_blocks"),
            "num_single_layers": block_count(shapes, "single_blocks"),
            "attention_head_dim": head,
            "num_attention_heads": width // head,
            "joint_attention_dim": shapes["txt_in.weight"][1],
            "axes_dims_rope": rope_axes(head),
            "approximator_num_channels": told,
            "approximator_hidden_dim": hidden,
            "approximator_layers": block_count(shapes, f"{GUIDANCE}.layers"),
        }

    def new_network(self, config: Mapping[str, Any]) -> nn.Module:
        """The transformer of Chroma."""
        return new_chroma_transformer(config)

    def model(self, network: nn.Module, names: Mapping[str, Piece], placement: Placement) -> FlowTransformer:
        """Sampled without a shift."""
        sampling = {"shift": 1.0, "multiplier": 1.0}
        return ChromaModel(network, names, self.latent_format, placement.device, placement.dtype, sampling=sampling)

    def restore(self, network: nn.Module, config: Mapping[str, Any]) -> None:
        """Number what is modulated."""
        count = SINGLE_PARTS * config["num_single_layers"] + DOUBLE_PARTS * config["num_layers"] + LAST_PARTS
        network.time_text_embed = chroma_times(config["approximator_num_channels"] // 4, count)

    def reads(self, texts: Mapping[str, View]) -> bool:
        """T5 alone."""
        return set(texts) == {"t5xxl"}

    def load_texts(self, contents: Contents, texts: Mapping[str, View], placement: Placement) -> TextEncoder:
        """T5, as long as the text is."""
        return load_t5(contents, texts["t5xxl"], placement, T5_SHORTEST)
