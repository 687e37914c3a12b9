"""A nudge from what was found to its end: given with manners, recorded, withdrawn; one matter of an author's after the other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from bots.claims import Claims
from bots.metrics import Metrics, Reached
from core.cohort import Cohort
from core.nudging.manners import DAY, Manner, manner
from core.nudging.records import Closing, Feedback, Keys, NudgeRecord, banded, leading
from core.nudging.wording import INTRODUCTION, SUM_UP
from core.ports import Action, Event, Happened, Nudge, Platform, Whisper, Withdrawal
from core.storage.store import Store
from core.vocabulary import Tier


class Nudging:
    """Nudges of all platforms; one for a process."""

    def __init__(self, store: Store, keys: Keys, claims: Claims, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._claims = claims
        self._metrics = metrics
        self._now = now

    async def changed(self, event: Event) -> None:
        """Keep when a message was changed or taken down, at the latest: what happened before it is settled by it."""
        await self._store.mark(self._changed(event), event.at)

    async def stands(self, event: Event) -> bool:
        """Whether nothing later has happened to a message."""
        changed = await self._store.done(self._changed(event))
        return changed is None or changed <= event.at

    async def nudge(self, event: Event, platform: Platform, nudge: Nudge, cohort: Cohort) -> None:
        """Give a nudge if manners allow it, and if its message still stands as it was read. Raises BusyError, DeliveryError."""
        async with self._settling(event) as stands:
            if not stands:
                return
            now, author = self._now(), self._author(event)
            shadow = await self._store.shadow(cohort.name)
            record = self._record(event, nudge, cohort, now, shadow)
            past, known = await self._store.past(author, now - DAY), await self._store.nudge(record.message)
            if forgets(event, platform) and known and _shows(known, record):
                await self.deliver(event, platform, nudge)
                return
            decided = manner(nudge.findings, past, known, record.thread, now)
            if decided is Manner.QUIET:
                reached = Reached.QUIET
            elif shadow:
                await self._owe(record)
                reached = Reached.SHADOW
            elif decided is Manner.SUM_UP:
                await self.deliver(event, platform, Whisper(nudge.to, SUM_UP))
                await self._store.sum_up_person(author, now)
                reached = Reached.SUMMED_UP
            else:
                await self._give(event, platform, nudge, record)
                reached = Reached.GIVEN
            self._metrics.nudge(record.category, record.tier, reached)

    async def withdraw(self, event: Event, platform: Platform, closing: Closing) -> None:
        """End the nudge of a message that was mended or taken down. Raises BusyError, DeliveryError."""
        async with self._settling(event) as stands:
            record = await self._store.nudge(self._message(event)) if stands else None
            if record is None or record.closed_at:
                return
            if record.delivered_at and record.author == self._author(event):  # who takes down another's is told of no nudge
                await self.deliver(event, platform, Withdrawal(event.message))
            await self._store.close_nudge(record.message, self._now(), closing)

    async def judge(self, event: Event, feedback: Feedback) -> bool:
        """An author says that the nudge for their message was wrong; False when it had ended already, or isn't theirs."""
        record = await self.why(event)
        return record is not None and await self._store.close_nudge(record.message, self._now(), Closing.JUDGED, feedback)

    async def why(self, event: Event) -> NudgeRecord | None:
        """What is kept of the nudge for an author's own message."""
        record = await self._store.nudge(self._message(event))
        return record if record and record.author == self._author(event) else None

    async def deliver(self, event: Event, platform: Platform, action: Action) -> None:
        """Send something, and count how long that took. Raises DeliveryError."""
        with self._metrics.delivery(event.platform, action):
            await platform.deliver(action)

    async def _give(self, event: Event, platform: Platform, nudge: Nudge, record: NudgeRecord) -> None:
        await self._owe(record)
        if (await self._store.person(record.author)).introduced_at is None:  # who speaks, before the first
            await self.deliver(event, platform, Whisper(nudge.to, INTRODUCTION))
            await self._store.introduce_person(record.author, record.at)
        await self.deliver(event, platform, nudge)
        await self._store.deliver_nudge(record.message, self._now())

    async def _owe(self, record: NudgeRecord) -> None:
        """From here on a nudge is owed, whatever happens to this process; a hard one takes the place of a soft one."""
        if not await self._store.add_nudge(record) and record.tier is Tier.HARD:
            await self._store.raise_nudge(record)

    @asynccontextmanager
    async def _settling(self, event: Event) -> AsyncIterator[bool]:
        """One matter of an author's nudges after the other, in all processes; whether the event still stands."""
        async with self._claims.alone(self._keys.key("settling", event.platform, event.message.author)):
            yield await self.stands(event)

    def _record(self, event: Event, nudge: Nudge, cohort: Cohort, now: datetime, shadow: bool) -> NudgeRecord:
        lead, message = leading(nudge.findings), event.message
        return NudgeRecord(
            id=self._keys.key("nudge", event.platform, message.channel, message.id),
            at=now,
            cohort=cohort.name,
            channel=self._keys.key("channel", event.platform, message.channel),
            thread=self._keys.key("thread", event.platform, message.channel, message.thread or ""),
            author=self._author(event),
            message=self._message(event),
            category=lead.category,
            tier=lead.tier,
            band=banded(lead.score),
            rule=lead.rule,
            shadow=shadow,
        )

    def _author(self, event: Event) -> str:
        return self._keys.key("author", event.platform, event.message.author)

    def _message(self, event: Event) -> str:
        return self._keys.key("message", event.platform, event.message.channel, event.message.id)

    def _changed(self, event: Event) -> str:
        return self._keys.key("changed", event.platform, event.message.channel, event.message.id)


def forgets(event: Event, platform: Platform) -> bool:
    """Whether what was shown may have gone with a process that died before it was through: then it is shown again."""
    return event.happened is Happened.POSTED and not platform.lasting


def _shows(known: NudgeRecord, record: NudgeRecord) -> bool:
    """Whether a message's nudge was given in the same way, and stands."""
    return known.delivered_at is not None and known.closed_at is None and known.tier is record.tier
