"""Which prompt goes out when: pure, and the same on every machine, because it follows from cohort, week and what was said.

A skipped week changes no other week. Its prompt of the bank stays unused until the bank is used up; a coordinator's own
prompt is never lost that way, it moves to the next week.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.cohort import Cohort, Term
from core.kb.schema import WeeklyPrompt
from core.scheduling.days import OPEN_TERM, Day, days, terms
from core.storage.slots import Decision, State


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """A prompt of the coordinator's own; nothing follows it."""

    id: str
    text: str
    follow_up: str = ""
    facilitator_note: str = ""
    citations: tuple[str, ...] = ()


Prompt = WeeklyPrompt | OwnPrompt
Decided = Mapping[date, Decision]  # about prompts, by week


@dataclass(frozen=True, slots=True)
class Planned:
    """One week's prompt; `at` is aware, in the cohort's zone."""

    week: date  # its Monday
    at: datetime
    prompt: Prompt


def plan(
    cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], today: date, weeks: int, decided: Decided | None = None
) -> list[Planned]:
    """The next `weeks` prompts from `today` on, skipped ones included; fewer when the term ends before."""
    last = today + timedelta(weeks=weeks + OPEN_TERM)
    due = [planned for term in terms(cohort, today, last) for planned in plan_term(cohort, prompts, term, decided or {})]
    return [planned for planned in due if planned.at.date() >= today][:weeks]


def plan_term(cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], term: Term, decided: Decided) -> list[Planned]:
    """A whole term's prompts. What was said already stands, also where cohort or bank changed since."""
    due = days(cohort, term)
    said = {day.week: decided[day.week].choice for day in due if day.week in decided}
    banked = _choose(cohort, prompts, term, due, said)
    return [Planned(day.week, day.at, prompt) for day, prompt in zip(due, _own_first(cohort, due, banked, decided), strict=True)]


def prompt_of(cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], name: str) -> Prompt | None:
    """A prompt of the bank, or of the coordinator's, by its id."""
    return prompts.get(name) or next((own for own in _own(cohort) if own.id == name), None)


def _own(cohort: Cohort) -> list[OwnPrompt]:
    texts = dict.fromkeys(cohort.own_prompts)
    return [OwnPrompt("own-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), text) for text in texts]


def _own_first(cohort: Cohort, due: Sequence[Day], banked: Iterable[WeeklyPrompt], decided: Decided) -> Iterator[Prompt]:
    """The coordinator's own prompts in their order, each in a week of its own that was not skipped; then the bank's."""
    said = {decided[day.week].choice for day in due if day.week in decided}
    own = _own(cohort)
    waiting = [prompt for prompt in own if prompt.id not in said]
    for day, prompt in zip(due, banked, strict=True):
        decision = decided.get(day.week)
        if decision and decision.choice:
            yield next((known for known in own if known.id == decision.choice), prompt)
        elif waiting and decision and decision.state in {State.SKIPPED, State.LATE}:
            yield waiting[0]
        else:
            yield waiting.pop(0) if waiting else prompt


def _choose(
    cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], term: Term, due: Sequence[Day], said: Mapping[date, str]
) -> Iterator[WeeklyPrompt]:
    """A prompt of the bank for each day: none twice until all were used, seasonal ones in season, tags evened out."""
    order = sorted(prompts.values(), key=lambda prompt: _draw(cohort.name, term.start, prompt.id))
    used: set[str] = set()
    tags: Counter[str] = Counter()
    for number, day in enumerate(due):
        season = _season(number, len(due), day.day) if cohort.term else None
        ahead = set() if day.week in said else {name for week, name in said.items() if week > day.week}  # posted before its time
        known = prompts.get(said.get(day.week, ""))
        if known and not _open(order, used, season):
            used.clear()  # as when it was drawn
        chosen = known or _drawn(order, used, ahead, season, tags)
        used.add(chosen.id)
        tags.update(chosen.tags)
        yield chosen


def _drawn(
    order: Sequence[WeeklyPrompt], used: set[str], ahead: set[str], season: str | None, tags: Counter[str]
) -> WeeklyPrompt:
    if not _open(order, used | ahead, season):
        used.clear()
    free = [prompt for prompt in order if prompt.id not in used | ahead] or list(order)
    fitting = [p for p in free if p.season == season] if season else []
    return _least_heard(fitting or [p for p in free if p.season is None] or free, tags)


def _open(order: Iterable[WeeklyPrompt], used: set[str], season: str | None) -> bool:
    """Whether a prompt is left that fits the season, or any."""
    return any(prompt.season in {None, season} for prompt in order if prompt.id not in used)


def _least_heard(prompts: Iterable[WeeklyPrompt], tags: Counter[str]) -> WeeklyPrompt:
    return min(prompts, key=lambda prompt: max(tags[tag] for tag in prompt.tags))


def _season(number: int, count: int, day: date) -> str | None:
    if number == 0:
        return "first_week"
    if number >= count - 2:
        return "ending"
    if day.month == 12 and day.day >= 8:
        return "holidays"
    return "mid_term" if number == count // 2 else None


def _draw(cohort: str, start: date, prompt: str) -> bytes:
    return hashlib.blake2b(f"{cohort}\n{start}\n{prompt}".encode(), digest_size=8).digest()
