"""Slack waits three seconds for what somebody did, and asks but once: what takes longer goes on behind the acknowledgement."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from bots import log
from bots.press import Shown, Wrong
from bots.slack import render
from core.cards import Form, card

SOON = 2.0  # seconds
MOMENT = card("One moment: I'm still working on this. You can close this window; the work goes on.")
T = TypeVar("T")


class Behind:
    """The work of one process that its acknowledgements did not wait for."""

    def __init__(self) -> None:
        self._going: set[asyncio.Task[None]] = set()

    async def soon(
        self, work: Coroutine[Any, Any, T], late: Callable[[T], Awaitable[object]] | None = None, within: float = SOON
    ) -> T | None:
        """What the work gives; None where that takes longer than `within` seconds, and then `late` is given it in the end."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=within)
        if done:
            return task.result()
        following = asyncio.create_task(_followed(task, late))
        self._going.add(following)
        following.add_done_callback(self._going.discard)
        return None


async def _followed(task: Awaitable[T], late: Callable[[T], Awaitable[object]] | None) -> None:
    try:
        given = await task
        if late:
            await late(given)
    except Exception as error:  # nobody waits for it any more, who could be told
        log.failed("late", error)


def window(shown: Shown, channel: str, thread: str, files: bool) -> dict[str, Any]:
    """What follows a form, in its window; what was wrong with it is told there where it comes too late for its fields."""
    if isinstance(shown, Form):
        return render.view(shown, channel, thread, files=files)
    told = card(*shown.faults.values(), "Please open the form again.") if isinstance(shown, Wrong) else shown.card
    return render.modal(told, channel, thread)
