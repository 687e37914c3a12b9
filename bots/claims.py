"""Claims in the database, by which one process of several works on something at a time; a dead one's run out."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from core.errors import BusyError
from core.storage.store import Claim, Store

LEASE = timedelta(seconds=20)  # longer than any event takes; after that what a dead process held is free
POLL = 0.05  # seconds between looks at a claim that another holds


class Claims:
    """One process's claims."""

    def __init__(self, store: Store, patience: float, now: Callable[[], datetime]) -> None:
        """`patience` is the number of seconds for which a claim that another holds is waited for."""
        self._store = store
        self._patience = patience
        self._now = now
        self._holder = uuid.uuid4().hex

    async def take(self, name: str) -> bool:
        """True where it is now ours to work on, False where it was done. Raises BusyError where another keeps it for too long."""
        until = time.monotonic() + self._patience
        while (claim := await self._store.claim(name, self._holder, self._now(), LEASE)) is Claim.HELD:
            if time.monotonic() > until:
                raise BusyError("this event is being worked on elsewhere; it is to be delivered again")
            await asyncio.sleep(POLL)
        return claim is Claim.TAKEN

    async def finish(self, name: str) -> None:
        """Say that it was worked on, for good."""
        await self._store.finish(name, self._holder, self._now())

    async def release(self, name: str) -> None:
        """Give it up, so that the next can work on it at once."""
        await self._store.release(name, self._holder)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Nobody else is at it until the end of the block, in any process. Raises BusyError as `take` does."""
        await self.take(name)
        try:
            yield
        finally:
            await self.release(name)
