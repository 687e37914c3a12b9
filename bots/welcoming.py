"""How channels and people come into a cohort: the notice in public, the policy in brief to each student alone."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from core.cohort import Cohort
from core.errors import UnreachableError
from core.kb.schema import KnowledgeBase
from core.kb.versions import policy_version
from core.ports import Letter, Platform, Post
from core.speech.welcome import invited_card, notice_card, welcome_card
from core.storage.store import Member, Place, Role, Store

ASKED_AT_MOST = 3  # times to acknowledge one version
AGAIN = timedelta(days=7)


class Welcoming:
    """Greets channels and people, each once; one for a process."""

    def __init__(self, base: KnowledgeBase, store: Store, marker: Callable[..., str]) -> None:
        """`marker` turns names into a short key that says nothing."""
        self._base = base
        self._store = store
        self._marker = marker

    async def place(
        self, name: str, channel: str, cohort: Cohort, platform: Platform, at: datetime, *, seminar: bool | None = None
    ) -> None:
        """Take a channel into a cohort, tell it once what is looked for, and welcome who is in it; `None` keeps its mode."""
        known = await self._store.place(name, channel)
        if known is None or known.cohort != cohort.name:
            known = Place(platform=name, channel=channel, cohort=cohort.name)
            await self._store.put_place(known)
        if seminar is not None and seminar != known.seminar:
            await self._store.set_seminar(name, channel, seminar)
        if known.introduced_at is None:
            await platform.deliver(Post(channel=channel, card=notice_card(), marker=self._marker("notice", name, channel)))
            await self._store.introduce_place(name, channel, at)
        for person in await platform.people(channel):
            await self.arrived(name, person.person, cohort, platform, at)

    async def adopted(self, name: str, channel: str, platform: Platform, at: datetime) -> Cohort | None:
        """The only cohort there is takes in a channel that nobody chose a cohort for; None where that is open."""
        names = await self._store.cohort_names()
        only = await self._store.cohort(names[0]) if len(names) == 1 else None
        if only:
            await self.place(name, channel, only, platform, at)
        return only

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
        if place and (cohort := await self._store.cohort(place.cohort)) and await platform.known(person):
            await self.arrived(name, person, cohort, platform, at)

    async def left(self, name: str, channel: str, person: str, platform: Platform) -> None:
        """Somebody left a channel; who is in no other of the cohort's is no student of it any more."""
        place = await self._store.place(name, channel)
        if place is None:
            return
        others = [p.channel for p in await self._store.places(place.cohort) if p.platform == name and p.channel != channel]
        for other in others:
            if person in {known.person for known in await platform.people(other)}:
                return
        members = await self._store.memberships(name, person)
        if any(member.cohort == place.cohort and member.role is Role.STUDENT for member in members):
            await self._store.leave(name, person, place.cohort)

    async def arrived(self, name: str, person: str, cohort: Cohort, platform: Platform, at: datetime) -> None:
        """Take somebody into a cohort, and ask a new student to acknowledge the policy."""
        member = Member(platform=name, person=person, cohort=cohort.name, joined_at=at)
        if await self._store.join(member):
            await self._ask(member, cohort, platform, at)

    async def remind(self, cohort: Cohort, platforms: Callable[[str], Platform | None], now: datetime) -> None:
        """Ask those again who have not acknowledged the policy in force, a few times and not too often."""
        version = policy_version(self._base.profiles[cohort.profile])
        for member in await self._store.members(cohort.name):
            platform = platforms(member.platform)
            due = member.asked_at is None or now - member.asked_at >= AGAIN
            if platform and due and not version.covers(member.acknowledged) and member.asked < ASKED_AT_MOST:
                await self._ask(member, cohort, platform, now)

    async def _ask(self, member: Member, cohort: Cohort, platform: Platform, at: datetime) -> None:
        if member.role is Role.STUDENT and await self._store.ask_member(member, at):
            profile = self._base.profiles[cohort.profile]
            with contextlib.suppress(UnreachableError):  # one who can't be written to keeps nobody else waiting
                await platform.deliver(Letter(member.person, welcome_card(cohort, profile, again=member.asked > 0)))
