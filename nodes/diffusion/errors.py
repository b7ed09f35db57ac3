"""Every error of the workshop.

DiffusionError
├── ModelError              a model cannot be used
│   ├── ModelFileError      its file cannot be read
│   │   └── PickleRefused   its file may run code when it is opened
│   ├── UnsupportedModel    its file can be read, but its kind is not known
│   ├── IncompleteModel     it lacks the part that was asked for
│   └── OutOfMemory         it does not fit into memory, whatever is done
├── PictureFileError        a picture file cannot be read
├── MediaFileError          a file of video or sound cannot be read, or written
├── LatentFileError         a latent file cannot be read
└── LatentMismatch          latents do not belong together
"""


class DiffusionError(Exception):
    """Anything that the workshop raises on purpose."""


class ModelError(DiffusionError):
    """A model cannot be used."""


class ModelFileError(ModelError):
    """The file of a model is missing, damaged, or not what its name says."""


class PickleRefused(ModelFileError):
    """The file of a model is a pickle, which may run any code when it is opened."""


class UnsupportedModel(ModelError):
    """The file of a model can be read, but nothing here knows its kind; the message says what it looks like."""


class IncompleteModel(ModelError):
    """A model lacks the part that was asked for, such as a text encoder."""


class OutOfMemory(ModelError):
    """A model, or what is computed with it, does not fit into memory whatever is done; the message has the figures."""


class PictureFileError(DiffusionError):
    """A file is no picture of a known kind, is damaged or too large."""


class MediaFileError(DiffusionError):
    """A file holds no video or sound of a known kind, is damaged or too large; or cannot be written so."""


class LatentFileError(DiffusionError):
    """A file holds no latent."""


class LatentMismatch(DiffusionError):
    """Latents of different kinds of model were to be put together."""
