"""Run by alembic for every command: migrates over the connection that `graph.jobs.migrating` opened."""

from alembic import context

from graph.jobs.schema import METADATA
from graph.library import schema as _library  # noqa: F401 - its tables belong to the same metadata

# Alembic executes this file as a script, so the work stands at its top level.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter a column; alembic then copies the table
    transactional_ddl=True,  # a migration that is killed half-way leaves no trace, on SQLite as well
)
with context.begin_transaction():
    context.run_migrations()
