"""What became of a term: everything that was due beside everything that stands in the chats and in the database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from core.cohort import Cohort
from core.scheduling.days import monday
from core.scheduling.prompter import WINDOW
from core.storage.slots import Decision, Kind, State
from tests.scheduling.replica import Line, read
from tests.scheduling.terms import HEADINGS, Expected, expected
from tests.scheduling.world import PLATFORMS

SLOW = timedelta(hours=4)  # by which a clock of a replica may be wrong, and tries may lie apart
KINDS = {heading: kind for kind, heading in HEADINGS.items()}


@dataclass(slots=True)
class Weather:
    """What went wrong, and when nothing did."""

    calm: list[datetime] = field(default_factory=list)  # ticks at which nothing went wrong
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)

    def out(self, now: datetime) -> bool:
        """Whether no replica ticks."""
        return any(first <= now < last for first, last in self.outages)


class Account:
    """Of everything that everybody sees, by place: platform and cohort."""

    def __init__(
        self, members: Sequence[Cohort], chats: Path, weather: Weather, recorded: Mapping[str, Sequence[Decision]]
    ) -> None:
        self._members = members
        self._calm = frozenset(weather.calm)
        self._outages = weather.outages
        self._recorded = {(d.slot.cohort, d.slot.kind, d.slot.day): d for found in recorded.values() for d in found}
        self._posts = {(name, one.name): read(chats / name / f"C-{one.name}") for name in PLATFORMS for one in members}
        self.letters = {one.name: read(chats / PLATFORMS[0] / f"U-{one.name}") for one in members}
        self.counted: dict[Kind, Counter[str]] = defaultdict(Counter)

    def checked(self) -> str:
        """How many of each kind ended how, in all places.

        Raises AssertionError unless each slot was posted once in each place, in its minute or by the rules, or is recorded as
        missed, and nothing else was posted.
        """
        self._once()
        for one in self._members:
            due = list(expected(one))
            for name in PLATFORMS:
                left = {(KINDS[line.heading], line.marker): line for line in self._posts[name, one.name]}
                for slot in due:
                    self._slot(slot, one, left)
                assert not left, f"{one.name} was shown what was not due: {[line.now for line in left.values()]}"
        waiting = [key for key, decision in self._recorded.items() if decision.state is State.PLANNED]
        assert not waiting, f"never ended: {waiting[:5]}"
        self._told()
        ends = ("in its minute", "late", "missed", "skipped")
        lines = [f"{'':14}" + "".join(f"{end:>15}" for end in ends)]
        lines += [
            f"{HEADINGS[kind][-13:]:14}" + "".join(f"{counted[end]:>15}" for end in ends)
            for kind, counted in self.counted.items()
        ]
        letters = sum(map(len, self.letters.values()))
        return "\n".join([*lines, f"letters to coordinators: {letters}"])

    def _once(self) -> None:
        for place, lines in [*self._posts.items(), *self.letters.items()]:
            for what in (
                Counter(line.marker for line in lines),
                Counter((line.heading, line.text, line.now[:10]) for line in lines),
            ):
                assert max(what.values(), default=1) == 1, f"said twice in {place}: {what.most_common(2)}"

    def _slot(self, slot: Expected, one: Cohort, left: dict[tuple[Kind, str], Line]) -> None:
        """Take what was posted for a slot out of what is left of a place's posts."""
        near = [
            key
            for key, line in left.items()
            if key[0] is slot.kind and slot.at <= datetime.fromisoformat(line.wall) <= slot.at + WINDOW
        ]
        counted = self.counted[slot.kind]
        if not near:
            counted[self._excused(slot, one)] += 1
            return
        assert len(near) == 1, slot
        line = left.pop(near[0])
        now = datetime.fromisoformat(line.now)
        if slot.at in self._calm:
            assert now == slot.at, f"{slot} was posted at {now}, though nothing went wrong"
        if slot.kind is Kind.FOLLOW_UP:
            assert line.thread, slot
        counted["in its minute" if now == slot.at else "late"] += 1

    def _excused(self, slot: Expected, one: Cohort) -> str:
        """Why something was not posted. Raises AssertionError where there is no reason."""
        assert slot.at not in self._calm or slot.kind is Kind.FOLLOW_UP, f"{slot} is missing, though nothing went wrong"
        decision = self._recorded.get((slot.cohort, slot.kind, self._day(slot, one)))
        if slot.kind is Kind.FOLLOW_UP and (decision is None or decision.state is State.SKIPPED):
            prompt = self._recorded[slot.cohort, Kind.PROMPT, self._day(slot, one)]
            assert prompt.state is State.LATE, slot
            return "skipped"
        assert decision, f"nothing is known of {slot}"
        assert decision.state is State.LATE, slot
        assert any(first <= slot.at + SLOW and last >= slot.at + WINDOW - SLOW for first, last in self._outages), slot
        return "missed"

    def _day(self, slot: Expected, one: Cohort) -> date:
        local = slot.at.astimezone(one.zone).date()
        if slot.kind is Kind.SELF_CHECK:
            return local.replace(day=1)
        return monday(local - timedelta(days=2)) if slot.kind is Kind.FOLLOW_UP else monday(local)

    def _told(self) -> None:
        """Coordinators got a note with each prompt, and heard of each week in which something was missed."""
        for one in self._members:
            headings = Counter(line.heading.partition(":")[0] for line in self.letters[one.name])
            notes = [d for (name, kind, _), d in self._recorded.items() if name == one.name and kind is Kind.NOTE]
            assert headings["For you alone"] == sum(d.state is State.DONE for d in notes), one.name
            missed = [d for (name, kind, _), d in self._recorded.items() if name == one.name and kind is Kind.MISSED]
            assert headings[f"Not posted in {one.name}"] == sum(d.state is State.DONE for d in missed), one.name
