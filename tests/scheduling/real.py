"""Five real processes, `practicum-bot run slack`, on one PostgreSQL in real time: four are killed around the minute that is due.

`python -m tests.scheduling.real --cohorts 30` takes about five minutes; see README.md beside this file.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.cohort import Cohort
from core.storage.slots import Kind, State
from core.storage.sql import SqlStore
from core.storage.store import Member, Place, Role
from tests.contract.postgres import Server
from tests.scheduling.term import REPLICAS, served
from tests.scheduling.world import MINUTE, cohort
from tests.slack.served import Bot
from tests.slack.state import Channel
from tests.slack.workspace import Workspace

POSTED = "chat.postMessage"
SLOW = 0.2  # seconds between a message's standing there and Slack's saying so, so that many are killed in between
ENDS_WITHIN = 400.0  # seconds
WANTED = {Kind.PROMPT, Kind.SELF_CHECK, Kind.NOTE}


class Scene:
    """Cohorts of one workspace, each with a channel of its own, all due in the same minute."""

    def __init__(self, ws: Workspace, server: Server, number: int, home: Path) -> None:
        self.ws, self.number, self.home = ws, number, home
        self.url = server.new_database()
        self.store = SqlStore(self.url)
        self.boss = ws.user("Cora Dean")
        self.channels: dict[str, Channel] = {
            f"Cohort {n}": ws.channel(f"practicum-{n}", [self.boss, ws.bot]) for n in range(number)
        }
        self.bots: list[Bot] = []

    async def begun(self) -> None:
        """All processes serve."""
        more = {"PRACTICUM_BOT_DATABASE_URL": self.url, "PRACTICUM_BOT_SECRET": "shared by all of them"}
        self.bots = [Bot(self.ws, self.home / str(n), socket=True, **more) for n in range(REPLICAS)]
        for bot in self.bots:
            await bot.start()

    async def due(self) -> datetime:
        """Have everything due at a minute that begins soon; which."""
        at = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
        platform = f"slack:{self.ws.home_team.id}"
        for name, channel in self.channels.items():
            await self.store.put_cohort(self._cohort(name, at))
            await self.store.put_place(Place(platform=platform, channel=channel.id, cohort=name, introduced_at=at))
            await self.store.join(
                Member(platform=platform, person=self.boss.id, cohort=name, role=Role.COORDINATOR, joined_at=at)
            )
            await self.store.watch(name, at - MINUTE)
        return at

    async def killed(self, draw: random.Random) -> None:
        """Once they post, all but one of them die, each at some moment after another message."""
        self.ws.fault(POSTED, times=10**6, delay=SLOW, done_first=True)
        for bot in draw.sample(self.bots, REPLICAS - 1):
            seen = self.stood()
            await self.ws.until(lambda seen=seen: self.stood() > seen, "nobody posts any more", within=120)  # type: ignore[misc]
            await asyncio.sleep(draw.uniform(0, 2 * SLOW))
            bot.kill()
            print(f"killed one after {self.stood()} messages", flush=True)

    def stood(self) -> int:
        """How many messages stand anywhere."""
        return sum(len(self.ws.said(channel)) for channel in self.channels.values()) + len(self.ws.dms(self.boss))

    async def ended(self) -> Counter[str]:
        """How the slots ended, once all have."""
        until = time.monotonic() + ENDS_WITHIN
        while True:
            slots = [
                d for name in self.channels for d in await self.store.decisions(name, datetime(2020, 1, 1, tzinfo=UTC).date())
            ]
            found = Counter(f"{d.slot.kind} {d.state}" for d in slots if d.slot.kind in WANTED)
            if found == Counter({f"{kind} {State.DONE}": self.number for kind in WANTED}):
                return found
            assert time.monotonic() < until, found
            await asyncio.sleep(1)

    def check(self, at: datetime) -> None:
        """Each once: a prompt and a self-check in every channel, and a note for each cohort; all begun in their minute."""
        for channel in self.channels.values():
            said = Counter(message.text.splitlines()[0] for message in self.ws.said(channel))
            assert set(said.values()) == {1}, said
            assert len(said) == 2, said
        letters = Counter(message.text for message in self.ws.dms(self.boss) if message.text.startswith("For you alone"))
        assert len(letters) == self.number, len(letters)
        assert set(letters.values()) == {1}, "a letter came twice"
        first = min(float(message.ts) for channel in self.channels.values() for message in self.ws.said(channel))
        assert 0 <= first - at.timestamp() < 60, first - at.timestamp()

    @staticmethod
    def _cohort(name: str, at: datetime) -> Cohort:
        term = {"start": at.date(), "end": at.date() + timedelta(weeks=4)}
        prompts = {"weekday": f"{at:%A}".lower(), "at": f"{at:%H:%M}"}
        return cohort(name, timezone="UTC", term=term, prompts=prompts, agencies=())


async def play(number: int, seed: int) -> None:
    """All of it."""
    with served() as server, tempfile.TemporaryDirectory() as home:
        async with Workspace() as ws:
            scene = Scene(ws, server, number, Path(home))
            try:
                await scene.begun()
                at = await scene.due()
                await scene.killed(random.Random(seed))
                ended = await scene.ended()
                scene.check(at)
                last = max(float(m.ts) for channel in scene.channels.values() for m in ws.said(channel)) - at.timestamp()
                print(
                    f"{number} cohorts, {REPLICAS} processes, {REPLICAS - 1} killed: {dict(ended)}, the last post after {last:.0f} s"
                )
                print(f"looked for before a second try: {_looked(ws)}; said twice: nothing")
            finally:
                await scene.store.close()
                for bot in scene.bots:
                    if bot.process.poll() is None:
                        bot.kill()


def _looked(ws: Workspace) -> int:
    methods: Sequence[str] = ("conversations.history", "conversations.replies")
    return sum("include_all_metadata" in call.args for name in methods for call in ws.calls(name))


def main() -> None:
    """Play it, and say how it ended."""
    parser = argparse.ArgumentParser(prog="python -m tests.scheduling.real", description=main.__doc__)
    parser.add_argument("--cohorts", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asyncio.run(play(asked.cohorts, asked.seed))


if __name__ == "__main__":
    main()
