"""What coordinators see and fill in: the cohort, its names, its numbers, who acknowledged, and the end of the term."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import get_args

from core.cards import Button, Card, Field, Form, Input, Kind, Line, Style, card
from core.cohort import Cohort, Weekday
from core.kb.schema import KnowledgeBase, Profile
from core.kb.versions import policy_version
from core.nudging.counts import ENOUGH, Counts
from core.nudging.wording import of
from core.speech.answers import BECAUSE
from core.speech.values import pack
from core.storage.store import Member, Place, Role

OLD = timedelta(days=365)  # after which a policy may need updating, as sjs/age says
NAMED = 30  # people named on a card
CHANGED = "Somebody else changed this cohort while your form was open. Copy what you wrote, and open the form again."
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # what spreadsheets begin a formula with, full-width signs included
_KEPT = {  # by table: one of it, and several
    "cohorts": ("cohort", "cohorts"),
    "channels": ("channel", "channels"),
    "nudges": ("record of a nudge", "records of nudges"),
    "members": ("membership", "memberships"),
    "answers": ("count of answers", "counts of answers"),
}


def cohort_form(
    base: KnowledgeBase,
    cohort: Cohort | None,
    places: Sequence[Place],
    channel: str = "",
    members: Sequence[Member] = (),
    zone: str = "America/Edmonton",
    hidden: int = 0,
) -> Form:
    """The settings of a cohort, or of a new one; `channel` is the one it starts with, `members` are those of one workspace.

    `hidden` channels of it are not shown, because whoever opens the form can't see them.
    """
    ordinary = [place.channel for place in places if not place.seminar] or [channel]
    seminars = [place.channel for place in places if place.seminar]
    profiles = tuple((name, profile.title) for name, profile in base.profiles.items())
    named = () if cohort else (Field("name", "Name of the cohort", hint="For example: BSW Practicum, Winter", longest=200),)
    fields = (
        *named,
        Field("profile", "Whose policy applies", Input.CHOICE, cohort.profile if cohort else "mru", profiles),
        Field("timezone", "Time zone", value=cohort.timezone if cohort else zone, hint="For example America/Edmonton"),
        *_calendar(cohort),
        Field("contact", "How students reach the coordinator", value=_contact(cohort), required=False, longest=200,
              hint="A phone number or an e-mail address"),
        Field("agencies", "Agencies", Input.TEXT, "\n".join(cohort.agencies) if cohort else "", required=False,
              hint="One a line"),
        Field("channels", "Channels of the cohort", Input.CHANNELS, ",".join(ordinary), required=False),
        Field("seminars", "Seminar channels", Input.CHANNELS, ",".join(seminars), required=False,
              hint="Stories without names are fine there. Names, numbers and photos are still nudged."),
        Field("coordinators", "Other coordinators", Input.PEOPLE, _of(members, Role.COORDINATOR), required=False,
              hint="They can do everything that you can do here"),
        Field("instructors", "Instructors", Input.PEOPLE, _of(members, Role.INSTRUCTOR), required=False,
              hint="They are not asked to acknowledge the policy"),
    )  # fmt: skip
    fitting = tuple(field for field in fields if len(field.value) <= field.longest)  # what has no field stays as it is
    lines = [Line("The names of students and staff come next. You can change everything later.")] if cohort is None else []
    lines += [
        Line(f"{field.label}: too many for this form. Whoever runs the bot can change them by a cohort file.", Kind.SMALL)
        for field in fields
        if field not in fitting
    ]
    if hidden:
        stays = "channel belongs to this cohort, and it stays" if hidden == 1 else "channels belong to this cohort, and they stay"
        lines.append(Line(f"{hidden} more {stays}: you can't see or change what you are not in.", Kind.SMALL))
    return Form(
        "cohort.save", "Cohort", "Save", fitting, tuple(lines), pack(cohort.name if cohort else "", stamp(cohort, channel))
    )


def stamp(cohort: Cohort | None, channel: str = "") -> str:
    """What a form began with: the channel of a new cohort, or a short sum of an old one, by which a change meanwhile is seen."""
    return hashlib.sha256(cohort.model_dump_json().encode()).hexdigest()[:16] if cohort else channel


def _calendar(cohort: Cohort | None) -> tuple[Field, ...]:
    term, times = cohort and cohort.term, cohort and cohort.prompts
    breaks = "\n".join(f"{first} to {last}" for first, last in term.breaks) if term else ""
    days = tuple((day, day.title()) for day in get_args(Weekday))
    return (
        Field("start", "First day of the term", Input.DATE, term.start.isoformat() if term else "", required=False),
        Field("end", "Last day of the term", Input.DATE, term.end.isoformat() if term else "", required=False),
        Field("breaks", "Breaks", Input.TEXT, breaks, required=False, hint="One a line, for example 2027-02-15 to 2027-02-19"),
        Field("weekday", "Prompts go out on", Input.CHOICE, times.weekday if times else "monday", days),
        Field("at", "Prompts go out at", Input.TIME, f"{times.at:%H:%M}" if times else "09:00"),
    )


def roster_form(cohort: Cohort, proposed: Sequence[str]) -> Form:
    """The names of a cohort; `proposed` are members of its channels, for a roster that is still empty."""
    students = [_listed(person.name, *person.aliases) for person in cohort.roster] or [_listed(name) for name in proposed]
    staff = [_listed(member.name, member.role, *member.aliases) for member in cohort.staff]
    fields = (
        Field("students", "Students", Input.TEXT, "\n".join(students), required=False, hint="One a line: name, other names"),
        Field("file", "Or a file with the students", Input.FILE, required=False,
              hint="CSV or text, one student a line, in place of those above. I keep no copy; yours stays among your files."),
        Field("staff", "Staff", Input.TEXT, "\n".join(staff), required=False, hint="One a line: name, role, other names"),
    )  # fmt: skip
    lines = [
        Line("Write the names as people say them. You can also paste lines of a CSV file. The names are only used to find them "
             "in messages."),
    ]  # fmt: skip
    fitting = tuple(field for field in fields if len(field.value) <= field.longest)  # no name is to be lost in a form
    lines += [
        Line(f"{field.label}: too many for this form, so they stay as they are. Whoever runs the bot can change them by a cohort "
             "file.", Kind.SMALL)
        for field in fields
        if field not in fitting
    ]  # fmt: skip
    return Form("roster.save", "Names", "Save", fitting, tuple(lines), pack(cohort.name, stamp(cohort)))


def cohort_card(
    cohort: Cohort,
    profile: Profile,
    places: Sequence[Place],
    *,
    shadow: bool,
    stale: Sequence[str],
    unreached: int = 0,
    unreachable: int = 0,
) -> Card:
    """A cohort at a glance, with all that its coordinator can do.

    `stale` are policies that may need updating; in `unreached` channels something could not be said; to so many members as
    are `unreachable` the bot can't write.
    """
    term = f"{cohort.term.start} to {cohort.term.end}" if cohort.term else "no dates given"
    seminars = sum(place.seminar for place in places)
    lines = [
        Line(cohort.name, Kind.HEADING),
        Line(f"{profile.title}. Term: {term}. {_many(len(cohort.roster), 'student')}, {len(cohort.staff)} staff, "
             f"{_many(len(cohort.agencies), 'agency')}. {_many(len(places), 'channel')}, {seminars} of them for seminars."),
    ]  # fmt: skip
    if unreached:
        lines.append(Line(f"Saved. I couldn't reach everybody in {_many(unreached, 'channel')}. Please invite me there if I'm "
                          "not in it yet, then open Settings and save again. Nobody is told twice."))  # fmt: skip
    if shadow:
        lines.append(Line("Shadow mode is on: nudges are counted, but nobody gets one."))
    if unreachable:
        who = _many(unreachable, "person", "people")
        lines.append(
            Line(
                f"I can't write to {who} of this cohort in private. Please ask them to add me, or to unblock me, in their chats. "
                "I never say in a channel what is for one person alone."
            )
        )
    lines += [Line(text, Kind.SMALL) for text in stale]
    name = pack(cohort.name)
    switch = Button("End shadow mode", "shadow.off", name) if shadow else Button("Shadow mode", "shadow.on", name)
    buttons = (
        Button("Settings", "cohort.edit", name),
        Button("Names", "roster.edit", name),
        Button("Prompts", "prompts.show", pack(cohort.name, "")),
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
            said.append(f"{source.title} is from {dated}. Please ask whether there is a newer one. [sjs/age]")
    return said


def counts_card(base: KnowledgeBase, cohort: Cohort, summed: Counts, days: int, answers: Sequence[tuple[str, str, int]]) -> Card:
    """Numbers alone, where enough people are behind them."""
    lines = [Line(f"{cohort.name}, the last {days} days until yesterday", Kind.HEADING)]
    if not summed.rows:
        lines.append(Line(f"Numbers are shown once at least {ENOUGH} people are behind them, so that they point at nobody."))
    for row in summed.rows:
        ended = [
            f"{number} {what}"
            for number, what in ((row.mended, "changed or taken down"), (row.judged_wrong, "called wrong"))
            if number is not None
        ]
        of_them = f" ({', '.join(ended)})" if ended else ""
        lines.append(Line(f"• {of(base, row.category, row.tier).name}: {row.nudged}{of_them}"))
    asked = {entry.id: entry.phrasings[0] for entry in (*base.entries.values(), *base.profiles[cohort.profile].entries)}
    lines += [
        Line(f"• “{asked[entry]}” — the answer did not help {number} people: {BECAUSE[code].lower()}.")
        for entry, code, number in answers
        if code in BECAUSE and number >= ENOUGH and entry in asked
    ]
    return Card(tuple(lines))


def acknowledged_card(cohort: Cohort, profile: Profile, members: Sequence[Member], names: Mapping[str, str]) -> Card:
    """Who has acknowledged the policy; `names` are shown ones by id, and who has none is only counted."""
    students = [member for member in members if member.role is Role.STUDENT]
    version = policy_version(profile)
    open_ = [member for member in students if not version.covers(member.acknowledged)]
    done = len(students) - len(open_)
    lines = [Line(f"{done} of {_many(len(students), 'student')} acknowledged version {version.number} of the policy.")]
    if open_:
        known = sorted(names[member.person] for member in open_ if member.person in names)
        shown = known[:NAMED]
        if more := len(open_) - len(shown):
            shown.append(f"{more} more" if shown else _many(more, "person", "people"))
        lines.append(Line(f"Not yet: {', '.join(shown)}."))
    return Card(tuple(lines), (Button("Export as CSV", "acknowledged.export", pack(cohort.name)),))


def acknowledged_csv(members: Sequence[Member], names: Mapping[str, str]) -> str:
    """A line for each student: person, name, version, time."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["person", "name", "version", "acknowledged_at"])
    for member in members:
        if member.role is Role.STUDENT:
            at = member.acknowledged_at.isoformat() if member.acknowledged_at else ""
            rows.writerow([_cell(member.person), _cell(names.get(member.person, "")), member.acknowledged or "", at])
    return out.getvalue()


def end_card(cohort: Cohort) -> Card:
    """Asks before everything of a cohort is deleted."""
    return card(
        f"End {cohort.name}? This deletes its names, channels, prompts and acknowledgements, and all that is kept of nudges. It "
        "can't be undone. If your program needs the acknowledgements, export them first.",
        buttons=(
            Button("Export as CSV", "acknowledged.export", pack(cohort.name)),
            Button("Delete it all", "term.ended", pack(cohort.name, stamp(cohort)), style=Style.DANGER),
        ),
    )


def receipt_card(cohort: str, at: datetime, deleted: Mapping[str, int]) -> Card:
    """What was deleted at the end of a term; `at` is in the cohort's zone."""
    what = ", ".join(_gone(name, number) for name, number in deleted.items() if name in _KEPT)
    return card(f"Receipt. {cohort} ended on {at:%Y-%m-%d at %H:%M %Z}. Deleted for good: {what}.")


def _gone(table: str, number: int) -> str:
    """How many of a table; of what people did no number that could point at one of them."""
    if table in {"nudges", "answers"} and 0 < number < ENOUGH:
        return f"fewer than {ENOUGH} {_KEPT[table][1]}"
    return _many(number, *_KEPT[table])


def _contact(cohort: Cohort | None) -> str:
    return (cohort.coordinator.contact or "") if cohort and cohort.coordinator else ""


def _of(members: Sequence[Member], role: Role) -> str:
    return ",".join(member.person for member in members if member.role is role)


def _many(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or (f'{one[:-1]}ies' if one.endswith('y') else f'{one}s')}"


def _listed(*names: str) -> str:
    """A line of the roster, as it is read back."""
    return ", ".join('"{}"'.format(name.replace('"', '""')) if any(mark in name for mark in ",;\t") else name for name in names)


def _cell(text: str) -> str:
    """A text that a spreadsheet can't take for a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r", "\n")) else text


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
