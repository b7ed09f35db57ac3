"""Where the tables live: what the store needs from a database beyond portable SQL."""

from typing import Protocol

from sqlalchemy import Connection, Engine


class Backend(Protocol):
    """A database with the tables of the store, and a clock that everybody who uses it agrees on."""

    @property
    def writing(self) -> Engine:
        """Connections of the writer thread."""
        ...

    @property
    def reading(self) -> Engine:
        """Connections for questions; a few at a time."""
        ...

    @property
    def instance(self) -> str | None:
        """Whose leases are void when this server starts: its own of an earlier life; None means everybody's."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other servers may use the same tables, so that changes must be looked for."""
        ...

    def now(self, connection: Connection) -> float:
        """The time by which leases expire, in seconds; unrelated to the calendar."""
        ...

    def next_key(self, connection: Connection) -> int:
        """A key for a new job: larger than every earlier one, never given twice."""
        ...

    def tidy(self) -> None:
        """Do what can wait. The writer thread calls this between two transactions, when the answers are given."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...
