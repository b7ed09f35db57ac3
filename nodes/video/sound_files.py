"""Nodes that save sound as files of several kinds, and read what was recorded."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Variants, node
from nodes.diffusion.files import audio_files
from nodes.diffusion.files.audio_files import FLAC, MP3, OPUS, Packing
from nodes.images.saving import Prefix, provenance
from nodes.video.video_files import Audio

CATEGORY = "audio"
BITS = "How many bits a second there are; more keep more."
Mp3Quality = Annotated[
    Literal["V0", "128k", "320k"], Field(description=f"{BITS} V0 gives each part as many as it needs.")
]
OpusQuality = Annotated[Literal["64k", "96k", "128k", "192k", "320k"], Field(description=BITS)]
AnyQuality = Annotated[
    Literal["V0", "64k", "96k", "128k", "192k", "256k", "320k"],
    Field(description=f"{BITS} V0 gives each part as many as it needs."),
]


@dataclass(frozen=True)
class AsFlac:
    """FLAC, which loses nothing."""


@dataclass(frozen=True)
class AsMp3:
    """MP3, which everything plays."""

    quality: AnyQuality = "V0"


@dataclass(frozen=True)
class AsOpus:
    """Opus, which keeps most in few bits."""

    quality: AnyQuality = "V0"


Format = Annotated[
    AsFlac | AsMp3 | AsOpus,
    Variants({"flac": AsFlac, "mp3": AsMp3, "opus": AsOpus}),
    Field(description="The kind of file: FLAC loses nothing, MP3 and Opus are smaller."),
]


@node("SaveAudioMP3", title="Save audio (MP3)", category=CATEGORY, output=True, occupies="io", deprecated=True)
def save_audio_mp3(
    audio: Audio,
    filename_prefix: Prefix = "audio/ComfyUI",
    quality: Mp3Quality = "V0",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> Audio:
    """Save sound as MP3 files that carry the workflow they were made by."""
    return _saved(audio, filename_prefix, audio_files.at_quality(MP3, quality), ctx, artefacts)


@node("SaveAudioOpus", title="Save audio (Opus)", category=CATEGORY, output=True, occupies="io", deprecated=True)
def save_audio_opus(
    audio: Audio,
    filename_prefix: Prefix = "audio/ComfyUI",
    quality: OpusQuality = "128k",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> Audio:
    """Save sound as Opus files that carry the workflow they were made by."""
    return _saved(audio, filename_prefix, audio_files.at_quality(OPUS, quality), ctx, artefacts)


@node("SaveAudioAdvanced", title="Save audio (advanced)", category=CATEGORY, output=True, occupies="io")
def save_audio_advanced(
    audio: Audio,
    filename_prefix: Annotated[Prefix, Field(default="audio/ComfyUI")],
    format: Format,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> Audio:
    """Save sound as FLAC, MP3 or Opus files that carry the workflow they were made by."""
    return _saved(audio, filename_prefix, _packing(format), ctx, artefacts)


@node("RecordAudio", title="Record audio", category=CATEGORY, occupies="io", cacheable=False)
def record_audio(
    audio: Annotated[
        str, Socket("AUDIO_RECORD"), Field(description="The file that was recorded, in the input folder.")
    ],
    *,
    folders: Folders,
) -> Audio:
    """Take what was recorded in the browser."""
    return audio_files.read(folders.path("input", audio))


def _packing(format: AsFlac | AsMp3 | AsOpus) -> Packing:
    if isinstance(format, AsFlac):
        return FLAC
    return audio_files.at_quality(MP3 if isinstance(format, AsMp3) else OPUS, format.quality)


def _saved(audio: Audio, prefix: str, packing: Packing, ctx: Context, artefacts: Artefacts) -> Audio:
    """Write each sound of a batch to a file of its own."""
    name = Name(prefix, f".{packing.format}")
    for number, waveform in enumerate(audio["waveform"]):
        ctx.check_cancelled()
        content = audio_files.encode(waveform, audio["sample_rate"], provenance(ctx), packing)
        ctx.show(audio=[artefacts.write(name, content, number).describe()])
    return audio
