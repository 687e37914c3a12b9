"""The held-out figures may rise and never fall: a regression fails here."""

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
