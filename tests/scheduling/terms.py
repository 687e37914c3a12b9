"""Five hundred cohorts in twelve zones, and what each is due, reckoned here anew: by looking at every minute of their clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from core.cohort import Cohort
from core.scheduling.days import WEEKDAYS
from core.storage.slots import Kind
from tests.scheduling.world import cohort

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
HEADINGS = {Kind.PROMPT: "This week's prompt", Kind.FOLLOW_UP: "To go on with", Kind.SELF_CHECK: "This month's self-check"}
ZONES = {  # and the public holidays kept there
    "America/Edmonton": "CA-AB",
    "America/St_Johns": "CA-NL",  # half an hour beside the others
    "Europe/London": "GB-ENG",
    "Australia/Lord_Howe": "AU-NSW",  # clocks move by half an hour
    "Australia/Sydney": "AU-NSW",  # summer ends in April
    "America/Santiago": "CL",
    "Pacific/Auckland": "NZ",
    "Asia/Kolkata": "IN",
    "Asia/Kathmandu": None,  # a quarter of an hour beside the others
    "Asia/Tehran": None,
    "Pacific/Apia": None,
    "Pacific/Chatham": "NZ",
}
TIMES = (("monday", time(9)), ("sunday", time(2, 30)), ("friday", time(8, 15)), ("sunday", time(1, 30)))


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """Something that everybody in a cohort's channels is to see once."""

    at: datetime  # in UTC
    cohort: str
    kind: Kind


def cohorts(number: int, start: date, weeks: int, times: int = len(TIMES)) -> list[Cohort]:
    """A term with a break in the middle, in every zone, at hours at which clocks jump too."""
    middle = start + timedelta(weeks=weeks // 2)
    term = {"start": start, "end": start + timedelta(weeks=weeks, days=-3), "breaks": ((middle, middle + 4 * DAY),)}
    found = []
    for n in range(number):
        zone, place = list(ZONES.items())[n % len(ZONES)]
        weekday, at = TIMES[n // len(ZONES) % times]
        values = {"timezone": zone, "holidays": place, "term": term, "prompts": {"weekday": weekday, "at": at}}
        found.append(cohort(f"Cohort {n}", **values))
    return found


def expected(one: Cohort) -> Iterator[Expected]:
    """What the calendar promises: a prompt a week, its follow-up two days later, and a self-check with a month's first prompt."""
    term, times = one.term, one.prompts
    assert term
    assert times
    months: set[int] = set()
    for number in range((term.end - term.start).days + 1):
        day = term.start + number * DAY
        if day.weekday() != WEEKDAYS.index(times.weekday) or _off(one, day):
            continue
        if _holiday(one, day):
            week = (day + n * DAY for n in range(1, 5 - day.weekday()))
            free = next((d for d in week if d <= term.end and not _holiday(one, d) and not _off(one, d)), None)
            if free is None:
                continue
            day = free
        yield Expected(moment(one.timezone, day, times.at), one.name, Kind.PROMPT)
        if day.month not in months:
            months.add(day.month)
            yield Expected(moment(one.timezone, day, times.at), one.name, Kind.SELF_CHECK)
        later = day + 2 * DAY
        if later <= term.end and not _holiday(one, later) and not _off(one, later):
            yield Expected(moment(one.timezone, later, times.at), one.name, Kind.FOLLOW_UP)


@cache
def moment(zone: str, day: date, at: time) -> datetime:
    """The first minute of a day at which a clock on the wall shows that time, or has passed it."""
    wanted, wall = datetime.combine(day, at), ZoneInfo(zone)
    minute = wanted.replace(tzinfo=wall).astimezone(UTC) - timedelta(hours=3)  # clocks jump by less
    while minute.astimezone(wall).replace(tzinfo=None) < wanted:
        minute += MINUTE
    return minute


def _holiday(one: Cohort, day: date) -> bool:
    country, _, part = (one.holidays or "").partition("-")
    return bool(country) and day in _holidays(country, part or None)


@cache
def _holidays(country: str, part: str | None) -> object:
    return holidays.country_holidays(country, subdiv=part)


def _off(one: Cohort, day: date) -> bool:
    assert one.term
    return any(first <= day <= last for first, last in one.term.breaks)
