"""A channel of twenty at its liveliest: two processes on one database, bursts of messages, and one process killed meanwhile."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from tests.playground.conftest import Served
from tests.playground.test_server import twenty
from tests.playground.windows import FINE, RISKY

BURSTS, EACH = 5, 2  # of two messages by each of twenty authors: 200
TRIES = 300
DRAW = random.Random(11)


class Window:
    """One author's page: it posts one message after the other, each until it is taken, and shows what its stream tells."""

    def __init__(self, session: aiohttp.ClientSession, served: Served, person: str) -> None:
        self._session, self._served, self.person = session, served, person
        self.shown: dict[str, dict[str, Any]] = {}  # nudges that stand on the page, by id
        self.told: Counter[tuple[int, str]] = Counter()  # how often its stream told of a nudge, by the process's number
        self.messages: set[str] = set()  # those of its own on the page
        self.ever: set[str] = set()  # messages that it ever showed a nudge for
        self.taken: list[str] = []
        self._turn = asyncio.Lock()
        self._number = 0

    async def listen(self) -> None:
        """Follow the stream; opened anew, ask for everything and show that instead."""
        while True:
            try:
                async with self._session.get(self._at("stream"), params={"as": self.person}) as stream:
                    self._number += 1
                    await self.look()
                    kind = ""
                    async for line in stream.content:
                        if line.startswith(b"event: "):
                            kind = line[7:].decode().strip()
                        elif line.startswith(b"data: "):
                            self._news(kind, json.loads(line[6:]))
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)

    async def look(self) -> None:
        """Everything as the server has it."""
        async with self._session.get(self._at("state"), params={"as": self.person}) as response:
            state = await response.json()
        self.messages = {message["id"] for message in state["messages"] if message["author"] == self.person}
        self.shown = {}
        for whisper in state["whispers"]:
            self._show(whisper)

    async def post(self, name: str, text: str) -> None:
        body = {"as": self.person, "id": name, "channel": "cohort", "text": text}
        async with self._turn:
            for _ in range(TRIES):
                try:
                    async with self._session.post(self._at("posts"), json=body) as response:
                        if response.status == 200:
                            self.taken.append(name)
                            return
                        assert response.status == 503, await response.text()
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(DRAW.uniform(0.1, 0.5))
        raise AssertionError(f"{name} was never taken")

    def _news(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "message" and data["author"] == self.person:
            self.messages.add(data["id"])
        if kind == "whisper":
            if data["kind"] == "nudge":
                self.told[self._number, data["id"]] += 1
            self._show(data)

    def _show(self, whisper: dict[str, Any]) -> None:
        if whisper["kind"] == "nudge":
            self.shown[whisper["id"]] = whisper
            self.ever.add(whisper["message"])

    def _at(self, door: str) -> str:
        return f"{self._served.address}/api/{door}"


def test_each_risky_message_is_nudged_once_and_seen_by_its_author_alone(serve: Callable[..., Served], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    first, second = serve(home, twenty(tmp_path)), serve(home, twenty(tmp_path))
    risky: dict[str, set[str]] = {f"student-number{n}": set() for n in range(20)}

    async def burst(windows: list[Window], number: int) -> None:
        posts = []
        for place, window in enumerate(windows):
            for turn in range(EACH):
                name = f"b{number}-{place}-{turn}"
                if dangerous := (number + place + turn) % 3 == 0:
                    risky[window.person].add(name)
                posts.append(window.post(name, f"{RISKY if dangerous else FINE} ({name})"))
        await asyncio.gather(*posts)

    async def killed(windows: list[Window], after: int) -> None:
        while sum(len(window.taken) for window in windows) < after:
            await asyncio.sleep(0.02)
        second.kill()
        await asyncio.to_thread(second.start)

    async def work() -> list[Window]:
        limits = aiohttp.ClientTimeout(None)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=limits) as session:
            windows = [Window(session, (first, second)[place % 2], person) for place, person in enumerate(risky)]
            listening = [asyncio.create_task(window.listen()) for window in windows]
            killing = asyncio.create_task(killed(windows, BURSTS * EACH * len(windows) // 2 + 10))
            for number in range(BURSTS):
                await burst(windows, number)
            await killing
            async with asyncio.timeout(30):
                while any(window.ever < risky[window.person] for window in windows):
                    await asyncio.sleep(0.1)
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            for window in windows:
                await window.look()
            return windows

    windows = asyncio.run(work())
    assert sum(len(window.taken) for window in windows) == 200
    for window in windows:
        own = risky[window.person]
        assert window.ever == own, "a nudge was lost, or was for another's message"
        assert set(window.told.values()) <= {1}, "told twice by one process"
        there = Counter(whisper["message"] for whisper in window.shown.values())
        assert there == Counter(own & window.messages), "what stands on the page has its nudge, once"
    assert all(window.messages >= set(window.taken) for window in windows[::2])  # the process that lived lost nothing
    (database,) = home.rglob("playground.db")
    with closing(sqlite3.connect(database)) as kept:
        whole = sum(len(own) for own in risky.values())
        assert kept.execute("SELECT count(*), count(DISTINCT message), count(delivered_at) FROM nudges").fetchall() == [
            (whole, whole, whole)
        ]
