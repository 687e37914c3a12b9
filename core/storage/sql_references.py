"""The Store's part on where people, channels and teams are reached, on SQLAlchemy."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, func, select

from core.storage.database import Database
from core.storage.store import Holder, Reference
from core.storage.tables import members, references


class SqlReferences:
    """A part of SqlStore."""

    _database: Database

    async def put_reference(self, reference: Reference) -> bool:
        row = asdict(reference)
        names = {name: row.pop(name) for name in ("platform", "holder", "name")}
        return await self._database.put(references, names, row)

    async def reference(self, platform: str, holder: Holder, name: str) -> Reference | None:
        found = await self._references(platform, holder, references.c.name == name)
        return found[0] if found else None

    async def references(self, platform: str, holder: Holder) -> Sequence[Reference]:
        return sorted(await self._references(platform, holder), key=lambda reference: reference.name)

    async def drop_reference(self, platform: str, holder: Holder, name: str) -> None:
        await self._database.delete({"": (references, and_(*_reached(platform, holder), references.c.name == name))})

    async def unreachable(self, cohort: str) -> int:
        of = and_(members.c.cohort == cohort, references.c.holder == Holder.PERSON, references.c.unreachable)
        query = select(func.count().label("number")).select_from(members.join(references, _same())).where(of)
        return int((await self._database.rows(query))[0]["number"])

    async def _references(self, platform: str, holder: Holder, *which: Any) -> list[Reference]:
        rows = await self._database.rows(select(references).where(*_reached(platform, holder), *which))
        return [
            Reference(**{str(name): value for name, value in row.items()} | {"holder": Holder(row["holder"])}) for row in rows
        ]


def strangers() -> Any:
    """People who are in no cohort, and so need not be reached."""
    return and_(references.c.holder == Holder.PERSON, ~select(members.c.id).where(_same()).exists())


def _reached(platform: str, holder: Holder) -> tuple[Any, Any]:
    return references.c.platform == platform, references.c.holder == holder


def _same() -> Any:
    return and_(members.c.platform == references.c.platform, members.c.person == references.c.name)
