"""What the Store on SQLAlchemy keeps of scheduled posts."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, update

from core.storage.database import Database, Transaction
from core.storage.slots import Decision, Kind, Sending, Slot, State, Watched
from core.storage.tables import cohorts, sendings, slots

# ruff: noqa: D102  # the protocol says what each method promises

NAMES = (slots.c.cohort, slots.c.kind, slots.c.day)


class SqlSlots:
    """Implements SlotStore."""

    _database: Database

    async def calendars(self) -> Sequence[Watched]:
        columns = (cohorts.c.name, cohorts.c.updated_at, cohorts.c.prompts_since, cohorts.c.prompts_paused_at)
        rows = await self._database.rows(select(*columns))
        return sorted((Watched(*row.values()) for row in rows), key=lambda watched: watched.cohort)

    async def watch(self, cohort: str, since: datetime) -> None:
        later = or_(cohorts.c.prompts_since.is_(None), cohorts.c.prompts_since > since)
        await self._database.do(
            lambda transaction: transaction.change(cohorts, {"name": cohort}, {"prompts_since": since}, later)
        )

    async def pause_prompts(self, cohort: str, at: datetime | None) -> None:
        which = cohorts.c.prompts_paused_at.is_(None) if at else cohorts.c.prompts_paused_at.is_not(None)
        await self._database.do(
            lambda transaction: transaction.change(cohorts, {"name": cohort}, {"prompts_paused_at": at}, which)
        )

    async def decide(self, decision: Decision, *more: Decision) -> bool:
        async def work(transaction: Transaction) -> bool:
            if not await transaction.insert(slots, _row(decision)):
                return False
            for other in more:
                await transaction.insert(slots, _row(other))
            return True

        return await self._database.do(work)

    async def settle(self, slot: Slot, state: State) -> bool:
        planned = slots.c.state == State.PLANNED
        return await self._database.do(lambda transaction: transaction.change(slots, _names(slot), {"state": state}, planned))

    async def unskip(self, slot: Slot) -> bool:
        gone = await self._database.delete({"": (slots, and_(_named(slot), slots.c.state == State.SKIPPED))})
        return gone[""] > 0

    async def decisions(self, cohort: str, since: date) -> Sequence[Decision]:
        found = await self._decisions(and_(slots.c.cohort == cohort, slots.c.day >= since))
        return sorted(found, key=lambda decision: decision.slot)

    async def decided(self, cohorts: Collection[str], since: date, now: datetime) -> Collection[Slot]:
        which = and_(slots.c.cohort.in_(cohorts), slots.c.day >= since, slots.c.due_at <= now)
        return {_slot(row) for row in await self._database.rows(select(*NAMES).where(which))}

    async def due(self, now: datetime) -> Sequence[Decision]:
        found = await self._decisions(_due(now))
        return sorted(found, key=lambda decision: (decision.due_at, decision.slot))

    async def under_way(self, now: datetime) -> Mapping[Slot, Mapping[str, Sending]]:
        same = and_(*(slots.c[column.name] == sendings.c[column.name] for column in NAMES))
        found: dict[Slot, dict[str, Sending]] = defaultdict(dict)
        for row in await self._database.rows(select(sendings).join(slots, same).where(_due(now))):
            found[_slot(row)][row["place"]] = _read(row)
        return dict(found)

    async def sendings(self, slot: Slot) -> Mapping[str, Sending]:
        rows = await self._database.rows(select(sendings).where(_sending(slot)))
        return {row["place"]: _read(row) for row in rows}

    async def take(self, slot: Slot, place: str, tries: int) -> bool:
        values = {"state": State.SENDING, "tries": tries + 1, "retry_at": None}
        free = and_(_sending(slot, place), sendings.c.tries == tries, sendings.c.state != State.DONE)

        async def work(transaction: Transaction) -> bool:
            if transaction.lost:  # it may be this process's or another's: nobody has it, and it is free when its time is up
                return False
            if not tries:
                return await transaction.insert(sendings, {**_names(slot), "place": place, **values})
            return (await transaction.run(update(sendings).where(free).values(values))).rowcount > 0

        return await self._database.do(work)

    async def hand_back(self, slot: Slot, place: str, tries: int, retry_at: datetime) -> None:
        await self._change(slot, place, tries, {"state": State.PLANNED, "retry_at": retry_at})

    async def sent(self, slot: Slot, place: str, tries: int, message: str | None) -> None:
        await self._change(slot, place, tries, {"state": State.DONE, "message": message})

    async def _change(self, slot: Slot, place: str, tries: int, values: Mapping[str, Any]) -> None:
        names, held = {**_names(slot), "place": place, "tries": tries}, sendings.c.state == State.SENDING
        await self._database.do(lambda transaction: transaction.change(sendings, names, values, held))

    async def _decisions(self, which: Any) -> list[Decision]:
        return [
            Decision(_slot(row), State(row["state"]), row["due_at"], row["choice"])
            for row in await self._database.rows(select(slots).where(which))
        ]


def _slot(row: RowMapping) -> Slot:
    return Slot(row["cohort"], Kind(row["kind"]), row["day"])


def _read(row: RowMapping) -> Sending:
    return Sending(row["place"], State(row["state"]), row["tries"], row["retry_at"], row["message"])


def _due(now: datetime) -> Any:
    return and_(slots.c.state == State.PLANNED, slots.c.due_at <= now)


def _names(slot: Slot) -> dict[str, Any]:
    return {"cohort": slot.cohort, "kind": slot.kind, "day": slot.day}


def _row(decision: Decision) -> dict[str, Any]:
    return {**_names(decision.slot), "state": decision.state, "due_at": decision.due_at, "choice": decision.choice}


def _named(slot: Slot) -> Any:
    return and_(*(slots.c[name] == value for name, value in _names(slot).items()))


def _sending(slot: Slot, place: str | None = None) -> Any:
    here = and_(*(sendings.c[name] == value for name, value in _names(slot).items()))
    return here if place is None else and_(here, sendings.c.place == place)
