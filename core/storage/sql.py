"""The Store on SQLAlchemy; the database's own errors leave it as StoreError."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Table, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.cohort import Cohort
from core.errors import StoreError
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.store import RANK, Claim, Holder, Member, Person, Place, Reference, Role, judgements
from core.storage.tables import answers, channels, claims, cohorts, installations, members, nudges, people, references
from core.vocabulary import Category, Tier


class SqlStore:
    """Implements Store on any database SQLAlchemy reaches asynchronously."""

    def __init__(self, url: str) -> None:
        """Connects on first use. `url` names an asynchronous driver, for example `sqlite+aiosqlite:///file.db`."""
        self._engine = create_async_engine(url, hide_parameters=True)
        self._read: dict[str, tuple[datetime, Cohort]] = {}  # as of when; the same object, so that its names are prepared once

    async def put_cohort(self, cohort: Cohort) -> bool:
        return await self._put(
            cohorts, {"name": cohort.name}, {"document": cohort.model_dump(mode="json"), "updated_at": datetime.now(UTC)}
        )

    async def cohort(self, name: str) -> Cohort | None:
        query = select(cohorts.c.document, cohorts.c.updated_at).where(cohorts.c.name == name)
        async with self._transaction() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        known = self._read.get(name)
        if known is None or known[0] != row.updated_at:
            known = self._read[name] = row.updated_at, _cohort(name, row.document)
        return known[1]

    async def cohorts(self) -> Sequence[Cohort]:
        async with self._transaction() as connection:
            rows = (await connection.execute(select(cohorts.c.name, cohorts.c.document).order_by(cohorts.c.name))).all()
        return [_cohort(name, document) for name, document in rows]

    async def cohort_names(self) -> Sequence[str]:
        async with self._transaction() as connection:
            return list((await connection.execute(select(cohorts.c.name).order_by(cohorts.c.name))).scalars())

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        async with self._transaction() as connection:
            changed = await connection.execute(update(cohorts).where(cohorts.c.name == cohort).values(shadow=on))
        return bool(changed.rowcount)

    async def shadow(self, cohort: str) -> bool:
        async with self._transaction() as connection:
            return bool((await connection.execute(select(cohorts.c.shadow).where(cohorts.c.name == cohort))).scalar())

    async def put_place(self, place: Place) -> None:
        values = {
            "cohort": place.cohort,
            "seminar": place.seminar,
            "soft_bound": place.soft_bound,
            "introduced_at": place.introduced_at,
        }
        await self._put(channels, {"platform": place.platform, "channel": place.channel}, values)

    async def drop_place(self, platform: str, channel: str) -> None:
        await self._delete({"": (channels, _at(platform, channel))})

    async def set_seminar(self, platform: str, channel: str, seminar: bool) -> None:
        async with self._transaction() as connection:
            await connection.execute(update(channels).where(_at(platform, channel)).values(seminar=seminar))

    async def introduce_place(self, platform: str, channel: str, at: datetime) -> bool:
        new = and_(_at(platform, channel), channels.c.introduced_at.is_(None))
        async with self._transaction() as connection:
            return bool((await connection.execute(update(channels).where(new).values(introduced_at=at))).rowcount)

    async def place(self, platform: str, channel: str) -> Place | None:
        found = await self._places(_at(platform, channel))
        return found[0] if found else None

    async def places(self, cohort: str) -> Sequence[Place]:
        return await self._places(channels.c.cohort == cohort)

    async def claim(self, key: str, holder: str, now: datetime, lease: timedelta) -> Claim:
        values = {"holder": holder, "leased_until": now + lease}
        if await self._insert(claims, {"key": key, **values}):
            return Claim.TAKEN
        async with self._transaction() as connection:
            free = and_(claims.c.key == key, claims.c.done_at.is_(None), claims.c.leased_until <= now)
            if (await connection.execute(update(claims).where(free).values(values))).rowcount:
                return Claim.TAKEN
            done = (await connection.execute(select(claims.c.done_at).where(claims.c.key == key))).scalar()
        return Claim.DONE if done else Claim.HELD

    async def finish(self, key: str, holder: str, now: datetime) -> bool:
        async with self._transaction() as connection:
            changed = await connection.execute(update(claims).where(_held(key, holder)).values(done_at=now))
        return bool(changed.rowcount)

    async def release(self, key: str, holder: str) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(claims).where(_held(key, holder)))

    async def add_nudge(self, nudge: NudgeRecord) -> bool:
        return await self._insert(nudges, asdict(nudge))

    async def raise_nudge(self, nudge: NudgeRecord) -> None:
        values = {name: value for name, value in asdict(nudge).items() if name not in {"id", "message"}}
        soft = and_(nudges.c.message == nudge.message, nudges.c.tier == Tier.SOFT)
        async with self._transaction() as connection:
            await connection.execute(update(nudges).where(soft).values(values))

    async def nudge(self, message: str) -> NudgeRecord | None:
        found = await self._nudges(nudges.c.message == message)
        return found[0] if found else None

    async def deliver_nudge(self, message: str, at: datetime) -> None:
        async with self._transaction() as connection:
            await connection.execute(update(nudges).where(nudges.c.message == message).values(delivered_at=at))

    async def close_nudge(self, message: str, at: datetime, closing: Closing, feedback: Feedback | None = None) -> bool:
        still_open = and_(nudges.c.message == message, nudges.c.closed_at.is_(None))
        async with self._transaction() as connection:
            changed = await connection.execute(
                update(nudges).where(still_open).values(closed_at=at, closing=closing, feedback=feedback)
            )
        return bool(changed.rowcount)

    async def past(self, author: str, since: datetime) -> Past:
        person = await self.person(author)
        given = await self._nudges(and_(nudges.c.author == author, nudges.c.at >= since, nudges.c.shadow.is_(False)))
        return Past(given, person.summed_up_at, person.paused_until)

    async def person(self, author: str) -> Person:
        async with self._transaction() as connection:
            row = (await connection.execute(select(people).where(people.c.author == author))).mappings().first()
        return Person(**row) if row else Person(author)

    async def pause_person(self, author: str, until: datetime | None) -> None:
        await self._put(people, {"author": author}, {"paused_until": until})

    async def sum_up_person(self, author: str, at: datetime) -> None:
        await self._put(people, {"author": author}, {"summed_up_at": at})

    async def introduce_person(self, author: str, at: datetime) -> bool:
        if await self._insert(people, {"author": author, "introduced_at": at}):
            return True
        new = and_(people.c.author == author, people.c.introduced_at.is_(None))
        async with self._transaction() as connection:
            return bool((await connection.execute(update(people).where(new).values(introduced_at=at))).rowcount)

    async def join(self, member: Member) -> bool:
        if await self._insert(members, asdict(member)):
            return True
        lower = [role for role in Role if RANK[role] < RANK[member.role]]
        here = and_(_of(member.platform, member.person, member.cohort), members.c.role.in_(lower))
        async with self._transaction() as connection:
            await connection.execute(update(members).where(here).values(role=member.role))
        return False

    async def leave(self, platform: str, person: str, cohort: str) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(members).where(_of(platform, person, cohort)))
            await connection.execute(delete(references).where(references.c.name == person, _strangers()))

    async def memberships(self, platform: str, person: str) -> Sequence[Member]:
        theirs = and_(members.c.platform == platform, members.c.person == person)
        return await self._members(theirs, members.c.joined_at.desc(), members.c.cohort.desc())

    async def members(self, cohort: str) -> Sequence[Member]:
        return await self._members(members.c.cohort == cohort, members.c.platform, members.c.person)

    async def ask_member(self, member: Member, at: datetime) -> bool:
        same = and_(
            _of(member.platform, member.person, member.cohort),
            members.c.asked == member.asked,
            members.c.acknowledged.is_not_distinct_from(member.acknowledged),
        )
        async with self._transaction() as connection:
            changed = await connection.execute(update(members).where(same).values(asked=member.asked + 1, asked_at=at))
        return bool(changed.rowcount)

    async def acknowledge(self, platform: str, person: str, cohort: str, version: str | None, at: datetime) -> None:
        values = {"acknowledged": version, "acknowledged_at": at if version else None, "asked": 0}
        async with self._transaction() as connection:
            await connection.execute(update(members).where(_of(platform, person, cohort)).values(values))

    async def count_answer(self, cohort: str, entry: str, code: str) -> None:
        names = {"cohort": cohort, "entry": entry, "code": code}
        if await self._insert(answers, {**names, "number": 1}):
            return
        here = and_(*(answers.c[name] == value for name, value in names.items()))
        async with self._transaction() as connection:
            await connection.execute(update(answers).where(here).values(number=answers.c.number + 1))

    async def answers_counted(self, cohort: str) -> Sequence[tuple[str, str, int]]:
        query = (
            select(answers.c.entry, answers.c.code, answers.c.number)
            .where(answers.c.cohort == cohort)
            .order_by(answers.c.number.desc(), answers.c.entry, answers.c.code)
        )
        async with self._transaction() as connection:
            return [(entry, code, number) for entry, code, number in (await connection.execute(query)).all()]

    async def nudges_of(self, author: str) -> Sequence[NudgeRecord]:
        return await self._nudges(nudges.c.author == author)

    async def nudges_in(self, cohort: str, since: datetime) -> Sequence[NudgeRecord]:
        return await self._nudges(and_(nudges.c.cohort == cohort, nudges.c.at >= since))

    async def judged(self, channel: str) -> Sequence[Judged]:
        return judgements(await self._nudges(and_(nudges.c.channel == channel, nudges.c.closed_at.is_not(None))))

    async def forget(self, author: str) -> int:
        async with self._transaction() as connection:
            gone = [await connection.execute(delete(table).where(table.c.author == author)) for table in (nudges, people)]
        return sum(result.rowcount for result in gone)

    async def purge(self, nudges_before: datetime, claims_before: datetime) -> dict[str, int]:
        ended = func.coalesce(claims.c.done_at, claims.c.leased_until) < claims_before
        return await self._delete({"nudges": (nudges, nudges.c.at < nudges_before), "claims": (claims, ended)})

    async def purge_nudges(self, cohort: str, before: datetime) -> int:
        return (await self._delete({"": (nudges, and_(nudges.c.cohort == cohort, nudges.c.at < before))}))[""]

    async def end_cohort(self, cohort: str) -> dict[str, int]:
        theirs = select(members.c.person).where(members.c.cohort == cohort)
        async with self._transaction() as connection:
            leaving = list((await connection.execute(theirs)).scalars())
        gone = await self._delete(
            {"cohorts": (cohorts, cohorts.c.name == cohort)}
            | {table.name: (table, table.c.cohort == cohort) for table in (channels, nudges, members, answers)}
        )
        await self._delete({"": (references, and_(references.c.name.in_(leaving), _strangers()))})
        return gone

    async def forget_platform(self, platform: str) -> dict[str, int]:
        return await self._delete(
            {table.name: (table, table.c.platform == platform) for table in (channels, members, references, installations)}
        )

    async def put_installation(self, platform: str, secret: str) -> None:
        await self._put(installations, {"platform": platform}, {"secret": secret})

    async def installation(self, platform: str) -> str | None:
        query = select(installations.c.secret).where(installations.c.platform == platform)
        async with self._transaction() as connection:
            return (await connection.execute(query)).scalar()

    async def put_reference(self, reference: Reference) -> bool:
        row = asdict(reference)
        names = {name: row.pop(name) for name in ("platform", "holder", "name")}
        return await self._put(references, names, row)

    async def reference(self, platform: str, holder: Holder, name: str) -> Reference | None:
        found = await self._references(platform, holder, references.c.name == name)
        return found[0] if found else None

    async def references(self, platform: str, holder: Holder) -> Sequence[Reference]:
        return await self._references(platform, holder)

    async def drop_reference(self, platform: str, holder: Holder, name: str) -> None:
        await self._delete({"": (references, and_(*_reached(platform, holder), references.c.name == name))})

    async def unreachable(self, cohort: str) -> int:
        same = and_(members.c.platform == references.c.platform, members.c.person == references.c.name)
        query = (
            select(func.count())
            .select_from(members.join(references, same))
            .where(members.c.cohort == cohort, references.c.holder == Holder.PERSON, references.c.unreachable)
        )
        async with self._transaction() as connection:
            return (await connection.execute(query)).scalar() or 0

    async def _references(self, platform: str, holder: Holder, *which: Any) -> list[Reference]:
        query = select(references).where(*_reached(platform, holder), *which).order_by(references.c.name)
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Reference(**{**row, "holder": Holder(row["holder"])}) for row in rows]

    async def close(self) -> None:
        await self._engine.dispose()

    async def _put(self, table: Table, names: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
        """Keep a row, in place of one of the same name; True when it is new."""
        here = and_(*(table.c[name] == value for name, value in names.items()))
        if await self._insert(table, {**names, **values}):
            return True
        async with self._transaction() as connection:
            await connection.execute(update(table).where(here).values(values))
        return False

    async def _insert(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Add a row; False when one of the same name is there, whoever put it."""
        async with self._errors():
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(insert(table).values(values))
            except IntegrityError:
                return False
        return True

    async def _delete(self, which: Mapping[str, tuple[Table, Any]]) -> dict[str, int]:
        """Delete rows of several tables at once; how many of each."""
        async with self._transaction() as connection:
            return {name: (await connection.execute(delete(table).where(rows))).rowcount for name, (table, rows) in which.items()}

    async def _places(self, which: Any) -> list[Place]:
        query = select(channels).where(which).order_by(channels.c.platform, channels.c.channel)
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Place(
                platform=row["platform"],
                channel=row["channel"],
                cohort=row["cohort"],
                seminar=row["seminar"],
                soft_bound=row["soft_bound"],
                introduced_at=row["introduced_at"],
            )
            for row in rows
        ]

    async def _nudges(self, which: Any) -> list[NudgeRecord]:
        query = select(nudges).where(which).order_by(nudges.c.at, nudges.c.id)
        async with self._transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_nudge(row) for row in rows]

    async def _members(self, which: Any, *order: Any) -> list[Member]:
        async with self._transaction() as connection:
            rows = (await connection.execute(select(members).where(which).order_by(*order))).mappings().all()
        return [
            Member(**{name: value for name, value in row.items() if name != "id"} | {"role": Role(row["role"])}) for row in rows
        ]

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._errors(), self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def _errors(self) -> AsyncIterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            cure = (
                "run `practicum-bot db upgrade`"
                if "no such table" in reason
                else "check PRACTICUM_BOT_DATABASE_URL and that the database is up"
            )
            raise StoreError(f"the database refused: {reason}; {cure}") from error


def _held(key: str, holder: str) -> Any:
    return and_(claims.c.key == key, claims.c.holder == holder, claims.c.done_at.is_(None))


def _at(platform: str, channel: str) -> Any:
    return and_(channels.c.platform == platform, channels.c.channel == channel)


def _of(platform: str, person: str, cohort: str) -> Any:
    return and_(members.c.platform == platform, members.c.person == person, members.c.cohort == cohort)


def _reached(platform: str, holder: Holder) -> tuple[Any, Any]:
    return references.c.platform == platform, references.c.holder == holder


def _strangers() -> Any:
    """People who are in no cohort, and so need not be reached."""
    same = and_(members.c.platform == references.c.platform, members.c.person == references.c.name)
    return and_(references.c.holder == Holder.PERSON, ~select(members.c.id).where(same).exists())


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
