"""One process at a time, by a claim in the database that runs out by itself."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from core.storage.store import Claim, Store

LEASE = timedelta(seconds=60)  # longer than what is done alone takes; after that a dead process's turn is free


class Alone:
    """Turns at something that two must not do at once."""

    def __init__(self, store: Store, marker: Callable[..., str]) -> None:
        """`marker` turns names into a short key that says nothing."""
        self._store = store
        self._marker = marker

    @asynccontextmanager
    async def turn(self, at: datetime, *names: str) -> AsyncIterator[bool]:
        """Whether nobody else is at it; if so, nobody else will be until the end of the block."""
        key, holder = self._marker("alone", *names), uuid.uuid4().hex
        ours = await self._store.claim(key, holder, at, LEASE) is Claim.TAKEN
        try:
            yield ours
        finally:
            if ours:
                await self._store.release(key, holder)
