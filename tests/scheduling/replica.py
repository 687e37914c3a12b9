"""One replica of the simulated term: a process of its own that ticks when it is told to, and may die at each of its steps.

Its chats are files that all replicas share: a folder for each platform, in it a file for each channel or person.
"""

import asyncio
import json
import logging
import os
import random
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from core.errors import DeliveryError, StoreError
from core.kb.schema import KnowledgeBase
from core.ports import Action, Letter, Post
from core.scheduling.prompter import Prompter
from core.storage.sql import SqlStore
from tests.scheduling.world import KEYS, PLATFORMS, Mortal


@dataclass(frozen=True, slots=True)
class Order:
    """What a replica is told at each tick."""

    now: datetime  # the true time
    wall: datetime  # by this replica's clock
    steady: float  # seconds
    deadly: float = 0.0  # how often it dies at a step
    refusing: float = 0.0  # how often a platform refuses, before or after the effect


@dataclass(frozen=True, slots=True)
class Done:
    """What it answers."""

    error: str = ""  # of the database
    refused: int = 0  # by platforms


@dataclass(frozen=True, slots=True)
class Line:
    """One message, as it stands in a chat's file."""

    marker: str
    heading: str
    text: str
    thread: str | None
    now: str
    wall: str


class Replica:
    """Has the one thing of `Process` that `Mortal` asks for: a step, at which it may die."""

    def __init__(self, pipe: Connection, url: str, chats: Path, base: KnowledgeBase, seed: int) -> None:
        self._pipe = pipe
        self.draw = random.Random(seed)
        self.order: Order | None = None
        self._refused = 0
        self._store = SqlStore(url)
        self._chats = {name: Chat(self, chats / name) for name in PLATFORMS}
        self._prompter = Prompter(Mortal(self, self._store), base, KEYS, self._chat, coordinators, steady=self._steady)  # type: ignore[arg-type]

    async def run(self) -> None:
        """Tick as told, until told no more."""
        while order := self._pipe.recv():
            self.order, self._refused, error = order, 0, ""
            try:
                await self._prompter.tick(order.wall)
            except StoreError as failed:
                error = str(failed)
            self._pipe.send(Done(error, self._refused))
        await self._store.close()

    async def step(self) -> None:
        """A point at which it may die, and at which others go on."""
        assert self.order
        if self.draw.random() < self.order.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        for _ in range(self.draw.randrange(3)):
            await asyncio.sleep(0)

    def may_refuse(self) -> None:
        """A platform's 429, or an error of its own."""
        assert self.order
        if self.draw.random() < self.order.refusing:
            self._refused += 1
            raise DeliveryError("refused, as platforms do")

    async def _chat(self, name: str) -> "Chat":
        return self._chats[name]

    def _steady(self) -> float:
        assert self.order
        return self.order.steady


class Chat:
    """Implements Platform."""

    def __init__(self, replica: Replica, folder: Path) -> None:
        self._replica = replica
        self._folder = folder

    async def deliver(self, action: Action) -> str | None:
        assert isinstance(action, Post | Letter)
        await self._replica.step()
        self._replica.may_refuse()
        order = self._replica.order
        assert order
        heading, text = (line.text for line in action.card.lines[:2])
        thread = action.thread if isinstance(action, Post) else None
        line = Line(action.marker, heading, text, thread, order.now.isoformat(), order.wall.isoformat())
        with self._file(action).open("a") as file:  # a line at once, whoever else writes
            file.write(f"{json.dumps(asdict(line))}\n")
        self._replica.may_refuse()
        await self._replica.step()
        return action.marker

    async def find(self, sent: Post | Letter) -> str | None:
        await self._replica.step()
        self._replica.may_refuse()
        return next((line.marker for line in read(self._file(sent)) if line.marker == sent.marker), None)

    def _file(self, sent: Post | Letter) -> Path:
        return self._folder / (sent.channel if isinstance(sent, Post) else sent.person)


def read(path: Path) -> list[Line]:
    """A chat."""
    return [Line(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


async def coordinators(cohort: str, platform: str) -> Sequence[str]:
    """Each cohort's is one person, on the first platform."""
    return [f"U-{cohort}"] if platform == PLATFORMS[0] else []


def serve(pipe: Connection, url: str, chats: Path, base: KnowledgeBase, seed: int) -> None:
    """A process's whole life."""

    logging.disable()  # what platforms refuse is counted

    async def run() -> None:
        await Replica(pipe, url, chats, base, seed).run()

    asyncio.run(run())
