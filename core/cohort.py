"""A cohort: who is in it, where they are placed, which profile and calendar it keeps."""

import re
from collections.abc import Iterable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from core.errors import CohortFileError
from core.scheduling.holidays import public_holidays
from core.yamlfile import YamlFile, parsed, read

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
OwnPrompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=3000)]
MAX_TERM = 731  # days
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Part):
    """A student of the cohort, and the other names they go by."""

    name: Name
    aliases: tuple[Name, ...] = ()


class StaffMember(Person):
    """Somebody who works with the cohort: field instructor, agency supervisor, coordinator."""

    role: Name = "staff"


class Coordinator(_Part):
    """Whom refusals and answers point to."""

    name: Name
    contact: Name | None = None


class Term(_Part):
    """First and last day of the term, and its breaks, all days included."""

    start: date
    end: date
    breaks: tuple[tuple[date, date], ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("the term ends before it starts; swap the dates")
        if self.end - self.start > timedelta(days=MAX_TERM):
            raise ValueError("the term is longer than two years; correct its dates")
        for first, last in self.breaks:
            if last < first:
                raise ValueError(f"the break from {first} ends before it starts; swap its dates")
            if first < self.start or last > self.end:
                raise ValueError(f"the break from {first} to {last} lies outside the term; correct its dates")
        return self


class PromptTimes(_Part):
    """When the weekly prompt goes out, by the clock on the cohort's wall."""

    weekday: Weekday
    at: time

    @field_validator("at", mode="before")
    @classmethod
    def _on_a_wall(cls, value: object) -> object:
        if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d(:00)?", value)):
            return value if isinstance(value, time) else value.zfill(5)
        raise ValueError('is not a time of day; write for example "09:00"')


class Cohort(_Part):
    """One cohort; only name, profile and time zone are required."""

    name: Name
    profile: Name
    timezone: Name
    term: Term | None = None
    prompts: PromptTimes | None = None
    holidays: str | None = None  # public ones, of a country or of one of its provinces or states: `CA`, `CA-AB`, `US-NY`
    own_prompts: Annotated[tuple[OwnPrompt, ...], Field(max_length=200)] = ()  # the coordinator's, before any from the bank
    coordinator: Coordinator | None = None
    agencies: tuple[Name, ...] = ()
    roster: Annotated[tuple[Person, ...], Field(max_length=100_000)] = ()
    staff: tuple[StaffMember, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is not an IANA time zone; write for example America/Edmonton") from error
        return value

    @field_validator("holidays")
    @classmethod
    def _known_place(cls, value: str | None) -> str | None:
        if value is not None:
            public_holidays(value)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The cohort's time zone."""
        return ZoneInfo(self.timezone)


def default_cohort() -> Cohort:
    """Nobody in particular: the default profile, no roster."""
    return Cohort(name="default", profile="mru", timezone="America/Edmonton")


def read_cohort(path: Path, profiles: Iterable[str]) -> Cohort:
    """The cohort in a file. Raises CohortFileError with every fault and its line."""
    return _cohort(read(path), profiles)


def parse_cohort(text: str, profiles: Iterable[str]) -> Cohort:
    """The cohort in a text that is no file here. Raises CohortFileError with every fault and its line."""
    return _cohort(parsed(Path("cohort.yaml"), text), profiles)


def _cohort(file: YamlFile, profiles: Iterable[str]) -> Cohort:
    known = frozenset(profiles)
    cohort = file.parse(Cohort, echo=False) if file.data is not None else None
    if isinstance(file.data, dict) and isinstance(given := file.data.get("profile"), str) and given not in known:
        file.fault(("profile",), f"profile: '{given}' is unknown; the profiles are {', '.join(sorted(known))}")
    if file.faults or cohort is None:
        raise CohortFileError(file.faults)
    return cohort
