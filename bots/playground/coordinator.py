"""The page's cohort: who is in it, and what its coordinator sees beside the cards."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.coordinating import SINCE, Coordinating
from bots.playground.delivery import PlaygroundPlatform
from bots.playground.render import shown
from bots.playground.room import COHORT, PLATFORM, SEMINAR, Room
from bots.retention import Keep
from bots.welcoming import Welcoming
from core.cohort import Cohort, parse_cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.kb.versions import policy_version
from core.nudging.counts import counts
from core.nudging.wording import of
from core.storage.store import Member, Role, Store


class Cohorts:
    """Brings people and channels into the page's cohort as a workspace would, and shows it to its coordinator."""

    def __init__(
        self,
        room: Room,
        platform: PlaygroundPlatform,
        store: Store,
        base: KnowledgeBase,
        coordinating: Coordinating,
        welcoming: Welcoming,
        keep: Keep,
        forget: Callable[[str, str], Awaitable[int]],
    ) -> None:
        """`forget` deletes what is kept of somebody's nudges, by platform and id."""
        self._room = room
        self._platform = platform
        self._store = store
        self._base = base
        self._coordinating = coordinating
        self._welcoming = welcoming
        self._keep = keep
        self._forget = forget

    async def begin(self, given: Cohort | None) -> None:
        """Go on with the cohort that was here last, unless another is given, or there is none yet."""
        place = await self._store.place(PLATFORM, COHORT)
        known = await self._store.cohort(place.cohort) if place and not given else None
        if known and known.roster:
            self._room.take_over(known)
        await self.take(known or given or self._room.cohort)

    async def take(self, cohort: Cohort) -> None:
        """Make it the page's cohort: its coordinator, its channels, its people; one of another name begins with an empty page."""
        before, now = await self._store.place(PLATFORM, COHORT), datetime.now(UTC)
        another = (before.cohort if before else self._room.cohort.name) != cohort.name
        await self._store.put_cohort(cohort)
        self._room.take_over(cohort if cohort.roster else self._room.cohort, anew=another)
        for person in self._room.people.values():
            if person.role == "coordinator":
                role = Role.COORDINATOR
                await self._store.join(Member(platform=PLATFORM, person=person.id, cohort=cohort.name, role=role, joined_at=now))
        for channel in (COHORT, SEMINAR):
            place = await self._store.place(PLATFORM, channel)
            seminar = None if place and place.cohort == cohort.name else channel == SEMINAR
            await self._welcoming.place(PLATFORM, channel, cohort, self._platform, now, seminar=seminar)
        if before:
            await self._parted(before.cohort, () if another else self._room.people)
        self._room.start_over()

    async def _parted(self, cohort: str, staying: Collection[str]) -> None:
        """Whoever is gone takes along what is kept of them: somebody else of the same name may come one day."""
        for member in await self._store.members(cohort):
            if member.platform == PLATFORM and member.person not in staying:
                await self._store.leave(PLATFORM, member.person, cohort)
                await self._forget(PLATFORM, member.person)

    async def import_(self, person: str, text: str) -> None:
        """Take over a cohort file. Raises InputError, and CohortFileError with every fault."""
        if not await self._platform.rules(person):
            raise InputError("only the coordinator can import a cohort")
        await self.take(parse_cohort(text, self._base.profiles))

    async def follow(self) -> None:
        """Whoever was put on the roster comes in, and whoever was taken off it leaves; of an ended cohort all stay."""
        place = await self._store.place(PLATFORM, COHORT)
        cohort = await self._store.cohort(place.cohort) if place else None
        if cohort and cohort.roster and cohort != self._room.cohort:
            now = datetime.now(UTC)
            self._room.take_over(cohort)
            await self._parted(cohort.name, self._room.people)
            for channel in (COHORT, SEMINAR):
                await self._welcoming.came(PLATFORM, channel, self._platform, now)
        self._room.start_over()

    async def seminars(self) -> set[str]:
        """The channels in which stories may be told."""
        places = [await self._store.place(PLATFORM, name) for name in (COHORT, SEMINAR)]
        return {place.channel for place in places if place and place.seminar}

    async def page(self, person: str) -> dict[str, Any]:
        """Everything on the coordinator's page: each cohort's card with its figures, and what to begin with."""
        now = datetime.now(UTC)
        theirs = await self._coordinating.theirs(self._platform, PLATFORM, person)
        cards = [shown(card) for card in await self._coordinating.cards(self._platform, PLATFORM, person, now)]
        return {
            "cohorts": [
                {"name": cohort.name, "card": card, **await self._figures(cohort, now)}
                for cohort, card in zip(theirs, cards, strict=False)
            ],
            "cards": cards[len(theirs) :],
            "keep": {"nudges": self._keep.nudges.days, "events": self._keep.events.days},
        }

    async def _figures(self, cohort: Cohort, now: datetime) -> dict[str, Any]:
        since = now - SINCE
        summed = counts(await self._store.nudges_in(cohort.name, since), now, cohort.zone)
        version = policy_version(self._base.profiles[cohort.profile])
        students = [member for member in await self._store.members(cohort.name) if member.role is Role.STUDENT]
        return {
            "acknowledged": {"done": sum(version.covers(member.acknowledged) for member in students), "of": len(students)},
            "counts": {
                "since": since.isoformat(),
                "enough": summed.enough,
                "rows": [{**asdict(row), "name": of(self._base, row.category, row.tier).name} for row in summed.rows],
            },
        }

    async def purge(self, person: str, name: str, days: int) -> str:
        """Delete a cohort's older records of nudges; a receipt, which gives no number that could point at somebody."""
        if name not in {cohort.name for cohort in await self._coordinating.theirs(self._platform, PLATFORM, person)}:
            raise InputError("only its coordinators can do that")
        before = datetime.now(UTC) - timedelta(days=days)
        await self._store.purge_nudges(name, before)
        return f"Deleted what is kept of nudges older than {before:%Y-%m-%d %H:%M} UTC."
