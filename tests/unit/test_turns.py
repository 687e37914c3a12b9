"""How much is taken on at once, how it is let go, and how it shows when the engine does not come back."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from bots import turns
from bots.metrics import Metrics
from bots.turns import FAILURES, Held, Turns, cores
from core.errors import BusyError


def test_a_call_that_does_not_come_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "STALLED", 0.1)
    back = threading.Event()

    async def work() -> None:
        taken = Turns(Metrics(), places=2)
        for number in (1, 2):
            with pytest.raises(BusyError):
                await taken.take(lambda: back.wait(20), 0.2)
            assert not taken.sound
            assert taken.stuck is (number == 2)  # nothing is free any more: only a new process helps
        back.set()
        assert await taken.take(lambda: "read", 10) == "read"
        while taken.stuck or not taken.sound:  # as soon as both have come back
            await asyncio.sleep(0.01)

    asyncio.run(work())


def test_an_engine_that_always_fails_is_unsound_until_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        taken = Turns(Metrics())
        for _ in range(FAILURES - 1):
            with pytest.raises(ZeroDivisionError):
                await taken.take(lambda: 1 / 0, 10)
        await taken.take(lambda: 1.0, 10)
        for number in range(FAILURES):
            assert taken.sound, number
            with pytest.raises(ZeroDivisionError):
                await taken.take(lambda: 1 / 0, 10)
        assert not taken.sound
        monkeypatch.setattr(turns, "AGAIN", 0.0)
        assert taken.sound

    asyncio.run(work())


def test_what_is_held_is_finished_and_what_takes_too_long_is_given_back() -> None:
    async def work() -> None:
        held, said = Held(), []

        async def event(name: str, seconds: float) -> None:
            try:
                async with held.one():
                    await asyncio.sleep(seconds)
                said.append(f"{name} done")
            except BusyError as error:
                said.append(f"{name} {error}")

        begun = [asyncio.create_task(event("short", 0.1)), asyncio.create_task(event("long", 100))]
        await asyncio.sleep(0)
        ending = asyncio.create_task(held.end(1))
        await asyncio.sleep(0)
        await event("late", 0)
        assert await ending == 2
        await asyncio.gather(*begun)
        assert said[0].startswith("late this process is stopping")
        assert said[1] == "short done"
        assert said[2].startswith("long this process had to stop")

    asyncio.run(work())


@pytest.mark.parametrize(
    ("number", "late", "behind"),
    [
        (turns.FEW - 1, -1.0, False),  # a few may be long, or wait for their platform
        (turns.FEW, -1.0, True),
        (turns.FEW, 100.0, False),
        (turns.MOST - 1, 100.0, False),
        (turns.MOST, 100.0, True),
    ],
)
def test_a_process_that_is_behind_takes_no_more(number: int, late: float, behind: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LATE", late)

    async def work() -> None:
        held, over = Held(), asyncio.Event()

        async def event() -> None:
            async with held.one():
                await over.wait()

        with monkeypatch.context() as patience:
            patience.setattr(turns, "LATE", 100.0)
            begun = [asyncio.create_task(event()) for _ in range(number)]
            await asyncio.sleep(0)
        assert held.behind is behind
        over.set()
        if behind:
            with pytest.raises(BusyError, match="delivered again"):
                await event()
        await asyncio.gather(*begun)
        await event()

    asyncio.run(work())


def test_a_time_limit_of_somebody_else_stays_one() -> None:
    async def work() -> None:
        with pytest.raises(TimeoutError):
            async with Held().one():
                raise TimeoutError

    asyncio.run(work())


def test_a_container_gets_as_many_turns_as_it_has_cores(tmp_path: Path) -> None:
    machine = cores(tmp_path / "none")
    assert machine >= 1
    limit = tmp_path / "cpu.max"
    for text, expected in [("max 100000", machine), ("50000 100000", 1), ("150000 100000", 2), ("", machine)]:
        limit.write_text(text)
        assert cores(limit) == min(expected, os.cpu_count() or 1), text
