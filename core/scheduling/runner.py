"""Ticks once a minute; the only file that knows APScheduler, which remembers nothing here and decides nothing."""

import logging
import time
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it ships no types

from core.errors import StoreError
from core.scheduling.prompter import Prompter

_log = logging.getLogger("practicum_bot")


SILENT = 600.0  # seconds, after which a clock that ticks each minute has stopped


class Runner:
    """Keeps a prompter ticking on the running event loop."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._ended: float | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(self.tick, "cron", second=0, coalesce=True, max_instances=1, misfire_grace_time=None, id="tick")

    @property
    def sound(self) -> bool:
        """Whether it ticks: the last tick ended not long ago."""
        return self._ended is not None and time.monotonic() - self._ended < SILENT

    def start(self) -> None:
        """Tick from the next full minute on."""
        self._ended = time.monotonic()
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; what is being sent is taken over by another process, or by the next start."""
        self._scheduler.shutdown(wait=False)

    async def tick(self) -> None:
        """One tick, now; what the database refuses is tried again at the next."""
        try:
            await self._prompter.tick(datetime.now(UTC))
        except StoreError as error:
            _log.error("scheduled posts have to wait: %s", error)
        self._ended = time.monotonic()
