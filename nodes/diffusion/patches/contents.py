"""What a patch file holds: which layers it changes, and how, read from its keys and shapes without reading weights.

Known are LoRA (Hu et al., 2022), its form for convolutions (LoCon), LoHa and LoKr (Yeh et al., 2024, "Navigating
Text-To-Image Customization: From LyCORIS Fine-Tuning to Model Evaluation"), DoRA (Liu et al., 2024) on top of each, and
plain differences and replacements of weights and biases.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from nodes.diffusion.weights.statefile import StateFile

Kind = Literal["lora", "loha", "lokr", "diff", "set"]
Part = Literal["weight", "bias"]
Shapes = Mapping[str, tuple[int, ...]]

SUFFIXES: tuple[tuple[str, Kind, str], ...] = (
    (".lora_up.weight", "lora", "up"),
    (".lora_down.weight", "lora", "down"),
    (".lora_mid.weight", "lora", "mid"),
    ("_lora.up.weight", "lora", "up"),
    ("_lora.down.weight", "lora", "down"),
    (".lora.up.weight", "lora", "up"),
    (".lora.down.weight", "lora", "down"),
    (".lora_linear_layer.up.weight", "lora", "up"),
    (".lora_linear_layer.down.weight", "lora", "down"),
    (".lora_B.default.weight", "lora", "up"),
    (".lora_A.default.weight", "lora", "down"),
    (".lora_B.weight", "lora", "up"),
    (".lora_A.weight", "lora", "down"),
    (".lora_B", "lora", "up"),
    (".lora_A", "lora", "down"),
    (".hada_w1_a", "loha", "w1_a"),
    (".hada_w1_b", "loha", "w1_b"),
    (".hada_w2_a", "loha", "w2_a"),
    (".hada_w2_b", "loha", "w2_b"),
    (".hada_t1", "loha", "t1"),
    (".hada_t2", "loha", "t2"),
    (".lokr_w1", "lokr", "w1"),
    (".lokr_w2", "lokr", "w2"),
    (".lokr_w1_a", "lokr", "w1_a"),
    (".lokr_w1_b", "lokr", "w1_b"),
    (".lokr_w2_a", "lokr", "w2_a"),
    (".lokr_w2_b", "lokr", "w2_b"),
    (".lokr_t2", "lokr", "t2"),
    (".diff", "diff", "weight"),
    (".w_norm", "diff", "weight"),
    (".set_weight", "set", "weight"),
)
"""How each tool ends the keys of what a change is made of."""
BIASES: tuple[tuple[str, Kind], ...] = ((".diff_b", "diff"), (".b_norm", "diff"), (".set_bias", "set"))
BESIDE = (
    (".alpha", "alpha"),
    (".dora_scale", "dora"),
    (".lora_magnitude_vector.default.weight", "dora"),
    (".lora_magnitude_vector.weight", "dora"),
    (".lora_magnitude_vector", "dora"),
)
"""What a layer may have besides, whatever its kind of change."""
NEEDED: Mapping[Kind, tuple[frozenset[str], ...]] = {
    "lora": (frozenset({"up", "down"}),),
    "loha": (frozenset({"w1_a", "w1_b", "w2_a", "w2_b"}),),
    "lokr": tuple(
        frozenset({*first, *second}) for first in (("w1",), ("w1_a", "w1_b")) for second in (("w2",), ("w2_a", "w2_b"))
    ),
    "diff": (frozenset({"weight"}),),
    "set": (frozenset({"weight"}),),
}


@dataclass(frozen=True)
class Change:
    """The change of one weight or bias.

    Attributes:
        name: what the file calls the layer.
        kind: how it is written down.
        part: whether the layer's weight or its bias changes.
        keys: the file's key of each ingredient, such as `up` and `down`.
        shape: rows of the changed weight, and its size per row.
    """

    name: str
    kind: Kind
    part: Part
    keys: Mapping[str, str]
    shape: tuple[int, int]


@dataclass(frozen=True)
class PatchContents:
    """All changes in a patch file, and the keys that mean nothing here."""

    changes: tuple[Change, ...]
    strangers: tuple[str, ...]


@dataclass
class _Layer:
    """What was found of one layer."""

    kinds: dict[Kind, dict[str, str]] = field(default_factory=dict)
    biases: dict[Kind, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)


def read_contents(file: StateFile) -> PatchContents:
    """The changes that a file holds."""
    return contents_of(file.shapes)


def contents_of(shapes: Shapes) -> PatchContents:
    """The changes that keys and shapes tell."""
    layers: dict[str, _Layer] = {}
    strangers = [key for key in shapes if not _file_under(key, layers)]
    changes = []
    for name, layer in layers.items():
        found = [*_weights(name, layer, shapes), *_biases(name, layer, shapes)]
        changes += found
        if not found:
            strangers += [*layer.beside.values(), *(key for keys in layer.kinds.values() for key in keys.values())]
    return PatchContents(tuple(changes), tuple(sorted(strangers)))


def _file_under(key: str, layers: dict[str, _Layer]) -> bool:
    """Note a key at its layer; False if it means nothing here."""
    for suffix, kind, role in SUFFIXES:
        if key.endswith(suffix):
            _layer(layers, key, suffix).kinds.setdefault(kind, {})[role] = key
            return True
    for suffix, kind in BIASES:
        if key.endswith(suffix):
            _layer(layers, key, suffix).biases[kind] = key
            return True
    for suffix, role in BESIDE:
        if key.endswith(suffix):
            _layer(layers, key, suffix).beside[role] = key
            return True
    return False


def _layer(layers: dict[str, _Layer], key: str, suffix: str) -> _Layer:
    return layers.setdefault(key.removesuffix(suffix), _Layer())


def _weights(name: str, layer: _Layer, shapes: Shapes) -> list[Change]:
    found = []
    for kind, keys in layer.kinds.items():
        if any(needed <= set(keys) for needed in NEEDED[kind]):
            beside = layer.beside if kind in ("lora", "loha", "lokr") else {}
            everything = {**keys, **beside}
            shape = _shape(kind, {role: shapes[key] for role, key in everything.items()})
            found.append(Change(name, kind, "weight", everything, shape))
    return found


def _biases(name: str, layer: _Layer, shapes: Shapes) -> list[Change]:
    return [Change(name, kind, "bias", {"weight": key}, (prod(shapes[key]), 1)) for kind, key in layer.biases.items()]


def _shape(kind: Kind, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
    """Rows, and size per row, of the weight that a change is for."""
    if kind == "lora":
        kernel = prod(shapes["mid"][2:]) if "mid" in shapes else 1
        return shapes["up"][0], prod(shapes["down"][1:]) * kernel
    if kind == "loha":
        if "t1" in shapes:
            return shapes["w1_a"][1], shapes["w1_b"][1] * prod(shapes["t1"][2:])
        return shapes["w1_a"][0], shapes["w1_b"][1]
    if kind == "lokr":
        first = shapes.get("w1") or (shapes["w1_a"][0], shapes["w1_b"][1])
        second = shapes.get("w2")
        if second is None and "t2" in shapes:
            second = (shapes["w2_a"][1], shapes["w2_b"][1], *shapes["t2"][2:])
        if second is None:
            second = (shapes["w2_a"][0], *shapes["w2_b"][1:])
        return first[0] * second[0], first[1] * prod(second[1:])
    return shapes["weight"][0] if shapes["weight"] else 1, prod(shapes["weight"][1:])
