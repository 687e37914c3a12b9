"""The days of a cohort's calendar: pure, and the same on every machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.cohort import Cohort, PromptTimes, Term
from core.scheduling.holidays import public_holidays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SATURDAY = WEEKDAYS.index("saturday")
DEFAULT_TIMES = PromptTimes(weekday="monday", at=time(9))
OPEN_TERM = 16  # weeks that count as a term where the cohort names none
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which a prompt is due."""

    week: date  # its Monday, by which the week is known
    day: date
    at: datetime  # aware, in the cohort's zone


def days(cohort: Cohort, term: Term) -> list[Day]:
    """A term's days, one a week; none in a break, and a holiday's moves to the next working day of its week, if there is one."""
    times = times_of(cohort)
    first = term.start + timedelta(days=(WEEKDAYS.index(times.weekday) - term.start.weekday()) % 7)
    weekly = (first + timedelta(days=number) for number in range(0, (term.end - first).days + 1, 7))
    moved = (_moved(cohort, term, day) for day in weekly if not in_break(term, day))
    return [Day(monday(day), day, wall_clock(day, times.at, cohort.zone)) for day in moved if day]


def terms(cohort: Cohort, first: date, last: date) -> Sequence[Term]:
    """The cohort's term; where it names none, terms of equal length one after the other, as many as lie between the days."""
    if cohort.term:
        return [cohort.term]
    origin, length = date(2024, 1, 1), timedelta(weeks=OPEN_TERM)
    return list(_open_terms(origin + (first - origin) // length * length, last, length))


def times_of(cohort: Cohort) -> PromptTimes:
    """When prompts go out."""
    return cohort.prompts or DEFAULT_TIMES


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def is_holiday(cohort: Cohort, day: date) -> bool:
    """Whether it is a public holiday where the cohort is."""
    return cohort.holidays is not None and day in public_holidays(cohort.holidays)


def in_break(term: Term, day: date) -> bool:
    """Whether a day lies in one of the term's breaks."""
    return any(first <= day <= last for first, last in term.breaks)


def wall_clock(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That time on the cohort's wall; the next existing minute where clocks skip it, the first one where it comes twice."""
    local = datetime.combine(day, at)
    for _ in range(MINUTES + 1):  # clocks have skipped a whole day
        aware = local.replace(tzinfo=zone, fold=0)
        if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local:
            return aware
        local += timedelta(minutes=1)
    raise AssertionError(f"no such day in {zone}")


def _moved(cohort: Cohort, term: Term, day: date) -> date | None:
    if not is_holiday(cohort, day):
        return day
    later = (day + timedelta(days=number) for number in range(1, SATURDAY - day.weekday()))
    free = (other for other in later if other <= term.end and not is_holiday(cohort, other) and not in_break(term, other))
    return next(free, None)


def _open_terms(start: date, last: date, length: timedelta) -> Iterator[Term]:
    while start <= last:
        yield Term(start=start, end=start + length - timedelta(days=1))
        start += length
