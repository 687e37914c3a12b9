"""What is kept too long goes, each day, whatever else goes wrong, and what a platform may deliver again stays."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bots import log
from bots.retention import AGAIN, EVERY, SPREAD, Keep, purge, purging
from core.errors import StoreError
from core.nudging.records import NudgeRecord
from core.storage.memory import MemoryStore
from core.storage.store import Claim
from core.vocabulary import Category, Tier

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEEP = Keep(nudges=timedelta(days=30), events=timedelta(days=2))


def nudge(name: str, at: datetime) -> NudgeRecord:
    keys = dict.fromkeys(("cohort", "channel", "thread", "author"), "k")
    return NudgeRecord(id=name, message=name, at=at, category=Category.LOCATION, tier=Tier.SOFT, band=0.9, rule="r", **keys)


async def filled(now: datetime) -> MemoryStore:
    store = MemoryStore()
    for days in (1, 29, 31):
        await store.add_nudge(nudge(f"{days}", now - timedelta(days=days)))
    for hours in (1, 23, 25, 47, 49):
        await store.claim(f"{hours}", "h", now - timedelta(hours=hours), timedelta(seconds=20))
        await store.finish(f"{hours}", "h", now - timedelta(hours=hours))
    return store


@pytest.mark.parametrize(
    ("keep", "gone"),
    [
        (KEEP, {"nudges": 1, "people": 0, "claims": 1}),
        (
            Keep(nudges=timedelta(days=1, hours=1), events=timedelta(0)),
            {"nudges": 2, "people": 0, "claims": 3},
        ),  # a day, at least
    ],
)
def test_what_is_older_goes(keep: Keep, gone: Mapping[str, int]) -> None:
    async def work() -> None:
        store = await filled(NOON)
        assert await purge(store, keep, NOON) == gone
        assert await purge(store, keep, NOON) == {"nudges": 0, "people": 0, "claims": 0}
        assert await store.claim("23", "other", NOON, timedelta(seconds=20)) is Claim.DONE  # delivered again, and known

    asyncio.run(work())


class Failing(MemoryStore):
    """A store whose database is away for the first purge."""

    away = True

    async def purge(self, nudges_before: datetime, claims_before: datetime) -> dict[str, int]:
        if self.away:
            self.away = False
            raise StoreError("away")
        return await super().purge(nudges_before, claims_before)


def test_a_running_bot_purges_at_once_and_daily_and_says_how_much(caplog: pytest.LogCaptureFixture) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError

    async def work() -> None:
        with pytest.raises(asyncio.CancelledError):
            await purging(Failing(), KEEP, sleep)

    log.LOGGER.propagate = True
    with caplog.at_level(logging.INFO, logger=log.LOGGER.name):
        asyncio.run(work())
    assert [record.getMessage() for record in caplog.records] == ["purge", "purged", "purged", "purged"]
    assert caplog.records[1].__dict__["fields"] == {"nudges": 0, "people": 0, "claims": 0}
    assert waits[0] == AGAIN
    assert all(EVERY - SPREAD <= wait <= EVERY + SPREAD for wait in waits[1:])
    assert len(set(waits[1:])) == 3  # replicas drift apart
