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

LONG = 1000  # characters of a question that are read, its end
WINDOW = 500  # characters; a longer text is looked through for urgency piece by piece


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
        urgency = self._urgency(shown, float(gate[2]))
        if urgency >= self._thresholds.urgent:
            return Answer(outcome=Outcome.URGENT, text=self._composer.urgent(profile, cohort), confidence=round(urgency, 4))
        ranked = self._rankers[profile.name].rank(question, vector)
        if gate[1] >= self._thresholds.out_of_scope or ranked[0].nearest < self._thresholds.floor:
            sureness = max(float(gate[1]), 1 - ranked[0].nearest)
            return self._refused(self._base.refusals.unsettled, profile, cohort, min(sureness, 1.0))
        resolved = [(candidate, resolve(candidate.entry, profile)) for candidate in ranked]
        settled = [(candidate, reading) for candidate, reading in resolved if reading]
        if resolved[0][1] is None or not settled:
            return self._refused(self._base.refusals.not_in_profile, profile, cohort, float(ranked[0].probability))
        return self._answered(settled, profile, cohort)

    def _urgency(self, shown: str, likelihood: float) -> float:
        """How likely anybody is at risk now: of a long text, in the piece that says so most."""
        if len(shown) <= LONG * 0.7:
            return likelihood
        return max(likelihood, float(self._heads.gate(self._encoder.vectors(_windows(shown)))[:, 2].max()))

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
    return [text[start : start + WINDOW] for start in range(0, len(text), WINDOW // 2)]
