"""The errors of the job store.

LatentloomError
└── JobError                a job cannot be accepted, found or moved on
    ├── JobConflict         an id or idempotency key was used before, for something else
    ├── UnknownJob          there is no such job
    ├── QueueFull           its owner has as many jobs waiting as one may have
    ├── StaleLease          the job was taken away from its worker in the meantime
    └── StoreError          the store itself cannot serve
        ├── FolderInUse     another server works in the data folder
        ├── NewerSchema     a newer version of this program wrote the database
        ├── StorageFull     the disk is full, or nearly so
        └── StoreClosed     the store was closed
"""

from graph.errors import LatentloomError


class JobError(LatentloomError):
    """A job cannot be accepted, found or moved on."""


class JobConflict(JobError):
    """An id or idempotency key was used before, for another request; `is_key` tells which of the two."""

    def __init__(self, message: str, is_key: bool = False) -> None:
        super().__init__(message)
        self.is_key = is_key


class UnknownJob(JobError):
    """There is no job of this id: there never was, or it was deleted."""


class QueueFull(JobError):
    """The owner of a job has as many jobs waiting already as one owner may have."""


class StaleLease(JobError):
    """The job was taken away from its worker in the meantime; whatever it still says about the job does not count."""


class StoreError(JobError):
    """The store cannot serve."""


class FolderInUse(StoreError):
    """Another server works in the data folder."""


class NewerSchema(StoreError):
    """The database was written by a newer version of this program."""


class StorageFull(StoreError):
    """The disk is full, or so nearly full that no further job is accepted."""


class StoreClosed(StoreError):
    """The store was closed, or never opened."""
