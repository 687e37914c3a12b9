"""Sends a slot to its places, once each, from as many processes as there are.

Who counts a sending's tries up first sends it. How long another process has had one is measured on this process's own
steady clock, so that a wall clock that jumps, or differs from another machine's, sends nothing twice. Who takes a sending
over, or tries again, asks the platform first whether it is there.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from core.cohort import Cohort
from core.errors import DeliveryError, UnreachableError
from core.ports import Letter, Platform, PlatformOf
from core.scheduling.days import monday
from core.scheduling.targets import Target, Targets
from core.storage.slots import Decision, Kind, Sending, Slot, State
from core.storage.store import Place, Store

AT_ONCE = 8  # slots
DOWN = 16  # failures in a row after which a platform is left alone until the next tick: others' posts don't wait for it
PATIENCE = 15.0  # seconds that a platform is given
HELD = 50.0  # seconds after which a sending that another took is free: longer than asking, sending and recording take
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=30)
HOPELESS = 40  # tries, most of a day: after that, whether a late one had arrived is not asked any more
TOLD = frozenset({Kind.PROMPT, Kind.FOLLOW_UP, Kind.SELF_CHECK})  # when missed

_log = logging.getLogger("practicum_bot")


class Sender:
    """One for a process."""

    def __init__(
        self,
        store: Store,
        targets: Targets,
        platform_of: PlatformOf,
        window: timedelta,
        counted: Callable[[State], None],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`window` is by how much something may be late; `steady` counts seconds and never jumps."""
        self._store = store
        self._targets = targets
        self._platform_of = platform_of
        self._window = window
        self._counted = counted
        self._steady = steady
        self._seen: dict[tuple[Slot, str], tuple[int, float]] = {}  # sendings that others have: tries, and since when
        self._arrived: dict[tuple[Slot, str], tuple[int, str | None]] = {}  # not on record yet: tries, and the platform's id
        self._failures: Counter[str] = Counter()  # of platforms, in a row, in this tick
        self._turn = asyncio.Semaphore(AT_ONCE)

    def begin(self, under_way: Mapping[Slot, Mapping[str, Sending]]) -> None:
        """A tick, at whose beginning these sendings were under way: what isn't among them needs no watching any more."""
        self._failures.clear()
        self._seen = {(slot, place): seen for (slot, place), seen in self._seen.items() if place in under_way.get(slot, ())}

    async def settle(
        self, decision: Decision, cohort: Cohort | None, places: Sequence[Place], sendings: Mapping[str, Sending], now: datetime
    ) -> None:
        """Send a planned slot to every place it has not reached, and keep how it ended once that is sure.

        `cohort` is None where it is gone, or has no places; `sendings` may be a little old. Raises StoreError.
        """
        async with self._turn:
            slot = decision.slot
            late = now - decision.due_at > self._window
            targets = await self._targets.of(decision, cohort, places) if cohort else []
            if targets is None and not late:
                return
            ended = [await self._send(slot, target, sendings.get(target.place), late, now) for target in targets or ()]
            if State.SENDING in ended or (State.PLANNED in ended and not late):
                return
            state = State.SKIPPED if not ended else State.LATE if State.PLANNED in ended else State.DONE
            if state is State.LATE:
                for told in missed(slot, decision.due_at, now):  # first: who dies in between leaves nothing untold
                    await self._store.decide(told)
            if await self._store.settle(slot, state):
                self._counted(state)

    async def _send(self, slot: Slot, target: Target, sending: Sending | None, late: bool, now: datetime) -> State:
        """How far one sending has come after this process did what it can: done, another's, or planned."""
        if sending and sending.state is State.DONE:
            return State.DONE
        if (slot, target.place) in self._arrived:  # the database was away when it was to be recorded
            return await self._record(slot, target.place)
        tries = sending.tries if sending else 0
        if sending and sending.state is State.SENDING and not self._free(slot, sending):
            return State.SENDING
        waits = sending and sending.retry_at and now < sending.retry_at <= now + 2 * LONGEST_RETRY  # or the clock went back
        if (late and not tries) or (waits and not late):
            return State.PLANNED
        if self._failures[target.platform] >= DOWN:
            return State.SENDING if late else State.PLANNED
        platform = await self._platform_of(target.platform)
        if platform is None:
            return State.PLANNED
        if not await self._store.take(slot, target.place, tries):
            return State.SENDING
        self._seen.pop((slot, target.place), None)
        state, message = await self._tried(platform, target, again=tries > 0, late=late)
        if state is State.DONE:
            self._arrived[slot, target.place] = tries + 1, message
            return await self._record(slot, target.place)
        retry = min(FIRST_RETRY * 2 ** min(tries, 9), LONGEST_RETRY)
        await self._store.hand_back(slot, target.place, tries + 1, now + retry)
        return state if late and tries < HOPELESS else State.PLANNED

    async def _record(self, slot: Slot, place: str) -> State:
        await self._store.sent(slot, place, *self._arrived[slot, place])
        self._arrived.pop((slot, place), None)
        return State.DONE

    async def _tried(self, platform: Platform, target: Target, *, again: bool, late: bool) -> tuple[State, str | None]:
        """Done, with the platform's id; planned where it has surely not arrived, and sending where that can't be told."""
        try:
            message = await _in_time(platform.find(target.action)) if again else None
            if message is None:
                if late:
                    return State.PLANNED, None
                message = await _in_time(platform.deliver(target.action))
            self._failures[target.platform] = 0
            return State.DONE, message
        except Exception as error:  # also what an adapter should not raise: other cohorts are not to wait for it
            reason = "" if isinstance(error, DeliveryError) else f" ({type(error).__name__})"
            kind = "letter" if isinstance(target.action, Letter) else "post"
            if not isinstance(error, UnreachableError):  # then it answers
                self._failures[target.platform] += 1
            _log.warning("%s did not take a scheduled %s%s", target.platform, kind, reason)
            return State.SENDING, None

    def _free(self, slot: Slot, sending: Sending) -> bool:
        """Whether another has had a sending for too long, as far as this process has seen."""
        now, name = self._steady(), (slot, sending.place)
        if self._seen.get(name, (0, now))[0] != sending.tries:
            self._seen[name] = sending.tries, now
        return now - self._seen[name][1] >= HELD


def missed(slot: Slot, due_at: datetime, now: datetime) -> list[Decision]:
    """The decision to tell the coordinator that something was not posted, once for what was due together.

    There is none where it was for them alone.
    """
    week = monday(due_at.astimezone(UTC).date())
    told = Decision(Slot(slot.cohort, Kind.MISSED, week), State.PLANNED, now, due_at.astimezone(UTC).isoformat())
    return [told] if slot.kind in TOLD else []


async def _in_time(answer: Awaitable[str | None]) -> str | None:
    async with asyncio.timeout(PATIENCE):
        return await answer
