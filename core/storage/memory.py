"""A Store in memory, for tests and for trying things out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.cohort import Cohort
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.memory_slots import MemorySlots
from core.storage.store import MARK, RANK, Claim, Holder, Member, Person, Place, Reference, judgements
from core.vocabulary import Tier


class MemoryStore(MemorySlots):
    """Implements Store; gone with the process."""

    def __init__(self) -> None:
        super().__init__()
        self._shadows: frozenset[str] = frozenset()
        self._places: dict[tuple[str, str], Place] = {}
        self._claims: dict[str, tuple[str, datetime, datetime | None]] = {}  # holder, leased until, done at
        self._nudges: dict[str, NudgeRecord] = {}  # by message
        self._people: dict[str, Person] = {}
        self._members: dict[tuple[str, str, str], Member] = {}  # by platform, person and cohort
        self._installations: dict[str, str] = {}
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._references: dict[tuple[str, Holder, str], Reference] = {}

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

    async def cohort_names(self) -> Sequence[str]:
        return sorted(self._cohorts)

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        if cohort not in self._cohorts:
            return False
        self._shadows = self._shadows | {cohort} if on else self._shadows - {cohort}
        return True

    async def shadow(self, cohort: str) -> bool:
        return cohort in self._shadows

    async def put_place(self, place: Place) -> None:
        self._places[place.platform, place.channel] = place

    async def drop_place(self, platform: str, channel: str) -> None:
        self._places.pop((platform, channel), None)

    async def set_seminar(self, platform: str, channel: str, seminar: bool) -> None:
        if known := self._places.get((platform, channel)):
            self._places[platform, channel] = replace(known, seminar=seminar)

    async def introduce_place(self, platform: str, channel: str, at: datetime) -> bool:
        known = self._places.get((platform, channel))
        if known is None or known.introduced_at:
            return False
        self._places[platform, channel] = replace(known, introduced_at=at)
        return True

    async def place(self, platform: str, channel: str) -> Place | None:
        return self._places.get((platform, channel))

    async def places(self, cohort: str) -> Sequence[Place]:
        return [self._places[name] for name in sorted(self._places) if self._places[name].cohort == cohort]

    async def prompt_places(self) -> Sequence[Place]:
        return [
            place for _, place in sorted(self._places.items(), key=lambda item: item[0]) if place.prompts and not place.seminar
        ]

    async def claim(self, key: str, holder: str, now: datetime, lease: timedelta) -> Claim:
        held = self._claims.get(key)
        if held and held[2]:
            return Claim.DONE
        if held and held[1] > now:
            return Claim.HELD
        self._claims[key] = (holder, now + lease, None)
        return Claim.TAKEN

    async def done(self, key: str) -> datetime | None:
        held = self._claims.get(key)
        return held[2] if held else None

    async def mark(self, key: str, at: datetime) -> bool:
        before = await self.done(key)
        self._claims[key] = (MARK, at, max(before or at, at))
        return before is None

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

    async def pause_person(self, author: str, until: datetime | None) -> None:
        self._people[author] = replace(await self.person(author), paused_until=until)

    async def sum_up_person(self, author: str, at: datetime) -> None:
        self._people[author] = replace(await self.person(author), summed_up_at=at)

    async def introduce_person(self, author: str, at: datetime) -> bool:
        known = await self.person(author)
        if known.introduced_at:
            return False
        self._people[author] = replace(known, introduced_at=at)
        return True

    async def join(self, member: Member) -> bool:
        name = (member.platform, member.person, member.cohort)
        known = self._members.setdefault(name, member)
        if known is not member and RANK[member.role] > RANK[known.role]:
            self._members[name] = replace(known, role=member.role)
        return known is member

    async def leave(self, platform: str, person: str, cohort: str) -> None:
        self._members.pop((platform, person, cohort), None)
        self._forget_strangers(platform, person)

    async def memberships(self, platform: str, person: str) -> Sequence[Member]:
        theirs = [m for m in self._members.values() if (m.platform, m.person) == (platform, person)]
        return sorted(theirs, key=lambda m: (m.joined_at, m.cohort), reverse=True)

    async def members(self, cohort: str) -> Sequence[Member]:
        return [self._members[name] for name in sorted(self._members) if name[2] == cohort]

    async def ask_member(self, member: Member, version: str, times: int, at: datetime) -> bool:
        name = (member.platform, member.person, member.cohort)
        known = self._members.get(name)
        if known is None or (known.asked, known.acknowledged) != (member.asked, member.acknowledged):
            return False
        self._members[name] = replace(known, asked=times, asked_version=version, asked_at=at)
        return True

    async def acknowledge(self, platform: str, person: str, cohort: str, version: str | None, at: datetime) -> None:
        if known := self._members.get((platform, person, cohort)):
            self._members[platform, person, cohort] = replace(
                known, acknowledged=version, acknowledged_at=at if version else None, asked=0
            )

    async def count_answer(self, cohort: str, entry: str, code: str) -> None:
        self._answers[cohort, entry, code] += 1

    async def answers_counted(self, cohort: str) -> Sequence[tuple[str, str, int]]:
        found = [(entry, code, number) for (of, entry, code), number in self._answers.items() if of == cohort]
        return sorted(found, key=lambda row: (-row[2], row[0], row[1]))

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

    async def purge(self, nudges_before: datetime, claims_before: datetime) -> dict[str, int]:
        nudges = [name for name, nudge in self._nudges.items() if nudge.at < nudges_before]
        people = [name for name, person in self._people.items() if _idle(person, nudges_before)]
        claims = [
            name
            for name, (holder, leased, done) in self._claims.items()
            if (done or leased) < (nudges_before if holder == MARK else claims_before)
        ]
        for kept, old in ((self._nudges, nudges), (self._people, people), (self._claims, claims)):
            for name in old:
                kept.pop(name, None)
        return {"nudges": len(nudges), "people": len(people), "claims": len(claims)}

    async def purge_nudges(self, cohort: str, before: datetime) -> int:
        old = [name for name, nudge in self._nudges.items() if nudge.cohort == cohort and nudge.at < before]
        for name in old:
            del self._nudges[name]
        return len(old)

    async def end_cohort(self, cohort: str) -> dict[str, int]:
        def drop(kept: dict[Any, Any], of: Callable[[Any], str]) -> int:
            gone = [name for name in kept if of(name) == cohort]
            for name in gone:
                del kept[name]
            return len(gone)

        self._shadows -= {cohort}
        drop(self._since, str)
        drop(self._paused, str)
        drop(self._planned, lambda slot: str(slot.cohort))
        leaving = [name for name in self._members if name[2] == cohort]
        gone = {
            "cohorts": drop(self._cohorts, str),
            "channels": drop(self._places, lambda name: self._places[name].cohort),
            "nudges": drop(self._nudges, lambda name: self._nudges[name].cohort),
            "members": drop(self._members, lambda name: str(name[2])),
            "answers": drop(self._answers, lambda name: str(name[0])),
            "slots": drop(self._decisions, lambda slot: str(slot.cohort)),
            "sendings": sum(len(self._sendings.pop(slot)) for slot in list(self._sendings) if slot.cohort == cohort),
        }
        for platform, person, _ in leaving:
            self._forget_strangers(platform, person)
        return gone

    async def forget_platform(self, platform: str) -> dict[str, int]:
        channels = [name for name in self._places if name[0] == platform]
        members = [name for name in self._members if name[0] == platform]
        for channel in channels:
            del self._places[channel]
        for member in members:
            del self._members[member]
        references = [name for name in self._references if name[0] == platform]
        for reference in references:
            del self._references[reference]
        installed = int(self._installations.pop(platform, None) is not None)
        return {
            "channels": len(channels),
            "members": len(members),
            "references": len(references),
            "installations": installed,
        }

    async def put_installation(self, platform: str, secret: str) -> None:
        self._installations[platform] = secret

    async def installation(self, platform: str) -> str | None:
        return self._installations.get(platform)

    async def put_reference(self, reference: Reference) -> bool:
        name = (reference.platform, reference.holder, reference.name)
        new = name not in self._references
        self._references[name] = reference
        return new

    async def reference(self, platform: str, holder: Holder, name: str) -> Reference | None:
        return self._references.get((platform, holder, name))

    async def references(self, platform: str, holder: Holder) -> Sequence[Reference]:
        return [self._references[name] for name in sorted(self._references) if name[:2] == (platform, holder)]

    async def drop_reference(self, platform: str, holder: Holder, name: str) -> None:
        self._references.pop((platform, holder, name), None)

    async def unreachable(self, cohort: str) -> int:
        theirs = [self._references.get((p, Holder.PERSON, person)) for p, person, of in self._members if of == cohort]
        return sum(bool(reference and reference.unreachable) for reference in theirs)

    def _forget_strangers(self, platform: str, person: str) -> None:
        """Where somebody is reached is kept while they are in a cohort."""
        if not any(name[:2] == (platform, person) for name in self._members):
            self._references.pop((platform, Holder.PERSON, person), None)

    async def close(self) -> None:
        """Nothing to give back."""


def _idle(person: Person, before: datetime) -> bool:
    return all(at is None or at < before for at in (person.paused_until, person.summed_up_at, person.introduced_at))
