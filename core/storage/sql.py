"""The Store on SQLAlchemy; the database's own errors leave it as StoreError."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.cohort import Cohort
from core.errors import StoreError
from core.storage.tables import cohorts


class SqlStore:
    """Implements Store on any database SQLAlchemy reaches asynchronously."""

    def __init__(self, url: str) -> None:
        """Connects on first use. `url` names an asynchronous driver, for example `sqlite+aiosqlite:///file.db`."""
        self._engine = create_async_engine(url, hide_parameters=True)

    async def put_cohort(self, cohort: Cohort) -> bool:
        """Keep a cohort, in place of one of the same name; True when it is new."""
        values = {"document": cohort.model_dump(mode="json"), "updated_at": datetime.now(UTC)}
        async with self._transaction() as connection:
            changed = await connection.execute(update(cohorts).where(cohorts.c.name == cohort.name).values(values))
            if changed.rowcount:
                return False
            await connection.execute(insert(cohorts).values(name=cohort.name, **values))
            return True

    async def cohort(self, name: str) -> Cohort | None:
        """The cohort of that name."""
        async with self._transaction() as connection:
            document = (await connection.execute(select(cohorts.c.document).where(cohorts.c.name == name))).scalar()
        return None if document is None else _cohort(name, document)

    async def cohorts(self) -> Sequence[Cohort]:
        """All cohorts, by name."""
        async with self._transaction() as connection:
            rows = (await connection.execute(select(cohorts.c.name, cohorts.c.document).order_by(cohorts.c.name))).all()
        return [_cohort(name, document) for name, document in rows]

    async def close(self) -> None:
        """Give connections back."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            cure = (
                "run `practicum-bot db upgrade`"
                if "no such table" in reason
                else "check PRACTICUM_BOT_DATABASE_URL and that the database is up"
            )
            raise StoreError(f"the database refused: {reason}; {cure}") from error


def _cohort(name: str, document: object) -> Cohort:
    try:
        return Cohort.model_validate(document)
    except ValidationError as error:
        raise StoreError(f"the cohort '{name}' can't be read back; import its file again") from error
