"""What coordinators can do from any platform; everybody else is told, kindly, that they can't."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bots.press import Instead, Press, Say, Shown, Wrong
from bots.welcoming import Welcoming
from core.cards import Card, card
from core.cohort import Cohort, Coordinator, Person, PromptTimes, StaffMember, Term
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.counts import counts
from core.ports import Platform
from core.speech import cohorts
from core.speech.values import unpack
from core.storage.store import Member, Role, Store

ModelT = TypeVar("ModelT", bound=BaseModel)
SINCE = timedelta(days=30)  # of the counts
PROPOSED = 300  # names from a channel, at most


class Coordinating:
    """Cohort set-up, names, modes, numbers, acknowledgements, end of term."""

    def __init__(self, base: KnowledgeBase, store: Store, welcoming: Welcoming) -> None:
        self._base = base
        self._store = store
        self._welcoming = welcoming
        self._does: Mapping[str, Callable[[Press, Platform, Cohort], Awaitable[Shown]]] = {
            "cohort.edit": self._edit,
            "roster.edit": self._roster,
            "roster.save": self._save_roster,
            "shadow.on": self._shadow_on,
            "shadow.off": self._shadow_off,
            "counts.show": self._counts,
            "acknowledged.show": self._acknowledged,
            "acknowledged.export": self._export,
            "term.end": self._end,
            "term.ended": self._ended,
        }

    async def press(self, press: Press, platform: Platform) -> Shown:
        """What a coordinator is shown next. Raises InputError for who isn't one, and for what there is not."""
        if press.do == "cohort.new":
            (channel,) = unpack(press.value, 1)
            return cohorts.cohort_form(self._base, None, (), channel)
        if press.do == "cohort.save":
            return await self._save(press, platform)
        if press.do not in self._does:
            raise InputError("this button is of another version; ask anew")
        (name,) = unpack(press.value, 1)
        cohort = await self._store.cohort(name)
        if cohort is None:
            raise InputError("this cohort has ended")
        if not await self._may(press.platform, press.person, name, platform):
            raise InputError(f"only coordinators of {name} can do that")
        return await self._does[press.do](press, platform, cohort)

    async def cards(self, platform: Platform, name: str, person: str, now: datetime) -> list[Card]:
        """A card for each cohort that somebody coordinates, and a way to begin."""
        shown = []
        for member in await self._store.memberships(name, person):
            cohort = await self._store.cohort(member.cohort)
            if member.role is Role.COORDINATOR and cohort:
                shown.append(await self._card(cohort, now))
        if shown or not await self._store.cohorts() or await platform.rules(person):
            shown.append(cohorts.begin_card())
        return shown

    async def _card(self, cohort: Cohort, now: datetime) -> Card:
        profile = self._base.profiles[cohort.profile]
        stale = cohorts.stale_policies(self._base, profile, now.astimezone(cohort.zone).date())
        places, shadow = await self._store.places(cohort.name), await self._store.shadow(cohort.name)
        unreachable = await self._store.unreachable(cohort.name)
        return cohorts.cohort_card(cohort, profile, places, shadow=shadow, stale=stale, unreachable=unreachable)

    async def _may(self, name: str, person: str, cohort: str, platform: Platform) -> bool:
        member = next((m for m in await self._store.memberships(name, person) if m.cohort == cohort), None)
        return bool(member and member.role is Role.COORDINATOR) or await platform.rules(person)

    async def _edit(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        places = [place for place in await self._store.places(cohort.name) if place.platform == press.platform]
        return cohorts.cohort_form(self._base, cohort, places)

    async def _save(self, press: Press, platform: Platform) -> Shown:
        (name,) = unpack(press.value, 1)
        old = await self._store.cohort(name) if name else None
        if name and (old is None or not await self._may(press.platform, press.person, name, platform)):
            raise InputError("only coordinators of this cohort can change it")
        if not name and await self._store.cohort(press.inputs.get("name", "").strip()):
            return Wrong({"name": "There is a cohort of this name already; choose another."})
        known = await platform.known(press.person)
        cohort, faults = _read(press.inputs, old, known.name if known else "Coordinator")
        faults |= await self._foreign(press, platform, cohort.name if cohort else name)
        if faults or cohort is None:
            return Wrong(faults)
        await self._store.put_cohort(cohort)
        at = press.at
        await self._store.join(
            Member(platform=press.platform, person=press.person, cohort=cohort.name, role=Role.COORDINATOR, joined_at=at)
        )
        await self._place(press, platform, cohort)
        return Say(await self._card(cohort, at))

    async def _foreign(self, press: Press, platform: Platform, name: str) -> dict[str, str]:
        """Channels that belong to somebody else's cohort can't be taken away from it."""
        for field in ("channels", "seminars"):
            for channel in _several(press.inputs.get(field, "")):
                place = await self._store.place(press.platform, channel)
                if place and place.cohort != name and not await self._may(press.platform, press.person, place.cohort, platform):
                    return {field: f"One of these channels belongs to {place.cohort}; its coordinator can release it."}
        return {}

    async def _place(self, press: Press, platform: Platform, cohort: Cohort) -> None:
        """Keep the channels as they were chosen, and greet the new ones."""
        seminars = set(_several(press.inputs.get("seminars", "")))
        wanted = {*_several(press.inputs.get("channels", "")), *seminars}
        for place in await self._store.places(cohort.name):
            if place.platform == press.platform and place.channel not in wanted:
                await self._store.drop_place(place.platform, place.channel)
        for channel in sorted(wanted):
            await self._welcoming.place(press.platform, channel, cohort, platform, press.at, seminar=channel in seminars)

    async def _roster(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        proposed: list[str] = []
        if not cohort.roster:
            members = await self._store.members(cohort.name)
            students = [m.person for m in members if m.platform == press.platform and m.role is Role.STUDENT][:PROPOSED]
            found = [await platform.known(person) for person in students]
            proposed = sorted(known.name for known in found if known)
        form = cohorts.roster_form(cohort, proposed)
        if any(len(field.value) > field.longest for field in form.fields):  # no name is to be lost in a form
            return Say(cohorts.long_roster_card(cohort))
        return form

    async def _save_roster(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        try:
            roster = tuple(Person(name=name, aliases=tuple(rest)) for name, *rest in _rows(press.inputs.get("students", "")))
            staff = tuple(
                StaffMember(name=name, role=(rest or ["staff"])[0], aliases=tuple(rest[1:]))
                for name, *rest in _rows(press.inputs.get("staff", ""))
            )
        except ValidationError:
            return Wrong({"students": "A name is longer than 200 characters; write one person a line."})
        await self._store.put_cohort(cohort.model_copy(update={"roster": roster, "staff": staff}))
        return Say(card(f"Kept: {len(roster)} students, {len(staff)} staff."))

    async def _shadow_on(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        return await self._shadow(press, cohort, on=True)

    async def _shadow_off(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        return await self._shadow(press, cohort, on=False)

    async def _shadow(self, press: Press, cohort: Cohort, *, on: bool) -> Shown:
        await self._store.put_shadow(cohort.name, on)
        return Instead(await self._card(cohort, press.at))

    async def _counts(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        summed = counts(await self._store.nudges_in(cohort.name, press.at - SINCE))
        answers = await self._store.answers_counted(cohort.name)
        return Say(cohorts.counts_card(self._base, cohort, summed, SINCE.days, answers))

    async def _acknowledged(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        members = await self._store.members(cohort.name)
        names = await _names(press.platform, members, platform)
        return Say(cohorts.acknowledged_card(cohort, self._base.profiles[cohort.profile], members, names))

    async def _export(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        members = await self._store.members(cohort.name)
        return Say(card(cohorts.acknowledged_csv(members, await _names(press.platform, members, platform))))

    async def _end(self, _: Press, __: Platform, cohort: Cohort) -> Shown:
        return Say(cohorts.end_card(cohort))

    async def _ended(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        deleted = await self._store.end_cohort(cohort.name)
        return Instead(cohorts.receipt_card(cohort.name, press.at.astimezone(cohort.zone), deleted))


async def _names(name: str, members: Sequence[Member], platform: Platform) -> dict[str, str]:
    """Shown names by id, of those on this platform."""
    here = [member.person for member in members if member.platform == name]
    return {person: known.name for person in here if (known := await platform.known(person))}


def _several(given: str) -> list[str]:
    return [part for part in given.split(",") if part]


def _rows(given: str) -> list[list[str]]:
    """Names of a text area, or of lines of a CSV file; a heading of such a file is no name."""
    lines = (line.replace(";", ",").replace("\t", ",") for line in given.splitlines())
    rows = [[cell.strip().strip('"') for cell in line.split(",") if cell.strip()] for line in lines]
    return [row for row in rows if row and row[0].casefold() not in {"name", "student", "students"}]


def _read(inputs: Mapping[str, str], old: Cohort | None, coordinator: str) -> tuple[Cohort | None, dict[str, str]]:
    """The cohort that a form describes, or what is wrong by field."""
    faults: dict[str, str] = {}
    given = {name: value.strip() for name, value in inputs.items()}

    def build(field: str, what: type[ModelT], **values: object) -> ModelT | None:
        try:
            return what.model_validate(values)
        except ValidationError as error:
            for fault in error.errors():
                at = str(fault["loc"][0]) if fault["loc"] else field
                faults[at if at in given else field] = fault["msg"].removeprefix("Value error, ")
            return None

    term = None
    if given.get("start") and given.get("end"):
        breaks = old.term.breaks if old and old.term else ()
        term = build("end", Term, start=given["start"], end=given["end"], breaks=breaks)
    elif given.get("start") or given.get("end"):
        faults["end" if given.get("start") else "start"] = "A term has a first and a last day; give both, or neither."
    times = build("at", PromptTimes, weekday=given.get("weekday", ""), at=given.get("at", ""))
    person = old.coordinator.name if old and old.coordinator else coordinator
    known = build("contact", Coordinator, name=person, contact=given.get("contact") or None)
    kept = old.model_dump() if old else {"name": given.get("name", "")}
    settings = {"profile": given.get("profile", ""), "timezone": given.get("timezone", ""), "term": term, "prompts": times}
    agencies = [line.strip() for line in given.get("agencies", "").splitlines() if line.strip()]
    cohort = build("name", Cohort, **(kept | settings | {"coordinator": known, "agencies": agencies}))
    return (None if faults else cohort), faults
