"""RRDBNet: enlarges pictures by residual blocks of dense blocks.

Wang et al., 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", section 3.1; the folding of
pixels for small factors is that of Real-ESRGAN (Wang et al., 2021); the extra path inside dense blocks ("plus") that of
ESRGAN+ (Rakotonirina and Rasoanaivo, 2020, section 3.1).
"""

import re
from collections.abc import Mapping
from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

Shapes = Mapping[str, tuple[int, ...]]

SHARE = 0.2
"""How much of what a block finds is added to what came in."""
_OLD = re.compile(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d|1x1)(?:\.0)?\.(.+)")
_OFFICIAL = re.compile(r"RRDB_trunk\.(\d+)\.RDB(\d)\.conv(\d|1x1)\.(.+)")
_NAMES = {
    "conv_first": "first",
    "conv_body": "trunk",
    "trunk_conv": "trunk",
    "conv_hr": "fine",
    "HRconv": "fine",
    "conv_last": "last",
}


class Dense(nn.Module):
    """Five convolutions, each of which sees what all before it gave."""

    def __init__(self, channels: int, growth: int, is_plus: bool) -> None:
        super().__init__()
        for number in range(5):
            out = channels if number == 4 else growth
            self.add_module(f"conv{number + 1}", nn.Conv2d(channels + number * growth, out, 3, padding=1))
        self.conv1x1 = nn.Conv2d(channels, growth, 1, bias=False) if is_plus else None

    def forward(self, x: Tensor) -> Tensor:
        """One dense block."""
        seen = [x]
        for number in range(1, 5):
            found = functional.leaky_relu(self.get_submodule(f"conv{number}")(torch.cat(seen, dim=1)), SHARE)
            if self.conv1x1 is not None and number == 2:
                found = found + self.conv1x1(x)
            if self.conv1x1 is not None and number == 4:
                found = found + seen[2]
            seen.append(found)
        return x + SHARE * self.get_submodule("conv5")(torch.cat(seen, dim=1))


class Block(nn.Module):
    """Three dense blocks."""

    def __init__(self, channels: int, growth: int, is_plus: bool) -> None:
        super().__init__()
        for number in (1, 2, 3):
            self.add_module(f"rdb{number}", Dense(channels, growth, is_plus))

    def forward(self, x: Tensor) -> Tensor:
        """One block."""
        found = x
        for dense in self.children():
            found = dense(found)
        return x + SHARE * found


class RRDBNet(nn.Module):
    """The network; all that varies is read from shapes.

    Args:
        shapes: by the names of this class; see `rrdb_keys`.
    """

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        channels, seen = shapes["first.weight"][:2]
        out = shapes["last.weight"][0]
        growth = shapes["body.0.rdb1.conv1.weight"][0]
        is_plus = "body.0.rdb1.conv1x1.weight" in shapes
        blocks = 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("body."))
        ups = len({key.split(".")[1] for key in shapes if key.startswith("ups.")})
        self.folds = isqrt(seen // out)
        self.scale = 2**ups // self.folds
        self.channels = out
        self.width = channels
        self.first = nn.Conv2d(seen, channels, 3, padding=1)
        self.body = nn.ModuleList(Block(channels, growth, is_plus) for _ in range(blocks))
        self.trunk = nn.Conv2d(channels, channels, 3, padding=1)
        self.ups = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(ups))
        self.fine = nn.Conv2d(channels, channels, 3, padding=1)
        self.last = nn.Conv2d(channels, out, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Enlarge (batch, channels, height, width) in 0..1 by `scale`."""
        height, width = pictures.shape[-2:]
        missing = [-side % self.folds for side in (width, height)]
        if any(missing):
            pictures = functional.pad(pictures, (0, missing[0], 0, missing[1]), mode="replicate")
        x = self.first(functional.pixel_unshuffle(pictures, self.folds))
        found = x
        for block in self.body:
            found = block(found)
        x = x + self.trunk(found)
        for up in self.ups:
            x = functional.leaky_relu(up(functional.interpolate(x, scale_factor=2, mode="nearest")), SHARE)
        x = self.last(functional.leaky_relu(self.fine(x), SHARE))
        return x[..., : height * self.scale, : width * self.scale]


def is_rrdb(shapes: Shapes) -> bool:
    """Whether the keys are those of an RRDBNet, in any layout."""
    marks = ("model.1.sub.0.RDB1.conv1.0.weight", "RRDB_trunk.0.RDB1.conv1.weight", "body.0.rdb1.conv1.weight")
    return any(mark in shapes for mark in marks)


def rrdb_keys(shapes: Shapes) -> dict[str, str]:
    """What the network here calls each key of a file in any of three layouts."""
    if "model.0.weight" in shapes:
        return _old_keys(shapes)
    return {key: _new_key(key) for key in shapes}


def _new_key(key: str) -> str:
    if match := _OFFICIAL.fullmatch(key):
        return f"body.{match[1]}.rdb{match[2]}.conv{match[3]}.{match[4]}"
    module, _, parameter = key.rpartition(".")
    if match := re.fullmatch(r"(?:conv_up|upconv)(\d)", module):
        return f"ups.{int(match[1]) - 1}.{parameter}"
    return f"{_NAMES.get(module, module)}.{parameter}"


def _old_keys(shapes: Shapes) -> dict[str, str]:
    """The first layout numbers its layers: what comes after the trunk is enlarging, then two more."""
    rest = sorted({int(key.split(".")[1]) for key in shapes if re.fullmatch(r"model\.\d+\.(weight|bias)", key)} - {0})
    names = {number: f"ups.{place}" for place, number in enumerate(rest[:-2])}
    names |= {0: "first", rest[-2]: "fine", rest[-1]: "last"}
    found = {}
    for key in shapes:
        words = key.split(".")
        if match := _OLD.fullmatch(key):
            found[key] = f"body.{match[1]}.rdb{match[2]}.conv{match[3]}.{match[4]}"
        elif words[1:3] == ["1", "sub"]:
            found[key] = f"trunk.{words[-1]}"
        else:
            found[key] = f"{names[int(words[1])]}.{words[-1]}"
    return found
