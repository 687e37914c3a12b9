"""Why a question gets its answer: what spoke for which entry, and which source decided."""

from dataclasses import asdict, dataclass

from core.cohort import Cohort
from core.qa.ask import Asker


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that was weighed, with the evidence for it."""

    entry: str
    verdict: str | None  # under the cohort's profile; None where its sources don't speak to it
    probability: float  # 0 to 1
    nearest: float  # cosine of the nearest phrasing
    centre: float  # cosine of all its phrasings' mean
    lexical: float  # 0 to 1, words in common, as a share of the best
    situation: str  # act, actor, target, object and conditions of the entry


@dataclass(frozen=True, slots=True)
class Explanation:
    """What led to an answer; it holds none of the question's words."""

    outcome: str
    gate: dict[str, float]  # likelihoods, 0 to 1
    thresholds: dict[str, float]
    language: str | None  # where it is surely not English
    candidates: tuple[Candidate, ...]  # best first
    precedence: str  # which source decides the first candidate, and why


def explain(asker: Asker, text: str, cohort: Cohort) -> Explanation:
    """The evidence for the answer to a question that stands alone."""
    considered = asker.consider(text, cohort)
    candidates = []
    for ranked in considered.ranked:
        reading = asker.read(ranked.entry.id, cohort)
        situation = ranked.entry.situation
        told = [situation.act, "by", situation.actor, "towards", situation.target, situation.object or "", *situation.conditions]
        candidates.append(
            Candidate(
                entry=ranked.entry.id,
                verdict=reading.verdict if reading else None,
                probability=round(ranked.probability, 4),
                nearest=round(ranked.nearest, 4),
                centre=round(ranked.centre, 4),
                lexical=round(ranked.lexical, 4),
                situation=" ".join(filter(None, told)),
            )
        )
    return Explanation(
        outcome=considered.outcome,
        gate={
            "answered": round(considered.in_scope, 4),
            "out_of_scope": round(considered.out_of_scope, 4),
            "urgent": round(considered.urgency, 4),
        },
        thresholds=asdict(asker.thresholds),
        language=considered.language,
        candidates=tuple(candidates),
        precedence=asker.precedence(considered.ranked[0].entry.id, cohort) if considered.ranked else "Nothing was looked up.",
    )
