"""The Store on SQLAlchemy; the database's own errors leave it as StoreError."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import RowMapping, Select, Table, and_, delete, func, select

from core.cohort import Cohort
from core.errors import StoreError
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.database import Database, Transaction
from core.storage.store import Claim, Person, Place, judgements
from core.storage.tables import channels, claims, cohorts, nudges, people
from core.vocabulary import Category, Tier


class SqlStore:
    """Implements Store on SQLite and PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Connects on first use. `url` is `sqlite+aiosqlite:///file.db`, or begins with `postgresql+psycopg://`."""
        self._database = Database(url)
        self._read: dict[str, tuple[datetime, Cohort]] = {}  # as of when; the same object, so that its names are prepared once

    async def ping(self) -> None:
        await self._database.do(lambda transaction: transaction.run(select(cohorts.c.id).limit(1)), patient=False)

    async def put_cohort(self, cohort: Cohort) -> bool:
        return await self._put(
            cohorts, {"name": cohort.name}, {"document": cohort.model_dump(mode="json"), "updated_at": datetime.now(UTC)}
        )

    async def cohort(self, name: str) -> Cohort | None:
        rows = await self._rows(select(cohorts.c.document, cohorts.c.updated_at).where(cohorts.c.name == name))
        if not rows:
            return None
        known = self._read.get(name)
        if known is None or known[0] != rows[0]["updated_at"]:
            known = self._read[name] = rows[0]["updated_at"], _cohort(name, rows[0]["document"])
        return known[1]

    async def cohorts(self) -> Sequence[Cohort]:
        rows = await self._rows(select(cohorts.c.name, cohorts.c.document))
        return sorted((_cohort(row["name"], row["document"]) for row in rows), key=lambda cohort: cohort.name)

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        return await self._database.do(lambda transaction: transaction.change(cohorts, {"name": cohort}, {"shadow": on}))

    async def shadow(self, cohort: str) -> bool:
        rows = await self._rows(select(cohorts.c.shadow).where(cohorts.c.name == cohort))
        return bool(rows and rows[0]["shadow"])

    async def put_place(self, place: Place) -> None:
        values = {
            "cohort": place.cohort,
            "seminar": place.seminar,
            "soft_bound": place.soft_bound,
            "introduced_at": place.introduced_at,
        }
        await self._put(channels, {"platform": place.platform, "channel": place.channel}, values)

    async def place(self, platform: str, channel: str) -> Place | None:
        found = await self._places(and_(channels.c.platform == platform, channels.c.channel == channel))
        return found[0] if found else None

    async def places(self, cohort: str) -> Sequence[Place]:
        return await self._places(channels.c.cohort == cohort)

    async def claim(self, key: str, holder: str, now: datetime, lease: timedelta) -> Claim:
        values = {"holder": holder, "leased_until": now + lease}
        free = and_(claims.c.done_at.is_(None), claims.c.leased_until <= now)

        async def work(transaction: Transaction) -> Claim:
            if await transaction.insert(claims, {"key": key, **values}):
                return Claim.TAKEN
            if await transaction.change(claims, {"key": key}, values, free):
                return Claim.TAKEN
            done = (await transaction.run(select(claims.c.done_at).where(claims.c.key == key))).scalar()
            return Claim.DONE if done else Claim.HELD

        return await self._database.do(work)

    async def finish(self, key: str, holder: str, now: datetime) -> bool:
        held, still = {"key": key, "holder": holder}, claims.c.done_at.is_(None)
        return await self._database.do(lambda transaction: transaction.change(claims, held, {"done_at": now}, still))

    async def release(self, key: str, holder: str) -> None:
        held = and_(claims.c.key == key, claims.c.holder == holder, claims.c.done_at.is_(None))

        async def work(transaction: Transaction) -> None:
            if not transaction.lost:  # else the same holder may have taken it anew; if not, it runs out
                await transaction.run(delete(claims).where(held))

        await self._database.do(work)

    async def add_nudge(self, nudge: NudgeRecord) -> bool:
        return await self._database.do(lambda transaction: transaction.insert(nudges, asdict(nudge)))

    async def raise_nudge(self, nudge: NudgeRecord) -> None:
        values = {name: value for name, value in asdict(nudge).items() if name not in {"id", "message"}}
        soft = nudges.c.tier == Tier.SOFT
        await self._database.do(lambda transaction: transaction.change(nudges, {"message": nudge.message}, values, soft))

    async def nudge(self, message: str) -> NudgeRecord | None:
        found = await self._nudges(nudges.c.message == message)
        return found[0] if found else None

    async def deliver_nudge(self, message: str, at: datetime) -> None:
        await self._database.do(lambda transaction: transaction.change(nudges, {"message": message}, {"delivered_at": at}))

    async def close_nudge(self, message: str, at: datetime, closing: Closing, feedback: Feedback | None = None) -> bool:
        values, still = {"closed_at": at, "closing": closing, "feedback": feedback}, nudges.c.closed_at.is_(None)
        return await self._database.do(lambda transaction: transaction.change(nudges, {"message": message}, values, still))

    async def past(self, author: str, since: datetime) -> Past:
        person = await self.person(author)
        given = await self._nudges(and_(nudges.c.author == author, nudges.c.at >= since, nudges.c.shadow.is_(False)))
        return Past(given, person.summed_up_at, person.paused_until)

    async def person(self, author: str) -> Person:
        rows = await self._rows(select(people).where(people.c.author == author))
        return Person(**{str(name): value for name, value in rows[0].items()}) if rows else Person(author)

    async def put_person(self, person: Person) -> None:
        values = asdict(person)
        await self._put(people, {"author": values.pop("author")}, values)

    async def nudges_of(self, author: str) -> Sequence[NudgeRecord]:
        return await self._nudges(nudges.c.author == author)

    async def nudges_in(self, cohort: str, since: datetime) -> Sequence[NudgeRecord]:
        return await self._nudges(and_(nudges.c.cohort == cohort, nudges.c.at >= since))

    async def judged(self, channel: str) -> Sequence[Judged]:
        return judgements(await self._nudges(and_(nudges.c.channel == channel, nudges.c.closed_at.is_not(None))))

    async def forget(self, author: str) -> int:
        counted = [0]  # by each try; one whose commit came through leaves nothing for the next to count

        async def work(transaction: Transaction) -> int:
            gone = [await transaction.run(delete(table).where(table.c.author == author)) for table in (nudges, people)]
            counted.append(sum(result.rowcount for result in gone))
            return max(counted)

        return await self._database.do(work)

    async def purge(self, before: datetime) -> dict[str, int]:
        ended = func.coalesce(claims.c.done_at, claims.c.leased_until) < before

        async def work(transaction: Transaction) -> dict[str, int]:
            return {
                "nudges": (await transaction.run(delete(nudges).where(nudges.c.at < before))).rowcount,
                "claims": (await transaction.run(delete(claims).where(ended))).rowcount,
            }

        return await self._database.do(work)

    async def close(self) -> None:
        await self._database.close()

    async def _put(self, table: Table, names: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Keep a row, in place of one of the same name; True when it is new."""
        found: list[bool] = []  # by each try; after a lost commit the row looks new, or old, by this operation's own doing

        async def work(transaction: Transaction) -> bool:
            found.append(await transaction.insert(table, {**names, **values}))
            if not found[-1]:
                await transaction.change(table, names, values)
            return found[0] if transaction.lost else found[-1]

        return await self._database.do(work)

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        async def work(transaction: Transaction) -> Sequence[RowMapping]:
            return (await transaction.run(query)).mappings().all()

        return await self._database.do(work)

    async def _places(self, which: Any) -> list[Place]:
        rows = await self._rows(select(channels).where(which))
        return sorted(
            (
                Place(
                    platform=row["platform"],
                    channel=row["channel"],
                    cohort=row["cohort"],
                    seminar=row["seminar"],
                    soft_bound=row["soft_bound"],
                    introduced_at=row["introduced_at"],
                )
                for row in rows
            ),
            key=lambda place: (place.platform, place.channel),
        )

    async def _nudges(self, which: Any) -> list[NudgeRecord]:
        return [_nudge(row) for row in await self._rows(select(nudges).where(which).order_by(nudges.c.at, nudges.c.id))]


def _nudge(row: Mapping[Any, Any]) -> NudgeRecord:
    return NudgeRecord(
        **{
            **row,
            "category": Category(row["category"]),
            "tier": Tier(row["tier"]),
            "closing": row["closing"] and Closing(row["closing"]),
            "feedback": row["feedback"] and Feedback(row["feedback"]),
        }
    )


def _cohort(name: str, document: object) -> Cohort:
    try:
        return Cohort.model_validate(document)
    except ValidationError as error:
        raise StoreError(f"the cohort '{name}' can't be read back; import its file again") from error
