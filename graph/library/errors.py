"""What can go wrong with the library.

LatentloomError
└── LibraryError
    ├── UnknownWorkflow     there is no workflow, or no version, of that name
    ├── StaleVersion        somebody saved another version in the meantime; carries the latest
    ├── UnknownAsset        there is no such asset
    └── AssetInUse          a job that waits or runs needs the asset
"""

from graph.errors import LatentloomError


class LibraryError(LatentloomError):
    """Something of the library cannot be found or changed."""


class UnknownWorkflow(LibraryError):
    """There is no workflow, or no version of one, of that name."""


class StaleVersion(LibraryError):
    """Somebody saved another version in the meantime; `latest` is its number."""

    def __init__(self, message: str, latest: int) -> None:
        super().__init__(message)
        self.latest = latest


class UnknownAsset(LibraryError):
    """There is no such asset."""


class AssetInUse(LibraryError):
    """A job that waits or runs needs the asset."""
