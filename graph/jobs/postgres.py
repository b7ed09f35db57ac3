"""The PostgreSQL backend: for several servers that share one queue."""

from collections.abc import Callable

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

KEY_SEQUENCE = "job_key_seq"
READERS = 4


class PostgresBackend:
    """A PostgreSQL database. Leases expire by its clock: clocks of two machines are never compared.

    Args:
        url: `postgresql://user:password@host/database`, or with the driver named as `postgresql+psycopg://`.
        instance: Names this server, the same after a restart.
        clock: Seconds; None asks the database.
    """

    is_shared = True

    def __init__(self, url: str, instance: str, clock: Callable[[], float] | None = None) -> None:
        target = make_url(url)
        if target.drivername in ("postgres", "postgresql"):
            target = target.set(drivername="postgresql+psycopg")
        self.instance = instance
        self.url = target
        self.writing = create_engine(target, pool_size=1, max_overflow=0)
        self.reading = create_engine(target, pool_size=READERS, max_overflow=0, pool_pre_ping=True)
        self._clock = clock

    def now(self, connection: Connection) -> float:
        """Seconds on the clock of the database."""
        if self._clock is not None:
            return self._clock()
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def next_key(self, connection: Connection) -> int:
        """The next number of a sequence."""
        return int(connection.execute(text(f"SELECT nextval('{KEY_SEQUENCE}')")).scalar_one())

    def tidy(self) -> None:
        """Nothing: the database looks after itself."""

    def close(self) -> None:
        """Close the connections."""
        self.reading.dispose()
        self.writing.dispose()
