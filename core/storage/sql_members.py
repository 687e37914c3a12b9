"""The Store's part on members, what answers were worth, and installations, on SQLAlchemy."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, true, update

from core.storage.database import Database, Transaction
from core.storage.sql_references import strangers
from core.storage.store import RANK, Member, Role
from core.storage.tables import answers, channels, installations, members, references

_ANY = true()


class SqlMembers:
    """Half of SqlStore."""

    _database: Database

    async def join(self, member: Member) -> bool:
        names = _named(member.platform, member.person, member.cohort)
        lower = members.c.role.in_([role for role in Role if RANK[role] < RANK[member.role]])

        async def work(transaction: Transaction) -> bool:
            if await transaction.insert(members, asdict(member)):
                return True
            await transaction.change(members, names, {"role": member.role}, lower)
            return False

        return await self._database.do(work)

    async def leave(self, platform: str, person: str, cohort: str) -> None:
        reached = and_(references.c.name == person, references.c.platform == platform, strangers())
        await self._database.delete({"members": (members, _of(platform, person, cohort)), "references": (references, reached)})

    async def memberships(self, platform: str, person: str) -> Sequence[Member]:
        theirs = await self._members(and_(members.c.platform == platform, members.c.person == person))
        return sorted(theirs, key=lambda member: (member.joined_at, member.cohort), reverse=True)

    async def members(self, cohort: str) -> Sequence[Member]:
        return sorted(await self._members(members.c.cohort == cohort), key=lambda member: (member.platform, member.person))

    async def ask_member(self, member: Member, version: str, times: int, at: datetime) -> bool:
        names = {**_named(member.platform, member.person, member.cohort), "asked": member.asked}
        same = members.c.acknowledged.is_not_distinct_from(member.acknowledged)
        values = {"asked": times, "asked_version": version, "asked_at": at}

        async def work(transaction: Transaction) -> bool:
            changed = await transaction.run(update(members).where(_equal(names), same).values(values))
            return changed.rowcount > 0  # lost in its commit, it counts as another's: asked once less is the milder harm

        return await self._database.do(work)

    async def acknowledge(self, platform: str, person: str, cohort: str, version: str | None, at: datetime) -> None:
        values = {"acknowledged": version, "acknowledged_at": at if version else None, "asked": 0}
        names = _named(platform, person, cohort)
        await self._database.do(lambda transaction: transaction.change(members, names, values))

    async def count_answer(self, cohort: str, entry: str, code: str) -> None:
        names = {"cohort": cohort, "entry": entry, "code": code}

        async def work(transaction: Transaction) -> None:
            if not await transaction.insert(answers, {**names, "number": 1}):
                await transaction.change(answers, names, {"number": answers.c.number + 1}, _ANY)

        await self._database.do(work)

    async def answers_counted(self, cohort: str) -> Sequence[tuple[str, str, int]]:
        rows = await self._database.rows(select(answers).where(answers.c.cohort == cohort))
        counted = [(row["entry"], row["code"], row["number"]) for row in rows]
        return sorted(counted, key=lambda row: (-row[2], row[0], row[1]))

    async def forget_platform(self, platform: str) -> dict[str, int]:
        return await self._database.delete(
            {table.name: (table, table.c.platform == platform) for table in (channels, members, references, installations)}
        )

    async def put_installation(self, platform: str, secret: str) -> None:
        await self._database.put(installations, {"platform": platform}, {"secret": secret})

    async def installation(self, platform: str) -> str | None:
        rows = await self._database.rows(select(installations.c.secret).where(installations.c.platform == platform))
        return rows[0]["secret"] if rows else None

    async def _members(self, which: Any) -> list[Member]:
        rows = await self._database.rows(select(members).where(which))
        return [Member(**{str(name): row[name] for name in row if name != "id"} | {"role": Role(row["role"])}) for row in rows]


def _named(platform: str, person: str, cohort: str) -> dict[str, Any]:
    return {"platform": platform, "person": person, "cohort": cohort}


def _equal(names: dict[str, Any]) -> Any:
    return and_(*(members.c[name] == value for name, value in names.items()))


def _of(platform: str, person: str, cohort: str) -> Any:
    return _equal(_named(platform, person, cohort))
