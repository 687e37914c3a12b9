"""Which prompt goes out when: pure, and the same on every machine, because it follows from cohort and week alone."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.cohort import Cohort, PromptTimes, Term
from core.kb.schema import WeeklyPrompt

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DEFAULT_TIMES = PromptTimes(weekday="monday", at=time(9))
OPEN_TERM = 16  # weeks that count as a term where the cohort names none


@dataclass(frozen=True, slots=True)
class Planned:
    """One week's prompt; `at` is aware, in the cohort's zone."""

    at: datetime
    prompt: WeeklyPrompt


def plan(cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], today: date, weeks: int) -> list[Planned]:
    """The next `weeks` prompts from `today` on; fewer when the term ends before."""
    times = cohort.prompts or DEFAULT_TIMES
    terms = [cohort.term] if cohort.term else _open_terms(today, weeks)
    due: list[Planned] = []
    for term in terms:
        days = list(_days(term, times))
        chosen = _choose(cohort, prompts, term, days)
        due += [Planned(wall_clock(day, times.at, cohort.zone), prompt) for day, prompt in zip(days, chosen, strict=True)]
    return [planned for planned in due if planned.at.date() >= today][:weeks]


def wall_clock(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That time on the cohort's wall; the next existing minute where clocks skip it, the first one where it comes twice."""
    local = datetime.combine(day, at)
    for _ in range(24 * 60):
        aware = local.replace(tzinfo=zone, fold=0)
        if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local:
            return aware
        local += timedelta(minutes=1)
    raise AssertionError(f"no such day in {zone}")


def _open_terms(today: date, weeks: int) -> list[Term]:
    """Terms of equal length one after the other, as many as `weeks` need, for a cohort that names none."""
    first_monday = date(2024, 1, 1)
    current = (today - first_monday).days // 7 // OPEN_TERM
    starts = [first_monday + timedelta(weeks=number * OPEN_TERM) for number in range(current, current + weeks // OPEN_TERM + 2)]
    return [Term(start=start, end=start + timedelta(weeks=OPEN_TERM, days=-1)) for start in starts]


def _days(term: Term, times: PromptTimes) -> Iterator[date]:
    day = term.start + timedelta(days=(WEEKDAYS.index(times.weekday) - term.start.weekday()) % 7)
    while day <= term.end:
        if not any(first <= day <= last for first, last in term.breaks):
            yield day
        day += timedelta(days=7)


def _choose(cohort: Cohort, prompts: Mapping[str, WeeklyPrompt], term: Term, days: Sequence[date]) -> Iterator[WeeklyPrompt]:
    """A prompt for each day: none twice until all were used, seasonal ones in season, tags evened out."""
    order = sorted(prompts.values(), key=lambda prompt: _draw(cohort.name, term.start, prompt.id))
    used: set[str] = set()
    tags: Counter[str] = Counter()
    for number, day in enumerate(days):
        season = _season(number, len(days), day) if cohort.term else None
        free = [prompt for prompt in order if prompt.id not in used]
        if not any(prompt.season in {None, season} for prompt in free):
            used.clear()
            free = order
        fitting = [p for p in free if p.season == season] if season else []
        chosen = _least_heard(fitting or [p for p in free if p.season is None] or free, tags)
        used.add(chosen.id)
        tags.update(chosen.tags)
        yield chosen


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
