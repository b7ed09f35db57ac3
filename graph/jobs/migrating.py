"""Brings the tables up to date, or refuses when they are ahead of this program."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from graph.faults import fault_point
from graph.jobs.errors import NewerSchema

if TYPE_CHECKING:  # alembic is imported where tables change: with what it imports it would slow down every start
    from alembic.config import Config
    from alembic.script import ScriptDirectory

HEAD = "0003"
"""The newest schema. A test compares it with the migrations."""
SCRIPTS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6C6F6F6D  # any number that nobody else uses as an advisory lock of this database


def alembic_config(scripts: Path = SCRIPTS) -> "Config":
    """The configuration of alembic, for `alembic.command`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, before: Callable[[], object] = lambda: None, scripts: Path = SCRIPTS) -> str | None:
    """Bring the tables to the newest schema in one transaction.

    `before` is called first if there are tables already and they will change: the place for a backup.
    Returns the revision that was left behind, None if nothing was to do or the database was empty.

    Raises:
        NewerSchema: a newer version of this program wrote the tables; nothing was changed.
    """
    with engine.begin() as connection:
        revision = _current(connection)
    if scripts == SCRIPTS and revision == HEAD:
        return None
    return _upgrade(engine, revision, before, scripts)


def _upgrade(engine: Engine, revision: str | None, before: Callable[[], object], scripts: Path) -> str | None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(scripts)
    directory = ScriptDirectory.from_config(config)
    _refuse_newer(engine, directory, revision)
    if revision == directory.get_current_head():
        return None
    if revision is not None:
        before()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # two servers may start at once
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        fault_point("migration_before_commit")
    fault_point("migration_after_commit")
    return revision


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _refuse_newer(engine: Engine, directory: "ScriptDirectory", revision: str | None) -> None:
    known = {script.revision for script in directory.walk_revisions()}
    if revision is not None and revision not in known:
        where = engine.url.render_as_string(hide_password=True)
        raise NewerSchema(
            f"The job database {where} was written by a newer version of this program (its schema is {revision}, this "
            f"version knows up to {directory.get_current_head()}). Use that version, or another data folder."
        )
