"""Videos and sound: what is written is read again, by this reader and by none that could be led astray."""

import math
from pathlib import Path

import av
import pytest
import torch

from nodes.diffusion.errors import MediaFileError
from nodes.diffusion.files import audio_files, video_files
from nodes.diffusion.files.media import Audio, VideoFile, VideoFrames, as_fraction

TEXTS = {"prompt": '{"1": {}}'}


def moving(count: int = 8, height: int = 32, width: int = 48) -> torch.Tensor:
    """A bright bar that moves to the right."""
    images = torch.zeros(count, height, width, 3)
    for number in range(count):
        images[number, :, number * 4 : number * 4 + 8] = torch.tensor([1.0, 0.5, 0.0])
    return images


def tone(seconds: float = 1.0, rate: int = 44100, channels: int = 2) -> Audio:
    wave = torch.sin(torch.arange(int(seconds * rate)) * (2 * math.pi * 440 / rate)) / 2
    return {"waveform": wave.expand(1, channels, -1), "sample_rate": rate}


def video(fps: float = 8.0, audio: Audio | None = None, bit_depth: int = 8) -> VideoFrames:
    return {"images": moving(), "fps": fps, "audio": audio, "bit_depth": bit_depth}


@pytest.mark.parametrize("depth", [8, 10])
def test_a_video_is_read_back_with_its_rate_and_its_sound(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "v.mp4"
    video_files.write(path, "mp4", video(8.0, tone(3.0), depth), video_files.H264[depth], TEXTS)
    again = video_files.frames_of(VideoFile(path))
    assert again["images"].shape == moving().shape
    assert (again["images"] - moving()).abs().mean() < 0.03
    assert (again["fps"], again["bit_depth"]) == (8.0, depth)
    sound = again["audio"]
    assert sound is not None
    assert sound["waveform"].shape[:2] == (1, 2)
    assert sound["waveform"].shape[2] / sound["sample_rate"] == pytest.approx(1.0, abs=0.1)  # cut where it ends
    with av.open(path) as container:
        assert container.metadata["prompt"] == TEXTS["prompt"]


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_webm_holds_either_codec(tmp_path: Path, codec: video_files.WebmCodec) -> None:
    path = tmp_path / "v.webm"
    frames: VideoFrames = {**video(24.0), "images": moving(4, 64, 64)}
    video_files.write(path, "webm", frames, video_files.webm(codec, 20), TEXTS)
    again = video_files.frames_of(VideoFile(path))
    assert again["images"].shape == (4, 64, 64, 3)
    assert (again["images"] - moving(4, 64, 64)).abs().mean() < 0.05
    assert again["fps"] == pytest.approx(24.0)
    assert again["audio"] is None
    with av.open(path) as container:
        assert {key.lower(): text for key, text in container.metadata.items()}["prompt"] == TEXTS["prompt"]


def test_odd_sides_are_filled_up_and_progress_is_told(tmp_path: Path) -> None:
    path, told = tmp_path / "v.mp4", []
    frames: VideoFrames = {**video(), "images": moving(3, 31, 47)}
    video_files.write(path, "mp4", frames, video_files.H264[8], {}, lambda done, count: told.append((done, count)))
    assert video_files.frames_of(VideoFile(path))["images"].shape == (3, 32, 48, 3)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_h264_is_copied_without_loss(tmp_path: Path) -> None:
    first, second = VideoFile(tmp_path / "a.mp4"), VideoFile(tmp_path / "b.mp4")
    video_files.write(first.path, "mp4", video(8.0, tone()), video_files.H264[8], {})
    assert video_files.is_h264(first)
    assert not video_files.is_h264(video())
    video_files.remux(second.path, first, TEXTS)
    before, after = video_files.frames_of(first), video_files.frames_of(second)
    assert torch.equal(before["images"], after["images"])
    assert before["audio"] is not None
    assert after["audio"] is not None


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_is_kept_by_flac(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(audio_files.encode_flac(tone(0.5, 48000, channels)["waveform"][0], 48000, TEXTS))
    again = audio_files.read(path)
    assert again["sample_rate"] == 48000
    assert torch.allclose(again["waveform"], tone(0.5, 48000, channels)["waveform"], atol=1e-4)


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    with pytest.raises(MediaFileError, match=r'"broken.mp4" cannot be read'):
        video_files.frames_of(VideoFile(broken))
    silent = tmp_path / "silent.mp4"
    video_files.write(silent, "mp4", video(), video_files.H264[8], {})
    with pytest.raises(MediaFileError, match="has no sound"):
        audio_files.read(silent)
    sound = tmp_path / "sound.flac"
    sound.write_bytes(audio_files.encode_flac(tone(0.1)["waveform"][0], 44100, {}))
    with pytest.raises(MediaFileError, match="has no pictures"):
        video_files.frames_of(VideoFile(sound))
    with pytest.raises(MediaFileError, match="9 channels"):
        audio_files.encode_flac(torch.zeros(9, 10), 44100, {})


def test_a_playlist_cannot_name_other_files(tmp_path: Path) -> None:
    video_files.write(tmp_path / "secret.mp4", "mp4", video(), video_files.H264[8], {})
    for name, text in (
        ("list.ffconcat", f"ffconcat version 1.0\nfile '{tmp_path}/secret.mp4'\n"),
        ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(MediaFileError):
            video_files.frames_of(VideoFile(tmp_path / name))


@pytest.mark.parametrize(
    ("rate", "wanted"), [(24.0, "24"), (23.976, "24000/1001"), (29.97, "30000/1001"), (12.5, "25/2"), (0.01, "1/100")]
)
def test_rates_are_exact(rate: float, wanted: str) -> None:
    assert str(as_fraction(rate)) == wanted
