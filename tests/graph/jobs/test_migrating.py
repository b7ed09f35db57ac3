import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from graph.faults import Fault, arm
from graph.jobs.migrating import HEAD, SCRIPTS, alembic_config, upgrade
from graph.jobs.opening import Opened, open_database
from graph.jobs.schema import METADATA
from graph.library.schema import ASSET

NEXT = '''
"""A later revision."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "0003"


def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("colour", sa.Text))
'''


class PowerCut(Exception):
    pass


def cut_power() -> None:
    raise PowerCut


@pytest.fixture
def later_scripts(tmp_path: Path) -> Path:
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "later_9999.py").write_text(NEXT)
    return scripts


def close(opened: Opened) -> None:
    opened.backend.close()
    opened.lock.release()


def tables(opened: Opened) -> set[str]:
    with opened.backend.writing.connect() as connection:
        return set(opened.backend.writing.dialect.get_table_names(connection))


def test_migrations_build_the_tables_that_the_code_describes(tmp_path: Path, url: str | None):
    assert ASSET.metadata is METADATA  # the library's tables are among them
    opened = open_database(tmp_path, url)
    with opened.backend.writing.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    assert upgrade(opened.backend.writing) is None
    close(opened)


def test_the_newest_schema_is_that_of_the_migrations():
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_a_migration_comes_after_a_backup(tmp_path: Path, later_scripts: Path):
    close(open_database(tmp_path / "data"))
    assert not (tmp_path / "data/backups").exists()
    opened = open_database(tmp_path / "data", scripts=later_scripts)
    assert "later" in tables(opened)
    assert len(list((tmp_path / "data/backups").iterdir())) == 1
    close(opened)


def test_a_migration_that_is_interrupted_leaves_no_trace(tmp_path: Path, url: str | None, later_scripts: Path):
    close(open_database(tmp_path / "data", url))
    arm(Fault("migration_before_commit", action=cut_power))
    with pytest.raises(PowerCut):
        open_database(tmp_path / "data", url, scripts=later_scripts)
    arm(None)
    opened = open_database(tmp_path / "data", url)
    assert "later" not in tables(opened)
    close(opened)
    opened = open_database(tmp_path / "data", url, scripts=later_scripts)
    with opened.backend.writing.connect() as connection:
        assert connection.execute(text("SELECT count(colour) FROM job")).scalar() == 0
    close(opened)
