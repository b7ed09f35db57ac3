"""Sound in graphs: cut, put together, changed, saved in every kind of file and read again."""

from pathlib import Path

import av
import pytest
import torch

from graph.artefacts import Artefacts
from graph.context import Context
from graph.folders import Folders
from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files import audio_files
from nodes.video.sound_files import record_audio, save_audio_mp3
from tests.nodes.test_running import House

GRAPH = {
    "long": ("EmptyAudio", {"duration": 2.0, "sample_rate": 8000, "channels": 1}),
    "part": ("TrimAudioDuration", {"audio": ["long", 0], "start_index": -1.5, "duration": 1.0}),
    "both": ("AudioConcat", {"audio1": ["part", 0], "audio2": ["long", 0], "direction": "before"}),
    "sides": ("SplitAudioChannels", {"audio": ["both", 0]}),
    "stereo": ("JoinAudioChannels", {"audio_left": ["sides", 0], "audio_right": ["sides", 1]}),
    "mixed": ("AudioMerge", {"audio1": ["stereo", 0], "audio2": ["long", 0], "merge_method": "mean"}),
    "soft": ("AudioAdjustVolume", {"audio": ["mixed", 0], "volume": -6}),
    "mp3": ("SaveAudioMP3", {"audio": ["soft", 0], "filename_prefix": "a", "quality": "128k"}),
    "opus": ("SaveAudioOpus", {"audio": ["soft", 0], "filename_prefix": "b", "quality": "64k"}),
    "flac": ("SaveAudioAdvanced", {"audio": ["soft", 0], "filename_prefix": "c", "format": "flac"}),
    "best": (
        "SaveAudioAdvanced",
        {"audio": ["soft", 0], "filename_prefix": "d", "format": "mp3", "format.quality": "V0"},
    ),
    "small": (
        "SaveAudioAdvanced",
        {"audio": ["soft", 0], "filename_prefix": "e", "format": "opus", "format.quality": "96k"},
    ),
}


def test_a_graph_of_sounds_saves_files_that_can_be_read(tmp_path: Path) -> None:
    house = House(tmp_path)
    outcome = house.run(GRAPH)
    names = [
        f"{letter}_00001_.{kind}" for letter, kind in zip("abcde", ("mp3", "opus", "flac", "mp3", "opus"), strict=True)
    ]
    assert house.folders.names("output") == names
    assert outcome.ui["best"]["audio"][0]["filename"] == "d_00001_.mp3"
    for name in names:
        heard = audio_files.read(house.folders.path("output", name))
        rate = 48000 if name.endswith("opus") else 8000  # Opus is always decoded so
        assert heard["sample_rate"] == rate
        assert heard["waveform"].shape[:2] == (1, 2)
        assert heard["waveform"].shape[-1] == pytest.approx(3 * rate, rel=0.06)


@pytest.mark.parametrize("packing", [audio_files.FLAC, audio_files.MP3, audio_files.OPUS], ids=lambda each: each.format)
def test_files_sound_as_they_should_and_carry_texts(tmp_path: Path, packing: audio_files.Packing) -> None:
    tone = torch.sin(torch.arange(22050) / 22050 * 440 * 6.2832).expand(2, -1) / 2
    path = tmp_path / f"x.{packing.format}"
    path.write_bytes(audio_files.encode(tone, 22050, {"prompt": '{"1": 2}'}, packing))
    heard = audio_files.read(path)
    assert float(heard["waveform"].std()) == pytest.approx(float(tone.std()), rel=0.1)
    with av.open(str(path)) as container:
        told = {**container.metadata, **container.streams.audio[0].metadata}
    assert '{"1": 2}' in told.values()


def test_more_bits_make_larger_files() -> None:
    noise = torch.rand(2, 44100, generator=torch.Generator().manual_seed(1)) - 0.5
    for packing in (audio_files.MP3, audio_files.OPUS):
        small, large = (
            len(audio_files.encode(noise, 44100, {}, audio_files.at_quality(packing, quality)))
            for quality in ("64k", "320k")
        )
        assert large > 2 * small
    best = audio_files.encode(noise, 44100, {}, audio_files.at_quality(audio_files.MP3, "V0"))
    assert len(best) > len(audio_files.encode(noise, 44100, {}, audio_files.at_quality(audio_files.MP3, "128k")))


@pytest.mark.parametrize(("rate", "written"), [(8000, 8000), (44100, 48000), (96000, 48000), (9000, 12000)])
def test_sound_is_written_in_the_nearest_rate_that_loses_nothing(rate: int, written: int) -> None:
    assert audio_files.OPUS.rate_for(rate) == written
    assert audio_files.FLAC.rate_for(rate) == rate


def test_more_than_two_channels_want_another_kind_of_file(tmp_path: Path) -> None:
    audio = {"waveform": torch.zeros(1, 6, 100), "sample_rate": 8000}
    folders = Folders(data=tmp_path)
    with pytest.raises(MediaFileError, match="MP3 files hold at most 2 channels, the sound has 6"):
        save_audio_mp3(audio, ctx=Context(), artefacts=Artefacts(folders))
    assert folders.names("output") == []


def test_what_was_recorded_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "r.flac").write_bytes(audio_files.encode_flac(torch.zeros(1, 800), 8000, {}))
    assert record_audio("r.flac", folders=Folders(data=tmp_path))["waveform"].shape == (1, 1, 800)
