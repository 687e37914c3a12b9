"""Text → Answer: urgent first, then whether the sources settle it, then which entry, then its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.answer import Answer
from core.cohort import Cohort
from core.encoder import OnnxEncoder
from core.heads import Heads
from core.kb.schema import KnowledgeBase, Profile
from core.qa.compose import Composer
from core.qa.lexicon import Lexicon
from core.qa.rank import Ranked, Ranker
from core.qa.resolve import Resolved, resolve
from core.text import plain, readable
from core.vocabulary import Outcome, Verdict

LONG = 1000  # characters the encoder reads at once


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the gate closes; chosen on the calibration questions, see the model card."""

    urgent: float = 0.5
    out_of_scope: float = 0.5
    floor: float = 0.45  # cosine of the nearest phrasing under which nothing is answered
    margin: float = 0.12  # of probability, under which two readings with other verdicts are both shown


class Asker:
    """Answers questions for every profile of one knowledge base."""

    def __init__(self, base: KnowledgeBase, encoder: OnnxEncoder, heads: Heads, thresholds: Thresholds) -> None:
        self._base = base
        self._encoder = encoder
        self._heads = heads
        self._thresholds = thresholds
        self._composer = Composer(base)
        lexicon = Lexicon(base.thesaurus)
        shared = Ranker(list(base.entries.values()), encoder, lexicon)
        self._rankers: Mapping[str, Ranker] = {
            name: Ranker([*base.entries.values(), *profile.entries], encoder, lexicon) if profile.entries else shared
            for name, profile in base.profiles.items()
        }

    def ask(self, text: str, cohort: Cohort) -> Answer:
        """What the sources say, an open refusal, or where to turn at once."""
        profile = self._base.profiles[cohort.profile]
        shown = plain(text).text
        if not readable(shown):
            return self._refused(self._base.refusals.unreadable, profile, cohort, 1.0)
        question = shown[-LONG:]  # in a long text, what is asked stands last
        vector = self._encoder.vectors([question])[0]
        gate = self._heads.gate(vector[None])[0]
        if self._urgent(shown, question, float(gate[2])):
            return Answer(outcome=Outcome.URGENT, text=self._composer.urgent(profile, cohort), confidence=float(gate[2]))
        ranked = self._rankers[profile.name].rank(question, vector)
        if gate[1] >= self._thresholds.out_of_scope or ranked[0].nearest < self._thresholds.floor:
            return self._refused(self._base.refusals.unsettled, profile, cohort, float(gate[1]))
        resolved = [(candidate, resolve(candidate.entry, profile)) for candidate in ranked]
        settled = [(candidate, reading) for candidate, reading in resolved if reading]
        if resolved[0][1] is None or not settled:
            return self._refused(self._base.refusals.not_in_profile, profile, cohort, float(ranked[0].probability))
        return self._answered(settled, profile, cohort)

    def _urgent(self, shown: str, question: str, likelihood: float) -> bool:
        if likelihood >= self._thresholds.urgent:
            return True
        if len(shown) <= len(question):
            return False
        parts = _windows(shown)
        return bool((self._heads.gate(self._encoder.vectors(parts))[:, 2] >= self._thresholds.urgent).any())

    def _answered(self, settled: list[tuple[Ranked, Resolved]], profile: Profile, cohort: Cohort) -> Answer:
        best, reading = settled[0]
        rivals = [
            other
            for candidate, other in settled[1:3]
            if other.verdict is not reading.verdict and best.probability - candidate.probability < self._thresholds.margin
        ]
        if rivals:
            readings = [reading, *rivals]
            return Answer(
                outcome=Outcome.ANSWERED,
                verdict=Verdict.DEPENDS,
                citations=tuple(dict.fromkeys(section for shown in readings for section in shown.citations[:2])),
                entry=reading.entry.id,
                confidence=round(best.probability, 4),
                clarify=tuple(shown.entry.id for shown in readings),
                text=self._composer.clarify(readings, profile),
            )
        return Answer(
            outcome=Outcome.ANSWERED,
            verdict=reading.verdict,
            citations=reading.citations,
            entry=reading.entry.id,
            confidence=round(best.probability, 4),
            text=self._composer.answered(reading, profile, cohort),
        )

    def _refused(self, reason: str, profile: Profile, cohort: Cohort, confidence: float) -> Answer:
        return Answer(
            outcome=Outcome.OUT_OF_SCOPE,
            text=self._composer.refused(reason, profile, cohort),
            confidence=round(confidence, 4),
        )


def _windows(text: str) -> list[str]:
    """Overlapping pieces of a long text, for what must not be missed anywhere in it."""
    return [text[start : start + LONG] for start in range(0, len(text), LONG // 2)]
