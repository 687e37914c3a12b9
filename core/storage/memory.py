"""A Store in memory, for tests and for trying things out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.cohort import Cohort
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.store import Claim, Person, Place, judgements
from core.vocabulary import Tier


class MemoryStore:
    """Implements Store; gone with the process."""

    def __init__(self) -> None:
        self._cohorts: dict[str, Cohort] = {}
        self._shadows: frozenset[str] = frozenset()
        self._places: dict[tuple[str, str], Place] = {}
        self._claims: dict[str, tuple[str, datetime, datetime | None]] = {}  # holder, leased until, done at
        self._nudges: dict[str, NudgeRecord] = {}  # by message
        self._people: dict[str, Person] = {}

    async def ping(self) -> None:
        """It always answers."""

    async def put_cohort(self, cohort: Cohort) -> bool:
        new = cohort.name not in self._cohorts
        self._cohorts[cohort.name] = cohort
        return new

    async def cohort(self, name: str) -> Cohort | None:
        return self._cohorts.get(name)

    async def cohorts(self) -> Sequence[Cohort]:
        return [self._cohorts[name] for name in sorted(self._cohorts)]

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        if cohort not in self._cohorts:
            return False
        self._shadows = self._shadows | {cohort} if on else self._shadows - {cohort}
        return True

    async def shadow(self, cohort: str) -> bool:
        return cohort in self._shadows

    async def put_place(self, place: Place) -> None:
        self._places[place.platform, place.channel] = place

    async def place(self, platform: str, channel: str) -> Place | None:
        return self._places.get((platform, channel))

    async def places(self, cohort: str) -> Sequence[Place]:
        return [self._places[name] for name in sorted(self._places) if self._places[name].cohort == cohort]

    async def claim(self, key: str, holder: str, now: datetime, lease: timedelta) -> Claim:
        held = self._claims.get(key)
        if held and held[2]:
            return Claim.DONE
        if held and held[1] > now:
            return Claim.HELD
        self._claims[key] = (holder, now + lease, None)
        return Claim.TAKEN

    async def finish(self, key: str, holder: str, now: datetime) -> bool:
        held = self._claims.get(key)
        if not held or held[0] != holder or held[2]:
            return False
        self._claims[key] = (holder, held[1], now)
        return True

    async def release(self, key: str, holder: str) -> None:
        held = self._claims.get(key)
        if held and held[0] == holder and not held[2]:
            del self._claims[key]

    async def add_nudge(self, nudge: NudgeRecord) -> bool:
        return self._nudges.setdefault(nudge.message, nudge) is nudge

    async def raise_nudge(self, nudge: NudgeRecord) -> None:
        kept = self._nudges.get(nudge.message)
        if kept and kept.tier is Tier.SOFT:
            self._nudges[nudge.message] = replace(nudge, id=kept.id)

    async def nudge(self, message: str) -> NudgeRecord | None:
        return self._nudges.get(message)

    async def deliver_nudge(self, message: str, at: datetime) -> None:
        if kept := self._nudges.get(message):
            self._nudges[message] = replace(kept, delivered_at=at)

    async def close_nudge(self, message: str, at: datetime, closing: Closing, feedback: Feedback | None = None) -> bool:
        kept = self._nudges.get(message)
        if kept is None or kept.closed_at:
            return False
        self._nudges[message] = replace(kept, closed_at=at, closing=closing, feedback=feedback)
        return True

    async def past(self, author: str, since: datetime) -> Past:
        person = await self.person(author)
        given = [n for n in await self.nudges_of(author) if n.at >= since and not n.shadow]
        return Past(given, person.summed_up_at, person.paused_until)

    async def person(self, author: str) -> Person:
        return self._people.get(author, Person(author))

    async def put_person(self, person: Person) -> None:
        self._people[person.author] = person

    async def nudges_of(self, author: str) -> Sequence[NudgeRecord]:
        return sorted((n for n in self._nudges.values() if n.author == author), key=lambda n: (n.at, n.id))

    async def nudges_in(self, cohort: str, since: datetime) -> Sequence[NudgeRecord]:
        return sorted((n for n in self._nudges.values() if n.cohort == cohort and n.at >= since), key=lambda n: (n.at, n.id))

    async def judged(self, channel: str) -> Sequence[Judged]:
        return judgements(n for n in self._nudges.values() if n.channel == channel)

    async def forget(self, author: str) -> int:
        theirs = [name for name, nudge in self._nudges.items() if nudge.author == author]
        for name in theirs:
            del self._nudges[name]
        return len(theirs) + (self._people.pop(author, None) is not None)

    async def purge(self, before: datetime) -> dict[str, int]:
        nudges = [name for name, nudge in self._nudges.items() if nudge.at < before]
        claims = [name for name, (_, leased, done) in self._claims.items() if (done or leased) < before]
        for name in nudges:
            del self._nudges[name]
        for name in claims:
            del self._claims[name]
        return {"nudges": len(nudges), "claims": len(claims)}

    async def close(self) -> None:
        """Nothing to give back."""
