"""The one file that knows APScheduler."""

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from core.errors import StoreError
from core.scheduling.runner import Runner


class Counted:
    """Stands in for a prompter."""

    def __init__(self, *, failing: bool = False) -> None:
        self.ticks: list[datetime] = []
        self._failing = failing

    async def tick(self, now: datetime) -> None:
        self.ticks.append(now)
        if self._failing:
            raise StoreError("the database is away")


def test_it_ticks_with_the_time_in_utc_and_outlives_the_database(caplog: pytest.LogCaptureFixture) -> None:
    counted = Counted(failing=True)

    async def run() -> None:
        runner = Runner(counted)  # type: ignore[arg-type]
        runner.start()
        await runner.tick()
        await runner.tick()
        runner.stop()

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert [now.tzinfo for now in counted.ticks] == [UTC, UTC]
    assert caplog.messages == ["scheduled posts have to wait: the database is away"] * 2


def test_it_is_called_once_a_minute() -> None:
    async def run() -> list[datetime]:
        runner = Runner(Counted())  # type: ignore[arg-type]
        (job,) = runner._scheduler.get_jobs()
        times: list[datetime] = []
        for _ in range(3):
            now = times[-1] if times else datetime(2027, 1, 11, 15, 59, 30, tzinfo=UTC)
            times.append(job.trigger.get_next_fire_time(times[-1] if times else None, now))
        return times

    assert [f"{at:%H:%M:%S}" for at in asyncio.run(run())] == ["16:00:00", "16:01:00", "16:02:00"]
