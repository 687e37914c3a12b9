"""What is kept too long is deleted, each day, by whichever processes there are."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bots import log
from core.errors import PracticumBotError
from core.storage.store import Store

LEAST = timedelta(days=1)  # for events, whatever is set: platforms deliver again for up to a day
EVERY, SPREAD = 24 * 3600.0, 3600.0  # seconds; replicas drift apart
AGAIN = 3600.0  # seconds after a purge that failed

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long things are kept."""

    nudges: timedelta
    events: timedelta


async def purge(store: Store, keep: Keep, now: datetime) -> Mapping[str, int]:
    """Delete what is older than that; how many of each table. Twice, or twice at once, is no different. Raises StoreError."""
    return await store.purge(now - keep.nudges, now - max(keep.events, LEAST))


async def purging(store: Store, keep: Keep, sleep: Sleep = asyncio.sleep) -> None:
    """Purge at once, and each day from then on, until cancelled."""
    while True:
        wait = EVERY + random.uniform(-SPREAD, SPREAD)
        try:
            log.event("purged", **await purge(store, keep, datetime.now(UTC)))
        except PracticumBotError as error:
            log.failed("purge", error)
            wait = AGAIN
        await sleep(wait)
