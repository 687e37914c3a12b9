"""What is said stays within what platforms take, names nobody by an id, and carries ids alone."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.answer import Answer
from core.cards import Card, Form
from core.cohort import Cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.counts import Counts
from core.nudging.records import Feedback
from core.scheduling.calendar import Week
from core.scheduling.plan import OwnPrompt, Planned
from core.speech import answers, cohorts, nudges, privacy, welcome
from core.speech.prompts import prompts_card
from core.speech.values import pack, unpack
from core.storage.slots import State
from core.storage.store import Member, Person, Role
from core.vocabulary import Outcome, Verdict

NOON = datetime(2027, 1, 13, 12, tzinfo=ZoneInfo("America/Edmonton"))
LONGEST = ["x" * 200, "é" * 200, "🎓" * 200, '"' * 200, "\\" * 200]  # names of cohorts
WEEKS = [
    Week(Planned(NOON.date(), NOON + timedelta(days=number), OwnPrompt("own", "A prompt. " * 40)), state)
    for number, state in enumerate([None, State.SKIPPED, State.DONE, State.LATE, None])
]
LABEL, TITLE, VALUE = 75, 24, 2_000


def everything(base: KnowledgeBase, name: str) -> list[Card | Form]:
    """Each card and form there is, for a cohort of that name."""
    cohort = Cohort.model_validate(
        {"name": name, "profile": "mru", "timezone": "America/Edmonton", "coordinator": {"name": "Cora " + "C" * 190}}
    )
    profile, longest = base.profiles["mru"], max(base.entries, key=lambda e: len(base.entries[e].phrasings[0]))
    member = Member(platform="p", person="U1", cohort=name, joined_at=NOON)
    known = {"outcome": Outcome.ANSWERED, "verdict": Verdict.NO, "text": "No.\nSources: x"}
    place = ("C" * 200, "T" * 200)
    reference = pack(place[0], "m" * 200, place[1])
    return [
        answers.answer_card(base, Answer(entry=longest, related=(longest,), **known), *place),  # type: ignore[arg-type]
        answers.answer_card(base, Answer(clarify=(longest, longest), **known), *place),  # type: ignore[arg-type]
        answers.because_card(longest, place[0]),
        answers.thanks_card(),
        answers.coordinator_card(cohort, "a place", [("N" * 200, "https://x.example")]),
        answers.share_form(pack(longest, *place)),
        answers.ask_form("x" * 9_000),
        answers.help_card(command="/ethics"),
        cohorts.cohort_form(base, None, (), "C"),
        cohorts.cohort_form(base, cohort, ()),
        cohorts.roster_form(cohort, ["Ana"]),
        cohorts.cohort_card(cohort, profile, (), shadow=True, stale=["old"], unreached=2),
        cohorts.begin_card(),
        cohorts.counts_card(base, cohort, Counts(enough=False, rows=()), 30, []),
        cohorts.acknowledged_card(cohort, profile, [member], {}),
        cohorts.end_card(cohort),
        cohorts.receipt_card(name, NOON, {"cohorts": 1}),
        prompts_card(cohort, WEEKS, NOON, NOON),
        nudges.judge_card(reference),
        nudges.pausing_card(None),
        nudges.pausing_card(NOON),
        nudges.draft_form(),
        nudges.draft_card(base, []),
        privacy.mine_card(base, cohort.zone, [], [member], Person("a")),
        privacy.confirm_card(),
        welcome.notice_card(),
        welcome.welcome_card(cohort, profile),
        welcome.acknowledged_card(cohort, profile, NOON),
        welcome.invited_card("C" * 200),
    ]


@pytest.mark.parametrize("name", LONGEST)
def test_everything_fits(base: KnowledgeBase, name: str) -> None:
    for shown in everything(base, name):
        if isinstance(shown, Form):
            assert len(shown.title) <= TITLE
            assert len(shown.submit) <= TITLE
            assert len(shown.value) <= VALUE
            assert all(len(field.value) <= field.longest for field in shown.fields)
            continue
        assert shown.plain.strip()
        for button in shown.buttons:
            assert 0 < len(button.label) <= LABEL
            assert len(button.value) <= VALUE
        assert len({(button.do, button.label) for button in shown.buttons}) == len(shown.buttons)


def test_a_verdict_on_a_nudge_fits_as_well() -> None:
    card = nudges.judge_card(pack("C" * 200, "m" * 200, "T" * 200))
    assert len(card.buttons) == len(Feedback)


@pytest.mark.parametrize("parts", [("a",), ("", ""), ('"', "\\", "é\n🎓"), (pack("a", "b"), "c")])
def test_what_is_packed_comes_back(parts: tuple[str, ...]) -> None:
    assert unpack(pack(*parts), len(parts)) == list(parts)


@pytest.mark.parametrize("value", ["", "a", "null", '"a"', "[1]", '["a","b"]', '{"a":1}', "[" * 100_000, "[[]]"])
def test_what_was_never_packed_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        unpack(value, 1)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("Ana", "Ana"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ('O"Neil, A', '"O""Neil, A"'),
    ],
)
def test_no_name_is_a_formula(name: str, cell: str) -> None:
    member = Member(platform="p", person="U1", cohort="W", joined_at=NOON)
    assert cohorts.acknowledged_csv([member], {"U1": name}) == f"person,name,version,acknowledged_at\nU1,{cell},,\n"


def test_staff_are_in_no_list_of_acknowledgements(base: KnowledgeBase) -> None:
    cohort = Cohort(name="W", profile="mru", timezone="UTC")
    staff = [
        Member(platform="p", person=role, cohort="W", joined_at=NOON, role=role) for role in Role if role is not Role.STUDENT
    ]
    assert "0 of 0 students" in cohorts.acknowledged_card(cohort, base.profiles["mru"], staff, {}).plain
    assert cohorts.acknowledged_csv(staff, {}).count("\n") == 1


def test_long_lists_are_cut_and_say_so(base: KnowledgeBase) -> None:
    cohort = Cohort(name="W", profile="mru", timezone="UTC")
    members = [Member(platform="p", person=f"U{n}", cohort="W", joined_at=NOON) for n in range(50)]
    names = {f"U{n}": f"N{n:02}" for n in range(45)}
    shown = cohorts.acknowledged_card(cohort, base.profiles["mru"], members, names).plain
    assert "N29, 20 more." in shown
    assert "U4" not in shown


@pytest.mark.parametrize(("years", "stale"), [(0, False), (1, False), (2, True)])
def test_sources_grow_old(base: KnowledgeBase, years: int, stale: bool) -> None:
    today = date(2021, 5, 15) + timedelta(days=365 * years)
    assert bool(cohorts.stale_policies(base, base.profiles["mru"], today)) is stale


def test_a_shared_answer_carries_no_way_on() -> None:
    text = "No. Never.\nAsk: your supervisor.\nSources: x\nYou could ask next: y"
    card = answers.shared_card(Answer(outcome=Outcome.ANSWERED, text=text), "Ana", "")
    assert card.plain == "Ana shares an answer.\nNo. Never.\nSources: x"
    assert card.buttons == ()
