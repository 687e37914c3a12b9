"""What coordinators set up, see and end, on any platform: everything is kept as it was written, and nobody else's is touched."""

import asyncio
import csv
import io
import json
from datetime import date, time, timedelta
from typing import Any

import pytest

from bots.press import Instead, Say, Wrong
from bots.reading import NO_NAMES, TOO_LONG
from core.cohort import Cohort, Coordinator, PromptTimes, Term
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.speech.values import pack
from core.storage.store import Member, Place, Role, Store
from tests.contract.desks import NOON, Office, P, form, labelled, ran, said, shown_card

GIVEN = {
    "name": "BSW Practicum, Winter",
    "profile": "canada",
    "timezone": "America/Toronto",
    "start": "2027-01-11",
    "end": "2027-04-16",
    "breaks": "2027-02-15 to 2027-02-19\n2027-03-26",
    "weekday": "tuesday",
    "at": "08:30",
    "contact": "cora@example.org",
    "agencies": "Sample House\n\n Example Centre ",
    "channels": "c",
    "seminars": "s",
    "coordinators": "",
    "instructors": "ins",
}
COHORT = Cohort(
    name="BSW Practicum, Winter",
    profile="canada",
    timezone="America/Toronto",
    term=Term(
        start=date(2027, 1, 11),
        end=date(2027, 4, 16),
        breaks=((date(2027, 2, 15), date(2027, 2, 19)), (date(2027, 3, 26), date(2027, 3, 26))),
    ),
    prompts=PromptTimes(weekday="tuesday", at=time(8, 30)),
    coordinator=Coordinator(name="Cora Coordinator", contact="cora@example.org"),
    agencies=("Sample House", "Example Centre"),
)


async def began(office: Office, **changed: str) -> object:
    """A cohort set up by `coo` from an invitation to the channel `c`."""
    office.platform.channels["s"] = ("coo", "bo", "ins")
    return await office.send("coo", form(await office.press("coo", "cohort.new", pack("c"))), **GIVEN | changed)


async def edited(office: Office, person: str = "coo", **changed: str) -> object:
    opened = form(await office.press(person, "cohort.edit", pack(COHORT.name)))
    return await office.send(person, opened, **changed)


def test_a_cohort_is_kept_as_it_was_written_and_so_again_when_it_is_opened(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        assert COHORT.name in said(await began(office))  # type: ignore[arg-type]
        assert await store.cohort(COHORT.name) == COHORT
        assert [(place.channel, place.seminar) for place in await store.places(COHORT.name)] == [("c", False), ("s", True)]
        roles = {member.person: member.role for member in await store.members(COHORT.name)}
        assert roles == {"coo": Role.COORDINATOR, "ins": Role.INSTRUCTOR, "ana": Role.STUDENT, "bo": Role.STUDENT}
        assert (office.posts(), office.letters()) == (["c", "s"], ["ana", "bo"])
        before = await office.kept()
        assert isinstance(await edited(office), Say)
        assert await office.kept() == before
        assert len(office.platform.delivered) == 4

    ran(store, base, work)


def test_an_edit_leaves_alone_what_has_no_field(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        more = {"roster": [{"name": "Ana Alvarez"}], "staff": [{"name": "Ines", "role": "field"}]}
        full = Cohort.model_validate(COHORT.model_dump() | more)
        await store.put_cohort(full)
        await store.put_shadow(COHORT.name, True)
        opened = form(await office.press("coo", "cohort.edit", pack(COHORT.name)))
        await office.press("coo", opened.do, opened.value, contact="by post")  # a platform that shows no more than that
        kept = await store.cohort(COHORT.name)
        assert kept
        assert kept == full.model_copy(update={"coordinator": Coordinator(name="Cora Coordinator", contact="by post")})
        assert await store.shadow(COHORT.name)
        assert len(await store.places(COHORT.name)) == 2
        assert (await office.member("ins", COHORT.name)).role is Role.INSTRUCTOR

    ran(store, base, work)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("timezone", "Calgary", "America/Edmonton"),
        ("timezone", "", "America/Edmonton"),
        ("profile", "nobody's", "Choose"),
        ("start", "soon", "2027-01-11"),
        ("start", "", "both"),
        ("end", "", "both"),
        ("end", "2026-01-01", "ends before"),
        ("end", "2037-01-01", "two years"),
        ("breaks", "reading week", "two days"),
        ("breaks", "in the reading week", "two days"),
        ("breaks", "2027-02-15 to 2026-02-19", "swap"),
        ("breaks", "2028-02-15 to 2028-02-19", "outside"),
        ("weekday", "funday", "day of the week"),
        ("at", "9 o'clock", "09:00"),
        ("name", " ", "name"),
        ("name", "x" * 201, "200"),
        ("contact", "x" * 201, "200"),
        ("agencies", "x" * 201, "200"),
        ("coordinators", "nobody", "not a person"),
        ("instructors", "ana,nobody", "not a person"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    store: Store, base: KnowledgeBase, field: str, value: str, says: str
) -> None:
    async def work(office: Office) -> None:
        shown = await began(office, **{field: value})
        assert isinstance(shown, Wrong)
        assert list(shown.faults) == [field]
        assert says in shown.faults[field]
        assert await office.kept() == []
        assert await store.places(GIVEN["name"]) == await store.memberships(P, "coo") == office.platform.delivered == []

    ran(store, base, work)


@pytest.mark.parametrize("name", ["Winter", " winter ", "WINTER"])
def test_names_are_not_given_twice(store: Store, base: KnowledgeBase, name: str) -> None:
    async def work(office: Office) -> None:
        await office.cohort(agencies=["Mine"])
        before = await office.kept()
        shown = await began(office, name=name)
        assert isinstance(shown, Wrong)
        assert list(shown.faults) == ["name"]
        assert await office.kept() == before

    ran(store, base, work)


def test_of_two_that_set_up_the_same_at_once_one_is_told(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        office.platform.rulers = frozenset({"coo", "bo"})
        opened = [form(await office.press(person, "cohort.new", pack(""))) for person in ("coo", "bo")]
        given = GIVEN | {"channels": "", "seminars": ""}
        shown = await asyncio.gather(*(office.send(p, f, **given) for p, f in zip(("coo", "bo"), opened, strict=True)))
        assert sorted(type(one).__name__ for one in shown) == ["Say", "Wrong"]

    ran(store, base, work)


def test_of_two_forms_open_at_once_the_later_one_loses_nothing(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        first, second = [form(await office.press("coo", "roster.edit", pack(COHORT.name))) for _ in range(2)]
        settings = form(await office.press("coo", "cohort.edit", pack(COHORT.name)))
        assert isinstance(await office.send("coo", first, students="Ana Alvarez"), Say)
        for late in (second, settings):
            assert isinstance(await office.send("coo", late), Wrong)
        kept = await store.cohort(COHORT.name)
        assert kept
        assert [person.name for person in kept.roster] == ["Ana Alvarez"]

    ran(store, base, work)


def test_two_coordinators_and_one_who_steps_down(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        await edited(office, coordinators="coo,ins", instructors="")
        assert (await office.member("ins", COHORT.name)).role is Role.COORDINATOR
        await edited(office, person="ins", contact="ines@example.org")
        kept = await store.cohort(COHORT.name)
        assert kept
        assert kept.coordinator == Coordinator(name="Cora Coordinator", contact="ines@example.org")
        await edited(office, coordinators="ins")
        with pytest.raises(InputError):
            await edited(office)
        await edited(office, person="ins", coordinators="")
        assert (await office.member("ins", COHORT.name)).role is Role.COORDINATOR  # somebody has to

    ran(store, base, work)


def test_channels_of_others_are_not_taken_and_own_ones_can_be_dropped(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        theirs = Place(platform=P, channel="c", cohort="Fall", introduced_at=NOON)
        await store.put_cohort(Cohort(name="Fall", profile="mru", timezone="UTC"))
        await store.put_place(theirs)
        office.platform.rulers = frozenset({"boss"})
        await office.join("coo", "Other", Role.COORDINATOR)
        for field in ("channels", "seminars"):
            shown = await began(office, **{"channels": "", "seminars": ""} | {field: "c"})
            assert isinstance(shown, Wrong)
            assert list(shown.faults) == [field]
            assert "Fall" in shown.faults[field]
        assert await store.place(P, "c") == theirs
        assert isinstance(await began(office, channels="", seminars="s"), Say)
        await edited(office, channels="", seminars="")
        assert await store.places(COHORT.name) == []
        assert {member.person for member in await store.members(COHORT.name)} == {"coo", "ins"}

    ran(store, base, work)


def test_a_channel_that_whoever_saves_cannot_see_stays(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        office.platform.hidden = frozenset({"s"})
        await office.join("ana", COHORT.name, Role.COORDINATOR)
        opened = form(await office.press("ana", "cohort.edit", pack(COHORT.name)))
        fields = {field.name: field.value for field in opened.fields}
        assert (fields["channels"], fields["seminars"]) == ("c", "")
        assert "1 more channel" in opened.lines[-1].text
        assert isinstance(await office.send("ana", opened, channels=""), Say)
        assert [(place.channel, place.seminar) for place in await store.places(COHORT.name)] == [("s", True)]
        assert (await office.member("bo", COHORT.name)).role is Role.STUDENT
        await edited(office, channels="", seminars="")  # who sees it can let it go
        assert await store.places(COHORT.name) == []

    ran(store, base, work)


def test_a_channel_that_refuses_is_said_and_saving_again_makes_up_for_it(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        office.platform.failing = 2
        assert "1 channel" in said(await began(office, seminars=""))  # type: ignore[arg-type]
        assert await store.cohort(COHORT.name) == COHORT
        office.platform.failing = 0
        assert "reach" not in said(await edited(office))  # type: ignore[arg-type]
        assert (office.posts(), sorted(office.letters())) == (["c"], ["ana", "bo"])

    ran(store, base, work)


def test_who_administers_a_workspace_looks_after_its_cohorts_alone(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        office.platform.rulers = frozenset({"boss"})
        office.platform.names["boss"] = "Bea Boss"
        assert isinstance(await edited(office, person="boss"), Say)
        assert [m.role for m in await store.memberships(P, "boss")] == []
        page = await office.desk.home(office.platform, P, "boss", NOON)
        assert COHORT.name in "".join(card.plain for card in page.cards)
        before = await office.kept()
        stamp = shown_card(await office.press("coo", "term.end", pack(COHORT.name))).buttons[1].value
        for do, value in (("term.ended", stamp), ("acknowledged.export", pack(COHORT.name)), ("cohort.edit", pack(COHORT.name))):
            with pytest.raises(InputError):
                await office.press("boss", do, value, platform="test:U")
        assert await office.kept() == before
        page = await office.desk.home(office.platform, "test:U", "boss", NOON)
        assert COHORT.name not in "".join(card.plain for card in page.cards)

    ran(store, base, work)


def test_who_may_begin(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        assert form(await office.press("ana", "cohort.new", pack("")))  # the first in a workspace
        await office.cohort()
        await office.join("ana")
        for value in (pack(""), pack("not in it")):
            with pytest.raises(InputError):
                await office.press("ana", "cohort.new", value)
            with pytest.raises(InputError):
                await office.press("ana", "cohort.save", pack("", *json.loads(value)), **GIVEN)
        assert form(await office.press("ana", "cohort.new", pack("c")))  # who brought the bot into a channel of no cohort
        await store.put_place(Place(platform=P, channel="c", cohort="Winter"))
        with pytest.raises(InputError):
            await office.press("ana", "cohort.new", pack("c"))
        assert list(await store.cohort_names()) == ["Winter"]

    ran(store, base, work)


ROWS = [
    ("Ana Alvarez\nBo Berg, Bobby, BB", [("Ana Alvarez",), ("Bo Berg", "Bobby", "BB")]),
    ("name,aliases\nAna Alvarez,Annie", [("Ana Alvarez", "Annie")]),
    ("Name;Programme;Nickname\nAna Alvarez;BSW;Annie", [("Ana Alvarez", "Annie")]),
    ("\ufeffStudent ID,Last Name,First Name,Email\n201,Alvarez,Ana,ana@example.org", [("Ana Alvarez",)]),
    ('"Alvarez, Ana"\n"Berg, Bo"\n"King, Jr."', [("Ana Alvarez",), ("Bo Berg",), ("King, Jr.",)]),
    ('"Alvarez, Ana",ana@example.org,20112345', [("Ana Alvarez",)]),
    ('Ana "Annie" Alvarez', [('Ana "Annie" Alvarez',)]),
    ("Ana\tAnnie\nBo;Bobby", [("Ana", "Annie"), ("Bo", "Bobby")]),
    ("\n  ,  \n12345\n", []),
    ("Grace Name-Less\nStudent", [("Grace Name-Less",), ("Student",)]),
]


@pytest.mark.parametrize(("given", "kept"), ROWS)
def test_names_are_read_as_they_are_written(store: Store, base: KnowledgeBase, given: str, kept: list[tuple[str, ...]]) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        for students in (given, None):  # and so again, when what is shown is sent back
            opened = form(await office.press("coo", "roster.edit", pack("Winter")))
            await office.send("coo", opened, **({"students": students} if students is not None else {}))
            cohort = await store.cohort("Winter")
            assert cohort
            assert [(person.name, *person.aliases) for person in cohort.roster] == kept

    ran(store, base, work)


def test_forty_names_and_staff_with_their_roles(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort(agencies=["Sample House"])
        opened = form(await office.press("coo", "roster.edit", pack("Winter")))
        students = "\n".join(f"Student{letter} Of Fall" for letter in map(str, range(40)))
        staff = "Ines Instructor, field instructor, Nessie\nSam Staff"
        assert "40 students, 2 staff" in said(await office.send("coo", opened, students=students, staff=staff))
        cohort = await store.cohort("Winter")
        assert cohort
        assert [(m.name, m.role, m.aliases) for m in cohort.staff] == [
            ("Ines Instructor", "field instructor", ("Nessie",)),
            ("Sam Staff", "staff", ()),
        ]
        assert (len(cohort.roster), cohort.agencies) == (40, ("Sample House",))
        before = await office.kept()
        await office.send("coo", form(await office.press("coo", "roster.edit", pack("Winter"))))
        assert await office.kept() == before
        for field in ("students", "staff"):
            shown = await office.send("coo", form(await office.press("coo", "roster.edit", pack("Winter"))), **{field: "x" * 201})
            assert isinstance(shown, Wrong)
            assert list(shown.faults) == [field]
        assert await office.kept() == before
        many = cohort.model_copy(update={"roster": cohort.roster * 10})
        await store.put_cohort(many)
        opened = form(await office.press("coo", "roster.edit", pack("Winter")))  # too many for one of its fields
        assert "Students: too many" in opened.lines[-1].text
        assert "400 students, 1 staff" in said(await office.send("coo", opened, staff="Sam Staff"))
        kept = await store.cohort("Winter")
        assert kept
        assert kept.roster == many.roster

    ran(store, base, work)


def test_a_file_takes_the_place_of_the_students_and_of_nothing_else(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort(roster=[{"name": "Ana Alvarez"}], staff=[{"name": "Sam Staff"}])
        opened = form(await office.press("coo", "roster.edit", pack("Winter")))
        for file, fault in (("1234567\n", NO_NAMES), ("x" * 201, TOO_LONG)):
            shown = await office.send("coo", opened, file=file)
            assert isinstance(shown, Wrong)
            assert shown.faults == {"file": fault}
        assert "2 students, 1 staff" in said(await office.send("coo", opened, file="Name,Year\nBo Berg,3\nZoe Zimmer,4\n"))
        kept = await store.cohort("Winter")
        assert kept
        assert [person.name for person in kept.roster] == ["Bo Berg", "Zoe Zimmer"]

    ran(store, base, work)


def test_an_empty_roster_proposes_the_students_of_the_channels(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        opened = form(await office.press("coo", "roster.edit", pack(COHORT.name)))
        assert opened.fields[0].value == "Ana Alvarez\nBo Berg"

    ran(store, base, work)


def test_shadow_mode_is_switched_and_shown(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        shown = shown_card(await office.press("coo", "shadow.on", pack("Winter")))
        assert await store.shadow("Winter")
        assert "Shadow mode is on" in shown.plain
        assert isinstance(await office.press("coo", "shadow.off", labelled(shown, "End shadow mode").value), Instead)
        assert not await store.shadow("Winter")

    ran(store, base, work)


def test_numbers_are_shown_from_five_people_on(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        for number in range(8):
            await office.nudged(f"p{min(number, 3)}", f"m{number}")
        office.now += timedelta(days=1)
        hidden = said(await office.press("coo", "counts.show", pack("Winter")))
        assert "8" not in hidden
        await office.nudged("p4", "m8")
        office.now += timedelta(days=1)
        assert ": 9" in said(await office.press("coo", "counts.show", pack("Winter")))
        office.now += timedelta(days=31)
        assert ": 9" not in said(await office.press("coo", "counts.show", pack("Winter")))

    ran(store, base, work)


def test_acknowledgements_name_people_and_never_ids(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        office.platform.names["bo"] = "=HYPERLINK(1)"
        for person in ("ana", "bo", "U-GONE"):
            await office.join(person)
        await office.join("T-ELSEWHERE", platform="test:U")
        await store.acknowledge(P, "ana", "Winter", "1.0 abc", NOON)
        shown = said(await office.press("coo", "acknowledged.show", pack("Winter")))
        assert "1 of 4 students" in shown
        assert "=HYPERLINK(1), 2 more" in shown
        assert "U-GONE" not in shown
        text = said(await office.press("coo", "acknowledged.export", pack("Winter")))
        rows = {row["person"]: row for row in csv.DictReader(io.StringIO(text))}
        assert set(rows) == {"ana", "bo", "U-GONE", "T-ELSEWHERE"}
        assert (rows["ana"]["version"], rows["ana"]["acknowledged_at"]) == ("1.0 abc", NOON.isoformat())
        assert (rows["bo"]["name"], rows["bo"]["version"]) == ("'=HYPERLINK(1)", "")

    ran(store, base, work)


def test_the_end_of_the_term_deletes_that_cohort_alone_and_gives_a_receipt(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        for name, channel in (("Winter", "c"), ("Spring", "d")):
            cohort = await office.cohort(name)
            await office.welcoming.place(P, channel, cohort, office.platform, NOON)
            await office.welcoming.settled()
            await office.join("ana", name)
            await office.nudged("ana", f"of {name}", name)
            await store.count_answer(name, next(iter(base.entries)), "helpful")
        spring = [part for part in await office.kept() if part[0].name == "Spring"]  # type: ignore[attr-defined]
        asked = shown_card(await office.press("coo", "term.end", pack("Winter")))
        assert list(await store.cohort_names()) == ["Spring", "Winter"]
        value = labelled(asked, "Delete it all").value
        shown = await office.press("coo", "term.ended", value)
        assert isinstance(shown, Instead)
        receipt = (
            "2027-01-13 at 05:00 MST. Deleted for good: 1 cohort, 1 channel, fewer than 5 records of nudges, 3 memberships, "
        )
        assert receipt in shown.card.plain
        assert await office.kept() == spring
        assert await store.members("Winter") == await store.places("Winter") == []
        with pytest.raises(InputError, match="ended"):
            await office.press("coo", "term.ended", value)
        await office.cohort("Winter", agencies=["Another year's"])
        assert isinstance(await office.press("coo", "term.ended", value), Instead)  # asks again: the button is an old one
        assert await store.cohort("Winter")

    ran(store, base, work)


def test_a_policy_of_long_ago_is_pointed_out(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        for days, stale in ((0, True), (-365 * 5 - 100, False)):
            page = await office.desk.home(office.platform, P, "coo", NOON + timedelta(days=days))
            assert ("is from 2021-05-15" in "".join(card.plain for card in page.cards)) is stale

    ran(store, base, work)


def test_prompts_ahead_are_shown_until_the_term_is_over(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        term: dict[str, Any] = {"start": date(2027, 1, 11), "end": date(2027, 1, 30)}
        await office.cohort(term=term)
        shown = shown_card(await office.press("coo", "prompts.show", pack("Winter", "")))
        assert [line.text[:17] for line in shown.lines[1:]] == ["Mon 18 Jan, 09:00", "Mon 25 Jan, 09:00"]
        office.now += timedelta(days=30)
        assert "over" in said(await office.press("coo", "prompts.show", pack("Winter", "")))

    ran(store, base, work)


def test_members_elsewhere_are_left_alone_by_an_edit(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await began(office)
        await office.join("coo2", COHORT.name, Role.COORDINATOR, platform="test:U")
        await store.put_place(Place(platform="test:U", channel="x", cohort=COHORT.name))
        await edited(office, channels="", seminars="", instructors="")
        assert [place.channel for place in await store.places(COHORT.name)] == ["x"]
        kept: Member = await office.member("coo2", COHORT.name)
        assert kept.role is Role.COORDINATOR

    ran(store, base, work)
