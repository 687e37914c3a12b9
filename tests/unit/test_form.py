"""An open question wants to be told something; a yes-or-no question wants a verdict."""

import pytest

from bots import bootstrap
from bots.settings import Settings
from core.cohort import default_cohort
from core.kb.schema import KnowledgeBase
from core.qa.ask import Considered
from core.qa.form import asks_openly
from core.qa.rank import Ranked
from core.vocabulary import Outcome, Verdict


@pytest.mark.parametrize(
    "text",
    [
        "What do I explain at intake about my accounts?",
        "client liked my post. now what",
        "To whom is a breach reported?",
        "so WHO do i ask when its a policy thing. prof?? supervisor??",
        "my dog ate the binder... where do I find the agency's rules?",
        "Please, what are the steps I must do now?",
        "not sure who deals with this",
        "I want to know what the policy says about nicknames",
        "Is there a rule? I mean, what does it say exactly?",
        "In which of the documents is it mentioned?",
    ],
)
def test_open(text: str) -> None:
    assert asks_openly(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I accept a friend request from a former client?",
        "what if I only watch her story?",
        "How bad is it if I liked the photo?",
        "who cares if I post my lunch? is that ok?",
        "When I finish the course, may I write to her?",
        "What to do about him I know; may I simply block him?",
        "am I allowed to ask which books are worth reading?",
        "can i use it to explain what attachment theory is?",
        "not asking how, asking whether I should",
        "why not just add him",
        "should I tell her what I saw?",
        "",
        "??",
    ],
)
def test_yes_or_no(text: str) -> None:
    assert not asks_openly(text)


@pytest.mark.parametrize(
    ("question", "verdict"),
    [("Should I tell them at the start?", Verdict.YES), ("When do I tell them, at the start?", Verdict.INFO)],
)
def test_an_open_question_is_not_answered_with_a_yes(base: KnowledgeBase, question: str, verdict: Verdict) -> None:
    asker = bootstrap.asker(base, bootstrap.encoder(Settings()))
    entry = base.entries["tell-clients-policy-at-start"]
    ranked = (Ranked(entry, probability=1.0, nearest=1.0, centre=1.0, lexical=1.0),)
    considered = Considered(question, Outcome.ANSWERED, urgency=0.0, in_scope=1.0, out_of_scope=0.0, ranked=ranked)
    answer = asker.answer(considered, default_cohort())
    assert (answer.verdict, answer.text.startswith("Yes")) == (verdict, verdict is Verdict.YES)
