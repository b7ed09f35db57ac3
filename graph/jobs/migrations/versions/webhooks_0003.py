"""Who is told of the ends of jobs, and how far that is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FLOAT: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_STATES = "state IN ('waiting', 'due', 'delivered', 'given_up')"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "job_webhook",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("job", sa.Text, nullable=False, unique=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created", _FLOAT, nullable=False),
        sa.Column("due", _FLOAT),
        sa.Column("ended", _FLOAT),
        sa.Column("status", sa.Integer),
        sa.Column("message", sa.Text),
        sa.Column("body", sa.Text),
        sa.CheckConstraint(_STATES, name="job_webhook_state_known"),
        sqlite_strict=True,
    )
    _create_partial_index("job_webhook_due", "due", "state = 'due'")
    _create_partial_index("job_webhook_waiting", "job", "state = 'waiting'")


def _create_partial_index(name: str, column: str, where: str) -> None:
    op.create_index(name, "job_webhook", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
