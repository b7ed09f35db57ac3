"""Words that inputs of the newer protocol are described with."""

import enum
from typing import Any


class FolderType(enum.StrEnum):
    """Data folders."""

    input = "input"
    output = "output"
    temp = "temp"


class UploadType(enum.StrEnum):
    """What may be put into the input folder from the browser."""

    image = "image_upload"
    audio = "audio_upload"
    video = "video_upload"
    model = "file_upload"


class NumberDisplay(enum.StrEnum):
    """How a number is shown."""

    number = "number"
    slider = "slider"
    color = "color"


class ControlAfterGenerate(enum.StrEnum):
    """What happens to a value after each run."""

    fixed = "fixed"
    increment = "increment"
    decrement = "decrement"
    randomize = "randomize"


class RemoteOptions:
    """Choices that the browser would fetch from somewhere; they are not fetched here."""

    def __init__(self, route: str, refresh_button: bool = False, **options: Any) -> None:
        self.route = route
        self.refresh_button = refresh_button
