"""What diffusion models read and make, by family: each is known by one tensor, and tells its sizes by a few more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of a diffusion model.

    Attributes:
        reads: how wide the texts are that it reads; None if that is not understood.
        channels: of the latents that it makes; None likewise.
        joins: whether it reads CLIP filled up to the width of T5, as Stable Diffusion 3 does.
    """

    reads: int | None = None
    channels: int | None = None
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A file in which the mark of a family was found.

    Attributes:
        shapes: of all tensors.
        prefix: before the names of the network.
        mark: the shape of the tensor that is the mark.
    """

    shapes: Shapes
    prefix: str
    mark: Shape

    def first(self, name: str) -> int:
        """How many rows a tensor of the network has; 0 where it has none of that name."""
        return self.shapes.get(self.prefix + name, (0,))[0]

    def second(self, name: str) -> int | None:
        """How many columns a tensor of the network has; None where it has none of that name."""
        shape = self.shapes.get(self.prefix + name)
        return None if shape is None else shape[1]

    def __contains__(self, name: str) -> bool:
        return self.prefix + name in self.shapes


Read = Callable[[Found], Network | None]
"""What a network is that has the mark; None where it is another after all."""
PATCH = 4
"""Cells of a latent in a token of Flux, Wan, PixArt and Hunyuan-DiT."""
_UNET_TEXT = "attn2.to_k.weight"
_UNET_BEGINS = ("input_blocks.0.0.weight", "down_blocks.0.resnets.0.conv1.weight")
_UNET_ENDS = ("out.2.weight", "conv_out.weight")


def network_of(shapes: Shapes) -> Network:
    """What the diffusion model of a file reads and makes; nothing is known where there is none, or an unknown one."""
    if any(".lora_" in key or key.startswith("lora_") for key in shapes):
        return Network()
    return next(_told(shapes), None) or _unet(shapes)


def _told(shapes: Shapes) -> Iterator[Network]:
    for key, shape in _marked(shapes):
        for mark, read in MARKS.items():
            if key.endswith(mark):
                told = read(Found(shapes, key.removesuffix(mark), shape))
                if told is not None:
                    yield told


def _marked(shapes: Shapes) -> Iterable[tuple[str, Shape]]:
    """The tensors that may be marks, in one pass over names."""
    ends = tuple(MARKS)
    return ((key, shape) for key, shape in shapes.items() if key.endswith(ends))


def _sd3(found: Found) -> Network:
    return Network(found.second("context_embedder.weight"), found.second("x_embedder.proj.weight"), joins=True)


def _flux(found: Found) -> Network:
    made = found.first("final_layer.linear.weight") // PATCH
    is_first = "vector_in.in_layer.weight" in found  # Flux.2 tells its latents otherwise
    return Network(found.second("txt_in.weight"), made if is_first and made else None)


def _hunyuan_video(found: Found) -> Network | None:
    if "txt_in.input_embedder.weight" not in found:
        return None
    made = found.first("final_layer.linear.weight") // prod(found.mark[2:])
    return Network(found.second("txt_in.input_embedder.weight"), made or None)


def _wan(found: Found) -> Network | None:
    if "head.head.weight" not in found:
        return None
    return Network(found.second("text_embedding.0.weight"), found.first("head.head.weight") // PATCH or None)


def _cascade(cells: int) -> Read:
    """A stage of Stable Cascade, of whose cells each covers `cells` of the latent."""

    def read(found: Found) -> Network | None:
        if "clf.1.weight" not in found:
            return None
        return Network(found.mark[1], found.first("clf.1.weight") // cells)

    return read


def _sure(beside: str) -> Read:
    """A network that also says how sure it is of each cell, and has `beside` among its tensors."""

    def read(found: Found) -> Network | None:
        if beside not in found:
            return None
        return Network(found.mark[1], found.first("final_layer.linear.weight") // (2 * PATCH) or None)

    return read


def _stable_audio(found: Found) -> Network | None:
    made = found.first("preprocess_conv.weight")
    return Network(found.mark[1], made) if made else None


def _ltx2(found: Found) -> Network:
    """LTX-2 reads a text for the video and one for its sound, side by side."""
    captions = found.second("caption_projection.linear_1.weight")
    if captions is not None:
        return Network(2 * captions)
    both = [found.second(f"transformer_blocks.0.{name}.to_k.weight") for name in ("attn2", "audio_attn2")]
    return Network(sum(width for width in both if width) if all(both) else None)


def _unet(shapes: Shapes) -> Network:
    widths = {shape[1] for key, shape in shapes.items() if key.endswith(_UNET_TEXT) and len(shape) == 2}
    outputs = [shapes[key][0] for key in shapes if key.endswith(_UNET_ENDS) and "coder." not in key]
    if len(widths) != 1 or not any(key.endswith(_UNET_BEGINS) for key in shapes):
        return Network()
    return Network(widths.pop(), outputs[0] if len(outputs) == 1 else None)


MARKS: Mapping[str, Read] = {
    "joint_blocks.0.context_block.attn.qkv.weight": _sd3,
    "double_blocks.0.img_attn.qkv.weight": _flux,
    "img_in.proj.weight": _hunyuan_video,
    "blocks.0.self_attn.norm_q.weight": _wan,
    "clip_txt_mapper.weight": _cascade(1),
    "clip_mapper.weight": _cascade(4),
    "y_embedder.y_proj.fc1.weight": _sure("t_block.1.weight"),
    "mlp_t5.0.weight": _sure("pooler.positional_embedding"),
    "to_cond_embed.0.weight": _stable_audio,
    "audio_patchify_proj.weight": _ltx2,
}
"""How the name of the mark of each family ends, and what reads its sizes."""
