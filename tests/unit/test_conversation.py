"""Follow-ups, choices and "why?" lean on the last question of the same conversation, for minutes."""

import pytest

from bots import bootstrap
from bots.settings import Settings
from core.answer import Answer
from core.cohort import Cohort, default_cohort
from core.kb.schema import KnowledgeBase
from core.qa.ask import LONG, Asker
from core.qa.conversation import KEPT_SECONDS, Conversations, _chosen, follows
from core.vocabulary import Outcome, Verdict

FIRST = "can I accept a friend request from a former client?"


class Clock:
    """A clock that stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def asker(base: KnowledgeBase) -> Asker:
    return bootstrap.asker(base, bootstrap.encoder(Settings()))


@pytest.mark.parametrize(
    "text",
    [
        "what about her sister?",
        "and if they ask first?",
        "ok but what if I only like it",
        "even if it's private?",
        "on linkedin?",
        "her sister?",
        "Same for classmates?",
        "would it be different if he asked first",
        "unless my supervisor says ok?",
        "or on tiktok",
    ],
)
def test_these_lean_on_the_question_before(text: str) -> None:
    assert follows(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I google my client?",
        "my client asked me to follow her back, should I?",
        "what does the policy say about photos",
        "my client, what if " + "and then " * 30,
        "",
    ],
)
def test_these_stand_alone(text: str) -> None:
    assert not follows(text)


def test_why_repeats_the_entry_with_what_each_source_says(asker: Asker, base: KnowledgeBase) -> None:
    conversations = Conversations(asker)
    first = conversations.ask(FIRST, default_cohort(), "thread")
    why = conversations.ask("ok but why?", default_cohort(), "thread")
    assert (why.entry, why.verdict, why.citations) == (first.entry, first.verdict, first.citations)
    assert all(base.sections[section].gist in why.text for section in why.citations)


def test_a_follow_up_is_read_with_what_was_asked(asker: Asker) -> None:
    conversations = Conversations(asker)
    conversations.ask(FIRST, default_cohort(), "thread")
    follow_up = conversations.ask("and if I already accepted it?", default_cohort(), "thread")
    assert follow_up == asker.ask("and if I already accepted it?", default_cohort(), FIRST)
    assert follow_up != asker.ask("and if I already accepted it?", default_cohort())


@pytest.mark.parametrize(
    ("follow_up", "verdict"),
    [("what about if she's just a classmate", "yes"), ("and a coworker?", "yes"), ("what about her sister?", "no")],
)
def test_the_new_fact_counts(asker: Asker, follow_up: str, verdict: str) -> None:
    conversations = Conversations(asker)
    conversations.ask("my client from last term added me on facebook, can I accept?", default_cohort(), "thread")
    assert conversations.ask(follow_up, default_cohort(), "thread").verdict == verdict


def test_text_is_made_plain_once(asker: Asker) -> None:
    text = "can I write &amp;lt;b&amp;gt; to a client on facebook?"
    conversations = Conversations(asker)
    assert conversations.ask(text, default_cohort(), "thread") == asker.ask(text, default_cohort())


def test_of_a_long_question_its_end_is_kept(asker: Asker) -> None:
    conversations = Conversations(asker)
    conversations.ask("so much happened today. " * 200 + FIRST, default_cohort(), "thread")
    (turn,) = conversations._turns.values()
    assert len(turn.question) == LONG
    assert turn.question.endswith(FIRST)


def test_other_conversations_and_none_know_nothing_of_it(asker: Asker) -> None:
    conversations = Conversations(asker)
    conversations.ask(FIRST, default_cohort(), "thread")
    assert conversations.ask("why?", default_cohort(), "other").outcome is Outcome.OUT_OF_SCOPE
    assert conversations.ask("why?", default_cohort()).outcome is Outcome.OUT_OF_SCOPE


def test_it_is_forgotten_after_minutes(asker: Asker) -> None:
    clock = Clock()
    conversations = Conversations(asker, clock)
    conversations.ask(FIRST, default_cohort(), "thread")
    clock.now = KEPT_SECONDS
    assert conversations.ask("why?", default_cohort(), "thread").outcome is Outcome.OUT_OF_SCOPE
    conversations.ask("hello", default_cohort(), "another")
    assert FIRST not in str([turn.question for turn in conversations._turns.values()])


def test_somebody_at_risk_is_heard_in_a_follow_up_too(asker: Asker) -> None:
    conversations = Conversations(asker)
    conversations.ask(FIRST, default_cohort(), "thread")
    urgent = conversations.ask("what if she just texted that she took all her pills and says goodbye", default_cohort(), "thread")
    assert urgent.outcome is Outcome.URGENT


class Undecided:
    """Stands in for an asker that asks which is meant."""

    def ask(self, text: str, cohort: Cohort, earlier: str = "") -> Answer:
        return Answer(
            outcome=Outcome.ANSWERED,
            text="which?",
            verdict=Verdict.DEPENDS,
            entry="a",
            clarify=("a", "b"),
            citations=("mru/boundaries-1",),
        )

    def about(self, entry: str, cohort: Cohort) -> Answer:
        return Answer(outcome=Outcome.ANSWERED, text=entry, verdict=Verdict.NO, entry=entry)


def test_a_choice_settles_a_clarifying_question() -> None:
    conversations = Conversations(Undecided())  # type: ignore[arg-type]
    conversations.ask("hm", default_cohort(), "thread")
    assert conversations.ask("the second one", default_cohort(), "thread").entry == "b"


@pytest.mark.parametrize(
    ("text", "choice"),
    [("1", "a"), ("2.", "b"), ("the first one", "a"), ("option 3", "c"), ("I meant the second", "b"), ("#1", "a"), ("one", "a")],
)
def test_choices(text: str, choice: str) -> None:
    assert _chosen(text, ("a", "b", "c")) == choice


@pytest.mark.parametrize("text", ["4", "one of my clients added me", "first, can I post this?", "12", "no"])
def test_no_choice(text: str) -> None:
    assert _chosen(text, ("a", "b", "c")) is None


def test_a_choice_that_is_not_there() -> None:
    assert _chosen("3", ("a", "b")) is None
    assert _chosen("1", ()) is None


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("team meeting, door closed", True),
        ("grandma?", True),
        ("Different question: can I google my client?", False),
        ("can I google my client before our first meeting?", False),
        ("forget that, one of the boys just told me that he took all of his grandmother's pills", False),
    ],
)
def test_what_makes_no_sense_alone_leans_on_the_question_before(asker: Asker, cohort: Cohort, text: str, leans: bool) -> None:
    assert Conversations(asker)._leans(text, cohort) is leans


def test_somebody_at_risk_is_heard_in_the_middle_of_a_conversation(asker: Asker, cohort: Cohort) -> None:
    conversations = Conversations(asker)
    conversations.ask(FIRST, cohort, "here")
    at_risk = conversations.ask("wait she just wrote that she took all her pills and says goodbye", cohort, "here")
    assert at_risk.outcome is Outcome.URGENT


@pytest.mark.parametrize("text", ["i don't want to live anymore", "I want to die", "she took all her pills", "i feel suicidal"])
@pytest.mark.parametrize(
    "first", [FIRST, "may I text a client from my own phone?", "can I post a photo of the agency's kitchen?"]
)
def test_a_few_words_are_enough_for_somebody_at_risk(asker: Asker, cohort: Cohort, first: str, text: str) -> None:
    conversations = Conversations(asker)
    conversations.ask(first, cohort, "here")
    assert conversations.ask(text, cohort, "here").outcome is Outcome.URGENT
