"""What coordinators put into forms → a cohort and its names, or what is wrong, by field and in plain words; pure."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.cohort import Cohort, Coordinator, Person, PromptTimes, StaffMember, Term

ModelT = TypeVar("ModelT", bound=BaseModel)
_NAME = frozenset({"name", "names", "full name", "display name", "student", "students", "student name", "staff", "staff name"})
_GIVEN, _FAMILY = frozenset({"first name", "given name"}), frozenset({"last name", "family name", "surname"})
_OTHER = (
    "role",
    "preferred name",
    "other names",
    "alias",
    "aliases",
    "nickname",
    "nicknames",
)  # columns that go along, in this order
_SUFFIXES = ("jr", "sr", "ii", "iii", "iv", "phd", "rsw", "msw", "bsw")  # after a comma, that are no given name
_CURES = {  # by field
    "name": "Give the cohort a name of up to 200 characters.",
    "profile": "Choose one of the policies in the list.",
    "timezone": "I don't know this time zone. Write a continent and a city, for example America/Edmonton.",
    "start": "Write the day as year, month, day, for example 2027-01-11.",
    "end": "Write the day as year, month, day, for example 2027-04-16.",
    "breaks": "Write a break as two days, for example 2027-02-15 to 2027-02-19, and each break on a line of its own.",
    "weekday": "Choose a day of the week.",
    "at": "Write the time with hours and minutes, for example 09:00.",
    "contact": "Use up to 200 characters.",
    "agencies": "Write one agency a line, each with up to 200 characters.",
}
_TERM = "Give both the first and the last day, or neither."
_BREAKS = "\t\n\r\f\v\x85"  # the only control characters of a text
NO_NAMES = "I found no names in this file. Write one student a line, or a first line that says which column holds the names."
TOO_LONG = "A name is longer than 200 characters. Write one person a line."


def several(given: str) -> list[str]:
    """What a field with several values holds, each once."""
    return list(dict.fromkeys(part.strip() for part in given.split(",") if part.strip()))


def cohort_of(
    inputs: Mapping[str, str], old: Cohort | None, coordinator: str, profiles: Sequence[str]
) -> tuple[Cohort | None, dict[str, str]]:
    """The cohort that a form describes, or what is wrong by field; what has no field stays as it was."""
    given = _before(old) | {name: value.strip() for name, value in inputs.items()}
    faults: dict[str, str] = {}

    def build(what: type[ModelT], fields: Mapping[str, str], **values: object) -> ModelT | None:
        try:
            return what.model_validate(values)
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][0]) if fault["loc"] else ""
                faults.setdefault(fields.get(name, name), _CURES.get(fields.get(name, name), ""))
            return None

    term = _term(given, faults)
    times = build(PromptTimes, {}, weekday=given.get("weekday", ""), at=given.get("at", ""))
    name = old.coordinator.name if old and old.coordinator else coordinator
    known = build(Coordinator, {"name": "contact"}, name=name, contact=given.get("contact") or None)
    if given.get("profile") not in profiles:
        faults["profile"] = _CURES["profile"]
    settings: dict[str, object] = {
        "profile": given.get("profile", ""),
        "timezone": given.get("timezone", ""),
        "term": term,
        "prompts": times,
        "coordinator": known,
        "agencies": _lines(given.get("agencies", "")),
    }
    kept = old.model_dump() if old else {"name": " ".join(given.get("name", "").split())}
    cohort = build(Cohort, {}, **(kept | settings))
    return (None if faults else cohort), faults


def text_of(content: bytes) -> str | None:
    """A file's text: UTF-8, UTF-16 where it begins with its mark, else Windows-1252; None for what is no text."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if any(unicodedata.category(sign) == "Cc" and sign not in _BREAKS for sign in text) else text
    return None


def people_of(given: str) -> tuple[Person, ...] | None:
    """Students, a line each with their other names; None where a name is too long."""
    try:
        return tuple(Person(name=name, aliases=tuple(rest)) for name, *rest in _rows(given))
    except (ValidationError, csv.Error):
        return None


def staff_of(given: str) -> tuple[StaffMember, ...] | None:
    """Staff, a line each with their role and other names; None where one is too long."""
    try:
        rows = _rows(given, "staff")
        return tuple(StaffMember(name=name, role=(rest or ["staff"])[0], aliases=tuple(rest[1:])) for name, *rest in rows)
    except (ValidationError, csv.Error):
        return None


def _before(old: Cohort | None) -> dict[str, str]:
    """What the fields of a form hold at first."""
    if old is None:
        return {}
    times = {"weekday": old.prompts.weekday, "at": f"{old.prompts.at:%H:%M}"} if old.prompts else {}
    days = {"start": str(old.term.start), "end": str(old.term.end)} if old.term else {}
    breaks = "\n".join(f"{first} to {last}" for first, last in old.term.breaks) if old.term else ""
    contact = (old.coordinator.contact or "") if old.coordinator else ""
    own = {"profile": old.profile, "timezone": old.timezone, "agencies": "\n".join(old.agencies)}
    return times | days | own | {"breaks": breaks, "contact": contact}


def _term(given: Mapping[str, str], faults: dict[str, str]) -> Term | None:
    start, end = given.get("start", ""), given.get("end", "")
    breaks = []
    for line in _lines(given.get("breaks", "")):
        days = line.replace(" to ", " ").replace(",", " ").replace(" - ", " ").replace("–", " ").split()
        if len(days) not in {1, 2}:
            faults["breaks"] = _CURES["breaks"]
        breaks.append((days[0], days[-1]))
    if not start and not end:
        if breaks:
            faults["breaks"] = "Breaks need a term around them. Give its first and last day."
        return None
    if not start or not end:
        faults["end" if start else "start"] = _TERM
        return None
    try:
        return Term.model_validate({"start": start, "end": end, "breaks": breaks})
    except ValidationError as error:
        for fault in error.errors():
            said = fault["msg"].removeprefix("Value error, ")
            field = str(fault["loc"][0]) if fault["loc"] else "breaks" if said.startswith("the break") else "end"
            faults.setdefault(field, _CURES[field] if fault["loc"] else f"{said[0].upper()}{said[1:]}.")
        return None


def _lines(given: str) -> list[str]:
    return [line.strip() for line in given.splitlines() if line.strip()]


def _rows(given: str, role: str = "") -> Iterator[list[str]]:
    """Names of a text area, or of lines of a CSV file; a heading of such a file is no name, nor is an address or a number.

    `role` is a word that stands behind names too, where it makes no heading.
    """
    heading: list[str] = []
    for number, line in enumerate(_lines(given.removeprefix("\ufeff"))):
        between = next((mark for mark in ("\t", ";") if mark in re.sub('"[^"]*"', "", line)), ",")
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=between, skipinitialspace=True))]
        folded = [cell.casefold() for cell in cells]
        telling = [*folded[:1], *(cell for cell in folded[1:] if cell != role)]
        if number == 0 and not (_NAME | _GIVEN | _FAMILY).isdisjoint(telling):
            heading = folded
            continue
        named = _named(heading, cells) if heading else cells
        names = [_spoken(cell) for cell in named if "@" not in cell and any(letter.isalpha() for letter in cell)]
        if names:
            yield names


def _named(heading: Sequence[str], cells: Sequence[str]) -> list[str]:
    """The cells of a line that hold names, as its file's heading says; a programme or a year is no other name."""
    by_name = dict(zip(heading, cells, strict=False))

    def of(names: Iterable[str]) -> str:
        return next((by_name[name] for name in names if by_name.get(name)), "")

    return [of(_NAME) or f"{of(_GIVEN)} {of(_FAMILY)}".strip(), *(by_name[name] for name in _OTHER if by_name.get(name))]


def _spoken(name: str) -> str:
    """A name as it is said: `Doe, Jane` is Jane Doe."""
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma or "," in given or not given or given.casefold().rstrip(".") in _SUFFIXES:
        return " ".join(name.split())
    return f"{given} {family}"
