"""`practicum-bot` with faults built in, in a process that tells all it can: what is said to it must still be nowhere.

A text that holds RAISES makes the engine raise an error that quotes it; FORGETS leaves such an error in a task, a thread and a
destructor that nobody looks after; DIES ends the process as a fault in a library would. The variable FAULTY_KILLED ends it
between a nudge's delivery and its record (`before`), or between that and the event's end (`after`), FAULTY_UNRECORDED lets the
database refuse that record once, FAULTY_LEASE is how long a claim of a dead process holds, in seconds.
"""

import asyncio
import logging
import os
import signal
import threading
from datetime import timedelta
from typing import Any

# before anything of the product is imported, as somebody would who wants to see everything
logging.basicConfig(level=logging.DEBUG, format="%(name)s %(message)s")

from bots import dispatch  # noqa: E402
from bots.cli import main  # noqa: E402
from bots.dispatch import Dispatcher  # noqa: E402
from core.engine import PracticumEngine  # noqa: E402
from core.errors import StoreError  # noqa: E402
from core.storage.sql import SqlStore  # noqa: E402

RAISES, FORGETS, DIES = "raiseanerror", "forgetanerror", "dieofanerror"


class Kept:
    """Something that can't be taken down."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raise RuntimeError(f"of {self.text}")


def raising(text: str) -> None:
    raise RuntimeError(f"about {text}")


async def raised(text: str) -> None:
    raising(text)


def watched(text: str) -> None:
    if RAISES in text:
        raising(text)
    if FORGETS in text:
        thread = threading.Thread(target=raising, args=(text,), name=text)
        thread.start()
        thread.join()
        Kept(text)
    if DIES in text:
        os.abort()


def build_in() -> None:
    """Put the faults where they belong."""
    handle, scan, take, record = PracticumEngine.handle, PracticumEngine.scan, Dispatcher.take, SqlStore.deliver_nudge
    tasks: list[asyncio.Task[None]] = []
    refused: list[str] = []

    def handling(self: PracticumEngine, message: Any, *rest: Any) -> Any:
        watched(message.text)
        return handle(self, message, *rest)

    def scanning(self: PracticumEngine, text: str, *rest: Any) -> Any:
        watched(text)
        return scan(self, text, *rest)

    async def taking(self: Dispatcher, event: Any, platform: Any) -> None:
        if FORGETS in event.message.text:
            tasks.append(asyncio.create_task(raised(event.message.text), name=event.message.text))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            tasks.clear()
        await take(self, event, platform)

    async def recording(self: SqlStore, message: str, at: Any) -> None:
        if os.environ.get("FAULTY_KILLED") == "before":
            await asyncio.sleep(0.3)  # what was told to a window is on its way
            os.kill(os.getpid(), signal.SIGKILL)
        if os.environ.get("FAULTY_UNRECORDED") and message not in refused:
            refused.append(message)
            raise StoreError("the database refused: as it was asked to")
        await record(self, message, at)
        if os.environ.get("FAULTY_KILLED") == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    PracticumEngine.handle = handling  # type: ignore[method-assign]
    PracticumEngine.scan = scanning  # type: ignore[method-assign]
    Dispatcher.take = taking  # type: ignore[method-assign]
    SqlStore.deliver_nudge = recording  # type: ignore[method-assign]
    dispatch.LEASE = timedelta(seconds=float(os.environ.get("FAULTY_LEASE", "20")))


if __name__ == "__main__":
    build_in()
    main()
