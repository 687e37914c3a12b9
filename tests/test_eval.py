"""The held-out figures may rise and never fall: a regression fails here."""

import json
import re
from collections import Counter

from bots.evaluation import evaluate, floors, read_golden
from core.engine import PracticumEngine
from core.vocabulary import Outcome
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden"


def test_the_sets_are_as_large_as_promised() -> None:
    questions, messages = read_golden(GOLDEN)
    assert len(questions) >= 400
    assert len(messages) >= 800
    assert 0.4 <= sum(message.nudge for message in messages) / len(messages) <= 0.6
    assert set(Counter(question.outcome for question in questions)) == set(Outcome)
    assert len({row.author for row in (*questions, *messages)}) >= 20


def test_every_citation_wanted_exists(engine: PracticumEngine) -> None:
    questions, _ = read_golden(GOLDEN)
    assert [q.id for q in questions if not set(q.citations) <= engine.base.sections.keys()] == []


def test_no_figure_falls(engine: PracticumEngine) -> None:
    shares = evaluate(engine, GOLDEN).shares()
    fallen = {
        name: (round(shares[name].value, 3), floor)
        for name, floor in floors(GOLDEN / "floors.json").items()
        if shares[name].value < floor
    }
    assert fallen == {}, "figures fell below tests/golden/floors.json; `practicum-bot eval --failures` lists what failed"


def test_no_line_to_learn_from_is_a_golden_one() -> None:
    def words(text: str) -> tuple[str, ...]:
        return tuple(re.findall(r"\w+", text.casefold()))

    questions, messages = read_golden(GOLDEN)
    golden = {words(line.text) for line in (*questions, *messages)}
    examples = [
        (path.name, json.loads(line))
        for path in sorted((ROOT / "policy_kb" / "examples").glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    same = [f"{name}: {row['id']}" for name, row in examples if len(words(row["text"])) > 2 and words(row["text"]) in golden]
    assert same == [], "remove these lines; a set that was learnt from measures nothing"
