"""Two questions in one message, other languages, suggestions and explanations."""

import json
from dataclasses import asdict

import pytest

from bots import bootstrap
from bots.settings import Settings
from core.cohort import Cohort, default_cohort
from core.engine import PracticumEngine
from core.kb.schema import KnowledgeBase
from core.qa.explain import explain
from core.qa.language import Languages
from core.qa.parts import parts
from core.qa.suggest import groups
from core.vocabulary import Outcome
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("can I add a client on facebook? also, do I have to delete my old posts?", 2),
        ("1) can I google my client? 2) may I post a selfie at my desk?", 2),
        ("is it ok to post a graduation photo? And another question, can I follow my instructor?", 2),
        ("can I follow a client? plus can I like her posts? also is it ok to message her there?", 3),
        ("can I add a client? is that ok?", 0),  # one question, asked twice
        ("my client added me. I also know her sister. can I accept?", 0),
        ("can I add a client? also you?", 0),  # too short to stand by itself
        ("I posted a photo. also, can I google a client?", 0),  # only one of them asks
        ("can I also follow her?", 0),
        ("", 0),
    ],
)
def test_where_a_message_is_several_questions(text: str, count: int) -> None:
    assert len(parts(text)) == count


def test_two_questions_are_answered_in_turn(engine: PracticumEngine, cohort: Cohort) -> None:
    one, two = "can I send a friend request to my client?", "do I have to delete all my social media for practicum?"
    both = engine.ask(f"{one} also, {two}", cohort)
    first, second = engine.ask(one, cohort), engine.ask(two, cohort)
    assert (both.entry, both.verdict) == (first.entry, first.verdict)
    assert first.text in both.text
    assert second.text in both.text
    assert set(both.citations) == {*first.citations, *second.citations}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("puis-je accepter une demande d'ami d'un ancien client?", "fr"),
        ("est-ce que je peux ajouter un client sur facebook", "fr"),
        ("kann ich meinen Klienten auf Facebook hinzufügen?", "de"),
        ("can i add a client on facebook", None),
        ("ok to snap my lunch", None),
        ("does unboxing makeup on tiktok go against policy", None),
        ("my kokum wants a pic of me at the drop in, k?", None),
        ("Facebook", None),
        ("💅💅💅", None),
        ("12345", None),
    ],
)
def test_other_languages_are_told_from_english(base: KnowledgeBase, text: str, code: str | None) -> None:
    words = frozenset(
        word for entry in base.entries.values() for phrasing in entry.phrasings for word in phrasing.casefold().split()
    )
    assert Languages(words).foreign(text) == code


def test_a_question_in_french_is_refused_in_french(engine: PracticumEngine, base: KnowledgeBase, cohort: Cohort) -> None:
    answer = engine.ask("je peux suivre ma superviseure sur linkedin?", cohort)
    assert answer.outcome is Outcome.OUT_OF_SCOPE
    assert answer.text.startswith(base.refusals.foreign["fr"][:40])


def test_no_english_example_is_taken_for_another_language(base: KnowledgeBase) -> None:
    """Every phrasing is English; so is every calibration question."""
    words = frozenset(
        word for entry in base.entries.values() for phrasing in entry.phrasings for word in phrasing.casefold().split()
    )
    languages = Languages(words)
    lines = (ROOT / "policy_kb" / "examples" / "ask" / "calibration.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert [text for text in texts if languages.foreign(text)] == []


def test_suggestions_group_what_asks_the_same(base: KnowledgeBase) -> None:
    encoder = bootstrap.encoder(Settings())
    questions = [
        "where do I park at the hospital", "is there parking for students", "how much is a parking pass",
        "when is the final paper due", "deadline for the reflection paper", "can I hand the paper in late",
        "can I send a friend request to my client",
    ]  # fmt: skip
    found = groups(questions, encoder, bootstrap.ranker(base, encoder))
    assert sorted(question for group in found for question in group.questions) == sorted(questions)
    assert [len(group.questions) for group in found] == sorted((len(group.questions) for group in found), reverse=True)
    near = next(group for group in found if questions[-1] in group.questions)
    assert near.near
    assert near.nearest.entry.id == "client-friend-request-send"
    assert groups(["only one"], encoder, bootstrap.ranker(base, encoder))[0].questions == ("only one",)


def test_an_explanation_agrees_with_the_answer_and_holds_no_words_of_the_question(base: KnowledgeBase, cohort: Cohort) -> None:
    asker = bootstrap.asker(base, bootstrap.encoder(Settings()))
    question = "zebra says can I accept a friend request from a former client?"
    explanation = explain(asker, question, cohort)
    answer = asker.ask(question, default_cohort())
    assert explanation.outcome == answer.outcome
    assert explanation.candidates[0].entry == answer.entry
    assert "former_client" in explanation.candidates[0].situation
    assert "zebra" not in json.dumps(asdict(explanation))
    assert explain(asker, "...", cohort).candidates == ()
