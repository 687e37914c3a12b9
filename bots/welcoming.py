"""How channels and people come into a cohort: the notice in public, the policy in brief to each student alone."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta

from bots import log
from bots.alone import Alone
from bots.homes import only
from core.cohort import Cohort
from core.errors import DeliveryError, PracticumBotError, UnreachableError
from core.kb.schema import KnowledgeBase
from core.kb.versions import PolicyVersion, policy_version
from core.ports import Known, Letter, Platform, PlatformOf, Post
from core.speech.welcome import invited_card, notice_card, welcome_card
from core.storage.store import Member, Place, Role, Store

ASKED_AT_MOST = 3  # times to acknowledge one version
AGAIN = timedelta(days=7)


class Welcoming:
    """Greets channels and people, each once; one for a process.

    All of it can be tried again: whoever was told is told nothing twice. Raises DeliveryError, after everybody else was told.
    """

    def __init__(self, base: KnowledgeBase, store: Store, marker: Callable[..., str]) -> None:
        """`marker` turns names into a short key that says nothing."""
        self._base = base
        self._store = store
        self.marker = marker
        self._alone = Alone(store, marker)
        self._going: set[asyncio.Task[None]] = set()

    async def place(
        self, name: str, channel: str, cohort: Cohort, platform: Platform, at: datetime, *, seminar: bool | None = None
    ) -> None:
        """Take a channel into a cohort and tell it once what is looked for; `None` keeps its mode.

        Who is in it is welcomed from then on, and nobody waits for that: forty letters take longer than an event may.
        """
        known = await self._store.place(name, channel)
        if known and known.cohort != cohort.name:
            await self.released(known, platform)
            known = None
        if known is None:
            known = Place(platform=name, channel=channel, cohort=cohort.name)
            await self._store.put_place(known)
        if seminar is not None and seminar != known.seminar:
            await self._store.set_seminar(name, channel, seminar)
        if known.introduced_at is None:
            await self._introduce(known, platform, at)
        self._later(self.greet(name, channel, cohort, platform, at))

    async def greet(self, name: str, channel: str, cohort: Cohort, platform: Platform, at: datetime) -> None:
        """Welcome everybody in a channel who isn't known yet."""
        here = {member.person: member for member in await self._store.members(cohort.name) if member.platform == name}
        people = await platform.people(channel)
        new = [known for known in people if known.person not in here or _never_asked(here[known.person])]
        await self._welcome(name, new, cohort, platform, at)

    async def greet_all(self, platforms: PlatformOf, at: datetime) -> None:
        """Welcome whom a process that ended, or was away, had not welcomed; Raises StoreError."""
        for known in await self._store.cohort_names():
            cohort = await self._store.cohort(known)
            for place in await self._store.places(known) if cohort else ():
                platform = await platforms(place.platform)
                if platform and cohort:
                    await self._quietly(self.greet(place.platform, place.channel, cohort, platform, at))

    async def settled(self) -> None:
        """Wait until everybody is welcomed."""
        while self._going:
            await asyncio.gather(*self._going)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def _quietly(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except PracticumBotError as error:  # who was not reached is welcomed in the next round
            log.failed("welcome", error)

    async def released(self, place: Place, platform: Platform) -> None:
        """A cohort gives a channel up; who is in no other of its channels and acknowledged nothing is no longer its student."""
        members = [member for member in await self._store.members(place.cohort) if member.platform == place.platform]
        try:
            staying = await self._elsewhere(place, platform)
        except DeliveryError:
            staying = {member.person for member in members}  # nobody is sent away on a guess
        for member in members:
            if member.role is Role.STUDENT and not member.acknowledged and member.person not in staying:
                await self._store.leave(member.platform, member.person, member.cohort)
        await self._store.drop_place(place.platform, place.channel)

    async def adopted(self, name: str, channel: str, platform: Platform, at: datetime) -> Cohort | None:
        """The only cohort there is takes in a channel that nobody chose a cohort for; None where that is open."""
        cohort = await only(self._store, name)
        if cohort:
            await self.place(name, channel, cohort, platform, at)
        return cohort

    async def invited(self, name: str, channel: str, inviter: str | None, platform: Platform, at: datetime) -> None:
        """The bot itself was brought into a channel."""
        place = await self._store.place(name, channel)
        cohort = await self._store.cohort(place.cohort) if place else None
        if cohort:
            await self.place(name, channel, cohort, platform, at)
        elif not await self.adopted(name, channel, platform, at) and inviter:
            await platform.deliver(Letter(inviter, invited_card(channel)))

    async def joined(self, name: str, channel: str, person: str, platform: Platform, at: datetime) -> None:
        """Somebody came into a channel."""
        place = await self._store.place(name, channel)
        cohort = await self._store.cohort(place.cohort) if place else None
        if cohort and (known := await platform.known(person)):
            await self._welcome(name, [known], cohort, platform, at)

    async def came(self, name: str, channel: str, platform: Platform, at: datetime) -> None:
        """People came into a channel, perhaps many at once: welcomed from then on, as they are found in it."""
        place = await self._store.place(name, channel)
        cohort = await self._store.cohort(place.cohort) if place else None
        if cohort:
            self._later(self.greet(name, channel, cohort, platform, at))

    async def left(self, name: str, channel: str, person: str, platform: Platform) -> None:
        """Somebody left a channel; who is in no other of the cohort's is no student of it any more."""
        place = await self._store.place(name, channel)
        if place is None:
            return
        member = await self._member(name, person, place.cohort)
        if member and member.role is Role.STUDENT and person not in await self._elsewhere(place, platform):
            await self._store.leave(name, person, place.cohort)

    async def remind(self, cohort: Cohort, platforms: PlatformOf, now: datetime) -> None:
        """Ask those again who have not acknowledged the policy in force, a few times, not too often, and not after the term."""
        if cohort.term and now.astimezone(cohort.zone).date() > cohort.term.end:
            return
        refused: DeliveryError | None = None
        version = policy_version(self._base.profiles[cohort.profile])
        for member in await self._store.members(cohort.name):
            platform = await platforms(member.platform)
            due = member.asked_at is None or now - member.asked_at >= AGAIN
            if platform and due and _times(member, version) < ASKED_AT_MOST:
                try:
                    await self._ask(member, cohort, platform, now)
                except DeliveryError as error:
                    refused = error
        if refused:
            raise refused

    async def _introduce(self, place: Place, platform: Platform, at: datetime) -> None:
        marker = self.marker("notice", place.platform, place.channel, place.cohort)
        post = Post(channel=place.channel, card=notice_card(), marker=marker)
        async with self._alone.turn(at, "notice", place.platform, place.channel) as ours:
            now = await self._store.place(place.platform, place.channel)
            if not ours or now is None or now.introduced_at:
                return
            if await platform.find(post) is None:
                await platform.deliver(post)
            await self._store.introduce_place(place.platform, place.channel, at)

    async def _welcome(self, name: str, people: Sequence[Known], cohort: Cohort, platform: Platform, at: datetime) -> None:
        """Take people into a cohort, and ask new students to acknowledge the policy."""
        refused: DeliveryError | None = None
        staff = _names_of_staff(cohort)
        for known in people:
            role = Role.INSTRUCTOR if _folded(known.name) in staff else Role.STUDENT
            await self._store.join(Member(platform=name, person=known.person, cohort=cohort.name, role=role, joined_at=at))
            member = await self._member(name, known.person, cohort.name)
            try:
                if member and _never_asked(member):
                    await self._ask(member, cohort, platform, at)
            except DeliveryError as error:  # one mailbox that is shut keeps nobody else from being told
                refused = error
        if refused:
            raise refused

    async def _ask(self, member: Member, cohort: Cohort, platform: Platform, at: datetime) -> None:
        profile = self._base.profiles[cohort.profile]
        version = policy_version(profile)
        if member.role is not Role.STUDENT or version.covers(member.acknowledged):
            return
        async with self._alone.turn(at, "ask", member.platform, member.person, cohort.name) as ours:
            if not ours or await self._member(member.platform, member.person, cohort.name) != member:
                return  # another process asks, or they acknowledged meanwhile
            asked = welcome_card(cohort, profile, again=member.asked_at is not None, changed=member.acknowledged is not None)
            with contextlib.suppress(UnreachableError):  # who can't be written to is counted, and asked when they can be
                await platform.deliver(Letter(member.person, asked))
                await self._store.ask_member(member, version.recorded, _times(member, version) + 1, at)

    async def _member(self, name: str, person: str, cohort: str) -> Member | None:
        return next((m for m in await self._store.memberships(name, person) if m.cohort == cohort), None)

    async def _elsewhere(self, place: Place, platform: Platform) -> set[str]:
        """Who is in a cohort's other channels of the same workspace."""
        others = [
            p for p in await self._store.places(place.cohort) if p.platform == place.platform and p.channel != place.channel
        ]
        return {known.person for other in others for known in await platform.people(other.channel)}


def _times(member: Member, version: PolicyVersion) -> int:
    """How often somebody was asked to acknowledge this version, or one that stands for it."""
    return member.asked if version.covers(member.asked_version) else 0


def _never_asked(member: Member) -> bool:
    return member.role is Role.STUDENT and member.asked_at is None and member.acknowledged is None


def _names_of_staff(cohort: Cohort) -> set[str]:
    coordinator = [cohort.coordinator.name] if cohort.coordinator else []
    return {_folded(name) for name in [*coordinator, *(n for member in cohort.staff for n in (member.name, *member.aliases))]}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
