"""The store, as the rest of core sees it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from core.cohort import Cohort
from core.nudging.manners import Past
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import HIGHEST, Judged
from core.storage.slots import SlotStore

MARK = ""  # the holder of what is only marked as done


class Claim(StrEnum):
    """What became of a claim on an event."""

    TAKEN = "taken"  # it is this process's to work on
    HELD = "held"  # another works on it
    DONE = "done"  # it was worked on


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel that a cohort uses."""

    platform: str  # and its workspace, for example `slack:T0123`
    channel: str
    cohort: str
    seminar: bool = False  # stories may be told here
    soft_bound: float = HIGHEST  # up to which likelihood feedback may raise what a gentle nudge needs; 0 for not at all
    introduced_at: datetime | None = None  # when it was told what is looked for
    prompts: bool = True  # weekly prompts go there, unless it is a seminar


@dataclass(frozen=True, slots=True)
class Person:
    """What an author asked for, or was told; by key."""

    author: str
    paused_until: datetime | None = None
    summed_up_at: datetime | None = None
    introduced_at: datetime | None = None


class Role(StrEnum):
    """What somebody is in a cohort."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"
    COORDINATOR = "coordinator"


RANK = {Role.STUDENT: 0, Role.INSTRUCTOR: 1, Role.COORDINATOR: 2}  # who may do more


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of a cohort on a platform, by the platform's own id, so that they can be written to."""

    platform: str
    person: str
    cohort: str
    role: Role = Role.STUDENT
    joined_at: datetime
    asked: int = 0  # times to acknowledge the policy
    asked_version: str | None = None  # of which version that was
    asked_at: datetime | None = None
    acknowledged: str | None = None  # the policy version, as core.kb.versions records it
    acknowledged_at: datetime | None = None


class Holder(StrEnum):
    """What a reference leads to."""

    TENANT = "tenant"  # anything in it, where nothing nearer is known
    TEAM = "team"
    CHANNEL = "channel"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where a platform is reached for somebody or something, as it said last; only for platforms that ask to be told."""

    platform: str
    holder: Holder
    name: str  # the platform's id of a person, channel, team or tenant
    service: str = ""  # the URL to call
    conversation: str = ""  # a person's private conversation, or a channel's team
    account: str = ""  # a person's other id, which conversations are opened with
    unreachable: bool = False  # the platform said that this person can't be written to


def judgements(nudges: Iterable[NudgeRecord]) -> list[Judged]:
    """A nudge after which a message was changed or taken down was right; one that its author called wrong was not."""
    return [
        Judged(nudge.category, nudge.tier, nudge.band, nudge.rule, nudge.closing is Closing.JUDGED)
        for nudge in nudges
        if nudge.closing and not nudge.shadow
    ]


class Store(SlotStore, Protocol):
    """Keeps cohorts, their channels, and what little is remembered of nudges.

    Every method raises StoreError when the database can't be used.
    """

    async def ping(self) -> None:
        """Nothing, when the database answers and has its tables; for readiness, so without patience."""
        ...

    async def put_cohort(self, cohort: Cohort) -> bool:
        """Keep a cohort, in place of one of the same name; True when it is new."""
        ...

    async def cohort(self, name: str) -> Cohort | None:
        """The cohort of that name."""
        ...

    async def cohorts(self) -> Sequence[Cohort]:
        """All cohorts, by name."""
        ...

    async def cohort_names(self) -> Sequence[str]:
        """The names of all cohorts, in order."""
        ...

    async def put_shadow(self, cohort: str, on: bool) -> bool:
        """Switch a cohort's shadow mode, in which everything is counted and nobody is nudged; False without such a cohort."""
        ...

    async def shadow(self, cohort: str) -> bool:
        """Whether a cohort is in shadow mode."""
        ...

    async def put_place(self, place: Place) -> None:
        """Keep a channel's setting, in place of an earlier one."""
        ...

    async def drop_place(self, platform: str, channel: str) -> None:
        """Forget a channel's setting."""
        ...

    async def set_seminar(self, platform: str, channel: str, seminar: bool) -> None:
        """Say whether stories may be told in a channel."""
        ...

    async def introduce_place(self, platform: str, channel: str, at: datetime) -> bool:
        """Keep that a channel was told what is looked for; False when it had been told before, or isn't kept."""
        ...

    async def place(self, platform: str, channel: str) -> Place | None:
        """The setting of a channel."""
        ...

    async def places(self, cohort: str) -> Sequence[Place]:
        """A cohort's channels, by platform and channel."""
        ...

    async def prompt_places(self) -> Sequence[Place]:
        """The channels of all cohorts that weekly prompts go to, by platform and channel."""
        ...

    async def claim(self, key: str, holder: str, now: datetime, lease: timedelta) -> Claim:
        """Take an event to work on, unless another holds it or it was done; a claim that ran out can be taken over."""
        ...

    async def done(self, key: str) -> datetime | None:
        """When an event was worked on, or what was marked as done."""
        ...

    async def mark(self, key: str, at: datetime) -> bool:
        """Keep that something was done, at the latest of its times, for as long as nudges; False when it had been."""
        ...

    async def finish(self, key: str, holder: str, now: datetime) -> bool:
        """Say that an event was worked on; False when the claim had been lost to another."""
        ...

    async def release(self, key: str, holder: str) -> None:
        """Give a claim up, so that the next delivery is worked on at once."""
        ...

    async def add_nudge(self, nudge: NudgeRecord) -> bool:
        """Remember a nudge; False when its message has one."""
        ...

    async def raise_nudge(self, nudge: NudgeRecord) -> None:
        """Put a hard nudge in the place of a message's soft one, open and not yet delivered."""
        ...

    async def nudge(self, message: str) -> NudgeRecord | None:
        """The nudge of a message, by the message's key."""
        ...

    async def deliver_nudge(self, message: str, at: datetime) -> None:
        """Say that a message's nudge reached its author."""
        ...

    async def close_nudge(self, message: str, at: datetime, closing: Closing, feedback: Feedback | None = None) -> bool:
        """Say how a nudge ended; False when there is none, or it was closed before."""
        ...

    async def past(self, author: str, since: datetime) -> Past:
        """What bears on an author's next nudge."""
        ...

    async def person(self, author: str) -> Person:
        """What an author asked for, or was told."""
        ...

    async def pause_person(self, author: str, until: datetime | None) -> None:
        """Keep until when an author wants no gentle nudges."""
        ...

    async def sum_up_person(self, author: str, at: datetime) -> None:
        """Keep that an author was told the sum of a day."""
        ...

    async def introduce_person(self, author: str, at: datetime) -> bool:
        """Keep that an author was told who speaks; False when they had been told before."""
        ...

    async def join(self, member: Member) -> bool:
        """Keep a member; False when they are one already, and then only a higher role is taken over."""
        ...

    async def leave(self, platform: str, person: str, cohort: str) -> None:
        """Forget a member of a cohort, and where they are reached unless they are in another."""
        ...

    async def memberships(self, platform: str, person: str) -> Sequence[Member]:
        """What somebody is a member of, the latest first."""
        ...

    async def members(self, cohort: str) -> Sequence[Member]:
        """A cohort's members, by platform and id."""
        ...

    async def ask_member(self, member: Member, version: str, times: int, at: datetime) -> bool:
        """Keep how often a member was asked to acknowledge a version; False when another process asked first, or they did."""
        ...

    async def acknowledge(self, platform: str, person: str, cohort: str, version: str | None, at: datetime) -> None:
        """Keep what a member acknowledged; None takes it back, and asks anew."""
        ...

    async def count_answer(self, cohort: str, entry: str, code: str) -> None:
        """Count what an asker made of an entry's answer; nobody is kept with it."""
        ...

    async def answers_counted(self, cohort: str) -> Sequence[tuple[str, str, int]]:
        """Entries, codes and how often, the most frequent first."""
        ...

    async def nudges_of(self, author: str) -> Sequence[NudgeRecord]:
        """Everything remembered of an author's nudges, the oldest first."""
        ...

    async def nudges_in(self, cohort: str, since: datetime) -> Sequence[NudgeRecord]:
        """A cohort's nudges since then, for counts alone; the oldest first."""
        ...

    async def judged(self, channel: str) -> Sequence[Judged]:
        """What a channel's authors made of their nudges, by the channel's key."""
        ...

    async def forget(self, author: str) -> int:
        """Delete everything about an author; how many records that were."""
        ...

    async def purge(self, nudges_before: datetime, claims_before: datetime) -> dict[str, int]:
        """Delete old nudges, people of whom nothing newer is known, marks and ended claims of all cohorts; how many of each."""
        ...

    async def purge_nudges(self, cohort: str, before: datetime) -> int:
        """Delete a cohort's nudges older than that; how many."""
        ...

    async def end_cohort(self, cohort: str) -> dict[str, int]:
        """Delete everything kept of a cohort; how many of each kind, none where there is no such cohort."""
        ...

    async def forget_platform(self, platform: str) -> dict[str, int]:
        """Delete a workspace's channels, members, references and installation; how many of each."""
        ...

    async def put_installation(self, platform: str, secret: str) -> None:
        """Keep how the bot is installed in a workspace, encrypted, in place of what was kept."""
        ...

    async def installation(self, platform: str) -> str | None:
        """How the bot is installed in a workspace, encrypted."""
        ...

    async def put_reference(self, reference: Reference) -> bool:
        """Keep where somebody or something is reached, in place of what was kept; True when it is new."""
        ...

    async def reference(self, platform: str, holder: Holder, name: str) -> Reference | None:
        """Where somebody or something is reached."""
        ...

    async def references(self, platform: str, holder: Holder) -> Sequence[Reference]:
        """All of a kind, by name."""
        ...

    async def drop_reference(self, platform: str, holder: Holder, name: str) -> None:
        """Forget where somebody or something is reached."""
        ...

    async def unreachable(self, cohort: str) -> int:
        """How many members of a cohort can't be written to."""
        ...

    async def close(self) -> None:
        """Give connections back; the store can't be used afterwards."""
        ...
