"""Says what is due, once, on time, from as many processes as there are: who keeps a slot's decision first has decided it."""

import asyncio
import logging
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from operator import itemgetter

from core.cohort import Cohort
from core.errors import UnreadableError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import PlatformOf
from core.scheduling.calendar import Calendar, opened, self_check
from core.scheduling.days import days, terms
from core.scheduling.plan import plan_term
from core.scheduling.review import Dates, dates_of, reviews
from core.scheduling.sender import Sender, missed
from core.scheduling.targets import CoordinatorsOf, Targets
from core.storage.slots import Decision, Kind, Sending, Slot, State, Watched
from core.storage.store import Place, Store

WINDOW = timedelta(hours=12)  # by which something may be late
LOOK_BACK = timedelta(weeks=8)  # what was missed before that is not recorded any more
LONG_AGO = datetime.min.replace(tzinfo=UTC)
LOOK_AHEAD = timedelta(weeks=4)
PLANNED_FOR = timedelta(weeks=3)  # a calendar's days are taken as they were computed, unless its cohort changes
FRESH = timedelta(hours=1)  # for which what was decided is taken as it was read

_log = logging.getLogger("practicum_bot.scheduling")


@dataclass(slots=True)
class _Read:
    """A calendar as this process read it."""

    version: object
    cohort: Cohort
    due: list[tuple[datetime, Slot]]
    planned_at: datetime
    until: datetime = LONG_AGO  # up to when this process knows that everything was decided


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
        counted: Callable[[State], None] = lambda _: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`window` is by how much something may be late; `counted` is told how each slot ended; `steady` counts seconds and never
        jumps.
        """
        self._store = store
        self._base = base
        self._window = window
        self._calendar = Calendar(store, base.prompts)
        self._sender = Sender(store, Targets(store, base, keys, coordinators_of), platform_of, window, counted, steady)
        self._counted = counted
        self._dates = dates_of(base)
        self._read: dict[str, _Read] = {}
        self._fresh_at = LONG_AGO

    async def tick(self, now: datetime) -> None:
        """Decide and send what is due. Raises StoreError; what a platform does not take is tried again at a later tick."""
        places: dict[str, list[Place]] = defaultdict(list)
        for place in await self._store.prompt_places():
            places[place.cohort].append(place)
        calendars = {watched.cohort: watched for watched in await self._store.calendars() if watched.cohort in places}
        self._read = await self._current(calendars, now)
        await self._decide(calendars, now)
        due = await self._store.due(now)
        sendings = await self._store.under_way(now) if due else {}
        self._sender.begin(sendings)
        ends = await asyncio.gather(
            *(
                self._settle(decision, calendars.get(decision.slot.cohort), places, sendings.get(decision.slot, {}), now)
                for decision in due
            ),
            return_exceptions=True,  # what fails for one cohort keeps none from getting its own
        )
        for failed in (end for end in ends if end is not None):
            raise failed

    async def _settle(
        self,
        decision: Decision,
        watched: Watched | None,
        places: Mapping[str, Sequence[Place]],
        sendings: Mapping[str, Sending],
        now: datetime,
    ) -> None:
        slot = decision.slot
        if watched and watched.paused_at and slot.kind is Kind.FOLLOW_UP:
            await self._store.settle(slot, State.SKIPPED)
            return
        read = self._read.get(slot.cohort)
        if read or not watched:  # else it can't be read, and has to wait
            await self._sender.settle(decision, read.cohort if read else None, places.get(slot.cohort, ()), sendings, now)

    async def _decide(self, calendars: Mapping[str, Watched], now: datetime) -> None:
        """Decide about every slot whose time has come."""
        if abs(now - self._fresh_at) > FRESH:
            self._fresh_at = now
            for read in self._read.values():
                read.until = LONG_AGO
        counting = await self._watched(calendars, now)
        if come := self._come(counting, now):
            oldest = min(slot.day for _, slot, _ in come)
            decided = await self._store.decided({slot.cohort for _, slot, _ in come}, oldest, now)
            for at, slot, watched in come:
                if slot not in decided:
                    decisions = await self._decisions(self._read[slot.cohort].cohort, slot, at, watched, now)
                    if await self._store.decide(*decisions):
                        self._counted(decisions[0].state)
        for watched in counting:
            self._read[watched.cohort].until = max(self._read[watched.cohort].until, now)

    async def _watched(self, calendars: Mapping[str, Watched], now: datetime) -> list[Watched]:
        """The calendars that count already; of the others it is kept from when on they do."""
        found = []
        for watched in calendars.values():
            if watched.since is None or watched.since > now:  # new, or the clock went back
                await self._store.watch(watched.cohort, now)
            elif watched.cohort in self._read:
                found.append(watched)
        return found

    def _come(self, calendars: Sequence[Watched], now: datetime) -> list[tuple[datetime, Slot, Watched]]:
        """The slots whose time has come and of which this process doesn't know that they were decided, the earliest first."""
        found = []
        for watched in calendars:
            assert watched.since
            read = self._read[watched.cohort]
            known = bisect_right(read.due, max(watched.since, now - LOOK_BACK, read.until), key=itemgetter(0))
            found += [(at, slot, watched) for at, slot in takewhile(lambda due: due[0] <= now, islice(read.due, known, None))]
        return sorted(found, key=lambda come: come[:2])

    async def _current(self, calendars: Mapping[str, Watched], now: datetime) -> dict[str, _Read]:
        """The calendars, read anew where they may have changed, without those that can't be read."""
        same = {name: read for name, read in self._read.items() if name in calendars and read.version == calendars[name].version}
        known = {name: read.cohort for name, read in same.items()} | await self._cohorts(calendars.keys() - same.keys())
        current = {name: read for name, read in same.items() if abs(now - read.planned_at) <= PLANNED_FOR}
        for name in known.keys() - current.keys():
            due = due_between(known[name], self._dates, now - LOOK_BACK, now + LOOK_AHEAD)
            current[name] = _Read(calendars[name].version, known[name], due, now)
        return current

    async def _cohorts(self, names: Collection[str]) -> dict[str, Cohort]:
        """Cohorts by name: many at once, or where one of them can't be read back, one by one."""
        if len(names) > 1:
            with suppress(UnreadableError):
                return {cohort.name: cohort for cohort in await self._store.cohorts() if cohort.name in names}
        found = {}
        for name in names:
            try:
                if cohort := await self._store.cohort(name):
                    found[name] = cohort
            except UnreadableError as error:
                _log.error("a calendar has to wait: %s", error)
        return found

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
