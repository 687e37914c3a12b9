"""Real processes on one database, killed right after they posted, before they could record it."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from core.cohort import Cohort
from core.storage.slots import Kind, State
from core.storage.sql import SqlStore
from core.storage.store import Place
from tests.conftest import ROOT
from tests.scheduling.world import cohort, utc

START = utc("2027-01-11T15:59:50")  # ten seconds before they are due
NUMBER = 40  # cohorts, all due in the same minute
PROCESSES = 5
PLATFORM = "file:1"
POSTS = {Kind.PROMPT, Kind.SELF_CHECK, Kind.FOLLOW_UP}


def test_every_prompt_is_posted_once(url: str, tmp_path: Path) -> None:
    chat = tmp_path / "chat"
    chat.touch()
    members = [cohort(f"Cohort {number}") for number in range(NUMBER)]

    async def prepare() -> None:
        store = SqlStore(url)
        for one in members:
            await store.put_cohort(one)
            await store.put_place(Place(platform=PLATFORM, channel=one.name.replace(" ", "-"), cohort=one.name))
            await store.watch(one.name, START)
        await store.close()

    asyncio.run(prepare())
    command = [sys.executable, "-m", "tests.scheduling.one_process", url, str(chat), START.isoformat()]
    running = {
        process.pid: process
        for process in (
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        )
    }
    for process in running.values():
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running.values():
        assert process.stdin
        process.stdin.write(f"{time.time()}\n")
        process.stdin.flush()
    for killed in range(1, PROCESSES):
        writer, until = None, time.monotonic() + 60
        while writer not in running:  # one that posted since the last was killed
            assert time.monotonic() < until, "nobody posts any more"
            time.sleep(0.002)
            writer = next((int(line.split()[0]) for line in reversed(written(chat)) if int(line.split()[0]) in running), None)
        victim = running.pop(writer)
        victim.kill()
        victim.communicate()
        assert len(running) == PROCESSES - killed
    (left,) = running.values()
    left.communicate(timeout=180)
    assert left.returncode == 0

    posts = Counter(line.partition(" ")[2] for line in written(chat))
    assert max(posts.values()) == 1, "something was posted twice"
    assert len(posts) == 2 * NUMBER  # a prompt and a self-check
    assert asyncio.run(recorded(url, members)) == {Kind.PROMPT: NUMBER, Kind.SELF_CHECK: NUMBER}


def written(chat: Path) -> list[str]:
    """The chat's whole lines."""
    return [line for line in chat.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


async def recorded(url: str, members: list[Cohort]) -> Counter[Kind]:
    """What is on record as posted, by kind."""
    store = SqlStore(url)
    found = [decision for one in members for decision in await store.decisions(one.name, date(2026, 1, 1))]
    await store.close()
    return Counter(decision.slot.kind for decision in found if decision.state is State.DONE and decision.slot.kind in POSTS)
