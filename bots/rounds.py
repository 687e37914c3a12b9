"""What the bot does of its own accord: prompts, welcomes to who came while it was away, and reminders."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from bots import log
from bots.metrics import Metrics, Prompted
from bots.welcoming import Welcoming
from core.errors import PracticumBotError
from core.ports import PlatformOf
from core.scheduling.runner import Runner
from core.storage.slots import State
from core.storage.store import Role, Store

EVERY = 3600.0  # seconds between looks at who was not welcomed, or has not acknowledged the policy
LAST = 5.0  # seconds that welcomes get at the end
PROMPTED = {State.DONE: Prompted.POSTED, State.SKIPPED: Prompted.SKIPPED, State.LATE: Prompted.LATE}


class Rounds:
    """One for a process; replicas share the work through the store."""

    def __init__(self, store: Store, welcoming: Welcoming, runner: Runner, platform_of: PlatformOf) -> None:
        self._store = store
        self._welcoming = welcoming
        self._runner = runner
        self._platform_of = platform_of

    @property
    def sound(self) -> bool:
        """Whether what is scheduled is looked at."""
        return self._runner.sound

    async def run(self) -> None:
        """Until cancelled."""
        self._runner.start()
        try:
            while True:
                await self._quietly(self._welcoming.greet_all(self._platform_of, datetime.now(UTC)))
                await self._quietly(self._remind())
                await asyncio.sleep(EVERY)
        finally:
            self._runner.stop()
            with suppress(TimeoutError):  # who was not reached is welcomed at the next start
                async with asyncio.timeout(LAST):
                    await self._welcoming.settled()

    async def _remind(self) -> None:
        for name in await self._store.cohort_names():
            if cohort := await self._store.cohort(name):
                await self._quietly(self._welcoming.remind(cohort, self._platform_of, datetime.now(UTC)))

    async def _quietly(self, work: Awaitable[None]) -> None:
        try:
            await work
        except PracticumBotError as error:  # there is another round
            log.failed("round", error)


def counting(metrics: Metrics) -> Callable[[State], None]:
    """Counts how scheduled things end."""

    def counted(state: State) -> None:
        if state in PROMPTED:
            metrics.prompt(PROMPTED[state])

    return counted


def coordinators(store: Store) -> Callable[[str, str], Awaitable[Sequence[str]]]:
    """Whom letters about a cohort go to on a platform, by its ids."""

    async def found(cohort: str, platform: str) -> Sequence[str]:
        members = await store.members(cohort)
        return [member.person for member in members if member.platform == platform and member.role is Role.COORDINATOR]

    return found
