"""Whether a patch file fits a model, and which of its changes go where: decided by names and shapes alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nodes.diffusion.families.building import state_shapes
from nodes.diffusion.families.weights import Part as Network
from nodes.diffusion.families.weights import Piece
from nodes.diffusion.patches.contents import Change, PatchContents
from nodes.diffusion.patches.names import MODEL_PREFIXES, Layer, Table, find, flat, table_of, text_mark

Side = Literal["model", "clip"]
"""Whether a diffusion network or a text encoder is changed."""
TEXT_ENCODERS: Mapping[str, frozenset[str]] = {
    "clip_l": frozenset(
        {"lora_te", "lora_te1", "lycoris_te", "text_encoder", "text_encoders_clip_l_transformer", "te", "te1"}
    ),
    "clip_g": frozenset({"lora_te2", "lora_prior_te", "text_encoder_2", "text_encoders_clip_g_transformer", "te2"}),
    "clip_h": frozenset({"lora_te", "text_encoder", "text_encoders_clip_h_transformer", "te"}),
    "gemma3": frozenset({"text_encoders_gemma3_12b_transformer"}),
    "t5xxl": frozenset(
        {"lora_te2", "lora_te3", "text_encoder_2", "text_encoder_3", "text_encoders_t5xxl_transformer", "te3"}
    ),
}
"""How patch files mark each kind of text encoder, by the name of the network."""
ALONE = frozenset({"lora_te", "lora_te1", "lycoris_te", "text_encoder", "te", "te1"})
"""How they mark a text encoder that is the only one."""
BEFORE_TEXT = ("", "transformer_", "model_")


@dataclass(frozen=True)
class Hit:
    """One change with the weight that it is for."""

    network: str
    key: str
    piece: Piece
    change: Change


@dataclass(frozen=True)
class Fit:
    """What of a patch file belongs to a model.

    Attributes:
        hits: what is applied.
        missing: names of layers that the model has not.
        misshapen: names of layers that the model has in another shape.
    """

    hits: tuple[Hit, ...]
    missing: tuple[str, ...]
    misshapen: tuple[str, ...]


def fit(contents: PatchContents, networks: Mapping[str, Network], side: Side) -> Fit:
    """Find the weights that the changes of a file are for.

    Args:
        contents: of the file.
        networks: of the model, by name.
        side: layers of the other side are left aside.
    """
    tables = {
        (name, part): table_of(network.names, state_shapes(network.network), part)
        for name, network in networks.items()
        for part in ("weight", "bias")
    }
    hits, missing, misshapen = [], [], []
    for change in contents.changes:
        mark = text_mark(change.name)
        if (mark is None) != (side == "model"):
            continue
        found = _find(change, mark, list(networks), tables)
        if found is None:
            missing.append(change.name)
            continue
        network, layer = found
        if layer.shape != change.shape and not (change.part == "bias" and layer.shape[0] == change.shape[0]):
            misshapen.append(change.name)
            continue
        hits += [Hit(network, key, piece, change) for key, piece in layer.targets]
    return Fit(tuple(hits), tuple(missing), tuple(misshapen))


def _find(
    change: Change, mark: str | None, names: Sequence[str], tables: Mapping[tuple[str, str], Table]
) -> tuple[str, Layer] | None:
    """The network and the layer that a change is for."""
    for name in names:
        table = tables[name, change.part]
        layer = None
        if mark is None:
            layer = find(change.name, table, MODEL_PREFIXES)
        elif mark in TEXT_ENCODERS.get(name, ()) or (len(names) == 1 and mark in ALONE):
            rest = flat(change.name).removeprefix(f"{mark}_")
            layer = find(rest, table, BEFORE_TEXT) or find(rest.removeprefix("text_model_"), table, BEFORE_TEXT)
        if layer is not None:
            return name, layer
    return None
