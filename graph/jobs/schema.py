"""The tables of the job store. Migrations build them; a test compares the two."""

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

from graph.jobs.records import JOB_STATES, JobState

METADATA = MetaData()

# SQLite's STRICT tables know only INTEGER, REAL and TEXT; PostgreSQL's INTEGER and REAL are too small.
LONG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
FLOAT: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")

STATE_CHECK = f"state IN ({', '.join(repr(state) for state in JOB_STATES)})"
QUEUED = text("state = 'queued'")
RUNNING = text("state = 'running'")
ENDED = text("ended IS NOT NULL")
DUE = text("state = 'due'")
WAITING = text("state = 'waiting'")

JOB = Table(
    "job",
    METADATA,
    Column("key", LONG, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("digest", Text, nullable=False),  # of the payload to the letter: tells most repeated requests at once
    Column("state", Text, nullable=False),
    Column("number", FLOAT, nullable=False),
    Column("position", LONG, nullable=False),  # decides between equal numbers
    Column("turn", LONG),  # the owner's turn; NULL for jobs that asked for another place
    Column("attempt", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("token", LONG),
    Column("lease_worker", Text),
    Column("lease_instance", Text),
    Column("lease_until", FLOAT),  # on the backend's clock, not the wall's
    Column("is_cancelling", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("created", FLOAT, nullable=False),
    Column("started", FLOAT),
    Column("ended", FLOAT),
    Column("message", Text),
    Column("retry_of", Text),
    UniqueConstraint("owner", "idempotency_key", name="job_idempotency"),
    CheckConstraint(STATE_CHECK, name="job_state_known"),
    Index("job_queued", "number", "position", sqlite_where=QUEUED, postgresql_where=QUEUED),
    Index("job_turn", "owner", "turn", sqlite_where=QUEUED, postgresql_where=QUEUED),
    Index("job_running", "lease_until", sqlite_where=RUNNING, postgresql_where=RUNNING),
    Index("job_ended", "ended", sqlite_where=ENDED, postgresql_where=ENDED),
    Index("job_owner", "owner", "state"),
    sqlite_strict=True,
)

PAYLOAD = Table(
    "job_payload",  # its own table: a change of state must not rewrite the graph
    METADATA,
    Column("job_key", LONG, ForeignKey("job.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("targets", Text),
    Column("extra", Text, nullable=False),
    Column("previews", Text, nullable=False),
    sqlite_strict=True,
)

EVENT = Table(
    "job_event",
    METADATA,
    Column("job_key", LONG, ForeignKey("job.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", FLOAT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),  # the other fields, as JSON
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

OUTPUT = Table(
    "job_output",
    METADATA,
    Column("job_key", LONG, ForeignKey("job.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("node", Text, primary_key=True),
    Column("ref", Text, nullable=False),
    Column("ui", Text, nullable=False),
    sqlite_strict=True,
)

QUEUE = Table(
    "job_queue",  # one row
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("is_paused", Integer, nullable=False),
    Column("latest_turn", LONG, nullable=False),
    sqlite_strict=True,
)

WEBHOOK = Table(
    "job_webhook",  # its job may be forgotten before it is told, so there is no foreign key
    METADATA,
    Column("id", Text, primary_key=True),
    Column("job", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", FLOAT, nullable=False),
    Column("due", FLOAT),  # when it is tried next, on the clock of the wall
    Column("ended", FLOAT),  # when it was delivered, or given up
    Column("status", Integer),  # that the last attempt was answered with
    Column("message", Text),
    Column("body", Text),  # what is told, the same in each attempt
    CheckConstraint("state IN ('waiting', 'due', 'delivered', 'given_up')", name="job_webhook_state_known"),
    Index("job_webhook_due", "due", sqlite_where=DUE, postgresql_where=DUE),
    Index("job_webhook_waiting", "job", sqlite_where=WAITING, postgresql_where=WAITING),
    sqlite_strict=True,
)

# Written out rather than bound: a database uses a partial index only if it can see that the question is about its rows.
IS_IN_STATE: dict[JobState, ColumnElement[bool]] = {
    state: JOB.c.state == literal_column(f"'{state}'") for state in JOB_STATES
}
IS_QUEUED = IS_IN_STATE["queued"]
IS_RUNNING = IS_IN_STATE["running"]
IS_ENDED = JOB.c.ended.is_not(None)
