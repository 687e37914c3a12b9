"""The Store on SQLAlchemy; the database's own errors leave it as StoreError."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import and_, delete, func, or_, select

from core.cohort import Cohort
from core.errors import UnreadableError
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.database import Database, Transaction
from core.storage.sql_members import SqlMembers
from core.storage.sql_references import SqlReferences, strangers
from core.storage.sql_slots import SqlSlots
from core.storage.store import MARK, Claim, Person, Place, judgements
from core.storage.tables import answers, channels, claims, cohorts, members, nudges, people, references, sendings, slots
from core.vocabulary import Category, Tier


class SqlStore(SqlMembers, SqlReferences, SqlSlots):
    """Implements Store on SQLite and PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Connects on first use. `url` is `sqlite+aiosqlite:///file.db`, or begins with `postgresql+psycopg://`."""
        self._database = Database(url)
        self._read: dict[str, tuple[datetime, Cohort]] = {}  # as of when; the same object, so that its names are prepared once

    async def ping(self) -> None:
        await self._database.do(lambda transaction: transaction.run(select(cohorts.c.id).limit(1)), patient=False)

    async def put_cohort(self, cohort: Cohort) -> bool:
        return await self._database.put(
            cohorts, {"name": cohort.name}, {"document": cohort.model_dump(mode="json"), "updated_at": datetime.now(UTC)}
        )

    async def cohort(self, name: str) -> Cohort | None:
        known, named = self._read.get(name), cohorts.c.name == name
        if known:  # a document may hold thousands of names, and hardly ever changes
            rows = await self._database.rows(select(cohorts.c.updated_at).where(named))
            if rows and rows[0]["updated_at"] == known[0]:
                return known[1]
        rows = await self._database.rows(select(cohorts.c.document, cohorts.c.updated_at).where(named))
        if not rows:
            return None
        known = self._read[name] = rows[0]["updated_at"], _cohort(name, rows[0]["document"])
        return known[1]

    async def cohorts(self) -> Sequence[Cohort]:
        rows = await self._database.rows(select(cohorts.c.name, cohorts.c.document))
        return sorted((_cohort(row["name"], row["document"]) for row in rows), key=lambda cohort: cohort.name)

    async def cohort_names(self) -> Sequence[str]:
        return sorted(row["name"] for row in await self._database.rows(select(cohorts.c.name)))

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        return await self._database.do(lambda transaction: transaction.change(cohorts, {"name": cohort}, {"shadow": on}))

    async def shadow(self, cohort: str) -> bool:
        rows = await self._database.rows(select(cohorts.c.shadow).where(cohorts.c.name == cohort))
        return bool(rows and rows[0]["shadow"])

    async def put_place(self, place: Place) -> None:
        values = {
            "cohort": place.cohort,
            "seminar": place.seminar,
            "soft_bound": place.soft_bound,
            "introduced_at": place.introduced_at,
            "prompts": place.prompts,
        }
        await self._database.put(channels, {"platform": place.platform, "channel": place.channel}, values)

    async def drop_place(self, platform: str, channel: str) -> None:
        await self._database.delete({"": (channels, and_(channels.c.platform == platform, channels.c.channel == channel))})

    async def set_seminar(self, platform: str, channel: str, seminar: bool) -> None:
        here = {"platform": platform, "channel": channel}
        await self._database.do(lambda transaction: transaction.change(channels, here, {"seminar": seminar}))

    async def introduce_place(self, platform: str, channel: str, at: datetime) -> bool:
        here, new = {"platform": platform, "channel": channel}, channels.c.introduced_at.is_(None)
        return await self._database.do(lambda transaction: transaction.change(channels, here, {"introduced_at": at}, new))

    async def place(self, platform: str, channel: str) -> Place | None:
        found = await self._places(and_(channels.c.platform == platform, channels.c.channel == channel))
        return found[0] if found else None

    async def places(self, cohort: str) -> Sequence[Place]:
        return await self._places(channels.c.cohort == cohort)

    async def prompt_places(self) -> Sequence[Place]:
        return await self._places(and_(channels.c.prompts.is_(True), channels.c.seminar.is_(False)))

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

    async def done(self, key: str) -> datetime | None:
        rows = await self._database.rows(select(claims.c.done_at).where(claims.c.key == key))
        return rows[0]["done_at"] if rows else None

    async def mark(self, key: str, at: datetime) -> bool:
        values = {"holder": MARK, "leased_until": at, "done_at": at}

        async def work(transaction: Transaction) -> bool:
            if await transaction.insert(claims, {"key": key, **values}):
                return True
            await transaction.change(claims, {"key": key}, values, claims.c.done_at < at)
            return False

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
        rows = await self._database.rows(select(people).where(people.c.author == author))
        return Person(**{str(name): value for name, value in rows[0].items()}) if rows else Person(author)

    async def pause_person(self, author: str, until: datetime | None) -> None:
        await self._database.put(people, {"author": author}, {"paused_until": until})

    async def sum_up_person(self, author: str, at: datetime) -> None:
        await self._database.put(people, {"author": author}, {"summed_up_at": at})

    async def introduce_person(self, author: str, at: datetime) -> bool:
        async def work(transaction: Transaction) -> bool:
            if await transaction.insert(people, {"author": author, "introduced_at": at}):
                return True
            return await transaction.change(people, {"author": author}, {"introduced_at": at}, people.c.introduced_at.is_(None))

        return await self._database.do(work)

    async def nudges_of(self, author: str) -> Sequence[NudgeRecord]:
        return await self._nudges(nudges.c.author == author)

    async def nudges_in(self, cohort: str, since: datetime) -> Sequence[NudgeRecord]:
        return await self._nudges(and_(nudges.c.cohort == cohort, nudges.c.at >= since))

    async def judged(self, channel: str) -> Sequence[Judged]:
        return judgements(await self._nudges(and_(nudges.c.channel == channel, nudges.c.closed_at.is_not(None))))

    async def forget(self, author: str) -> int:
        gone = await self._database.delete({table.name: (table, table.c.author == author) for table in (nudges, people)})
        return sum(gone.values())

    async def purge(self, nudges_before: datetime, claims_before: datetime) -> dict[str, int]:
        until = func.coalesce(claims.c.done_at, claims.c.leased_until)
        ended = or_(and_(until < claims_before, claims.c.holder != MARK), until < nudges_before)
        moments = (people.c.paused_until, people.c.summed_up_at, people.c.introduced_at)
        idle = and_(*(or_(moment.is_(None), moment < nudges_before) for moment in moments))
        old = {"nudges": (nudges, nudges.c.at < nudges_before), "people": (people, idle), "claims": (claims, ended)}
        return await self._database.delete(old)

    async def purge_nudges(self, cohort: str, before: datetime) -> int:
        old = and_(nudges.c.cohort == cohort, nudges.c.at < before)
        return (await self._database.delete({"": (nudges, old)}))[""]

    async def end_cohort(self, cohort: str) -> dict[str, int]:
        theirs = await self._database.rows(select(members.c.person).where(members.c.cohort == cohort))
        leaving = references.c.name.in_([row["person"] for row in theirs])
        gone = await self._database.delete(
            {"cohorts": (cohorts, cohorts.c.name == cohort)}
            | {table.name: (table, table.c.cohort == cohort) for table in (channels, nudges, members, answers, slots, sendings)}
            | {"": (references, and_(leaving, strangers()))}  # once its members are gone
        )
        del gone[""]
        return gone

    async def close(self) -> None:
        await self._database.close()

    async def _places(self, which: Any) -> list[Place]:
        rows = await self._database.rows(select(channels).where(which))
        return sorted(
            (
                Place(
                    platform=row["platform"],
                    channel=row["channel"],
                    cohort=row["cohort"],
                    seminar=row["seminar"],
                    soft_bound=row["soft_bound"],
                    introduced_at=row["introduced_at"],
                    prompts=row["prompts"],
                )
                for row in rows
            ),
            key=lambda place: (place.platform, place.channel),
        )

    async def _nudges(self, which: Any) -> list[NudgeRecord]:
        return [_nudge(row) for row in await self._database.rows(select(nudges).where(which).order_by(nudges.c.at, nudges.c.id))]


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
        raise UnreadableError(f"the cohort '{name}' can't be read back; import its file again") from error
