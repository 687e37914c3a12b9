"""A world to schedule in: chats that remember, processes that die anywhere, and clocks that jump."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.cohort import Cohort, PromptTimes, Term
from core.errors import DeliveryError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import Action, Letter, Post
from core.scheduling.prompter import Prompter
from core.storage.store import Place, Store

KEYS = Keys(b"0123456789abcdef")
MINUTE = timedelta(minutes=1)
PLATFORMS = ("slack:T1", "teams:T2")


class Killed(BaseException):
    """The process is gone."""


def cohort(name: str = "Winter", **changes: object) -> Cohort:
    values: dict[str, object] = {
        "name": name,
        "profile": "mru",
        "timezone": "America/Edmonton",
        "term": Term(start=date(2027, 1, 11), end=date(2027, 4, 16), breaks=((date(2027, 2, 15), date(2027, 2, 19)),)),
        "prompts": PromptTimes(weekday="monday", at=time(9)),
        "agencies": ("Sample House",),
    }
    return Cohort.model_validate(values | changes)


async def settled(store: Store, *cohorts: Cohort) -> None:
    """Keep cohorts, each with a channel on both platforms and a seminar."""
    for one in cohorts:
        await store.put_cohort(one)
        for platform in PLATFORMS:
            await store.put_place(Place(platform=platform, channel=f"C-{one.name}", cohort=one.name))
        await store.put_place(Place(platform=PLATFORMS[0], channel=f"S-{one.name}", cohort=one.name, seminar=True))


@dataclass(slots=True)
class Shown:
    """A message as it stands in a chat."""

    id: str
    platform: str
    at: datetime  # by the clock of who posted it
    action: Post | Letter


@dataclass(slots=True)
class World:
    """What is true, whoever is alive."""

    wall: datetime
    draw: random.Random = field(default_factory=lambda: random.Random(0))
    steady: float = 0.0
    shown: list[Shown] = field(default_factory=list)
    refusing: float = 0.0  # how often a platform refuses, before or after the effect
    deadly: float = 0.0  # how often a process dies at one of its steps
    deaths: int = 0
    refusals: int = 0

    @property
    def posts(self) -> list[Shown]:
        """What everybody sees."""
        return [shown for shown in self.shown if isinstance(shown.action, Post)]

    @property
    def letters(self) -> list[Shown]:
        """What coordinators see."""
        return [shown for shown in self.shown if isinstance(shown.action, Letter)]

    def said(self, words: str) -> list[Shown]:
        """What is headed so."""
        return [shown for shown in self.shown if shown.action.card.lines[0].text.startswith(words)]

    def passes(self, span: timedelta) -> None:
        """Time goes by on every clock."""
        self.wall += span
        self.steady += span.total_seconds()


class Process:
    """One replica; once dead, nothing it does has an effect."""

    def __init__(self, world: World, store: Store, base: KnowledgeBase) -> None:
        self.world = world
        self.alive = True
        self._chats = {name: Chat(self, name) for name in PLATFORMS}
        self.prompter = Prompter(Mortal(self, store), base, KEYS, self._chat, coordinators, steady=lambda: world.steady)  # type: ignore[arg-type]

    async def _chat(self, name: str) -> "Chat | None":
        return self._chats.get(name)

    async def step(self) -> None:
        """A point at which it may die, and at which others go on."""
        if self.alive and self.world.draw.random() < self.world.deadly:
            self.alive = False
            self.world.deaths += 1
        if not self.alive:
            raise Killed
        for _ in range(self.world.draw.randrange(3)):
            await asyncio.sleep(0)
        if not self.alive:
            raise Killed


class Mortal:
    """A store, as a process that may die before or after each call sees it."""

    def __init__(self, process: Process, store: Store) -> None:
        self._process = process
        self._store = store

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            await self._process.step()
            answer = await getattr(self._store, name)(*arguments)
            await self._process.step()
            return answer

        return call


class Chat:
    """Implements Platform: remembers what it showed, refuses at times, also after having shown it."""

    def __init__(self, process: Process, name: str) -> None:
        self._process = process
        self._name = name

    async def deliver(self, action: Action) -> str | None:
        assert isinstance(action, Post | Letter)
        world = self._process.world
        await self._process.step()
        self._may_refuse()
        name = f"m{len(world.shown)}"
        world.shown.append(Shown(name, self._name, world.wall, action))
        self._may_refuse()
        await self._process.step()
        return name

    async def find(self, sent: Post | Letter) -> str | None:
        await self._process.step()
        self._may_refuse()
        kept = self._process.world.shown
        return next((shown.id for shown in kept if (shown.platform, shown.action.marker) == (self._name, sent.marker)), None)

    def _may_refuse(self) -> None:
        world = self._process.world
        if world.draw.random() < world.refusing:
            world.refusals += 1
            raise DeliveryError("refused, as platforms do")


async def coordinators(name: str, platform: str) -> Sequence[str]:
    """Everybody's coordinator is one person on one platform."""
    return ["U-coordinator"] if platform == PLATFORMS[0] else []


async def ticked(processes: Sequence[Process], world: World, now: datetime | None = None) -> None:
    """All tick at once; whoever died on the way is found dead."""
    ends = await asyncio.gather(*(one.prompter.tick(now or world.wall) for one in processes), return_exceptions=True)
    for end in ends:
        if end is not None and not isinstance(end, Killed):
            raise end


def utc(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
