"""Nodes that cut sounds, put them together and change them."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion import sounds
from nodes.diffusion.equalising import Band, equalised
from nodes.diffusion.sounds import Mixing, Order
from nodes.video.video_files import Audio

CATEGORY = "audio"
Decibels = Annotated[float, Field(ge=-24.0, le=24.0, multiple_of=0.1)]
ALWAYS = 1e9
"""Seconds that no sound lasts."""


class Channels(NamedTuple):
    """Both channels, each as a sound of its own."""

    left: Audio
    right: Audio


class Joined(NamedTuple):
    """Both at once."""

    audio: Audio


@node("TrimAudioDuration", title="Trim audio", category=CATEGORY)
def trim_audio_duration(
    audio: Audio,
    start_index: Annotated[
        float,
        Field(
            ge=-ALWAYS,
            le=ALWAYS,
            multiple_of=0.01,
            description="Where it begins, in seconds; negative numbers count from the end.",
        ),
    ] = 0.0,
    duration: Annotated[
        float, Field(ge=0.0, le=ALWAYS, multiple_of=0.01, description="How long it is, in seconds.")
    ] = 60.0,
) -> Audio:
    """Take a part of a sound."""
    return sounds.trimmed(audio, start_index, duration)


@node("SplitAudioChannels", title="Split audio channels", category=CATEGORY)
def split_audio_channels(audio: Audio) -> Channels:
    """Take the left and the right of a sound apart."""
    return Channels(*sounds.channels_of(audio))


@node("JoinAudioChannels", title="Join audio channels", category=CATEGORY)
def join_audio_channels(
    audio_left: Annotated[Audio, Field(description="What is heard on the left.")],
    audio_right: Annotated[Audio, Field(description="What is heard on the right.")],
) -> Joined:
    """Make a stereo sound of two, as long as the shorter of them."""
    return Joined(sounds.stereo(audio_left, audio_right))


@node("AudioConcat", title="Concatenate audio", category=CATEGORY)
def audio_concat(
    audio1: Audio,
    audio2: Audio,
    direction: Annotated[Order, Field(description="Whether the second comes after or before the first.")] = "after",
) -> Audio:
    """Put one sound after another, in stereo."""
    return sounds.joined(audio1, audio2, direction)


@node("AudioMerge", title="Merge audio", category=CATEGORY)
def audio_merge(
    audio1: Annotated[Audio, Field(description="Says how long the result is.")],
    audio2: Audio,
    merge_method: Annotated[Mixing, Field(description="How the two are put together.")],
) -> Audio:
    """Let two sounds be heard at once."""
    return sounds.mixed(audio1, audio2, merge_method)


@node("AudioAdjustVolume", title="Adjust audio volume", category=CATEGORY)
def audio_adjust_volume(
    audio: Audio,
    volume: Annotated[
        int, Field(ge=-100, le=100, description="In decibels: 6 is twice as loud, -6 half; 0 changes nothing.")
    ] = 1,
) -> Audio:
    """Make a sound louder or softer."""
    return sounds.louder(audio, volume)


@node("EmptyAudio", title="Empty audio", category=CATEGORY)
def empty_audio(
    duration: Annotated[
        float, Field(ge=0.0, le=100_000.0, multiple_of=0.01, description="How long it is, in seconds.")
    ] = 60.0,
    sample_rate: Annotated[int, Field(ge=1, le=192_000, description="Samples per second.")] = 44100,
    channels: Annotated[int, Field(ge=1, le=2, description="1 is mono, 2 stereo.")] = 2,
) -> Audio:
    """Make silence."""
    return sounds.silence(duration, sample_rate, channels)


@node("AudioEqualizer3Band", title="Equalize audio (3 bands)", category=CATEGORY, experimental=True)
def audio_equalizer_3_band(
    audio: Audio,
    low_gain_dB: Annotated[Decibels, Field(description="How much louder low tones are, in decibels.")] = 0.0,
    low_freq: Annotated[int, Field(ge=20, le=500, description="Up to which frequency, in hertz.")] = 100,
    mid_gain_dB: Annotated[Decibels, Field(description="How much louder middle tones are.")] = 0.0,
    mid_freq: Annotated[int, Field(ge=200, le=4000, description="Around which frequency.")] = 1000,
    mid_q: Annotated[
        float, Field(ge=0.1, le=10.0, multiple_of=0.1, description="How narrow the band around it is.")
    ] = 0.707,
    high_gain_dB: Annotated[Decibels, Field(description="How much louder high tones are.")] = 0.0,
    high_freq: Annotated[int, Field(ge=1000, le=15000, description="From which frequency on.")] = 5000,
) -> Audio:
    """Make low, middle and high tones louder or softer."""
    low, high = Band("low", low_freq, low_gain_dB), Band("high", high_freq, high_gain_dB)
    return equalised(audio, low, Band("middle", mid_freq, mid_gain_dB, mid_q), high)
