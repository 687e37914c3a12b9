"""A cohort: who is in it, where they are placed, which profile and calendar it keeps."""

from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from core.errors import CohortFileError
from core.yamlfile import read

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
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
        for first, last in self.breaks:
            if last < first:
                raise ValueError(f"the break from {first} ends before it starts; swap its dates")
            if first < self.start or last > self.end:
                raise ValueError(f"the break from {first} to {last} lies outside the term; correct its dates")
        return self


def _clock(value: object) -> object:
    # YAML 1.1 reads an unquoted 09:00 as the number 540
    return f"{value // 60:02}:{value % 60:02}" if isinstance(value, int) and not isinstance(value, bool) else value


class PromptTimes(_Part):
    """When the weekly prompt goes out, by the clock on the cohort's wall."""

    weekday: Weekday
    at: Annotated[time, BeforeValidator(_clock)]


class Cohort(_Part):
    """One cohort; only name, profile and time zone are required."""

    name: Name
    profile: Name
    timezone: Name
    term: Term | None = None
    prompts: PromptTimes | None = None
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

    @property
    def zone(self) -> ZoneInfo:
        """The cohort's time zone."""
        return ZoneInfo(self.timezone)


def default_cohort() -> Cohort:
    """Nobody in particular: the default profile, no roster."""
    return Cohort(name="default", profile="mru", timezone="America/Edmonton")


def read_cohort(path: Path, profiles: Iterable[str]) -> Cohort:
    """The cohort in a file. Raises CohortFileError with every fault and its line."""
    file = read(path)
    known = frozenset(profiles)
    cohort = file.parse(Cohort) if file.data is not None else None
    if isinstance(file.data, dict) and (given := file.data.get("profile")) and given not in known:
        file.fault(("profile",), f"profile: '{given}' is unknown; the profiles are {', '.join(sorted(known))}")
    if file.faults or cohort is None:
        raise CohortFileError(file.faults)
    return cohort
