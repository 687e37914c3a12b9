"""How much a process takes on at once, and how it lets go of it: nothing half done, nothing held without anybody noticing."""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bots.metrics import Metrics
from core.errors import BusyError

STALLED = 30.0  # seconds in the engine after which something is wrong with it, whatever it reads
FAILURES = (
    10  # in a row after which the engine counts as broken: more than one message that it can't read, however often it comes
)
AGAIN = 60.0  # seconds after which a broken engine is tried again
ALLOWED = Path("/sys/fs/cgroup/cpu.max")  # in a container: microseconds of all cores, and of how many
POLL = 0.05  # seconds between looks at what is still held
MOST = 64  # events held at once
LATE = 1.0  # seconds after which an event is late,
FEW = 8  # and late events, beyond which a process is behind: a few may be long, or wait for their platform

T = TypeVar("T")


def cores(allowed: Path = ALLOWED) -> int:
    """Cores that this process may use: the machine's, or as many as its container is given."""
    try:
        quota, period = allowed.read_text(encoding="ascii").split()
        limit = math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no container, or one without a limit: `max`
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(limit, os.cpu_count() or 1))


class Turns:
    """The engine off the event loop: as many calls at a time as there are places, each watched."""

    def __init__(self, metrics: Metrics, places: int | None = None) -> None:
        self.places = places = places or cores()
        self._metrics = metrics
        self._free = asyncio.Semaphore(places)
        self._since: dict[asyncio.Future[Any], float] = {}
        self._failures, self._failed_at = 0, 0.0
        metrics.places(places)

    async def take(self, work: Callable[[], T], within: float) -> T:
        """What the work gives, done in a thread of its own. Raises BusyError past the time, which waiting is part of."""
        try:
            async with asyncio.timeout(within):
                with self._metrics.waiting():
                    await self._free.acquire()
                running = asyncio.ensure_future(asyncio.to_thread(self._timed, work))
                self._since[running] = time.monotonic()
                running.add_done_callback(self._ended)
                return await asyncio.shield(running)
        except TimeoutError as error:
            raise BusyError("this event took too long; it is refused as a whole, to be delivered again") from error

    @property
    def sound(self) -> bool:
        """Whether the engine works as far as can be told: no call stalled, and not all of the last ones failed."""
        broken = self._failures >= FAILURES and time.monotonic() - self._failed_at < AGAIN
        return not self._stalled() and not broken

    @property
    def stuck(self) -> bool:
        """Whether no place will ever be free: a thread can't be ended from outside, only its process can."""
        return self._stalled() >= self.places

    def _stalled(self) -> int:
        now = time.monotonic()
        return sum(now - since > STALLED for since in self._since.values())

    def _timed(self, work: Callable[[], T]) -> T:
        with self._metrics.engine():
            return work()

    def _ended(self, running: asyncio.Future[Any]) -> None:
        """A place is free once its thread has ended, also where nobody waits for it any more."""
        self._free.release()
        del self._since[running]
        failed = not running.cancelled() and running.exception() is not None  # asked for, so that nothing is left to be logged
        self._failures = self._failures + 1 if failed else 0
        self._failed_at = time.monotonic()


class Held:
    """The events that a process works on."""

    def __init__(self) -> None:
        self._limits: dict[asyncio.Timeout, float] = {}  # since when, the oldest first
        self._ending = False

    @property
    def behind(self) -> bool:
        """Whether one event more would end too late for its platform, and make the others late."""
        if len(self._limits) < FEW:
            return False
        since = next(islice(self._limits.values(), FEW - 1, None))
        return len(self._limits) >= MOST or time.monotonic() - since > LATE

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold an event while it is worked on. Raises BusyError when behind, and once the process ends, also in the middle."""
        if self._ending:
            raise BusyError("this process is stopping; the event is to be delivered again")
        if self.behind:
            raise BusyError("this process has more events than it can work on in time; this one is to be delivered again")
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits[limit] = time.monotonic()
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise BusyError("this process had to stop; the event is to be delivered again") from error
        finally:
            self._limits.pop(limit, None)

    async def end(self, within: float) -> int:
        """Hold no further event, and wait until none is held; what takes longer is given back. How many events that was about."""
        self._ending = True
        until, number = asyncio.get_running_loop().time() + within, len(self._limits)
        for limit in self._limits:
            limit.reschedule(until)
        while self._limits:
            await asyncio.sleep(POLL)
        return number
