"""The one way of every event, on every platform: seen before? → engine → manners → deliver → record.

The platform's own redelivery is the queue: an event is acknowledged when its work is done, so nothing needs to be stored
that could be lost, and no text ever is.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from bots.claims import Claims
from bots.homes import only
from bots.metrics import Ending, Metrics
from bots.nudging import Nudging, forgets
from bots.turns import Held, Turns
from core.cohort import Cohort
from core.engine import ANYWHERE
from core.errors import BusyError
from core.nudging.records import Closing, Feedback, Keys, NudgeRecord
from core.ports import Engine, Event, Happened, Message, Nudge, Platform, Reply
from core.scan.adapt import Channel, soft_from
from core.storage.store import Person, Place, Store

BUDGET = 2.5  # seconds an event may wait for its turn, and be worked on, before it is refused
CHARACTERS_A_SECOND = 5_000  # that a long message is given beyond that; a delivery meanwhile finds it claimed
PAUSE = timedelta(days=1)
LEARN = 300.0  # seconds for which what a channel's feedback taught is taken as it was


def _now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    """Takes events of any platform; one for a process."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        keys: Keys,
        elsewhere: Cohort,
        *,
        metrics: Metrics | None = None,
        budget: float = BUDGET,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`elsewhere` is the cohort of channels that belong to none, and of direct messages."""
        self._metrics = metrics or Metrics()
        self.turns = Turns(self._metrics)
        self.held = Held()
        self._engine = engine
        self._store = store
        self._keys = keys
        self._elsewhere = elsewhere
        self._budget = budget
        self._now = now
        self._claims = Claims(store, budget, now)
        self._nudging = Nudging(store, keys, self._claims, self._metrics, now)
        self._learnt: dict[str, tuple[float, float]] = {}  # by channel: when, and from which likelihood on
        self._conversations: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def room(self, platform: str) -> None:
        """Refuse an event at the door, before anything is done for it. Raises BusyError while this process is behind."""
        if self.held.behind:
            with self._metrics.event(platform):
                raise BusyError("this process is behind; the event is to be delivered again")

    async def take(self, event: Event, platform: Platform) -> None:
        """Work on an event, once. When it returns, the event may be acknowledged.

        Raises BusyError when it should be delivered again later, DeliveryError when the platform took nothing, and StoreError.
        """
        with self._metrics.event(event.platform) as watched:
            async with self.held.one():
                watched.ending = await self._once(event, platform)

    async def _once(self, event: Event, platform: Platform) -> Ending:
        names = [self._keys.key("event", event.platform, event.id)]
        if event.happened is not Happened.EDITED:  # words may come back to what they were, and then they are read anew
            names.append(self._content(event))
        taken: list[str] = []
        try:
            async with self._in_turn(event):
                for name in names:
                    if not await self._claims.take(name):
                        break
                    taken.append(name)
                else:
                    await self._unless_changed_since(event, platform)
            for name in taken:
                await self._claims.finish(name)
            return Ending.DONE if taken == names else Ending.REPEATED
        except BaseException:
            for name in taken:  # the next delivery is worked on at once
                await self._claims.release(name)
            raise

    async def _unless_changed_since(self, event: Event, platform: Platform) -> None:
        """Work on an event, unless its message was changed or taken down later: what was refused may come again late."""
        if event.happened is not Happened.POSTED:
            await self._nudging.changed(event)
        if await self._nudging.stands(event):
            await self._work(event, platform)

    @asynccontextmanager
    async def _in_turn(self, event: Event) -> AsyncIterator[None]:
        """One event of a conversation after the other. Raises BusyError past the budget."""
        lock = self._conversations.setdefault(f"{event.platform}\n{event.message.conversation}", asyncio.Lock())
        try:
            async with asyncio.timeout(self._budget):
                await lock.acquire()
        except TimeoutError as error:
            raise BusyError("an earlier event of this conversation takes too long; this one is to be delivered again") from error
        try:
            yield
        finally:
            lock.release()

    async def judge(self, event: Event, feedback: Feedback) -> bool:
        """An author says that the nudge for their message was wrong; False when it had ended already, or isn't theirs."""
        return await self._nudging.judge(event, feedback)

    async def why(self, event: Event) -> NudgeRecord | None:
        """What is kept of the nudge for an author's own message."""
        return await self._nudging.why(event)

    async def pause(self, platform: str, person: str, *, end: bool = False) -> datetime:
        """Keep quiet about somebody's gentle stories for a day, or no longer; until when."""
        until = self._now() if end else self._now() + PAUSE
        await self._store.pause_person(self._keys.key("author", platform, person), until)
        return until

    async def person(self, platform: str, person: str) -> Person:
        """What somebody asked for, or was told."""
        return await self._store.person(self._keys.key("author", platform, person))

    async def cohort_of(self, platform: str, person: str, channel: str = "") -> Cohort:
        """The cohort that a channel belongs to, or somebody outside of any; the only one there is, where that is open."""
        return await self._cohort(await self._store.place(platform, channel) if channel else None, platform, person)

    async def _cohort(self, place: Place | None, platform: str, person: str) -> Cohort:
        named = [place.cohort] if place else [member.cohort for member in await self._store.memberships(platform, person)]
        for name in named:
            if cohort := await self._store.cohort(name):
                return cohort
        return await only(self._store, platform) or self._elsewhere

    def marker(self, *names: str) -> str:
        """A short key for what is posted once."""
        return self._keys.key("marker", *names)

    async def first(self, platform: str, person: str, *what: str) -> bool:
        """Whether somebody does something for the first time; of that a key alone is kept, as long as of events."""
        return await self._store.mark(self._keys.key("first", platform, person, *what), self._now())

    async def kept(self, platform: str, author: str) -> list[NudgeRecord]:
        """Everything kept about somebody's nudges, for them alone."""
        return list(await self._store.nudges_of(self._keys.key("author", platform, author)))

    async def forget(self, platform: str, author: str) -> int:
        """Delete everything kept about somebody; how many records that were."""
        return await self._store.forget(self._keys.key("author", platform, author))

    async def _work(self, event: Event, platform: Platform) -> None:
        message = event.message
        if event.happened is Happened.DELETED:
            await self._nudging.withdraw(event, platform, Closing.DELETED)
            return
        place = await self._store.place(event.platform, message.channel)
        cohort = await self._cohort(place, event.platform, message.author)
        actions = await self._considered(message, cohort, await self._setting(event, place))
        nudges = [action for action in actions if isinstance(action, Nudge)]
        await self._answer(event, platform, [action for action in actions if isinstance(action, Reply)])
        if nudges:
            await self._nudging.nudge(event, platform, nudges[0], cohort)
        elif event.happened is Happened.EDITED:
            await self._nudging.withdraw(event, platform, Closing.EDITED)

    async def _answer(self, event: Event, platform: Platform, replies: Sequence[Reply]) -> None:
        """Answer a question once, whatever became of its message since: also one that an edit made a question."""
        message = event.message
        answered = self._keys.key("answered", event.platform, message.channel, message.id)
        if not replies or (await self._store.done(answered) and not forgets(event, platform)):
            return
        for reply in replies:
            await self._nudging.deliver(event, platform, reply)
        await self._store.mark(answered, self._now())

    async def _setting(self, event: Event, place: Place | None) -> Channel:
        """How a channel wants its gentle nudges: as its coordinator set it, and as its authors' feedback makes of it."""
        if place is None:
            return ANYWHERE
        name, now = self._keys.key("channel", event.platform, place.channel), time.monotonic()
        learnt = self._learnt.get(name)
        if learnt is None or now > learnt[0] + LEARN:
            learnt = self._learnt[name] = now, soft_from(await self._store.judged(name), place.soft_bound)
        return Channel(place.seminar, learnt[1])

    async def _considered(self, message: Message, cohort: Cohort, setting: Channel) -> list[Reply | Nudge]:
        """What the engine says, off the event loop. Raises BusyError past the budget."""
        within = self._budget + len(message.text) / CHARACTERS_A_SECOND
        return list(await self.turns.take(partial(self._engine.handle, message, cohort, setting), within))

    def _content(self, event: Event) -> str:
        """The same words of the same message, however often and by whatever kind of event they come."""
        message = event.message
        gone = event.happened is Happened.DELETED
        return self._keys.key("content", event.platform, message.channel, message.id, "" if gone else f"={message.text}")
