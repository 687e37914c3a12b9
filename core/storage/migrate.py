"""Migrations: bring a database up to date, or say how far behind it is."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreError
from core.storage.database import driver_options, refused
from core.storage.tables import metadata

T = TypeVar("T")
_LOCK = 0x70726163746963  # on PostgreSQL, where locks are numbers: this program's own
_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Bring the database to the newest version; does nothing when it is there, or a newer program's. Raises StoreError."""
    _run(url, _upgrade)


def differences(url: str) -> list[str]:
    """What sets the database apart from the tables this version expects; empty when it is up to date. Raises StoreError.

    Migrations only ever add what an older program need not know, so that replicas can be replaced one by one: of a newer
    program's database it counts only what is missing.
    """
    return _run(url, _differences)


def _run(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction, on the synchronous driver of the same database; one process at a time."""
    name = make_url(url)
    if name.get_backend_name() == "sqlite":
        name = name.set(drivername="sqlite")  # psycopg drives PostgreSQL either way
    engine = create_engine(name, hide_parameters=True, connect_args=driver_options(url))
    try:
        with engine.connect() as connection:
            _alone(connection)
            result = work(connection)
            connection.commit()
            return result
    except SQLAlchemyError as error:
        raise refused(error) from error
    except CommandError as error:
        raise StoreError(f"the database is of another version than this program: {error}; run the newer program on it") from error
    finally:
        engine.dispose()


def _alone(connection: Connection) -> None:
    """Wait until no other process migrates, and keep others waiting until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        return
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # kept by the file: who reads it never waits for who writes
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    if not _newer(connection) or _missing(connection):
        command.upgrade(_config(connection), "head")


def _newer(connection: Connection) -> bool:
    """Whether a newer program brought the database up to date."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config(connection)).walk_revisions()}
    return current is not None and current not in known


def _missing(connection: Connection) -> list[str]:
    """Tables and columns that this program needs and does not find."""
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [str(difference) for difference in found if difference[0] in {"add_table", "add_column"}]


def _differences(connection: Connection) -> list[str]:
    if _newer(connection):
        return _missing(connection)
    context = MigrationContext.configure(connection)
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    found = [str(difference) for difference in compare_metadata(context, metadata)]
    if context.get_current_revision() != head:
        found.insert(
            0, f"is at version {context.get_current_revision()}, this program needs {head}; run `practicum-bot db upgrade`"
        )
    return found
