"""A node that writes synthetic pictures as a set, with a manifest that says how each came about."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor

from graph.artefact_names import Name
from graph.artefacts import Artefact, Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.node import Choices, Widget, node
from nodes.diffusion.errors import DiffusionError
from nodes.diffusion.files.deep_png import encode_png16
from nodes.diffusion.files.picture_files import encode_png
from nodes.images.saving import provenances

NOTICE = "Synthetic pictures, for trying methods out. They show no patient, no organ and no disease."
Pictures = Annotated[list[Tensor], Socket("IMAGE")]
Masks = Annotated[list[Tensor] | None, Socket("MASK")]


@node(
    "SaveSyntheticSet",
    title="Save synthetic set",
    category="dataset",
    output=True,
    occupies="io",
    takes_lists=True,
)
def save_synthetic_set(
    images: Annotated[Pictures, Field(description="The pictures; one channel is grey.")],
    folder_name: Annotated[
        list[str], Socket("STRING"), Field(default="synthetic", description="A folder below the output folder.")
    ],
    bit_depth: Annotated[
        list[str], Choices(("16-bit", "8-bit")), Field(default="16-bit", description="Bits a channel.")
    ],
    masks: Annotated[Masks, Field(description="For each picture its masks: several become numbers 1, 2, …")] = None,
    classes: Annotated[
        list[str] | None, Socket("STRING"), Widget(socket_only=True), Field(description="The class of each picture.")
    ] = None,
    prompts: Annotated[
        list[str] | None, Socket("STRING"), Widget(socket_only=True), Field(description="The prompt of each picture.")
    ] = None,
    seeds: Annotated[
        list[int] | None, Socket("INT"), Widget(socket_only=True), Field(description="The seed of each picture.")
    ] = None,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> None:
    """Save pictures, their masks and a manifest that says of each how it came about, and that it is synthetic.

    Files of the same names are replaced. The manifest is deterministic: the same set gives the same file.
    """
    singles = [image for batch in images for image in batch]
    given = {"class": classes, "prompt": prompts, "seed": seeds}
    facts = _by_picture({name: values for name, values in given.items() if values is not None}, len(singles))
    if masks is not None and len(masks) != len(singles):
        raise DiffusionError(f"masks: needs masks for each of the {len(singles)} pictures, got {len(masks)}.")
    encode = encode_png16 if bit_depth[0] == "16-bit" else encode_png
    items = []
    for number, (image, known, texts) in enumerate(zip(singles, facts, provenances(ctx), strict=False)):
        content = encode(image, {**texts, "synthetic": "true"})
        saved = artefacts.replace(Name(f"{folder_name[0]}/images/picture", ".png"), number, content)
        ctx.show(images=[saved.describe()])
        item = {"file": f"images/{saved.filename}", "blake3": saved.digest, **known, "synthetic": True}
        if masks is not None:
            content = encode_png(_labels(masks[number]), {"synthetic": "true"})
            mask = artefacts.replace(Name(f"{folder_name[0]}/masks/picture", ".png"), number, content)
            item |= {"mask": f"masks/{mask.filename}", "mask_blake3": mask.digest}
        items.append(item)
        ctx.progress(number + 1, len(singles))
    ctx.show(files=[_write_manifest(folder_name[0], items, ctx, artefacts).describe()])


def _by_picture(given: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any]]:
    """The facts of each picture; one value stands for all."""
    wrong = next((name for name, values in given.items() if len(values) not in (1, count)), None)
    if wrong is not None:
        raise DiffusionError(f"There are {count} pictures, but {len(given[wrong])} of {wrong}; link one for each.")
    return [{name: values[number % len(values)] for name, values in given.items()} for number in range(count)]


def _labels(masks: Tensor) -> Tensor:
    """Masks (regions, height, width) as one grey picture: the number of the region, from 1; a single mask is white."""
    if len(masks) == 1:
        return masks[0, ..., None]
    background = 1 - masks.sum(0, keepdim=True)
    return torch.cat([background, masks]).argmax(0)[..., None] / 255


def _write_manifest(folder: str, items: Sequence[Mapping[str, Any]], ctx: Context, artefacts: Artefacts) -> Artefact:
    lock = ctx.lock() or {}
    made = {name: lock.get(name) for name in ("engine", "nodes", "libraries", "device", "precision")}
    manifest = {"synthetic": True, "notice": NOTICE, "models": lock.get("files", {}), "made": made, "items": items}
    content = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    return artefacts.replace(Name(f"{folder}/manifest", ".json"), None, content)
