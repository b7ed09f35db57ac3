"""Sound from files and into them."""

from collections.abc import Callable, Mapping
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

LAYOUTS: Mapping[int, str] = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 8: "7.1"}
"""How many channels -> what they are for."""
MAX_SAMPLES = 2**30
"""Of all channels together."""


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
    file = BytesIO()
    with av.open(file, "w", format="flac") as container:
        container.metadata.update(texts)
        add(container, "flac", waveform, sample_rate)()
    return file.getvalue()


def add(container: OutputContainer, codec: str, waveform: Tensor, sample_rate: int) -> Callable[[], None]:
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
    stream = cast(AudioStream, container.add_stream(codec, rate=sample_rate, layout=layout))

    def write() -> None:
        levels = waveform.detach().cpu().float().clamp(-1.0, 1.0).contiguous().numpy()
        frame = av.AudioFrame.from_ndarray(levels, format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        frame.pts = 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)

    return write
