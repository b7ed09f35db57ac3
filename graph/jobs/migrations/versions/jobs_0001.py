"""Jobs, their payloads, events and outputs, and the state of the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LONG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FLOAT: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_STATES = "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked')"


def upgrade() -> None:
    """Create the tables."""
    _create_job()
    _create_indexes()
    _create_parts()
    op.create_table(
        "job_queue",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("is_paused", sa.Integer, nullable=False),
        sa.Column("latest_turn", _LONG, nullable=False),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO job_queue (id, is_paused, latest_turn) VALUES (1, 0, -1)")
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE job_key_seq")


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("key", _LONG, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("number", _FLOAT, nullable=False),
        sa.Column("position", _LONG, nullable=False),
        sa.Column("turn", _LONG),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("token", _LONG),
        sa.Column("lease_worker", sa.Text),
        sa.Column("lease_instance", sa.Text),
        sa.Column("lease_until", _FLOAT),
        sa.Column("is_cancelling", sa.Integer, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("created", _FLOAT, nullable=False),
        sa.Column("started", _FLOAT),
        sa.Column("ended", _FLOAT),
        sa.Column("message", sa.Text),
        sa.Column("retry_of", sa.Text),
        sa.UniqueConstraint("owner", "idempotency_key", name="job_idempotency"),
        sa.CheckConstraint(_STATES, name="job_state_known"),
        sqlite_strict=True,
    )


def _create_indexes() -> None:
    _create_partial_index("job_queued", ["number", "position"], "state = 'queued'")
    _create_partial_index("job_turn", ["owner", "turn"], "state = 'queued'")
    _create_partial_index("job_running", ["lease_until"], "state = 'running'")
    _create_partial_index("job_ended", ["ended"], "ended IS NOT NULL")
    op.create_index("job_owner", "job", ["owner", "state"])


def _create_partial_index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "job", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _create_parts() -> None:
    op.create_table(
        "job_payload",
        _job_key(),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("targets", sa.Text),
        sa.Column("extra", sa.Text, nullable=False),
        sa.Column("previews", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "job_event",
        _job_key(),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", _FLOAT, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_output",
        _job_key(),
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("ui", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _job_key() -> "sa.Column[int]":
    parent = sa.ForeignKey("job.key", ondelete="CASCADE")
    return sa.Column("job_key", _LONG, parent, primary_key=True, autoincrement=False)
