"""One process of the killing test: ticks on its own clock, which starts where it is told to and runs fast.

Its platform is a file that all processes share: a line for each post.
"""

import asyncio
import fcntl
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bots import bootstrap
from bots.settings import Settings
from core.errors import StoreError
from core.nudging.records import Keys
from core.ports import Action, Letter, Platform, Post
from core.scheduling.prompter import Prompter
from core.storage.sql import SqlStore

FAST = 10.0  # simulated seconds a real one: not so fast that a busy machine looks like a process that was killed
PAUSE = 0.1  # seconds before and after the effect, so that being killed there is likely
DECIDED = timedelta(minutes=1)  # after which everything that is due was decided
LONGEST = timedelta(minutes=20)


class File:
    """Implements Platform."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def deliver(self, action: Action) -> str | None:
        assert isinstance(action, Post | Letter)
        name = _name(action)
        await asyncio.sleep(PAUSE)
        with self._path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{os.getpid()} {name}\n")
        await asyncio.sleep(PAUSE)
        return name

    async def find(self, sent: Post | Letter) -> str | None:
        name = _name(sent)
        lines = self._path.read_text().splitlines()
        return name if any(line.partition(" ")[2] == name for line in lines) else None


def _name(sent: Post | Letter) -> str:
    return f"{sent.channel if isinstance(sent, Post) else sent.person} {sent.marker}"


async def main(url: str, path: Path, start: datetime) -> None:
    base = bootstrap.knowledge_base(Settings())
    store, platform = SqlStore(url), File(path)

    async def nobody(cohort: str, platform: str) -> Sequence[str]:
        return []

    def steady() -> float:
        return (time.time() - began) * FAST

    async def here(name: str) -> Platform:
        return platform  # type: ignore[return-value]

    prompter = Prompter(store, base, Keys(b"0123456789abcdef"), here, nobody, steady=steady)
    print("ready", flush=True)
    began = float(sys.stdin.readline())
    while (now := start + timedelta(seconds=steady())) < start + LONGEST:
        try:
            await prompter.tick(now)
            if now > start + DECIDED and not await store.due(now):
                break
        except StoreError:  # the file is busy
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(PAUSE)
    await store.close()


if __name__ == "__main__":
    _, url, path, start = sys.argv
    asyncio.run(main(url, Path(path), datetime.fromisoformat(start)))
