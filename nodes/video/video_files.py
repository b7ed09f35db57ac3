"""Nodes for videos and sound."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from graph.artefact_names import Name
from graph.artefacts import Artefacts
from graph.context import Context
from graph.datatypes import Socket
from graph.folders import Folders
from graph.node import Files, Widget, node
from nodes.diffusion.files import audio_files, media, video_files
from nodes.diffusion.files.media import VideoFile
from nodes.diffusion.files.video_files import WebmCodec
from nodes.images.saving import Prefix, SavedImages, provenance
from nodes.sockets import Image

Video = Annotated[media.Video, Socket("VIDEO")]
Audio = Annotated[media.Audio, Socket("AUDIO")]
FILE = "A file of the input folder; `name [output]` and `name [temp]` name files of those folders."


class Components(NamedTuple):
    """What a video is made of."""

    images: Image
    audio: Annotated[Audio | None, Socket("AUDIO"), Field(description="Its sound; nothing if it has none.")]
    fps: Annotated[float, Field(description="Frames per second.")]
    bit_depth: Annotated[int, Field(description="Bits a channel: 8 or 10.")]


@node("LoadVideo", title="Load video", category="image/video", occupies="io")
def load_video(
    file: Annotated[str, Files("input"), Widget(options={"video_upload": True}), Field(description=FILE)],
    *,
    folders: Folders,
) -> Video:
    """Choose a video file; its pictures are read when they are needed."""
    return VideoFile(folders.path("input", file), folders.digest("input", file))


@node("CreateVideo", title="Create video", category="image/video")
def create_video(
    images: Annotated[Image, Field(description="The frames, in their order.")],
    fps: Annotated[float, Field(ge=1.0, le=120.0, multiple_of=1.0, description="Frames per second.")] = 30.0,
    audio: Annotated[Audio | None, Field(description="The sound; it ends with the pictures.")] = None,
    bit_depth: Annotated[
        int, Field(ge=8, le=10, multiple_of=2, description="Bits a channel to save it with."), Widget(optional=True)
    ] = 8,
) -> Video:
    """Make a video of pictures, with sound if there is any."""
    return {"images": images, "fps": fps, "audio": audio, "bit_depth": bit_depth}


@node("GetVideoComponents", title="Get video components", category="image/video")
def get_video_components(video: Video) -> Components:
    """Take a video apart into its pictures, its sound and its frame rate."""
    found = video_files.frames_of(video)
    return Components(found["images"], found["audio"], found["fps"], found["bit_depth"])


@node("SaveVideo", title="Save video", category="image/video", output=True)
def save_video(
    video: Video,
    filename_prefix: Prefix = "video/ComfyUI",
    format: Annotated[Literal["auto", "mp4"], Field(description="The kind of file; auto is MP4.")] = "auto",
    codec: Annotated[
        Literal["auto", "h264"], Field(description="How pictures are compressed; auto is H.264.")
    ] = "auto",
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> Video:
    """Save a video as a file that carries the workflow it was made by.

    A file that holds H.264 already is copied without loss.
    """
    texts = provenance(ctx)
    if isinstance(video, VideoFile) and video_files.is_h264(video):
        artefact = artefacts.write(Name(filename_prefix, ".mp4"), lambda path: video_files.remux(path, video, texts))
    else:
        frames = video_files.frames_of(video)
        encoding = video_files.H264[frames["bit_depth"]]
        artefact = artefacts.write(
            _name(filename_prefix, ".mp4", frames["images"]),
            lambda path: video_files.write(path, "mp4", frames, encoding, texts, ctx.progress),
        )
    ctx.show(images=[artefact.describe()], animated=[True])
    return video


@node("SaveWEBM", title="Save WebM", category="image/video", output=True, experimental=True)
def save_webm(
    images: Annotated[Image, Field(description="The frames, in their order.")],
    filename_prefix: Annotated[Prefix, Field(default="ComfyUI")],
    codec: Annotated[WebmCodec, Field(description="How pictures are compressed.")],
    fps: Annotated[float, Field(ge=0.01, le=1000.0, multiple_of=0.01, description="Frames per second.")] = 24.0,
    crf: Annotated[
        float, Field(ge=0, le=63.0, multiple_of=1, description="How much is lost; lower is better and larger.")
    ] = 32.0,
    *,
    ctx: Context,
    artefacts: Artefacts,
) -> SavedImages:
    """Save pictures as a WebM video that carries the workflow it was made by."""
    frames: media.VideoFrames = {"images": images, "fps": fps, "audio": None, "bit_depth": 8}
    encoding, texts = video_files.webm(codec, crf), provenance(ctx)
    artefact = artefacts.write(
        _name(filename_prefix, ".webm", images),
        lambda path: video_files.write(path, "webm", frames, encoding, texts, ctx.progress),
    )
    ctx.show(images=[artefact.describe()], animated=[True])
    return SavedImages(images)


@node("LoadAudio", title="Load audio", category="audio", occupies="io")
def load_audio(
    audio: Annotated[str, Files("input"), Widget(options={"audio_upload": True}), Field(description=FILE)],
    *,
    folders: Folders,
) -> Audio:
    """Read sound from a file, of a video too."""
    return audio_files.read(folders.path("input", audio))


@node("SaveAudio", title="Save audio (FLAC)", category="audio", output=True, occupies="io", deprecated=True)
def save_audio(audio: Audio, filename_prefix: Prefix = "audio/ComfyUI", *, ctx: Context, artefacts: Artefacts) -> Audio:
    """Save sound as FLAC files that carry the workflow they were made by."""
    _save_sound(audio, Name(filename_prefix, ".flac"), ctx, artefacts)
    return audio


@node("PreviewAudio", title="Preview audio", category="audio", output=True, occupies="io")
def preview_audio(audio: Audio, *, ctx: Context, artefacts: Artefacts) -> Audio:
    """Make sound heard without keeping it: it is saved to the folder for temporary files."""
    _save_sound(audio, Name("ComfyUI_temp", ".flac", folder="temp"), ctx, artefacts)
    return audio


def _save_sound(audio: media.Audio, name: Name, ctx: Context, artefacts: Artefacts) -> None:
    for number, waveform in enumerate(audio["waveform"]):
        content = audio_files.encode_flac(waveform, audio["sample_rate"], provenance(ctx))
        ctx.show(audio=[artefacts.write(name, content, number).describe()])


def _name(prefix: str, suffix: str, images: Image) -> Name:
    return Name(prefix, suffix, width=images.shape[2], height=images.shape[1])
