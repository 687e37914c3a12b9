"""A process that is killed between a nudge and its record: the message comes again, and its author sees one nudge."""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.canaries import FAULTY, TALKATIVE
from tests.playground.conftest import Served
from tests.playground.windows import GRACE, RISKY, TOMASZ, pages

PATHS = {"PYTHONPATH": TALKATIVE["PYTHONPATH"], "FAULTY_LEASE": "1"}


async def until_taken(session: aiohttp.ClientSession, served: Served, body: dict[str, str]) -> list[int]:
    """Post as the page does: the very same again while the server is busy; what it answered."""
    answered: list[int] = []
    async with asyncio.timeout(60):
        while not answered or answered[-1] == 503:
            async with session.post(f"{served.address}/api/posts", json=body) as response:
                answered.append(response.status)
            await asyncio.sleep(0.1)
    return answered


async def listening(session: aiohttp.ClientSession, served: Served, person: str, heard: list[str]) -> None:
    """Note the id of each nudge that a window is told of, until its process is gone."""
    try:
        async with session.get(f"{served.address}/api/stream", params={"as": person}) as stream:
            async for line in stream.content:
                told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if told.get("kind") == "nudge":
                    heard.append(told["id"])
    except aiohttp.ClientError:
        pass


@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_nudge_whenever_it_was_killed(serve: Callable[..., Served], tmp_path: Path, moment: str) -> None:
    served = serve(tmp_path, command=FAULTY, environment={**PATHS, "FAULTY_KILLED": moment})
    name = uuid.uuid4().hex
    body = {"as": GRACE, "id": name, "channel": "cohort", "text": RISKY}
    nudge = f"nudge-{name}-hard"

    async def work() -> None:
        first: list[str] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as session:
            window = asyncio.create_task(listening(session, served, GRACE, first))
            with pytest.raises(aiohttp.ClientError):
                await until_taken(session, served, body)
            await window
        assert served.process.wait(10) == -9
        served.kill()  # its log is closed
        assert first == ([nudge] if moment == "before" else first)  # told, and not yet written down
        served.environment = {**PATHS, "FAULTY_UNRECORDED": "yes"}
        await asyncio.to_thread(served.start)
        second: list[str] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as session, pages(served, GRACE, TOMASZ) as both:
            grace, tomasz = both
            window = asyncio.create_task(listening(session, served, GRACE, second))
            await asyncio.sleep(0)
            answered = await until_taken(session, served, body)
            assert answered.count(503) >= (moment == "before")  # the record was refused, so that it was delivered twice
            assert [shown["id"] for shown in await grace.whispers(name) if shown["kind"] == "nudge"] == [nudge]
            assert await tomasz.whispers(name) == []
            window.cancel()
            await asyncio.gather(window, return_exceptions=True)
        assert second == [nudge], "the same action again changes nothing"

    asyncio.run(work())
    (database,) = tmp_path.rglob("playground.db")
    with closing(sqlite3.connect(database)) as kept:
        assert kept.execute("SELECT count(*), count(delivered_at) FROM nudges").fetchall() == [(1, 1)]
