"""What the bot says on Slack, drawn in a browser: every block can be drawn and no label is cut; pictures go to build/seen."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from bots.slack import render
from core.answer import Answer
from core.cards import Card, Home
from core.cohort import Cohort
from core.engine import ANYWHERE, PracticumEngine
from core.kb.versions import policy_version
from core.ports import Message, Nudge, Reply
from core.scheduling.calendar import Week
from core.scheduling.plan import plan_term
from core.scheduling.wording import follow_up_card, prompt_card
from core.speech import answers, cohorts, nudges, privacy, prompts, welcome
from core.storage.slots import State
from core.storage.store import Member, Person, Place, Role
from core.vocabulary import Outcome
from tests import chromium
from tests.conftest import ROOT
from tests.slack import seen

chromium.require("what Slack shows")
FOLDER = ROOT / "build" / "seen"
NOON = datetime(2027, 1, 20, 19, tzinfo=UTC)
HARD = "my client Marisol Quintero from the tuesday group relapsed again, call her at 403-555-0199"
SOFT = "rough day, my 3pm no-showed because she is back in detox"
CUT = "[...document.querySelectorAll('label, h2')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SIZES = {"desk": (760, 900), "phone": (380, 800)}


def said(engine: PracticumEngine, cohort: Cohort, text: str, *, asked: bool) -> Card:
    """What the engine says to a message, as a card."""
    message = Message(id="1", author=text, channel="C1", sent_at=NOON, to_bot=asked, text=text, private=asked)
    action = engine.handle(message, cohort, ANYWHERE)[0]
    if isinstance(action, Nudge):
        return nudges.nudge_card(action, "https://x.slack.com/archives/C1/p1")
    assert isinstance(action, Reply)
    return answers.reply_card(engine.base, action, shared=True)


def pictures(engine: PracticumEngine, cohort: Cohort) -> Iterator[tuple[str, str]]:
    """A page for each thing that is worth a look, by name."""
    base, profile = engine.base, engine.base.profiles[cohort.profile]
    student = Member(platform="p", person="U1", cohort=cohort.name, joined_at=NOON)
    done = Member(
        platform="p", person="U2", cohort=cohort.name, joined_at=NOON, acknowledged=policy_version(profile).recorded,
        acknowledged_at=NOON,
    )  # fmt: skip
    places = [
        Place(platform="p", channel="C1", cohort=cohort.name),
        Place(platform="p", channel="C2", cohort=cohort.name, seminar=True),
    ]
    assert cohort.term
    planned = plan_term(cohort, base.prompts, cohort.term, {})
    prompt = next(week.prompt for week in planned if week.prompt.follow_up)
    two = tuple(sorted(base.entries, key=lambda name: -len(base.entries[name].phrasings[0]))[:2])
    words = "\n".join(f"{number}. {base.entries[name].phrasings[0]}" for number, name in enumerate(two, 1))
    which = Answer(outcome=Outcome.ANSWERED, clarify=two, text=f"I want to be sure which you mean:\n{words}")
    of_it = cohorts.cohort_card(
        cohort, profile, places, shadow=False, stale=cohorts.stale_policies(base, profile, date(2027, 1, 20))
    )
    cards: dict[str, Card] = {
        "nudge": said(engine, cohort, HARD, asked=False),
        "nudge_gentle": said(engine, cohort, SOFT, asked=False),
        "nudge_wrong": nudges.judge_card("x"),
        "draft": nudges.draft_card(base, engine.scan(HARD, cohort)),
        "answer": said(engine, cohort, "can I accept a friend request from a former client?", asked=True),
        "answer_choices": answers.answer_card(base, which),
        "answer_refused": said(engine, cohort, "what is the weather tomorrow?", asked=True),
        "answer_urgent": said(engine, cohort, "my client just texted me that he will end it tonight", asked=True),
        "answer_unhelpful": answers.because_card("x"),
        "coordinator": answers.coordinator_card(
            cohort, "Social Media Policy, Boundaries 3", [("Cora Dean", "https://x.example")]
        ),
        "prompt": prompt_card(base, prompt),
        "prompt_follow_up": follow_up_card(prompt),
        "acknowledge": welcome.welcome_card(cohort, profile),
        "acknowledged": welcome.acknowledged_card(cohort, profile, NOON),
        "invited": welcome.invited_card("C1"),
        "prompts": prompts.prompts_card(
            cohort, [Week(week, State.DONE if week.at < NOON else None) for week in planned[:6]], None, NOON
        ),
    }
    public = {"prompt", "prompt_follow_up"}
    for name, shown in cards.items():
        for message in render.messages(shown):
            assert seen.hidden_words(message["blocks"]) == []
            yield name, seen.message(message["blocks"], private=name not in public)
    own = answers.help_card(command="/ethics")
    homes = {
        "home_student": (own, welcome.status_card(cohort, profile, student), nudges.pausing_card(None)),
        "home_coordinator": (own, of_it, cohorts.begin_card(), Card(welcome.brief_lines(profile)), nudges.pausing_card(None)),
        "home_many": (own, *[of_it] * 30),
    }
    for name, page in homes.items():
        view = render.home(Home(page))
        assert seen.hidden_words(view["blocks"]) == []
        yield name, seen.view(view)
    forms = {
        "form_new": cohorts.cohort_form(base, None, (), "C1"),
        "form_cohort": cohorts.cohort_form(
            base,
            cohort,
            places,
            members=[Member(platform="p", person="U1", cohort="x", role=Role.COORDINATOR, joined_at=NOON)],
            hidden=1,
        ),
        "form_names": cohorts.roster_form(cohort, ()),
        "form_ask": answers.ask_form(),
        "form_draft": nudges.draft_form(),
        "form_share": answers.share_form("x"),
    }
    for name, form in forms.items():
        yield name, seen.view(render.view(form))
    windows = {
        "window_mine": privacy.mine_card(base, cohort.zone, [], [student], Person("U1")),
        "window_acknowledgements": cohorts.acknowledged_card(cohort, profile, [student, done], {"U1": "Ana Lopez"}),
        "window_end": cohorts.end_card(cohort),
    }
    for name, shown in windows.items():
        yield name, seen.view(render.modal(shown))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.running() as running:
        yield running


def test_everything_can_be_drawn_and_no_label_is_cut(browser: Browser, engine: PracticumEngine, sample: Cohort) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    cut: list[Any] = []
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        for name, html in pictures(engine, sample):
            page.set_content(html)
            page.screenshot(path=Path(FOLDER / f"{name}-{size}.png"), full_page=True)
            cut += [(name, size, label) for label in page.evaluate(CUT)]
            cut += [(name, size, "wider than the page")] * bool(page.evaluate(WIDE))
        context.close()
    assert cut == []
