"""Thousands of weeks: replicas that die anywhere, platforms that refuse, outages, and clocks that jump.

Every slot is posted once in every channel, or recorded as late.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from core.cohort import Cohort, PromptTimes, Term
from core.kb.schema import KnowledgeBase
from core.scheduling.prompter import WINDOW, due_between
from core.scheduling.review import dates_of
from core.storage.memory import MemoryStore
from core.storage.migrate import upgrade
from core.storage.slots import Decision, Kind, Slot, State
from core.storage.sql import SqlStore
from core.storage.store import Store
from tests.scheduling.world import MINUTE, PLATFORMS, Process, World, cohort, settled, ticked, utc

ZONES = ("America/Edmonton", "America/St_Johns", "Australia/Lord_Howe", "Europe/London", "America/Sao_Paulo", "Pacific/Apia")
START = utc("2027-01-03T00:00")
DAY = timedelta(days=1)
MOVED = (timedelta(), MINUTE, timedelta(hours=3), timedelta(hours=-2), timedelta(days=1))  # what clocks jump by, and back


def cohorts(number: int, weeks: int) -> list[Cohort]:
    """All over the world, at hours at which clocks jump too."""
    days = ("monday", "thursday", "sunday")
    term = Term(start=date(2027, 1, 4), end=date(2027, 1, 4) + timedelta(weeks=weeks, days=-1))
    return [
        cohort(
            f"Cohort {n}",
            timezone=ZONES[n % len(ZONES)],
            term=term,
            prompts=PromptTimes(weekday=days[n % 3], at=(time(9), time(2, 30), time(1, 30))[n % 3]),
            holidays="CA-AB" if n % 2 else None,
        )
        for n in range(number)
    ]


class Simulation:
    """Some replicas on one store, and a world that is hard on them."""

    def __init__(self, base: KnowledgeBase, store: Store, seed: int, members: list[Cohort]) -> None:
        self.base = base
        self.store = store
        self.draw = random.Random(seed)
        self.world = World(START, self.draw)
        self.members = members
        self.processes: list[Process] = []
        self.offset = timedelta()  # of every wall clock

    async def run(self, weeks: int, replicas: int) -> None:
        """Play it through; at the end everything is well for an hour."""
        await settled(self.store, *self.members)
        self.processes = [Process(self.world, self.store, self.base) for _ in range(replicas)]
        await self._tick(START)
        down_until = START
        for now in self._moments(weeks):
            if self.draw.random() < 0.01:
                down_until = now + timedelta(hours=self.draw.choice((1, 5, 11, 20, 200)))
            if self.draw.random() < 0.03:
                self.offset = self.draw.choice(MOVED)
            self.world.deadly = self.draw.choice((0, 0, 0, 0.005, 0.02))
            self.world.refusing = self.draw.choice((0, 0, 0.3))
            if now >= down_until:
                await self._tick(now)
        self.world.deadly = self.world.refusing = 0.0
        self.offset = timedelta()
        last = self.world.steady
        for minutes in range(0, 90, 2):
            await self._tick(START + timedelta(seconds=last) + timedelta(minutes=minutes))

    async def _tick(self, now: datetime) -> None:
        self.world.steady = (now - START).total_seconds()
        self.world.wall = now + self.offset
        await ticked([one for one in self.processes if self.draw.random() < 0.8], self.world)
        self.processes = [one if one.alive else Process(self.world, self.store, self.base) for one in self.processes]

    def _moments(self, weeks: int) -> Iterator[datetime]:
        """The minutes around everything that is due, and some in between."""
        end = START + timedelta(weeks=weeks + 1)
        moments = {START + timedelta(hours=11 * n) for n in range((weeks + 1) * 15)}
        dates = dates_of(self.base)
        for one in self.members:
            for at, _ in due_between(one, dates, START, end):
                for shift in (0, 1, 4, 2880, 2882):
                    moments.add(at.astimezone(START.tzinfo) + shift * MINUTE)
        return iter(sorted(moment for moment in moments if START < moment < end))

    async def check(self) -> Counter[str]:
        """That every slot was posted once in every channel, or is recorded as late; what became of how many."""
        seen = Counter((shown.platform, shown.action.marker) for shown in self.world.shown)
        assert max(seen.values()) == 1, "something was posted, or written to a coordinator, twice"
        told: Counter[str] = Counter()
        until = START + timedelta(seconds=self.world.steady) - DAY
        expected = {slot: at for one in self.members for at, slot in due_between(one, dates_of(self.base), START, until)}
        for slot, at in expected.items():
            decisions = {known.slot: known for known in await self.store.decisions(slot.cohort, slot.day)}
            told[await self._ended(slot, at, decisions)] += 1
            follow_up = Slot(slot.cohort, Kind.FOLLOW_UP, slot.day)
            if slot.kind is Kind.PROMPT and follow_up in decisions and decisions[follow_up].due_at < at + 3 * DAY:
                await self._ended(follow_up, decisions[follow_up].due_at, decisions)
        assert len(self.world.posts) == await self._kept_as_done(), "a post is not on record"
        return told

    async def _ended(self, slot: Slot, at: datetime, decisions: dict[Slot, Decision]) -> str:
        assert slot in decisions, f"nothing is known of {slot}"
        decision = decisions[slot]
        assert decision.state is not State.PLANNED, slot
        sendings = (await self.store.sendings(slot)).values()
        done = [sending for sending in sendings if sending.state is State.DONE]
        if slot.kind in {Kind.PROMPT, Kind.SELF_CHECK}:
            assert len(done) == len(PLATFORMS) or decision.state is State.LATE, slot
        times = {shown.id: shown.at for shown in self.world.shown}
        for sending in done:
            assert at <= times[sending.message or ""] <= at + WINDOW, slot
        return f"{slot.kind} {decision.state}"

    async def _kept_as_done(self) -> int:
        """Posts on record as having arrived."""
        posts = {Kind.PROMPT, Kind.FOLLOW_UP, Kind.SELF_CHECK}
        kept = 0
        for one in self.members:
            for decision in await self.store.decisions(one.name, START.date() - 31 * DAY):
                if decision.slot.kind in posts:
                    sendings = (await self.store.sendings(decision.slot)).values()
                    kept += sum(sending.state is State.DONE for sending in sendings)
        return kept


def simulated(base: KnowledgeBase, store: Store, seed: int, *, number: int, weeks: int, replicas: int) -> Simulation:
    simulation = Simulation(base, store, seed, cohorts(number, weeks))

    async def run() -> None:
        await simulation.run(weeks, replicas)
        told = await simulation.check()
        assert told["prompt done"] > number * weeks / 2
        await store.close()

    asyncio.run(run())
    assert simulation.world.deaths > weeks / 10
    assert simulation.world.refusals > weeks / 10
    return simulation


@pytest.mark.parametrize("seed", range(3))
def test_in_memory(base: KnowledgeBase, seed: int) -> None:
    simulated(base, MemoryStore(), seed, number=18, weeks=30, replicas=(2, 3, 5)[seed])


def test_on_one_database(base: KnowledgeBase, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}"
    upgrade(url)
    simulated(base, SqlStore(url), 11, number=3, weeks=8, replicas=3)


def test_nothing_goes_wrong_when_nothing_goes_wrong(base: KnowledgeBase) -> None:
    """Then everything is posted in the very minute, all over the world."""
    members = cohorts(12, 40)
    world, store = World(START), MemoryStore()
    dates = dates_of(base)
    end = START + timedelta(weeks=41)
    due = {slot: at for one in members for at, slot in due_between(one, dates, START, end) if slot.kind is not Kind.REVIEW}

    async def run() -> None:
        await settled(store, *members)
        process = Process(world, store, base)
        for now in sorted({START, *due.values(), *(at + shift * MINUTE for at in due.values() for shift in (-1, 2880))}):
            world.wall, world.steady = now, (now - START).total_seconds()
            await ticked([process], world)

    asyncio.run(run())
    posted = Counter(shown.at for shown in world.said("This week's prompt"))
    wanted = Counter(at for slot, at in due.items() if slot.kind is Kind.PROMPT)
    assert posted == Counter({at: number * len(PLATFORMS) for at, number in wanted.items()})
    assert world.said("Not posted") == []
