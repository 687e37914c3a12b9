"""What coordinators see and fill in: the cohort, its names, its numbers, who acknowledged, and the end of the term."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from core.cards import Button, Card, Field, Form, Input, Kind, Line, Style, card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase, Profile
from core.kb.versions import policy_version
from core.nudging.counts import ENOUGH, Counts
from core.nudging.wording import of
from core.scheduling.plan import WEEKDAYS
from core.speech.answers import BECAUSE
from core.speech.values import pack
from core.storage.store import Member, Place, Role

OLD = timedelta(days=365)  # after which a policy may need updating, as sjs/age says
NAMED = 30  # people named on a card


def cohort_form(
    base: KnowledgeBase, cohort: Cohort | None, places: Sequence[Place], channel: str = "", zone: str = "America/Edmonton"
) -> Form:
    """The settings of a cohort, or of a new one; `channel` is the one it starts with."""
    term, times = cohort and cohort.term, cohort and cohort.prompts
    ordinary = [place.channel for place in places if not place.seminar] or [channel]
    seminars = [place.channel for place in places if place.seminar]
    profiles = tuple((name, profile.title) for name, profile in base.profiles.items())
    fields = (
        *(() if cohort else (Field("name", "Name of the cohort", hint="For example: BSW Practicum, Winter", longest=200),)),
        Field("profile", "Whose policy binds", Input.CHOICE, cohort.profile if cohort else "mru", profiles),
        Field("timezone", "Time zone", value=cohort.timezone if cohort else zone, hint="For example America/Edmonton"),
        Field("start", "First day of the term", Input.DATE, term.start.isoformat() if term else "", required=False),
        Field("end", "Last day of the term", Input.DATE, term.end.isoformat() if term else "", required=False),
        Field(
            "weekday",
            "Prompts go out on",
            Input.CHOICE,
            times.weekday if times else "monday",
            tuple((d, d.title()) for d in WEEKDAYS),
        ),
        Field("at", "At", Input.TIME, f"{times.at:%H:%M}" if times else "09:00"),
        Field(
            "contact", "How students reach you", value=_contact(cohort), required=False, hint="A telephone number or an address"
        ),
        Field("agencies", "Agencies, one a line", Input.TEXT, "\n".join(cohort.agencies) if cohort else "", required=False),
        Field("channels", "Channels of the cohort", Input.CHANNELS, ",".join(ordinary), required=False),
        Field(
            "seminars",
            "Seminar channels",
            Input.CHANNELS,
            ",".join(seminars),
            required=False,
            hint="Stories without names may be told there; names, numbers and photos are still nudged",
        ),
    )
    lines = (Line("Names of students and staff come next. Everything can be changed later."),) if cohort is None else ()
    return Form("cohort.save", "Cohort", "Save", fields, lines, pack(cohort.name if cohort else ""))


def roster_form(cohort: Cohort, proposed: Sequence[str]) -> Form:
    """The names of a cohort; `proposed` are members of its channels, for a roster that is still empty."""
    students = [", ".join((person.name, *person.aliases)) for person in cohort.roster] or list(proposed)
    staff = [", ".join((member.name, member.role, *member.aliases)) for member in cohort.staff]
    fields = (
        Field("students", "Students", Input.TEXT, "\n".join(students), required=False, hint="A line each: name, other names"),
        Field("staff", "Staff", Input.TEXT, "\n".join(staff), required=False, hint="A line each: name, role, other names"),
    )
    lines = (
        Line("Correct the names as people say them. A CSV file's lines can be pasted as they are. Only the scan uses them."),
    )
    return Form("roster.save", "Names", "Save", fields, lines, pack(cohort.name))


def long_roster_card(cohort: Cohort) -> Card:
    """When there are more names than a form takes."""
    return card(f"{cohort.name} has more names than fit into a form; whoever runs the bot can import a cohort file with them.")


def cohort_card(
    cohort: Cohort, profile: Profile, places: Sequence[Place], *, shadow: bool, stale: Sequence[str], unreachable: int = 0
) -> Card:
    """A cohort at a glance, with all that its coordinator can do; `stale` are policies that may need updating.

    `unreachable` is how many members the bot can't write to.
    """
    term = f"{cohort.term.start} to {cohort.term.end}" if cohort.term else "no dates given"
    seminars = sum(place.seminar for place in places)
    lines = [
        Line(cohort.name, Kind.HEADING),
        Line(f"{profile.title}. Term: {term}. {len(cohort.roster)} students, {len(cohort.staff)} staff, "
             f"{len(cohort.agencies)} agencies; {len(places)} channels, {seminars} of them for seminar."),
    ]  # fmt: skip
    if shadow:
        lines.append(Line("Shadow mode is on: everything is counted, nobody is nudged."))
    if unreachable:
        lines.append(Line(f"{unreachable} of its people can't be reached in private: they are to add me, or unblock me, in their "
                          "chats. Nothing that is for them alone is said in a channel instead."))  # fmt: skip
    lines += [Line(text, Kind.SMALL) for text in stale]
    name = pack(cohort.name)
    switch = Button("End shadow mode", "shadow.off", name) if shadow else Button("Shadow mode", "shadow.on", name)
    buttons = (
        Button("Settings", "cohort.edit", name),
        Button("Names", "roster.edit", name),
        Button("Prompts", "prompts.show", name),
        Button("Numbers", "counts.show", name),
        Button("Acknowledgements", "acknowledged.show", name),
        switch,
        Button("End the term", "term.end", name, style=Style.DANGER),
    )
    return Card(tuple(lines), buttons)


def begin_card() -> Card:
    """For somebody who may set up a cohort."""
    return card(
        "A cohort has its own channels, names, term and prompts.", buttons=(Button("Set up a cohort", "cohort.new", pack("")),)
    )


def stale_policies(base: KnowledgeBase, profile: Profile, today: date) -> list[str]:
    """A line for each of a profile's sources that is dated over a year back."""
    said = []
    for name in profile.sources:
        source = base.sources[name]
        if source.version and (dated := _date(source.version)) and today - dated > OLD:
            said.append(f"{source.title} is dated {dated}: ask whether there is a newer one. [sjs/age]")
    return said


def counts_card(base: KnowledgeBase, cohort: Cohort, summed: Counts, days: int, answers: Sequence[tuple[str, str, int]]) -> Card:
    """Numbers alone, where enough people are behind them."""
    lines = [Line(f"{cohort.name}, the last {days} days", Kind.HEADING)]
    if not summed.rows:
        lines.append(Line(f"Fewer than {ENOUGH} people are behind the numbers of nudges, so none are shown."))
    for row in summed.rows:
        ended = [
            f"{number} {what}" for number, what in ((row.mended, "mended"), (row.judged_wrong, "wrong")) if number is not None
        ]
        of_them = f" ({', '.join(ended)})" if ended else ""
        lines.append(Line(f"• {of(base, row.category, row.tier).name}: {row.nudged}{of_them}"))
    unhelpful = [row for row in answers if row[1] in BECAUSE and row[2] >= ENOUGH]
    lines += [
        Line(f"• The answer {entry} was not helpful {number} times: {BECAUSE[code].lower()}") for entry, code, number in unhelpful
    ]
    return Card(tuple(lines))


def acknowledged_card(cohort: Cohort, profile: Profile, members: Sequence[Member], names: Mapping[str, str]) -> Card:
    """Who has acknowledged the policy; `names` are shown ones by id."""
    students = [member for member in members if member.role is Role.STUDENT]
    version = policy_version(profile)
    open_ = [member for member in students if not version.covers(member.acknowledged)]
    lines = [Line(f"{len(students) - len(open_)} of {len(students)} students acknowledged version {version.number}.")]
    if open_:
        shown = sorted(names.get(member.person, member.person) for member in open_)
        more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
        lines.append(Line(f"Not yet: {', '.join(shown[:NAMED])}{more}."))
    return Card(tuple(lines), (Button("Export as CSV", "acknowledged.export", pack(cohort.name)),))


def acknowledged_csv(members: Sequence[Member], names: Mapping[str, str]) -> str:
    """A line for each student: person, name, version, time."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["person", "name", "version", "acknowledged_at"])
    for member in members:
        if member.role is Role.STUDENT:
            at = member.acknowledged_at.isoformat() if member.acknowledged_at else ""
            rows.writerow([member.person, _cell(names.get(member.person, "")), member.acknowledged or "", at])
    return out.getvalue()


def end_card(cohort: Cohort) -> Card:
    """Asks before everything of a cohort is deleted."""
    return card(
        f"End {cohort.name}? Its roster, channels, prompts, acknowledgements and all that is kept of nudges are deleted for "
        "good. Export the acknowledgements first if your program needs them.",
        buttons=(
            Button("Export as CSV", "acknowledged.export", pack(cohort.name)),
            Button("Delete it all", "term.ended", pack(cohort.name), style=Style.DANGER),
        ),
    )


def receipt_card(cohort: str, at: datetime, deleted: Mapping[str, int]) -> Card:
    """What was deleted at the end of a term; `at` is in the cohort's zone."""
    what = ", ".join(f"{number} {name}" for name, number in deleted.items())
    return card(f"Receipt. {cohort} ended on {at:%Y-%m-%d at %H:%M %Z}. Deleted for good: {what}.")


def _contact(cohort: Cohort | None) -> str:
    return (cohort.coordinator.contact or "") if cohort and cohort.coordinator else ""


def _cell(text: str) -> str:
    """A name that a spreadsheet can't take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
