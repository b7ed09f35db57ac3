"""Sound from files and into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import cast

import av
import numpy
import torch
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from torch import Tensor

from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files.media import Audio, opened
from nodes.diffusion.sounds import resampled

LAYOUTS: Mapping[int, str] = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 8: "7.1"}
"""How many channels -> what they are for."""
MAX_SAMPLES = 2**30
"""Of all channels together."""


@dataclass(frozen=True)
class Packing:
    """How sound is packed into a file.

    Attributes:
        format: the kind of file, by the name of libavformat.
        codec: by the name of libavcodec.
        rates: samples per second that there can be, rising; any if there are none.
        channels: how many there can be; any that have a usual meaning if 0.
        options: of the codec.
        most_bits: how many bits a second there can be for each channel; any number if 0.
    """

    format: str
    codec: str
    rates: tuple[int, ...] = ()
    channels: int = 0
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    most_bits: int = 0

    def options_for(self, channels: int) -> Mapping[str, str]:
        """The options for sound with so many channels."""
        if not self.most_bits or "b" not in self.options:
            return self.options
        return {**self.options, "b": str(min(int(self.options["b"]), channels * self.most_bits))}

    def rate_for(self, rate: int) -> int:
        """The lowest sample rate that loses nothing, or else the highest that there is."""
        return next((each for each in self.rates if each >= rate), self.rates[-1]) if self.rates else rate


FLAC = Packing("flac", "flac")
MP3 = Packing("mp3", "libmp3lame", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000), 2)
OPUS = Packing("opus", "libopus", (8000, 12000, 16000, 24000, 48000), 2, most_bits=256_000)
VARIABLE = "V0"
"""The quality of MP3 at which each part gets as many bits as it needs."""


def read(path: Path) -> Audio:
    """The first sound of a file, of a video too.

    Raises:
        MediaFileError: it has none, or cannot be read.
    """
    with opened(path) as container:
        audio = decode(container)
    if audio is None:
        raise MediaFileError(f'"{path.name}" has no sound. Choose another file, or leave the sound away.')
    return audio


def decode(container: InputContainer) -> Audio | None:
    """The first sound of an opened file; None if it has none."""
    if not container.streams.audio:
        return None
    stream = container.streams.audio[0]
    container.seek(0)
    resampler = AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    parts = [frame.to_ndarray() for packed in container.decode(stream) for frame in resampler.resample(packed)]
    parts += [frame.to_ndarray() for frame in resampler.resample(None)]
    if not parts:
        return None
    if sum(part.size for part in parts) > MAX_SAMPLES:
        raise MediaFileError(f"The sound is longer than {MAX_SAMPLES // 2**20} million samples. Cut it first.")
    waveform = torch.from_numpy(numpy.concatenate(parts, axis=1)).float()
    return {"waveform": waveform.unsqueeze(0), "sample_rate": stream.rate}


def encode_flac(waveform: Tensor, sample_rate: int, texts: Mapping[str, str]) -> bytes:
    """Sound (channels, samples) as FLAC of 24 bits a sample, with texts."""
    return encode(waveform, sample_rate, texts, FLAC)


def encode(waveform: Tensor, sample_rate: int, texts: Mapping[str, str], packing: Packing) -> bytes:
    """Sound as a file with texts; in another sample rate where the packing does not know its own.

    Args:
        waveform: (channels, samples) in -1..1.
        sample_rate: samples per second.
        texts: by name.
        packing: the kind of file.

    Raises:
        MediaFileError: there are too many channels.
    """
    if packing.channels and len(waveform) > packing.channels:
        raise MediaFileError(
            f"{packing.format.upper()} files hold at most {packing.channels} channels, the sound has {len(waveform)}. "
            "Save it as FLAC."
        )
    rate = packing.rate_for(sample_rate)
    file = BytesIO()
    with av.open(file, "w", format=packing.format) as container:
        container.metadata.update(texts)
        seen = resampled(waveform[None].float(), sample_rate, rate)[0]
        add(container, packing.codec, seen, rate, packing.options_for(len(seen)))()
    return file.getvalue()


def at_quality(packing: Packing, quality: str) -> Packing:
    """The same kind of file in a quality: `128k` is a number of bits a second, `V0` what `VARIABLE` says."""
    if quality == VARIABLE:
        options = {"flags": "+qscale", "global_quality": "0"} if packing is MP3 else {}
    else:
        options = {"b": str(1000 * int(quality.removesuffix("k")))}
    return replace(packing, options=options)


def add(
    container: OutputContainer,
    codec: str,
    waveform: Tensor,
    sample_rate: int,
    options: Mapping[str, str] | None = None,
) -> Callable[[], None]:
    """Add a stream of sound (channels, samples) to a file; calling the result writes it.

    Streams have to be added before anything is written.

    Raises:
        MediaFileError: the number of channels has no usual meaning.
    """
    layout = LAYOUTS.get(len(waveform))
    if layout is None:
        raise MediaFileError(
            f"Sound with {len(waveform)} channels cannot be saved; {', '.join(map(str, LAYOUTS))} can."
        )
    stream = cast(AudioStream, container.add_stream(codec, sample_rate, dict(options or {}), layout=layout))

    def write() -> None:
        levels = waveform.detach().cpu().float().clamp(-1.0, 1.0).contiguous().numpy()
        frame = av.AudioFrame.from_ndarray(levels, format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        frame.pts = 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)

    return write
