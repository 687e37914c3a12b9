"""What coordinators can do from any platform; everybody else is told, kindly, that they can't."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bots.alone import Alone
from bots.homes import at_home
from bots.press import Instead, Press, Say, Shown, Wrong
from bots.prompting import Prompting
from bots.reading import NO_NAMES, TOO_LONG, cohort_of, people_of, several, staff_of
from bots.welcoming import Welcoming
from core.cards import Card, card
from core.cohort import Cohort
from core.errors import DeliveryError, InputError
from core.kb.schema import KnowledgeBase
from core.nudging.counts import counts
from core.ports import Platform
from core.scheduling.calendar import Calendar
from core.speech import cohorts
from core.speech.values import OLD, unpack
from core.storage.store import Member, Role, Store

SINCE = timedelta(days=30)  # of the counts
PROPOSED = 300  # names from a channel, at most
NOT_YOURS = "only its coordinators can do that"
Handler = Callable[[Press, Platform, Cohort], Awaitable[Shown]]


class Coordinating:
    """Cohort set-up, names, modes, numbers, acknowledgements, end of term."""

    def __init__(self, base: KnowledgeBase, store: Store, welcoming: Welcoming) -> None:
        self._base = base
        self._store = store
        self._welcoming = welcoming
        self._prompting = Prompting(Calendar(store, base.prompts))
        self._alone = Alone(store, welcoming.marker)
        self._does: Mapping[str, Handler] = {
            "cohort.edit": self._edit,
            "roster.edit": self._roster,
            "shadow.on": self._shadow_on,
            "shadow.off": self._shadow_off,
            "counts.show": self._counts,
            "acknowledged.show": self._acknowledged,
            "acknowledged.export": self._export,
            "term.end": self._end,
        }

    async def press(self, press: Press, platform: Platform) -> Shown:
        """What a coordinator is shown next. Raises InputError for who isn't one, and for what there is not."""
        if press.do == "cohort.new":
            (channel,) = unpack(press.value, 1)
            await self._check_beginner(press, platform, channel)
            return cohorts.cohort_form(self._base, None, (), channel)
        if press.do == "cohort.save":
            name, stamp = unpack(press.value, 2)
            return await (self._change(press, platform, name, stamp) if name else self._create(press, platform, stamp))
        if press.do in {"roster.save", "term.ended"}:
            name, stamp = unpack(press.value, 2)
            cohort = await self._theirs(press, platform, name)
            return await (self._save_roster if press.do == "roster.save" else self._ended)(press, cohort, stamp)
        if press.do.startswith("prompts."):
            name, week = unpack(press.value, 2)
            return await self._prompting.press(press, await self._theirs(press, platform, name), week)
        if press.do not in self._does:
            raise InputError(OLD)
        (name,) = unpack(press.value, 1)
        return await self._does[press.do](press, platform, await self._theirs(press, platform, name))

    async def theirs(self, platform: Platform, name: str, person: str) -> list[Cohort]:
        """The cohorts that somebody may look after; `name` is the platform's."""
        memberships = await self._store.memberships(name, person)
        theirs = [member.cohort for member in memberships if member.role is Role.COORDINATOR]
        rules = await platform.rules(person)
        names = sorted({*theirs, *await at_home(self._store, name)}) if rules else theirs
        return [cohort for known in names if (cohort := await self._store.cohort(known))]

    async def cards(self, platform: Platform, name: str, person: str, now: datetime) -> list[Card]:
        """A card for each cohort that somebody may look after, and a way to begin."""
        shown = [await self._card(cohort, now) for cohort in await self.theirs(platform, name, person)]
        begins = shown or await platform.rules(person) or not await at_home(self._store, name)
        return [*shown, cohorts.begin_card()] if begins else []

    async def _theirs(self, press: Press, platform: Platform, name: str) -> Cohort:
        """A cohort that whoever presses looks after. Raises InputError."""
        cohort = await self._store.cohort(name)
        if cohort is None:
            raise InputError("this cohort has ended")
        if not await self._may(press, platform, name):
            raise InputError(NOT_YOURS)
        return cohort

    async def _may(self, press: Press, platform: Platform, cohort: str) -> bool:
        """Coordinators look after a cohort, and whoever administers a workspace that it is at home in."""
        memberships = await self._store.memberships(press.platform, press.person)
        if any(member.cohort == cohort and member.role is Role.COORDINATOR for member in memberships):
            return True
        return cohort in await at_home(self._store, press.platform) and await platform.rules(press.person)

    async def _check_beginner(self, press: Press, platform: Platform, channel: str) -> None:
        """The first in a workspace may set up a cohort, coordinators, administrators, and who is in a channel without one."""
        memberships = await self._store.memberships(press.platform, press.person)
        if any(member.role is Role.COORDINATOR for member in memberships) or await platform.rules(press.person):
            return
        if not await at_home(self._store, press.platform):
            return
        if not channel or await self._store.place(press.platform, channel):
            raise InputError("only coordinators can set up a cohort; please ask yours")
        if press.person not in {known.person for known in await platform.people(channel)}:
            raise InputError("only somebody in that channel can set up a cohort for it")

    async def _card(self, cohort: Cohort, now: datetime, unreached: int = 0) -> Card:
        profile = self._base.profiles[cohort.profile]
        stale = cohorts.stale_policies(self._base, profile, now.astimezone(cohort.zone).date())
        places, shadow = await self._store.places(cohort.name), await self._store.shadow(cohort.name)
        unreachable = await self._store.unreachable(cohort.name)
        return cohorts.cohort_card(
            cohort, profile, places, shadow=shadow, stale=stale, unreached=unreached, unreachable=unreachable
        )

    async def _edit(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        places = [place for place in await self._store.places(cohort.name) if place.platform == press.platform]
        seen = await asyncio.gather(*(platform.sees(press.person, place.channel) for place in places))
        shown = [place for place, sees in zip(places, seen, strict=True) if sees]
        members = await self._here(press, cohort.name)
        return cohorts.cohort_form(self._base, cohort, shown, members=members, hidden=len(places) - len(shown))

    async def _create(self, press: Press, platform: Platform, channel: str) -> Shown:
        await self._check_beginner(press, platform, channel)
        name = " ".join(press.inputs.get("name", "").split())
        async with self._alone.turn(press.at, "cohort", name.casefold()) as ours:
            taken = {known.casefold() for known in await self._store.cohort_names()}
            if not ours or name.casefold() in taken:
                return Wrong({"name": "There is a cohort of this name already. Please choose another."})
            return await self._save(press, platform, None)

    async def _change(self, press: Press, platform: Platform, name: str, stamp: str) -> Shown:
        await self._theirs(press, platform, name)
        async with self._alone.turn(press.at, "cohort", name.casefold()) as ours:
            old = await self._store.cohort(name)
            if not ours or old is None or cohorts.stamp(old) != stamp:
                return Wrong({"profile": cohorts.CHANGED})
            return await self._save(press, platform, old)

    async def _save(self, press: Press, platform: Platform, old: Cohort | None) -> Shown:
        known = await platform.known(press.person)
        cohort, faults = cohort_of(press.inputs, old, known.name if known else "Coordinator", tuple(self._base.profiles))
        faults |= await self._foreign(press, platform, old.name if old else "") | await _strangers(press, platform)
        if faults or cohort is None:
            return Wrong(faults)
        await self._store.put_cohort(cohort)
        await self._appoint(press, cohort.name, new=old is None)
        return Say(await self._card(cohort, press.at, await self._place(press, platform, cohort)))

    async def _foreign(self, press: Press, platform: Platform, name: str) -> dict[str, str]:
        """Channels that belong to somebody else's cohort can't be taken away from it."""
        for field in ("channels", "seminars"):
            for channel in several(press.inputs.get(field, "")):
                place = await self._store.place(press.platform, channel)
                if place and place.cohort != name and not await self._may(press, platform, place.cohort):
                    return {field: f"One of these channels belongs to {place.cohort}. Its coordinator can release it."}
        return {}

    async def _appoint(self, press: Press, cohort: str, *, new: bool) -> None:
        """Keep who coordinates and who instructs, as it was chosen; whoever sets a cohort up coordinates it."""
        here = await self._here(press, cohort)
        chosen: dict[str, Role] = {}
        for field, role in (("instructors", Role.INSTRUCTOR), ("coordinators", Role.COORDINATOR)):
            before = ",".join(member.person for member in here if member.role is role)
            chosen |= dict.fromkeys(several(press.inputs.get(field, before)), role)
        if new or Role.COORDINATOR not in chosen.values():  # somebody has to
            chosen[press.person] = Role.COORDINATOR
        for member in here:
            if member.role is not Role.STUDENT and chosen.get(member.person) is not member.role:
                await self._store.leave(press.platform, member.person, cohort)
        for person, role in chosen.items():
            await self._store.join(Member(platform=press.platform, person=person, cohort=cohort, role=role, joined_at=press.at))

    async def _place(self, press: Press, platform: Platform, cohort: Cohort) -> int:
        """Keep the channels as they were chosen, and greet the new ones; in how many that was not possible.

        A channel that whoever chose can't see was not left out by them, and stays.
        """
        before = [place for place in await self._store.places(cohort.name) if place.platform == press.platform]
        ordinary = press.inputs.get("channels", ",".join(place.channel for place in before if not place.seminar))
        seminars = several(press.inputs.get("seminars", ",".join(place.channel for place in before if place.seminar)))
        wanted = sorted({*several(ordinary), *seminars})
        unreached = 0
        for channel in wanted:
            try:
                await self._welcoming.place(press.platform, channel, cohort, platform, press.at, seminar=channel in seminars)
            except DeliveryError:
                unreached += 1
        for place in before:
            try:
                if place.channel not in wanted and await platform.sees(press.person, place.channel):
                    await self._welcoming.released(place, platform)
            except DeliveryError:
                unreached += 1
        return unreached

    async def _roster(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        proposed: list[str] = []
        if not cohort.roster:
            students = [member for member in await self._here(press, cohort.name) if member.role is Role.STUDENT]
            proposed = sorted((await _names(students[:PROPOSED], platform)).values())
        return cohorts.roster_form(cohort, proposed)

    async def _save_roster(self, press: Press, cohort: Cohort, stamp: str) -> Shown:
        """Keep the names that were put in; what has no field stays as it is, and a file takes the place of the students."""
        file, given = press.inputs.get("file", ""), press.inputs
        roster = people_of(file or given["students"]) if file or "students" in given else cohort.roster
        staff = staff_of(given["staff"]) if "staff" in given else cohort.staff
        if staff is None:
            return Wrong({"staff": TOO_LONG})
        if roster is None or (file and not roster):
            return Wrong({"file" if file else "students": TOO_LONG if roster is None else NO_NAMES})
        async with self._alone.turn(press.at, "cohort", cohort.name.casefold()) as ours:
            now = await self._store.cohort(cohort.name)
            if not ours or now is None or cohorts.stamp(now) != stamp:
                return Wrong({"students": cohorts.CHANGED})
            await self._store.put_cohort(now.model_copy(update={"roster": roster, "staff": staff}))
        return Say(card(f"Saved: {len(roster)} {'student' if len(roster) == 1 else 'students'}, {len(staff)} staff."))

    async def _shadow_on(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        return await self._shadow(press, cohort, on=True)

    async def _shadow_off(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        return await self._shadow(press, cohort, on=False)

    async def _shadow(self, press: Press, cohort: Cohort, *, on: bool) -> Shown:
        await self._store.put_shadow(cohort.name, on)
        return Instead(await self._card(cohort, press.at))

    async def _counts(self, press: Press, _: Platform, cohort: Cohort) -> Shown:
        summed = counts(await self._store.nudges_in(cohort.name, press.at - SINCE), press.at, cohort.zone)
        answers = await self._store.answers_counted(cohort.name)
        return Say(cohorts.counts_card(self._base, cohort, summed, SINCE.days, answers))

    async def _acknowledged(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        members = await self._store.members(cohort.name)
        names = await _names([member for member in members if member.platform == press.platform], platform)
        return Say(cohorts.acknowledged_card(cohort, self._base.profiles[cohort.profile], members, names))

    async def _export(self, press: Press, platform: Platform, cohort: Cohort) -> Shown:
        members = await self._store.members(cohort.name)
        names = await _names([member for member in members if member.platform == press.platform], platform)
        return Say(card(cohorts.acknowledged_csv(members, names)))

    async def _end(self, _: Press, __: Platform, cohort: Cohort) -> Shown:
        return Say(cohorts.end_card(cohort))

    async def _ended(self, press: Press, cohort: Cohort, stamp: str) -> Shown:
        if cohorts.stamp(cohort) != stamp:  # an old button, and perhaps another year's cohort of the same name
            return Instead(cohorts.end_card(cohort))
        deleted = await self._store.end_cohort(cohort.name)
        return Instead(cohorts.receipt_card(cohort.name, press.at.astimezone(cohort.zone), deleted))

    async def _here(self, press: Press, cohort: str) -> list[Member]:
        return [member for member in await self._store.members(cohort) if member.platform == press.platform]


async def _strangers(press: Press, platform: Platform) -> dict[str, str]:
    """Bots, and people who are gone, can't look after a cohort."""
    for field in ("coordinators", "instructors"):
        for person in several(press.inputs.get(field, "")):
            if await platform.known(person) is None:
                return {field: "One of these is not a person here, or has left. Please take them out."}
    return {}


async def _names(members: Sequence[Member], platform: Platform) -> dict[str, str]:
    """Shown names by id."""
    found = await asyncio.gather(*(platform.known(member.person) for member in members))
    return {known.person: known.name for known in found if known}
