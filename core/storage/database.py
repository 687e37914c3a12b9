"""Transactions on SQLite or PostgreSQL: connections that come back, tries that are bounded, errors as StoreError."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    CursorResult,
    Executable,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    literal,
    make_url,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.errors import StoreError

T = TypeVar("T")
BUSY = 5.0  # seconds that a SQLite file may be locked by another process
PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds between tries, give or take a half; an event is held for twenty
LIMIT = 5.0  # seconds that an operation may take on a server, all tries together
GRACE = 1.0  # seconds beyond that for a server to take note
_ANY = true()
_INSERTS: dict[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}
_PATIENCE = {  # libpq's: how soon a server that fell silent counts as gone; a URL may say otherwise
    "connect_timeout": 2,  # seconds, as the next two
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,  # milliseconds
}
_READ_ONLY = "25006"  # the connection is to a server that no longer leads
_PASSING = ("08", "40", "53300", "57P", _READ_ONLY)  # no connection, collided, too many, going down or coming up
_NO_TABLES = ("42P01", "42703")  # PostgreSQL's for an unknown table and column


@dataclass(frozen=True, slots=True)
class Transaction:
    """One try of an operation, which is committed when the operation returns."""

    connection: AsyncConnection
    lost: bool = False  # an earlier try broke off in its commit, so that what it did may be there already

    async def run(self, statement: Executable) -> CursorResult[Any]:
        """What a statement gives."""
        return await self.connection.execute(statement)

    async def insert(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Add a row; False when one of the same name is there, whoever put it."""
        adding = _INSERTS[self.connection.dialect.name](table).values(values).on_conflict_do_nothing()
        added = await self.run(adding.returning(*table.primary_key))
        return added.first() is not None or await self._done(table, values)

    async def change(self, table: Table, names: Mapping[str, Any], values: Mapping[str, Any], which: Any = _ANY) -> bool:
        """Change the rows of these names, if `which` holds for them; False when there is none."""
        changed = await self.run(update(table).where(_equal(table, names), which).values(values))
        return changed.rowcount > 0 or await self._done(table, {**names, **values})

    async def _done(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Whether a row is as an earlier try of the same operation left it."""
        if not self.lost:
            return False
        comparable = {name: value for name, value in values.items() if not isinstance(table.c[name].type, JSON)}
        found = await self.run(select(literal(1)).select_from(table).where(_equal(table, comparable)))
        return found.first() is not None


class Database:
    """Runs operations, each a transaction of its own, and again where a connection was lost on the way."""

    def __init__(self, url: str) -> None:
        """Connects on first use; `url` is one of `sqlite+aiosqlite` or `postgresql+psycopg`."""
        server = make_url(url).get_backend_name() == "postgresql"
        options = {"pool_pre_ping": True, "pool_timeout": LIMIT} if server else {}
        self._engine = create_async_engine(url, hide_parameters=True, connect_args=driver_options(url), **options)
        self._limit = LIMIT if server else None  # a file is never silent, only busy
        # a server is asked once for what one query reads, not also to begin and to commit
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT") if server else self._engine

    async def do(
        self, work: Callable[[Transaction], Awaitable[T]], *, patient: bool = True, engine: AsyncEngine | None = None
    ) -> T:
        """Run an operation in a transaction; if patient, again when a server restarts or hands over meanwhile.

        A try that broke off before its commit left nothing behind. Where it broke off in its commit, nobody knows: the next
        try is told so. Raises StoreError.
        """
        grace = None if self._limit is None else self._limit + GRACE
        try:
            async with asyncio.timeout(grace), asyncio.timeout(self._limit):  # the second where even stopping isn't answered
                return await self._tries(engine or self._engine, work, PAUSES if patient else ())
        except SQLAlchemyError as error:
            raise refused(error) from error
        except TimeoutError as error:
            raise StoreError(f"the database gave no answer within {LIMIT:.0f} seconds; check that it is up") from error

    async def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        """The rows of a query, by column name."""

        async def work(transaction: Transaction) -> Sequence[RowMapping]:
            return (await transaction.run(query)).mappings().all()

        return await self.do(work, engine=self._reading)

    async def put(self, table: Table, names: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Keep a row, in place of one of the same name; True when it is new."""
        found: list[bool] = []  # by each try; after a lost commit the row looks new, or old, by this operation's own doing

        async def work(transaction: Transaction) -> bool:
            found.append(await transaction.insert(table, {**names, **values}))
            if not found[-1]:
                await transaction.change(table, names, values)
            return found[0] if transaction.lost else found[-1]

        return await self.do(work)

    async def delete(self, which: Mapping[str, tuple[Table, Any]]) -> dict[str, int]:
        """Delete rows of several tables at once; how many, under the names given."""
        counted = dict.fromkeys(which, 0)  # over all tries; one whose commit came through leaves nothing for the next to count

        async def work(transaction: Transaction) -> dict[str, int]:
            for name, (table, rows) in which.items():
                counted[name] = max(counted[name], (await transaction.run(delete(table).where(rows))).rowcount)
            return counted

        return await self.do(work)

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()

    async def _tries(self, engine: AsyncEngine, work: Callable[[Transaction], Awaitable[T]], pauses: Sequence[float]) -> T:
        lost = False
        for pause in pauses:
            committing = False
            try:
                async with engine.connect() as connection:
                    result = await work(Transaction(connection, lost))
                    committing = True
                    await connection.commit()
                    return result
            except DBAPIError as error:
                if not _passes(error):
                    raise
                lost = lost or committing
                if _state(error) == _READ_ONLY:
                    await self._engine.dispose()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
        async with engine.begin() as connection:
            return await work(Transaction(connection, lost))


def driver_options(url: str) -> dict[str, Any]:
    """What a database's driver is told when it connects."""
    name = make_url(url)
    if name.get_backend_name() == "sqlite":
        return {"timeout": BUSY}
    return {option: value for option, value in _PATIENCE.items() if option not in name.query}


def refused(error: SQLAlchemyError) -> StoreError:
    """A database's own error, with its cure; the first line alone, because the next may quote what was to be kept."""
    reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
    behind = _state(error) in _NO_TABLES or "no such table" in reason or "no such column" in reason
    cure = "run `practicum-bot db upgrade`" if behind else "check PRACTICUM_BOT_DATABASE_URL and that the database is up"
    return StoreError(f"the database refused: {reason}; {cure}")


def _equal(table: Table, values: Mapping[str, Any]) -> Any:
    return and_(*(table.c[name] == value for name, value in values.items()))


def _state(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's code of an error, None where it came from the connection; empty for SQLite."""
    return getattr(getattr(error, "orig", None), "sqlstate", "")


def _passes(error: DBAPIError) -> bool:
    """Whether the next try may succeed, because the connection failed and not what was asked."""
    state = _state(error)
    return error.connection_invalidated or (isinstance(error, OperationalError) if state is None else state.startswith(_PASSING))
