"""Nodes that cut sounds, put them together and change them."""

from typing import Annotated, NamedTuple

from pydantic import Field

from graph.node import node
from nodes.diffusion import sounds
from nodes.diffusion.sounds import Mixing, Order
from nodes.video.video_files import Audio

CATEGORY = "audio"
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
