"""Saved workflows with their versions, and the assets that clients sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LONG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FLOAT: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "workflow",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("created", _FLOAT, nullable=False),
        sa.Column("changed", _FLOAT, nullable=False),
        sa.Column("archived", _FLOAT),
        sqlite_strict=True,
    )
    op.create_table(
        "workflow_version",
        sa.Column("workflow", sa.Text, sa.ForeignKey("workflow.name"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created", _FLOAT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size_bytes", _LONG, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("file_path", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("created", _FLOAT, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("asset_digest", "asset", ["digest"])
    op.create_index("asset_filename", "asset", ["filename"])
