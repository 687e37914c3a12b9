"""What people get for pressing buttons and sending forms, on any platform: the thing itself, to them alone, and nothing of others."""

import contextlib
import json
from datetime import timedelta

import pytest

from bots.press import Instead, Press, Say, Wrong
from core.cards import Card, Form
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Closing, Feedback
from core.ports import Post
from core.speech.answers import BECAUSE
from core.speech.values import pack
from core.storage.store import Place, Role, Store
from tests.contract.desks import NOON, Office, P, by_hand, form, labelled, ran, reference, said, shown_card

ELSEWHERE = {"open", "ask.send"}  # links, and questions, which adapters hand to the dispatcher


def test_every_button_and_form_leads_somewhere(store: Store, base: KnowledgeBase) -> None:
    """Walks from the help, Home, a nudge and an answer through all that can be pressed."""

    async def work(office: Office) -> None:
        await office.cohort(roster=[{"name": "Ana Alvarez"}])
        await office.join("ana")
        await office.nudged("ana")
        await office.store.put_place(Place(platform=P, channel="c", cohort="Winter"))
        seen: set[str] = set()
        entry = next(iter(base.entries))
        for person in ("ana", "coo"):
            page = await office.desk.home(office.platform, P, person, NOON)
            waiting: list[Card | Form] = [*page.cards]
            for do, value in (
                ("reply.choose", pack(entry, "c", "")),
                ("nudge.why", reference()),
                ("nudge.judge", reference()),
                ("cohort.new", pack("c")),
            ):
                if do != "cohort.new" or person == "coo":
                    waiting.append(_of(await office.press(person, do, value)))
            while waiting:
                at = waiting.pop()
                presses = (
                    [(at.do, at.value, {f.name: f.value or "Something" for f in at.fields if f.required or f.value})]
                    if isinstance(at, Form)
                    else [(b.do, b.value, {}) for b in at.buttons]
                )
                for do, value, inputs in presses:
                    if do in ELSEWHERE or (do in seen and do != "cohort.edit") or do == "term.ended":
                        continue
                    seen.add(do)
                    spent = contextlib.suppress(InputError) if do.startswith("prompts.") else contextlib.nullcontext()
                    with spent:  # of two buttons for the same week, one has nothing left to do
                        shown = await office.press(person, do, value, **inputs)
                        waiting += [] if isinstance(shown, Wrong) else [_of(shown)]
        assert seen > {
            "mine.deleted",
            "nudge.judged",
            "reply.because",
            "reply.shared",
            "roster.save",
            "prompts.show",
            "prompts.skip",
            "prompts.post",
            "prompts.pause",
            "shadow.on",
        }
        assert isinstance(
            await office.press("coo", "term.ended", _ending(await office.press("coo", "term.end", pack("Winter")))), Instead
        )

    ran(store, base, work)


def _of(shown: object) -> Card | Form:
    if isinstance(shown, Say | Instead):
        return shown.card
    assert isinstance(shown, Form)
    return shown


def _ending(shown: object) -> str:
    assert isinstance(shown, Say)
    return labelled(shown.card, "Delete it all").value


COORDINATORS = [
    "cohort.edit", "roster.edit", "shadow.on", "shadow.off", "counts.show", "acknowledged.show",
    "acknowledged.export", "term.end",
]  # fmt: skip


PROMPTS = ["prompts.show", "prompts.skip", "prompts.unskip", "prompts.post", "prompts.pause", "prompts.resume", "prompts.x"]


def test_only_coordinators_do_what_coordinators_do(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort(roster=[{"name": "Ana Alvarez"}])
        await office.join("ana")
        await office.join("ins", role=Role.INSTRUCTOR)
        await office.cohort("Spring")
        await office.join("other", "Spring", Role.COORDINATOR)
        before = await office.kept()
        for do in [*COORDINATORS, *PROMPTS, "term.ended", "roster.save", "cohort.save"]:
            for person in ("ana", "ins", "nobody", "other"):
                value = pack("Winter") if do in COORDINATORS else pack("Winter", "x")
                with pytest.raises(InputError, match="coordinators"):
                    await office.press(person, do, value, students="", staff="")
        assert await office.kept() == before
        assert office.platform.delivered == []

    ran(store, base, work)


JUNK = ["", "Winter", "[]", "{}", "null", "[1]", '["Winter","x","y","z","q"]', '["No such"]', '["No such",""]', "[" * 5_000]


@pytest.mark.parametrize(
    "do",
    [
        *COORDINATORS, *PROMPTS, "term.ended", "roster.save", "reply.choose", "reply.next", "reply.helpful", "reply.unhelpful", "reply.because",
        "reply.coordinator", "reply.shared", "nudge.why", "nudge.judged", "policy.acknowledge", "no.such", "",
    ],
)  # fmt: skip
def test_junk_is_refused_and_changes_nothing(store: Store, base: KnowledgeBase, do: str) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        before = await office.kept()
        for value in JUNK:
            if do in {"reply.unhelpful", "reply.coordinator"} and value == '["No such",""]':  # they say something general
                assert said(await office.press("coo", do, value))
            else:
                with pytest.raises(InputError):
                    await office.press("coo", do, value)
        assert await office.kept() == before

    ran(store, base, work)


def test_a_nudge_is_judged_once_and_by_its_author(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        await office.nudged("ana")
        gone = said(await office.press("bo", "nudge.why", reference()))
        assert said(await office.press("bo", "nudge.judge", reference())) == gone
        value = pack(reference(), Feedback.PUBLIC)
        assert said(await office.press("bo", "nudge.judged", value)) == gone
        asked = shown_card(await office.press("ana", "nudge.judge", reference()))
        assert {button.value for button in asked.buttons} == {pack(reference(), code) for code in Feedback}
        assert said(await office.press("ana", "nudge.judged", value)) != gone
        assert said(await office.press("ana", "nudge.judged", pack(reference(), Feedback.OTHER))) == gone
        assert said(await office.press("ana", "nudge.judge", reference())) == gone
        (record,) = await office.dispatcher.kept(P, "ana")
        assert (record.closing, record.feedback) == (Closing.JUDGED, Feedback.PUBLIC)
        with pytest.raises(InputError):
            await office.press("ana", "nudge.judged", pack(reference(), "junk"))

    ran(store, base, work)


def test_why_is_told_to_the_author_alone_also_afterwards(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.nudged("ana")
        assert "fairly sure" in said(await office.press("ana", "nudge.why", reference()))
        assert "sure" not in said(await office.press("ana", "nudge.why", reference("m2")))

    ran(store, base, work)


def test_a_pause_can_be_begun_seen_and_ended(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        async def offered() -> set[str]:
            page = await office.desk.home(office.platform, P, "ana", office.now)
            return {button.do for card in page.cards for button in card.buttons if button.do.startswith("pause.")}

        assert await offered() == {"pause.begin"}
        assert "Thursday 05:00" in said(await office.press("ana", "pause.begin"))  # on the wall of the default cohort
        assert await offered() == {"pause.end"}
        assert "paused" in said(await office.press("ana", "mine.show"))
        office.now += timedelta(minutes=1)
        await office.press("ana", "pause.end")
        assert await offered() == {"pause.begin"}
        await office.press("ana", "pause.begin")
        office.now += timedelta(days=1, seconds=1)
        assert await offered() == {"pause.begin"}

    ran(store, base, work)


def test_people_see_export_and_delete_what_is_kept_of_them(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        for person in ("ana", "bo"):
            await office.join(person)
            await office.nudged(person, f"of {person}")
            await office.store.acknowledge(P, person, "Winter", "1.0 abc", NOON)
        await office.press("ana", "pause.begin")
        mine = said(await office.press("ana", "mine.show"))
        assert "Winter" in mine
        assert "version 1.0" in mine
        assert "Nudges: 1" in mine
        data = json.loads(shown_card(await office.press("ana", "mine.export")).lines[1].text)
        assert [nudge["category"] for nudge in data["nudges"]] == ["case_details"]
        assert data["memberships"][0]["acknowledged"] == "1.0 abc"
        assert data["settings"]["paused_until"]
        assert "Delete" in said(await office.press("ana", "mine.delete"))
        assert await office.dispatcher.kept(P, "ana")
        assert "3 records" in said(await office.press("ana", "mine.deleted"))  # the nudge, the pause, the acknowledgement
        assert "0 records" in said(await office.press("ana", "mine.deleted"))
        assert await office.dispatcher.kept(P, "ana") == []
        assert (await office.member("ana")).acknowledged is None
        assert len(await office.dispatcher.kept(P, "bo")) == 1
        assert (await office.member("bo")).acknowledged == "1.0 abc"

    ran(store, base, work)


def test_who_is_in_no_cohort_is_told_that_nothing_is_left(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        assert "Nothing else" in said(await office.press("ana", "mine.deleted"))
        await office.cohort()
        await office.join("bo")
        assert "you belong to Winter" in said(await office.press("bo", "mine.deleted"))

    ran(store, base, work)


def test_an_answer_is_shared_without_the_question_and_what_goes_along_is_read_first(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        entry = next(iter(base.entries))
        sharing = form(await office.press("ana", "reply.share", pack(entry, "c", "t1")))
        for about, right in (("all about my secret", False), ("x" * 301, False), ("friend requests", True)):
            shown = await office.send("ana", sharing, about=about)
            assert isinstance(shown, Wrong) is not right
            assert len(office.platform.delivered) == int(right)
        (post,) = office.platform.delivered
        assert isinstance(post, Post)
        assert (post.channel, post.thread) == ("c", "t1")
        assert post.card.lines[0].text == "Ana Alvarez shares an answer: friend requests"
        assert "You could ask next" not in post.card.plain
        assert not post.card.buttons
        await office.send("ana", sharing, about="  ")
        assert office.platform.delivered[1].card.lines[0].text == "Ana Alvarez shares an answer."  # type: ignore[union-attr]
        with pytest.raises(InputError):
            await office.press("ana", "reply.shared", pack("no such", "c", ""))
        with pytest.raises(InputError):
            await office.press("ana", "reply.shared", pack(entry, "", ""))
        assert len(office.platform.delivered) == 2

    ran(store, base, work)


def test_feedback_counts_each_person_once(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        entry, *_ = base.entries
        for _ in range(5):
            await office.press("ana", "reply.because", pack(entry, "", "unclear"))
            await office.press("ana", "reply.helpful", pack(entry, ""))
        assert list(await office.store.answers_counted("Winter")) == [(entry, "unclear", 1)]
        said_so = said(await office.press("coo", "counts.show", pack("Winter")))
        for person in ("bo", "cy", "di", "ed"):
            await office.press(person, "reply.because", pack(entry, "", "unclear"))
        now = said(await office.press("coo", "counts.show", pack("Winter")))
        assert BECAUSE["unclear"].lower() not in said_so
        assert BECAUSE["unclear"].lower() in now
        assert base.entries[entry].phrasings[0] in now
        assert entry not in now
        with pytest.raises(InputError):
            await office.press("ana", "reply.because", pack(entry, "", "junk"))

    ran(store, base, work)


def test_coordinators_are_written_to_by_name_and_nothing_is_sent(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort(coordinator={"name": "Cora Coordinator", "contact": "403 555 0100"})
        await office.join("ins", role=Role.COORDINATOR)
        await office.join("gone", role=Role.COORDINATOR)
        await office.join("ana")
        entry, *_ = base.entries
        shown = shown_card(await office.press("ana", "reply.coordinator", pack(entry, "")))
        assert [(b.label, b.url) for b in shown.buttons] == [
            ("Write to Cora Coordinator", "https://chat.example/coo"),
            ("Write to Ines Instructor", "https://chat.example/ins"),
        ]
        assert "403 555 0100" in shown.plain
        section = base.sections[base.entries[entry].citations[0]]
        assert section.place in shown.plain
        assert section.id not in shown.plain
        assert office.platform.delivered == []

    ran(store, base, work)


def test_the_channel_decides_between_two_cohorts_and_the_latest_one_elsewhere(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort("Fall", coordinator={"name": "Fay"})
        await office.join("ana", "Fall")
        await office.welcoming.place(P, "c", await office.cohort("Fall", coordinator={"name": "Fay"}), office.platform, NOON)
        await office.welcoming.settled()
        office.now += timedelta(days=100)
        await office.cohort("Winter", coordinator={"name": "Wim"})
        await office.join("ana", "Winter")
        entry, *_ = base.entries
        assert "Fay" in said(await office.press("ana", "reply.coordinator", pack(entry, "c")))
        assert "Wim" in said(await office.press("ana", "reply.coordinator", pack(entry, "")))
        await office.press("ana", "reply.helpful", pack(entry, "c"))
        assert [await office.store.answers_counted(name) for name in ("Fall", "Winter")] == [[(entry, "helpful", 1)], []]
        page = await office.desk.home(office.platform, P, "ana", NOON)
        asked = [b.value for card in page.cards for b in card.buttons if b.do == "policy.acknowledge"]
        assert [json.loads(value)[0] for value in asked] == ["Winter", "Fall"]

    ran(store, base, work)


def test_a_draft_is_checked_and_an_empty_one_asked_for(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        draft = form(await office.press("ana", "draft.open"))
        assert isinstance(await office.send("ana", draft, draft=" "), Wrong)
        found = said(await office.send("ana", draft, draft="my secret"))
        assert "secret" not in found
        assert found != said(await office.send("ana", draft, draft="a nice day"))

    ran(store, base, work)


def test_the_policy_is_acknowledged_as_it_was_shown(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        await office.join("ana")
        page = await office.desk.home(office.platform, P, "ana", NOON)
        value = next(b.value for card in page.cards for b in card.buttons if b.do == "policy.acknowledge")
        with pytest.raises(InputError):
            await office.press("bo", "policy.acknowledge", value)
        shown = await office.press("ana", "policy.acknowledge", value)
        assert isinstance(shown, Instead)
        kept = await office.member("ana")
        assert (json.loads(value)[1], NOON) == (kept.acknowledged, kept.acknowledged_at)
        office.now += timedelta(days=2)
        assert said(await office.press("ana", "policy.acknowledge", value)) == said(shown)
        assert await office.member("ana") == kept
        page = await office.desk.home(office.platform, P, "ana", NOON)
        assert not [b for card in page.cards for b in card.buttons if b.do == "policy.acknowledge"]

    ran(store, base, work)


@pytest.mark.parametrize("changed", [{"version": "1.1"}, {"version": "2.0"}, {"text": "Another rule altogether."}])
def test_a_card_of_an_older_policy_shows_the_new_one(store: Store, base: KnowledgeBase, changed: dict[str, str]) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        await office.join("ana")
        page = await office.desk.home(office.platform, P, "ana", NOON)
        value = next(b.value for card in page.cards for b in card.buttons if b.do == "policy.acknowledge")
        later = Office(store, by_hand(base, **changed))
        shown = shown_card(await later.press("ana", "policy.acknowledge", value))
        assert (await later.member("ana")).acknowledged is None
        await later.press("ana", "policy.acknowledge", shown.buttons[0].value)
        assert (await later.member("ana")).acknowledged == json.loads(shown.buttons[0].value)[1]

    ran(store, base, work)


def test_home_has_the_policy_for_everybody(store: Store, base: KnowledgeBase) -> None:
    async def work(office: Office) -> None:
        await office.cohort()
        await office.join("ana")
        await office.join("ins", role=Role.INSTRUCTOR)
        for person, acknowledges, begins in (("ana", 1, 0), ("ins", 0, 0), ("coo", 0, 1), ("stranger", 0, 0)):
            page = await office.desk.home(office.platform, P, person, NOON)
            assert any("The policy in brief" in card.plain for card in page.cards)
            pressed = [b.do for card in page.cards for b in card.buttons]
            assert pressed.count("policy.acknowledge") == acknowledges
            assert pressed.count("cohort.new") == begins

    ran(store, base, work)


def test_presses_keep_their_words_to_themselves() -> None:
    press = Press(platform=P, id="1", person="ana", do="draft.send", at=NOON, value="v-canary", inputs={"draft": "d-canary"})
    assert "canary" not in repr(press)


@pytest.mark.parametrize(
    ("do", "kind"),
    [("nudge.why", "nudge.why"), ("my client Kayla", "unknown"), ("Kayla", "unknown"), ("", "unknown"), ("a.b.c", "unknown")],
)
def test_a_log_names_no_press_that_our_cards_do_not_have(do: str, kind: str) -> None:
    assert Press(platform=P, id="1", person="ana", do=do, at=NOON).kind == kind
