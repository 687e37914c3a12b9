"""The shipped knowledge base: what it must hold beyond being sound."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bots import bootstrap
from bots.evaluation import read_golden
from core.kb.load import inspect
from core.kb.schema import KnowledgeBase, Stance
from core.vocabulary import Category, Tier, Verdict

GOLDEN = Path(__file__).parent / "golden"
BLAMING = (
    "you violated",
    "violation",
    "you should not have",
    "you shouldn't have",
    "inappropriate",
    "careless",
    "wrong",
    "guilty",
    "reported",
    "broke ",
)


def test_it_is_sound() -> None:
    _, faults = inspect(bootstrap.KNOWLEDGE, today=datetime.now(UTC).date())
    assert [str(fault) for fault in faults if not fault.warning] == []


def test_it_is_as_large_as_promised(base: KnowledgeBase) -> None:
    assert len(base.sections) == 103
    assert len(base.entries) >= 220
    assert len(base.prompts) >= 60
    assert {prompt.season for prompt in base.prompts.values()} >= {"first_week", "mid_term", "ending", "holidays", None}
    assert set(base.profiles) >= {"mru", "canada", "us"}


def test_most_entries_say_yes_or_no(base: KnowledgeBase) -> None:
    verdicts = Counter(entry.verdict for entry in base.entries.values())
    assert (verdicts[Verdict.NO] + verdicts[Verdict.YES]) / len(base.entries) >= 0.65
    assert {entry.stance for entry in base.entries.values()} == set(Stance)


def test_every_section_leads_an_entry_or_has_a_reason(base: KnowledgeBase) -> None:
    led = {entry.citations[0] for entry in base.entries.values()}
    assert set(base.sections) == led | set(base.unled)


def test_no_golden_question_is_a_phrasing(base: KnowledgeBase) -> None:
    known = {phrasing.casefold().strip() for entry in base.entries.values() for phrasing in entry.phrasings}
    questions, _ = read_golden(GOLDEN)
    assert [question.id for question in questions if question.text.casefold().strip() in known] == []


def test_no_golden_message_is_a_training_example() -> None:
    examples = bootstrap.KNOWLEDGE / "examples"
    rows = [json.loads(line) for path in examples.rglob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    known = {row["text"].casefold().strip() for row in rows}
    questions, messages = read_golden(GOLDEN)
    assert [row.id for row in (*questions, *messages) if len(row.text) > 20 and row.text.casefold().strip() in known] == []


@pytest.mark.parametrize("category", list(Category))
def test_nudges_are_kind_and_short(base: KnowledgeBase, category: Category) -> None:
    wordings = [wording for key, wording in base.nudges.items() if key[0] is category]
    assert wordings
    for wording in wordings:
        for variant in wording.variants:
            assert len(variant.split()) <= 40, variant
            assert not any(word in variant.casefold() for word in BLAMING), variant
        assert not any(word in wording.next_step.casefold() for word in BLAMING)


def test_each_category_has_a_wording_for_the_tiers_the_scanner_gives(base: KnowledgeBase) -> None:
    hard = {key[0] for key in base.nudges if key[1] is Tier.HARD}
    assert hard == set(Category)
    assert (Category.CASE_DETAILS, Tier.SOFT) in base.nudges
    assert (Category.CLASSMATE_INFO, Tier.SOFT) in base.nudges
    assert (Category.COLLEAGUE_INFO, Tier.SOFT) in base.nudges


def test_urgent_answers_open_with_help(base: KnowledgeBase) -> None:
    for region in base.urgent.values():
        assert "911" in region.first_line
        assert "supervisor" in region.first_line
