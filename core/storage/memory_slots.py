"""What a Store in memory keeps of scheduled posts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from core.cohort import Cohort
from core.storage.slots import Decision, Sending, Slot, State, Watched

# ruff: noqa: D102  # the protocol says what each method promises


class MemorySlots:
    """Implements SlotStore."""

    def __init__(self) -> None:
        self._cohorts: dict[str, Cohort] = {}
        self._since: dict[str, datetime] = {}
        self._paused: dict[str, datetime] = {}
        self._decisions: dict[Slot, Decision] = {}
        self._planned: dict[Slot, Decision] = {}
        self._sendings: dict[Slot, dict[str, Sending]] = {}

    async def calendars(self) -> Sequence[Watched]:
        return [
            Watched(name, id(self._cohorts[name]), self._since.get(name), self._paused.get(name))
            for name in sorted(self._cohorts)
        ]

    async def watch(self, cohort: str, since: datetime) -> None:
        self._since[cohort] = min(since, self._since.get(cohort, since))

    async def pause_prompts(self, cohort: str, at: datetime | None) -> None:
        if at is None:
            self._paused.pop(cohort, None)
        else:
            self._paused.setdefault(cohort, at)

    async def decide(self, decision: Decision, *more: Decision) -> bool:
        if decision.slot in self._decisions:
            return False
        for new in (decision, *more):
            if new.slot not in self._decisions:
                self._keep(new)
        return True

    async def settle(self, slot: Slot, state: State) -> bool:
        known = self._planned.get(slot)
        if known:
            self._keep(replace(known, state=state))
        return known is not None

    async def unskip(self, slot: Slot) -> bool:
        known = self._decisions.get(slot)
        if known is None or known.state is not State.SKIPPED:
            return False
        del self._decisions[slot]
        return True

    async def decisions(self, cohort: str, since: date) -> Sequence[Decision]:
        found = (slot for slot in self._decisions if slot.cohort == cohort and slot.day >= since)
        return [self._decisions[slot] for slot in sorted(found)]

    async def decided(self, cohorts: Collection[str], since: date, now: datetime) -> Collection[Slot]:
        asked = frozenset(cohorts)
        return {
            slot
            for slot, decision in self._decisions.items()
            if slot.cohort in asked and slot.day >= since and decision.due_at <= now
        }

    async def due(self, now: datetime) -> Sequence[Decision]:
        found = [decision for decision in self._planned.values() if decision.due_at <= now]
        return sorted(found, key=lambda decision: (decision.due_at, decision.slot))

    async def under_way(self, now: datetime) -> Mapping[Slot, Mapping[str, Sending]]:
        found = {decision.slot: self._sendings.get(decision.slot) for decision in await self.due(now)}
        return {slot: dict(sendings) for slot, sendings in found.items() if sendings}

    async def sendings(self, slot: Slot) -> Mapping[str, Sending]:
        return dict(self._sendings.get(slot, {}))

    async def take(self, slot: Slot, place: str, tries: int) -> bool:
        here = self._sendings.setdefault(slot, {})
        known = here.get(place)
        if (known.tries if known else 0) != tries or (known and known.state is State.DONE):
            return False
        here[place] = Sending(place, State.SENDING, tries + 1)
        return True

    async def hand_back(self, slot: Slot, place: str, tries: int, retry_at: datetime) -> None:
        self._change(slot, place, tries, Sending(place, State.PLANNED, tries, retry_at))

    async def sent(self, slot: Slot, place: str, tries: int, message: str | None) -> None:
        self._change(slot, place, tries, Sending(place, State.DONE, tries, message=message))

    def _keep(self, decision: Decision) -> None:
        self._decisions[decision.slot] = decision
        self._planned.pop(decision.slot, None)
        if decision.state is State.PLANNED:
            self._planned[decision.slot] = decision

    def _change(self, slot: Slot, place: str, tries: int, changed: Sending) -> None:
        known = self._sendings.get(slot, {}).get(place)
        if known and (known.state, known.tries) == (State.SENDING, tries):
            self._sendings[slot][place] = changed
