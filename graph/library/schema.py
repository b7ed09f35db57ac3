"""The tables of the library, in the database of the jobs; migrations build them, a test compares the two."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from graph.jobs.schema import FLOAT, LONG, METADATA

WORKFLOW = Table(
    "workflow",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("latest", Integer, nullable=False),  # the number of its latest version
    Column("created", FLOAT, nullable=False),
    Column("changed", FLOAT, nullable=False),
    Column("archived", FLOAT),  # since when it is put away
    sqlite_strict=True,
)

WORKFLOW_VERSION = Table(
    "workflow_version",  # rows are added and never changed
    METADATA,
    Column("workflow", Text, ForeignKey("workflow.name"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created", FLOAT, nullable=False),
    Column("document", Text, nullable=False),
    sqlite_strict=True,
)

ASSET = Table(
    "asset",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # BLAKE3 of the content, hexadecimal
    Column("size_bytes", LONG, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("file_path", Text, nullable=False),  # what the client calls it
    Column("filename", Text, nullable=False),  # where it is, below the folder of inputs
    Column("created", FLOAT, nullable=False),
    Index("asset_digest", "digest"),
    Index("asset_filename", "filename"),
    sqlite_strict=True,
)
