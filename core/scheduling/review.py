"""When which policies want to be looked at again: pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.cohort import Cohort, Term
from core.kb.schema import KnowledgeBase
from core.scheduling.days import Day, days

YEAR = timedelta(days=365)
ASKED = 2  # weeks at a term's start in which the coordinator is reminded of the agencies' policies


@dataclass(frozen=True, slots=True)
class Dates:
    """How old everything is."""

    versions: Mapping[str, Mapping[str, date]]  # of a profile's sources, where they are dated
    reviewed: Mapping[date, int]  # how many answers were reviewed on a day


@dataclass(frozen=True, slots=True)
class Review:
    """What a coordinator is reminded of."""

    ask_agencies: bool
    sources: tuple[str, ...]  # by id, whose version is over a year old
    answers: int  # that nobody reviewed for over a year

    def __bool__(self) -> bool:
        return self.ask_agencies or bool(self.sources) or self.answers > 0


def dates_of(base: KnowledgeBase) -> Dates:
    """The dates of a knowledge base, gathered once."""
    versions = {name: _date(source.version) for name, source in base.sources.items()}
    return Dates(
        {
            profile.name: {name: at for name in profile.sources if (at := versions.get(name))}
            for profile in base.profiles.values()
        },
        Counter(entry.reviewed for entry in base.entries.values() if entry.reviewed),
    )


def reviews(cohort: Cohort, dates: Dates, term: Term) -> Iterator[tuple[Day, Review]]:
    """A term's reminders: of agencies' policies in its first weeks, and once of each policy that is over a year old."""
    told: frozenset[str | date] = frozenset()
    month = None
    for number, day in enumerate(days(cohort, term)):
        asked = cohort.term is not None and number < ASKED
        old: frozenset[str | date] = frozenset()
        if month != (month := day.day.replace(day=1)):
            old = _old(cohort, dates, day.day) - told
            told |= old
        sources = tuple(sorted(name for name in old if isinstance(name, str)))
        review = Review(asked, sources, sum(dates.reviewed[at] for at in old if isinstance(at, date)))
        if review:
            yield day, review


def _old(cohort: Cohort, dates: Dates, day: date) -> frozenset[str | date]:
    sources = {name for name, at in dates.versions.get(cohort.profile, {}).items() if day - at > YEAR}
    return frozenset(sources | {at for at in dates.reviewed if day - at > YEAR})


def _date(version: str | None) -> date | None:
    return date.fromisoformat(version) if version and re.fullmatch(r"\d{4}-\d{2}-\d{2}", version) else None
