"""What the bot does of its own accord, round after round."""

import asyncio
from contextlib import suppress
from unittest.mock import AsyncMock, Mock

import pytest

from bots import rounds
from core.errors import DeliveryError


def test_who_was_not_welcomed_is_welcomed_in_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "EVERY", 0)
    seen = asyncio.Event()
    tries: list[int] = []

    async def greet_all(*_: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise DeliveryError("Slack can't be reached")
        seen.set()

    async def run() -> None:
        welcoming = Mock(greet_all=greet_all, settled=AsyncMock())
        task = asyncio.create_task(rounds.Rounds(Mock(cohort_names=AsyncMock(return_value=[])), welcoming, Mock(), Mock()).run())
        await asyncio.wait_for(seen.wait(), 10)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
