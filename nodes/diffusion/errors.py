"""Every error of the workshop.

DiffusionError
└── ModelError              a model cannot be used
    ├── ModelFileError      its file cannot be read
    │   └── PickleRefused   its file may run code when it is opened
    ├── UnsupportedModel    its file can be read, but its kind is not known
    └── IncompleteModel     it lacks the part that was asked for
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
