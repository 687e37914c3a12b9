"""How channels and people come in and go: everybody is told once, however often it is tried and whatever fails between."""

import asyncio
import contextlib
from datetime import date, timedelta

import pytest

from bots.homes import only
from bots.recording import RecordingPlatform
from bots.welcoming import AGAIN, ASKED_AT_MOST
from core.cohort import Cohort
from core.errors import DeliveryError
from core.kb.schema import KnowledgeBase
from core.kb.versions import policy_version
from core.nudging.wording import NOTICE
from core.ports import Action, Letter, Platform
from core.storage.store import Place, Role, Store
from tests.contract.desks import NOON, Office, P, by_hand, ran

OTHER = "test:U"


async def placed(office: Office, cohort: Cohort, channel: str = "c") -> None:
    await office.welcoming.place(P, channel, cohort, office.platform, office.now)
    await office.welcoming.settled()


async def reminded(office: Office, cohort: Cohort) -> list[str]:
    before = len(office.letters())

    async def here(name: str) -> Platform | None:
        return office.platform if name == P else None

    await office.welcoming.remind(cohort, here, office.now)
    return office.letters()[before:]


def test_a_channel_is_told_once_and_each_student_alone(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        for _ in range(3):
            await placed(office, cohort)
        assert office.platform.delivered[0].card.plain == NOTICE  # type: ignore[union-attr]
        assert (office.posts(), office.letters()) == (["c"], ["ana", "bo"])
        place = await store.place(P, "c")
        assert place == Place(platform=P, channel="c", cohort="Winter", introduced_at=NOON)

    ran(store, base, work)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_what_failed_half_way_is_made_up_for_and_nothing_is_said_twice(store: Store, base: KnowledgeBase, failing: int) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        office.platform.failing = failing
        for _ in range(failing + 1):
            with contextlib.suppress(DeliveryError):
                await placed(office, cohort)
        assert sorted(office.letters()) == ["ana", "bo"]
        assert office.posts() == ["c"]
        assert (await office.member("ana")).asked == 1

    ran(store, base, work)


def test_one_shut_mailbox_keeps_nobody_else_from_being_told(store: Store, base: KnowledgeBase) -> None:
    class Shut(RecordingPlatform):
        async def deliver(self, action: Action) -> str | None:
            if isinstance(action, Letter) and action.person == "ana":
                raise DeliveryError("shut")
            return await super().deliver(action)

    async def work(office: Office) -> None:
        cohort, shut = await office.cohort(), Shut()
        shut.names, shut.channels = office.platform.names, office.platform.channels
        office.platform = shut
        await placed(office, cohort)
        assert office.letters() == ["bo"]
        assert (await office.member("ana")).asked == 0
        office.now += AGAIN
        with pytest.raises(DeliveryError):
            await reminded(office, cohort)
        assert office.letters() == ["bo", "bo"]

    ran(store, base, work)


def test_a_notice_that_came_through_although_it_seemed_not_to_is_found(store: Store, base: KnowledgeBase) -> None:
    class Deaf(RecordingPlatform):
        async def deliver(self, action: Action) -> str | None:
            await super().deliver(action)
            if len(self.delivered) == 1:
                raise DeliveryError("no answer")
            return None

    async def work(office: Office) -> None:
        cohort, deaf = await office.cohort(), Deaf()
        deaf.channels, deaf.names = {"c": ()}, office.platform.names
        office.platform = deaf
        with pytest.raises(DeliveryError):
            await placed(office, cohort)
        await placed(office, cohort)
        assert office.posts() == ["c"]

    ran(store, base, work)


def test_two_processes_at_once_tell_everybody_once(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort, other = await office.cohort(), Office(store, base)
        other.platform = office.platform
        await asyncio.gather(placed(office, cohort), placed(other, cohort), placed(office, cohort))
        assert (office.posts(), sorted(office.letters())) == (["c"], ["ana", "bo"])

    ran(store, base, work)


def test_staff_are_not_asked_to_acknowledge(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort(staff=[{"name": "ines  instructor", "role": "field instructor"}])
        office.platform.channels["c"] = ("coo", "ins", "ana")
        await placed(office, cohort)
        assert office.letters() == ["ana"]
        assert (await office.member("ins")).role is Role.INSTRUCTOR
        assert (await office.member("coo")).role is Role.COORDINATOR

    ran(store, base, work)


def test_who_was_greeted_as_a_student_and_then_coordinates_is_reminded_no_more(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        await placed(office, cohort)
        await office.join("ana", role=Role.COORDINATOR)
        office.now += AGAIN
        assert await reminded(office, cohort) == ["bo"]

    ran(store, base, work)


def test_reminders_are_few_and_far_between_and_stop_at_once(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        await placed(office, cohort)
        asked = []
        for day in range(60):
            office.now = NOON + timedelta(days=day)
            if day == 10:
                recorded = policy_version(base.profiles["mru"]).recorded
                await store.acknowledge(P, "bo", "Winter", recorded, office.now)
            asked += [(day, person) for person in await reminded(office, cohort)]
        assert asked == [(7, "ana"), (7, "bo"), (14, "ana")]
        assert (await office.member("ana")).asked == ASKED_AT_MOST

    ran(store, base, work)


def test_nobody_is_reminded_after_the_term(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort(term={"start": date(2027, 1, 11), "end": date(2027, 1, 19)})
        await placed(office, cohort)
        office.now += AGAIN
        assert await reminded(office, cohort) == []

    ran(store, base, work)


@pytest.mark.parametrize(("version", "asked"), [("1.1", []), ("2.0", ["ana"])])
def test_only_a_new_first_number_asks_anew(store: Store, base: KnowledgeBase, version: str, asked: list[str]) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        await office.join("ana")
        await store.acknowledge(P, "ana", "Winter", policy_version(base.profiles["mru"]).recorded, NOON)
        later = Office(store, by_hand(base, version=version))
        assert await reminded(later, cohort) == asked
        assert await reminded(later, cohort) == []
        if asked:
            assert "has changed" in later.platform.delivered[0].card.plain  # type: ignore[union-attr]

    ran(store, base, work)


def test_who_was_asked_in_vain_for_one_version_is_asked_for_the_next(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        await placed(office, cohort)
        for _ in range(ASKED_AT_MOST):
            office.now += AGAIN
            await reminded(office, cohort)
        later = Office(store, by_hand(base, version="2.0"))
        later.now = office.now + AGAIN
        assert sorted(await reminded(later, cohort)) == ["ana", "bo"]

    ran(store, base, work)


def test_people_come_and_go(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort, join, leave = await office.cohort(), office.welcoming.joined, office.welcoming.left
        office.platform.channels |= {"c": (), "d": ("bo",)}
        await placed(office, cohort)
        await placed(office, cohort, "d")
        for person in ("ana", "ana", "bot", "bo"):
            await join(P, "c", person, office.platform, NOON)
        await join(P, "elsewhere", "ins", office.platform, NOON)
        assert office.letters() == ["bo", "ana"]
        assert {member.person for member in await store.members("Winter")} == {"coo", "ana", "bo"}
        for person in ("ana", "bo", "coo", "nobody"):
            await leave(P, "c", person, office.platform)
        await leave(P, "elsewhere", "bo", office.platform)
        assert {member.person for member in await store.members("Winter")} == {"coo", "bo"}  # `bo` is still in `d`
        await join(P, "c", "ana", office.platform, NOON)
        assert office.letters() == ["bo", "ana", "ana"]

    ran(store, base, work)


def test_a_released_channel_lets_go_of_who_only_came_with_it(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        office.platform.channels["d"] = ("bo", "ins")
        await placed(office, cohort)
        await placed(office, cohort, "d")
        await store.acknowledge(P, "ins", "Winter", "1.0 abc", NOON)
        place = await store.place(P, "c")
        assert place
        await office.welcoming.released(place, office.platform)
        assert await store.place(P, "c") is None
        assert {member.person for member in await store.members("Winter")} == {"coo", "bo", "ins"}

    ran(store, base, work)


def test_a_channel_that_changes_cohorts_is_told_again_and_its_students_with_it(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await placed(office, await office.cohort("Fall"))
        winter = await office.cohort("Winter")
        await placed(office, winter)
        assert office.posts() == ["c", "c"]
        assert office.letters() == ["ana", "bo"] * 2
        assert {member.person for member in await store.members("Fall")} == {"coo"}

    ran(store, base, work)


def test_the_only_cohort_takes_a_channel_in_and_of_several_the_inviter_is_asked(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        async def told(channel: str, inviter: str | None = "ana") -> list[str]:
            before = len(office.platform.delivered)
            await office.welcoming.invited(P, channel, inviter, office.platform, NOON)
            await office.welcoming.settled()
            return [action.card.lines[0].text.split()[0] for action in office.platform.delivered[before:]]  # type: ignore[union-attr]

        office.platform.channels["d"] = ()
        assert await told("c") == ["Thank"]  # no cohort: the inviter is asked to set one up
        await office.cohort("Winter")
        assert await told("c", None) == ["This", "Welcome", "Welcome"]
        assert await told("c") == []
        await office.cohort("Spring")
        assert await told("d") == ["Thank"]
        assert await told("d", None) == []
        assert await told("c") == []

    ran(store, base, work)


def test_workspaces_never_mix(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        cohort = await office.cohort()
        assert await only(store, OTHER) is None  # its coordinator is in another workspace
        assert await only(store, P) == cohort
        await office.welcoming.invited(OTHER, "c", "ana", office.platform, NOON)
        await office.welcoming.settled()
        assert office.posts() == []
        assert (await office.dispatcher.cohort_of(OTHER, "ana")).name == "default"
        await store.leave(P, "coo", "Winter")
        assert await only(store, OTHER) == cohort  # imported, and nobody's yet

    ran(store, base, work)
