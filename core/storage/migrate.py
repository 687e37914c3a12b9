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
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreError
from core.storage.tables import metadata

T = TypeVar("T")
_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Bring the database to the newest version; does nothing when it is there. Raises StoreError."""
    _run(url, _upgrade)


def differences(url: str) -> list[str]:
    """What sets the database apart from the tables this version expects; empty when it is up to date. Raises StoreError."""
    return _run(url, _differences)


def _run(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction, on the synchronous driver of the same database."""
    name = make_url(url)
    engine = create_engine(name.set(drivername=name.drivername.removesuffix("+aiosqlite")), hide_parameters=True)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":  # one process migrates, another one started beside it waits
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            result = work(connection)
            connection.commit()
            return result
    except SQLAlchemyError as error:
        raise StoreError(f"the database can't be used: {str(getattr(error, 'orig', None) or error).splitlines()[0]}") from error
    except CommandError as error:
        raise StoreError(f"the database is of another version than this program: {error}; run the newer program on it") from error
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection)
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    found = [str(difference) for difference in compare_metadata(context, metadata)]
    if context.get_current_revision() != head:
        found.insert(
            0, f"is at version {context.get_current_revision()}, this program needs {head}; run `practicum-bot db upgrade`"
        )
    return found
