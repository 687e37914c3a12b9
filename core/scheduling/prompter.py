"""Says what is due, once, on time, from as many processes as there are: who keeps a slot's decision first has decided it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import PlatformOf
from core.scheduling.calendar import Calendar, opened, self_check
from core.scheduling.days import days, terms
from core.scheduling.plan import plan_term
from core.scheduling.review import Dates, dates_of, reviews
from core.scheduling.sender import Sender, missed
from core.scheduling.targets import CoordinatorsOf, Targets
from core.storage.slots import Decision, Kind, Slot, State, Watched
from core.storage.store import Place, Store

WINDOW = timedelta(hours=12)  # by which something may be late
LOOK_BACK = timedelta(weeks=8)  # what was missed before that is not recorded any more
LOOK_AHEAD = timedelta(weeks=4)
PLANNED_FOR = timedelta(weeks=3)  # a calendar's days are taken as they were computed, unless its cohort changes
FRESH = timedelta(hours=1)  # for which what was decided is taken as it was read


@dataclass(slots=True)
class _Read:
    """A calendar as this process read it."""

    version: object
    cohort: Cohort
    due: list[tuple[datetime, Slot]]
    planned_at: datetime
    read_at: datetime | None = None
    decided: set[Slot] = field(default_factory=set)


class Prompter:
    """One for a process; `tick` may be called at any time, in any number of processes."""

    def __init__(
        self,
        store: Store,
        base: KnowledgeBase,
        keys: Keys,
        platform_of: PlatformOf,
        coordinators_of: CoordinatorsOf,
        *,
        window: timedelta = WINDOW,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`window` is by how much something may be late; `steady` counts seconds and never jumps."""
        self._store = store
        self._base = base
        self._window = window
        self._calendar = Calendar(store, base.prompts)
        self._sender = Sender(store, Targets(store, base, keys, coordinators_of), platform_of, window, steady)
        self._dates = dates_of(base)
        self._read: dict[str, _Read] = {}

    async def tick(self, now: datetime) -> None:
        """Decide and send what is due. Raises StoreError; what a platform does not take is tried again at a later tick."""
        places: dict[str, list[Place]] = defaultdict(list)
        for place in await self._store.prompt_places():
            places[place.cohort].append(place)
        calendars = {watched.cohort: watched for watched in await self._store.calendars() if watched.cohort in places}
        for watched in calendars.values():
            await self._decide(watched, now)
        ends = await asyncio.gather(
            *(
                self._settle(decision, calendars.get(decision.slot.cohort), places, now)
                for decision in await self._store.due(now)
            ),
            return_exceptions=True,  # what fails for one cohort keeps none from getting its own
        )
        for failed in (end for end in ends if end is not None):
            raise failed

    async def _settle(self, decision: Decision, watched: Watched | None, places: dict[str, list[Place]], now: datetime) -> None:
        slot = decision.slot
        if watched and watched.paused_at and slot.kind is Kind.FOLLOW_UP:
            await self._store.settle(slot, State.SKIPPED)
        else:
            await self._sender.settle(decision, places.get(slot.cohort, ()), now)

    async def _decide(self, watched: Watched, now: datetime) -> None:
        """Decide about every slot of a cohort whose time has come."""
        if watched.since is None or watched.since > now:  # new, or the clock went back
            await self._store.watch(watched.cohort, now)
            return
        read = await self._current(watched, now)
        if read is None:
            return
        first = max(watched.since, now - LOOK_BACK)
        for at, slot in read.due:
            if first < at <= now and slot not in read.decided:
                await self._store.decide(*await self._decisions(read.cohort, slot, at, watched, now))
                read.decided.add(slot)

    async def _current(self, watched: Watched, now: datetime) -> _Read | None:
        """A cohort's calendar, read anew where it may have changed."""
        read = self._read.get(watched.cohort)
        if read is None or read.version != watched.version or abs(now - read.planned_at) > PLANNED_FOR:
            cohort = await self._store.cohort(watched.cohort)
            if cohort is None:
                return None
            due = due_between(cohort, self._dates, now - LOOK_BACK, now + LOOK_AHEAD)
            read = self._read[watched.cohort] = _Read(watched.version, cohort, due, now)
        if read.read_at is None or abs(now - read.read_at) > FRESH:
            oldest = min((slot.day for _, slot in read.due), default=now.date())
            known = await self._store.decisions(watched.cohort, oldest)
            read.decided = {decision.slot for decision in known if decision.due_at <= now}  # what is to come can be changed
            read.read_at = now
        return read

    async def _decisions(self, cohort: Cohort, slot: Slot, at: datetime, watched: Watched, now: datetime) -> list[Decision]:
        if watched.paused_at:
            return [Decision(slot, State.SKIPPED, at)]
        if now - at > self._window:
            return [Decision(slot, State.LATE, at), *missed(slot, at, now)]
        if slot.kind is not Kind.PROMPT:
            return [Decision(slot, State.PLANNED, at)]
        around = terms(cohort, slot.day, at.date())
        decided = await self._calendar.decided(cohort, around[0].start)
        planned = (p for term in around for p in plan_term(cohort, self._base.prompts, term, decided) if p.week == slot.day)
        return opened(cohort, next(planned), at)


def due_between(cohort: Cohort, dates: Dates, first: datetime, last: datetime) -> list[tuple[datetime, Slot]]:
    """What a cohort's calendar holds between two moments, the earliest first, each slot once."""
    found: dict[Slot, datetime] = {}
    for term in terms(cohort, first.date(), last.date()):
        for due in days(cohort, term):
            found.setdefault(Slot(cohort.name, Kind.PROMPT, due.week), due.at)
            found.setdefault(self_check(cohort, due.day), due.at)
        for due, _ in reviews(cohort, dates, term):
            found.setdefault(Slot(cohort.name, Kind.REVIEW, due.week), due.at)
    return sorted((at, slot) for slot, at in found.items() if first <= at <= last)
