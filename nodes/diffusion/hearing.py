"""Networks that hear: Wav2Vec2 and the encoder of Whisper, whose features of speech steer models that make videos."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from nodes.diffusion.errors import UnsupportedModel
from nodes.diffusion.families.building import fill, gather, skeleton
from nodes.diffusion.families.contents import SingleFile
from nodes.diffusion.families.layouts import block_count
from nodes.diffusion.families.unknown import look_at
from nodes.diffusion.families.weights import renamed, weight_count
from nodes.diffusion.files.media import Audio
from nodes.diffusion.memory.placing import Placement
from nodes.diffusion.sounds import resampled
from nodes.diffusion.vision.encoder import Networks
from nodes.diffusion.weights.libraries import mel_filters, new_wav2vec2, new_whisper_encoder
from nodes.diffusion.weights.statefile import StateFile

RATE = 16000
"""Samples a second that all of them hear."""
HEAD = 64
"""Channels of a head, in every published size."""
STRIDES = (5, 2, 2, 2, 2, 2, 2)
WINDOW, HOP = 400, 160
"""Samples that Whisper's spectrum looks at together, and from one look to the next."""
HearingKind = Literal["wav2vec2", "whisper"]
_MARKS: Mapping[HearingKind, str] = {
    "wav2vec2": "feature_projection.projection.weight",
    "whisper": "embed_positions.weight",
}
_PREFIXES: Mapping[HearingKind, tuple[str, ...]] = {
    "wav2vec2": ("", "wav2vec2."),
    "whisper": ("model.encoder.", "encoder.", ""),
}
_POSITIONS = "encoder.pos_conv_embed.conv."
_OLD_NAMES = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
"""What older files call the parts of a weight that is kept as its length and its direction."""


class Heard(TypedDict):
    """Features of sound, 50 a second, under the names that node packs know."""

    encoded_audio: Tensor
    """The last features (batch, times, channels)."""
    encoded_audio_all_layers: tuple[Tensor, ...]
    """What goes into each layer, and the last features."""
    audio_samples: int
    """How many samples were heard, at 16 kHz."""


@dataclass(frozen=True)
class HearingHandle:
    """Which file; its weights stay in the registry."""

    path: Path
    digest: str = ""


@dataclass(frozen=True)
class HearingFile:
    """A file with a network that hears, looked at without reading weights.

    Raises:
        ModelFileError: it cannot be read.
    """

    path: Path

    @cached_property
    def file(self) -> StateFile:
        """The file itself."""
        return StateFile(self.path)

    @cached_property
    def _found(self) -> tuple[HearingKind, str]:
        """What it is, and what stands before its names."""
        for kind, mark in _MARKS.items():
            for prefix in _PREFIXES[kind]:
                if prefix + mark in self.file:
                    return kind, prefix
        raise UnsupportedModel(
            f"{self.path.name} looks like {look_at(SingleFile(self.path))}; what hears here are Wav2Vec2 and Whisper "
            "in the layout of transformers."
        )

    @property
    def kind(self) -> HearingKind:
        """What it is.

        Raises:
            UnsupportedModel: neither.
        """
        return self._found[0]

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of weights, without prefix."""
        prefix = self._found[1]
        return {key.removeprefix(prefix): shape for key, shape in self.file.shapes.items() if key.startswith(prefix)}

    @property
    def parameters(self) -> int:
        """How many weights there are."""
        return weight_count(self.shapes)

    @property
    def config(self) -> dict[str, Any]:
        """As transformers wants it."""
        return self._wav2vec2_config() if self.kind == "wav2vec2" else self._whisper_config()

    def _wav2vec2_config(self) -> dict[str, Any]:
        """Networks that normalise each layer of the first part also normalise before each later layer."""
        shapes = self.shapes
        count = block_count(shapes, "feature_extractor.conv_layers")
        first = [shapes[f"feature_extractor.conv_layers.{number}.conv.weight"] for number in range(count)]
        is_stable = "feature_extractor.conv_layers.1.layer_norm.weight" in shapes
        width, grouped, reach = shapes[self._spelt(f"{_POSITIONS}parametrizations.weight.original1")]
        return {
            "hidden_size": width,
            "num_hidden_layers": block_count(shapes, "encoder.layers"),
            "num_attention_heads": max(1, width // HEAD),
            "intermediate_size": shapes["encoder.layers.0.feed_forward.intermediate_dense.weight"][0],
            "conv_dim": [shape[0] for shape in first],
            "conv_kernel": [shape[2] for shape in first],
            "conv_stride": list(STRIDES[:count]),
            "conv_bias": "feature_extractor.conv_layers.0.conv.bias" in shapes,
            "feat_extract_norm": "layer" if is_stable else "group",
            "do_stable_layer_norm": is_stable,
            "num_conv_pos_embeddings": reach,
            "num_conv_pos_embedding_groups": width // grouped,
            "mask_time_prob": 0.0,  # only in training, as what follows
            "layerdrop": 0.0,
        }

    def _whisper_config(self) -> dict[str, Any]:
        shapes = self.shapes
        (width, tones, _), (moments, _) = shapes["conv1.weight"], shapes["embed_positions.weight"]
        return {
            "d_model": width,
            "num_mel_bins": tones,
            "max_source_positions": moments,
            "encoder_layers": block_count(shapes, "layers"),
            "encoder_attention_heads": max(1, width // HEAD),
            "encoder_ffn_dim": shapes["layers.0.fc1.weight"][0],
        }

    def load(self, placement: Placement) -> "Hearing":
        """Build the network; it computes in float32 everywhere, as the ecosystem does.

        Raises:
            ModelError: the weights do not fit.
        """
        config, prefix = self.config, self._found[1]
        new: Callable[[Mapping[str, Any]], nn.Module] = new_wav2vec2 if self.kind == "wav2vec2" else new_whisper_encoder
        network = skeleton(lambda: new(config))
        names = {key: prefix + self._spelt(key) for key in network.state_dict()}
        held = {name: self.file.shapes[name] for name in names.values() if name in self.file}  # many also write
        exact = replace(placement, dtype=torch.float32)
        network = fill(network, gather(network, renamed(names), held, self.file.tensor), exact)
        return Hearing(network, self.kind, config, placement.device)

    def _spelt(self, key: str) -> str:
        """What the file calls a weight, without prefix."""
        part = key.removeprefix(_POSITIONS)
        if key not in self.shapes and part in _OLD_NAMES:
            return _POSITIONS + _OLD_NAMES[part]
        return key


@dataclass(frozen=True, eq=False)
class Hearing:
    """A network that hears, on its device."""

    network: nn.Module
    kind: HearingKind
    config: Mapping[str, Any]
    device: torch.device

    @torch.no_grad()
    def hear(self, audio: Audio) -> Heard:
        """The features of sound; what is longer than Whisper hears at once is heard piece by piece."""
        waveform = resampled(audio["waveform"].float().mean(dim=1, keepdim=True), audio["sample_rate"], RATE)[:, 0]
        whole = waveform.to(self.device)
        if self.kind == "wav2vec2":
            if self.config["do_stable_layer_norm"]:
                spread = whole.var(dim=-1, keepdim=True, unbiased=False)
                whole = (whole - whole.mean(dim=-1, keepdim=True)) / torch.sqrt(spread + 1e-7)
            layers = self._layers(self.network.get_submodule("encoder.layers"), whole)
        else:
            length = 2 * HOP * self.config["max_source_positions"]
            pieces = [functional.pad(each, (0, length - each.shape[-1])) for each in whole.split(length, dim=-1)]
            filters = mel_filters(WINDOW // 2 + 1, self.config["num_mel_bins"], RATE).to(whole)
            heard = [self._layers(self.network.get_submodule("layers"), log_tones(each, filters)) for each in pieces]
            layers = tuple(torch.cat(each, dim=1) for each in zip(*heard, strict=True))
        return {
            "encoded_audio": layers[-1],
            "encoded_audio_all_layers": layers,
            "audio_samples": waveform.shape[-1],
        }

    def _layers(self, layers: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
        """What goes into each layer, and what comes out at the end."""
        seen: list[Tensor] = []

        def note(_: nn.Module, given: tuple[Tensor, ...], named: Mapping[str, Tensor]) -> None:
            seen.append(given[0] if given else named["hidden_states"])

        hooks = [layer.register_forward_pre_hook(note, with_kwargs=True) for layer in layers.children()]
        try:
            last = self.network(x).last_hidden_state
        finally:
            for hook in hooks:
                hook.remove()
        return tuple(each.float().cpu() for each in (*seen, last))


def log_tones(waveform: Tensor, filters: Tensor) -> Tensor:
    """How loud each tone is at each moment (batch, tones, moments), as Whisper was trained to hear.

    Radford et al., 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", section 2.2, with the scale of
    the published code: eight powers of ten below the loudest are kept.

    Args:
        waveform: (batch, samples)
        filters: of `mel_filters`.
    """
    window = torch.hann_window(WINDOW, device=waveform.device)
    spectrum = torch.stft(waveform, WINDOW, HOP, window=window, return_complex=True)[..., :-1].abs() ** 2
    tones = (filters.T @ spectrum).clamp(min=1e-10).log10()
    loudest = tones.amax(dim=(-2, -1), keepdim=True)
    return (torch.maximum(tones, loudest - 8.0) + 4.0) / 4.0


def hear(networks: Networks, handle: HearingHandle, audio: Audio) -> Heard:
    """The features of sound by the network behind a handle.

    Raises:
        ModelError: it cannot be loaded.
    """
    file = HearingFile(handle.path)
    key = ("hearing", handle.digest or str(handle.path))
    size = 2 * file.parameters  # in float32 it takes twice the memory that others of its size take
    with networks.use_other(key, handle.path.name, size, file.load) as network:
        heard: Heard = network.hear(audio)
    return heard


def open_hearing(path: Path, digest: str = "") -> HearingHandle:
    """A handle of a file; its weights are not read.

    Raises:
        ModelFileError: it cannot be read.
        UnsupportedModel: it is something else.
    """
    _ = HearingFile(path).kind
    return HearingHandle(path, digest)
