"""What the store keeps of scheduled posts: one decision a slot, and one sending for each place it goes to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What is said of the bot's own accord."""

    PROMPT = "prompt"
    FOLLOW_UP = "follow_up"  # later in the week, in the prompt's thread
    NOTE = "facilitator_note"  # with the prompt, to the coordinator alone
    SELF_CHECK = "self_check"  # once a month
    REVIEW = "review"  # of policies, to the coordinator alone
    MISSED = "missed"  # says to the coordinator alone that something was not posted


class State(StrEnum):
    """How far a slot, or one of its sendings, has come."""

    PLANNED = "planned"  # to be sent, or tried again
    SENDING = "sending"  # a process works on it; sendings alone
    DONE = "done"
    SKIPPED = "skipped"
    LATE = "late"  # its time had passed by too much


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """What is said once to a cohort."""

    cohort: str
    kind: Kind
    day: date  # its week's Monday, whichever day of the week it falls on; a self-check's is the first of its month


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a slot; there is at most one, whoever decides first."""

    slot: Slot
    state: State
    due_at: datetime
    choice: str = ""  # the prompt's id, empty where none was opened; of something missed, when it was due


@dataclass(frozen=True, slots=True)
class Sending:
    """A slot on its way to one place."""

    place: str
    state: State
    tries: int  # how often it was taken; who took it holds it until the number changes
    retry_at: datetime | None = None
    message: str | None = None  # the platform's id


@dataclass(frozen=True, slots=True)
class Watched:
    """How a cohort's calendar stands."""

    cohort: str
    version: object  # equal as long as the cohort is the one that was kept
    since: datetime | None = None  # what was due before is nobody's business
    paused_at: datetime | None = None


class SlotStore(Protocol):
    """Keeps what is scheduled, so that it happens once. Every method raises StoreError when the database can't be used."""

    async def calendars(self) -> Sequence[Watched]:
        """Every cohort's calendar, by name."""
        ...

    async def watch(self, cohort: str, since: datetime) -> None:
        """Keep from when on a cohort's calendar counts; the earliest stands."""
        ...

    async def pause_prompts(self, cohort: str, at: datetime | None) -> None:
        """Pause a cohort's calendar, unless it is paused; None ends the pause."""
        ...

    async def decide(self, decision: Decision, *more: Decision) -> bool:
        """Keep a decision; False, and nothing is kept, when there is one. With it go those of `more` that are new."""
        ...

    async def settle(self, slot: Slot, state: State) -> bool:
        """Say how a planned slot ended; False when it had ended, or was never planned."""
        ...

    async def unskip(self, slot: Slot) -> bool:
        """Forget that a slot was skipped; False when it wasn't."""
        ...

    async def decisions(self, cohort: str, since: date) -> Sequence[Decision]:
        """What was decided about a cohort's slots from that day on, by slot."""
        ...

    async def decided(self, cohorts: Collection[str], since: date, now: datetime) -> Collection[Slot]:
        """About which slots of these cohorts, from that day on, was decided, as far as their time has come."""
        ...

    async def due(self, now: datetime) -> Sequence[Decision]:
        """Planned slots whose time has come, of all cohorts, the earliest first."""
        ...

    async def under_way(self, now: datetime) -> Mapping[Slot, Mapping[str, Sending]]:
        """The sendings of all that is due, by slot and place; a slot without any is left out."""
        ...

    async def sendings(self, slot: Slot) -> Mapping[str, Sending]:
        """A slot's sendings, by place."""
        ...

    async def take(self, slot: Slot, place: str, tries: int) -> bool:
        """Take a sending that was last seen with so many tries, none for a new one; False when another took or ended it."""
        ...

    async def hand_back(self, slot: Slot, place: str, tries: int, retry_at: datetime) -> None:
        """Give a sending up until then, unless another has it."""
        ...

    async def sent(self, slot: Slot, place: str, tries: int, message: str | None) -> None:
        """Say that a sending arrived, under the platform's id, unless another has it."""
        ...
