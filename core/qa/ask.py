"""Text → Answer: urgent first, then whether the sources settle it, then which entry, then its verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from core.answer import Answer
from core.cohort import Cohort
from core.encoder import OnnxEncoder, normalised
from core.heads import Heads
from core.kb.schema import KnowledgeBase, Profile
from core.qa.compose import Composer
from core.qa.form import asks_openly
from core.qa.index import phrasing_vectors
from core.qa.language import Languages
from core.qa.lexicon import Lexicon
from core.qa.parts import parts
from core.qa.rank import Ranked, Ranker
from core.qa.resolve import Resolved, resolve
from core.text import plain, readable
from core.vocabulary import Outcome, Verdict

LONG = 1000  # characters of a question that are read, its end
WINDOW = 500  # characters; a longer text is looked through for urgency piece by piece
RELATED = 3
FOLLOWING = 0.5  # weight of a follow-up's own words beside the two questions together
NEARNESS = 12.0  # how much the cosine of the nearest phrasing counts beside the gate, chosen on unheard voices
USUAL = 0.6  # that cosine for most questions that can be answered
RIVALS = 4  # readings that are looked at, the likeliest among them


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the gate closes; chosen on the calibration questions, see the model card."""

    urgent: float = 0.5
    out_of_scope: float = 0.5  # of the gate's opinion, with the nearest phrasing's beside it
    margin: float = 0.2  # of probability, within which a reading that says `yes` is shown beside one that says `no`
    caution: float = 0.5  # the same, where the likelier reading says `yes`: a wrong one costs most


@dataclass(frozen=True, slots=True)
class Considered:
    """All that an answer rests on."""

    question: str = field(repr=False)  # as it was read
    outcome: Outcome
    urgency: float  # 0 to 1, as the two that follow
    in_scope: float
    out_of_scope: float
    language: str | None = None  # where it is surely not English
    ranked: tuple[Ranked, ...] = ()  # best first; empty where nothing was looked up


class Asker:
    """Answers questions for every profile of one knowledge base."""

    def __init__(self, base: KnowledgeBase, encoder: OnnxEncoder, heads: Heads, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self._base = base
        self._encoder = encoder
        self._heads = heads
        self._composer = Composer(base)
        lexicon = Lexicon(base.thesaurus)
        embed = partial(phrasing_vectors, encoder)
        shared = Ranker(list(base.entries.values()), embed, lexicon)
        self._rankers: Mapping[str, Ranker] = {
            name: Ranker([*base.entries.values(), *profile.entries], embed, lexicon) if profile.entries else shared
            for name, profile in base.profiles.items()
        }
        self._languages = Languages(shared.words)

    def ask(self, text: str, cohort: Cohort, earlier: str = "") -> Answer:
        """What the sources say, an open refusal, or where to turn at once; `earlier` is the question that this one follows up."""
        whole = self.consider(text, cohort, earlier)
        if whole.outcome is Outcome.URGENT:
            profile = self._profile(cohort)
            return Answer(outcome=Outcome.URGENT, text=self._composer.urgent(profile, cohort), confidence=round(whole.urgency, 4))
        asked = [whole] if earlier else self._asked_in_turn(whole, cohort)
        first, *rest = [self.answer(part, cohort) for part in asked]
        return self._composer.in_turn(first, rest) if rest else first

    def consider(self, text: str, cohort: Cohort, earlier: str = "") -> Considered:
        """What speaks for which answer, without giving one; a follow-up counts beside what it makes of the earlier question."""
        shown = plain(text).text
        if not readable(shown):
            return Considered("", Outcome.OUT_OF_SCOPE, 0.0, 0.0, 1.0)
        said = shown[-LONG:]  # in a long text, what is asked stands last
        question = f"{earlier} {said}"[-LONG:] if earlier else said
        whole = self._encoder.encode(question)
        in_scope, out_of_scope, urgent = map(float, self._heads.gate([whole])[0])
        urgency = self._urgency(shown, urgent)
        if urgency >= self.thresholds.urgent:
            return Considered(question, Outcome.URGENT, urgency, in_scope, out_of_scope)
        vector = whole.vector
        if earlier:
            vector = normalised(vector) + FOLLOWING * normalised(self._encoder.encode(said).vector)
        ranked = tuple(self._rankers[cohort.profile].rank(f"{question} {said}" if earlier else question, vector))
        language = self._languages.foreign(question)
        out_of_scope = _outside(out_of_scope, in_scope, ranked[0].nearest)
        refused = language or out_of_scope >= self.thresholds.out_of_scope
        outcome = Outcome.OUT_OF_SCOPE if refused else Outcome.ANSWERED
        return Considered(question, outcome, urgency, in_scope, out_of_scope, language, ranked)

    def read(self, entry: str, cohort: Cohort) -> Resolved | None:
        """An entry of the base or of the cohort's profile, as that profile reads it; None where it says nothing."""
        profile = self._profile(cohort)
        own = {known.id: known for known in profile.entries}
        return resolve(own.get(entry) or self._base.entries[entry], profile)

    def about(self, entry: str, cohort: Cohort) -> Answer:
        """The answer of one entry, chosen by the asker."""
        return self._settled(self.read(entry, cohort), 1.0, cohort)

    def reasons(self, entry: str, cohort: Cohort) -> Answer:
        """Why an entry's answer is what it is: the rule, and what each source says."""
        reading = self.read(entry, cohort)
        return self._settled(reading, 1.0, cohort, self._composer.reasons(reading, self._profile(cohort)) if reading else None)

    def precedence(self, entry: str, cohort: Cohort) -> str:
        """Which source decides an entry for a cohort, and by what rule."""
        reading = self.read(entry, cohort)
        if reading is None:
            return "No source of this profile speaks to it."
        return self._composer.precedence(reading, self._profile(cohort))

    def _asked_in_turn(self, whole: Considered, cohort: Cohort) -> list[Considered]:
        """The questions of a message, where it surely holds two or three; else the message as one."""
        texts = parts(whole.question) if whole.outcome is Outcome.ANSWERED else []
        each = [self.consider(text, cohort) for text in texts]
        if any(part.outcome is not Outcome.ANSWERED for part in each):
            return [whole]
        if len({part.ranked[0].entry.id for part in each}) < max(2, len(each)):
            return [whole]
        return each

    def answer(self, considered: Considered, cohort: Cohort) -> Answer:
        """The answer to one question that is not urgent, once everything that speaks for it is there."""
        profile = self._profile(cohort)
        if not considered.question:
            return self._refused(self._base.refusals.unreadable, cohort, 1.0)
        best = considered.ranked[0]
        if considered.outcome is Outcome.OUT_OF_SCOPE:
            refusals = self._base.refusals
            reason = refusals.in_language(considered.language) if considered.language else refusals.unsettled
            return self._refused(reason, cohort, considered.out_of_scope)
        reading = resolve(best.entry, profile)
        if reading is None:
            return self._refused(self._base.refusals.not_in_profile, cohort, best.probability)
        others = [(candidate, resolve(candidate.entry, profile)) for candidate in considered.ranked[1:RIVALS]]
        rivals = [
            other
            for candidate, other in others
            if other
            and {reading.verdict, other.verdict} == {Verdict.YES, Verdict.NO}
            and best.probability - candidate.probability
            < (self.thresholds.caution if reading.verdict is Verdict.YES else self.thresholds.margin)
        ]
        if rivals:
            return self._which([reading, *rivals[:2]], best, profile)
        if reading.verdict is Verdict.YES and asks_openly(considered.question):
            reading = replace(reading, verdict=Verdict.INFO)  # "when do I tell her?" is not answered with a yes
        return self._settled(reading, best.probability, cohort)

    def _which(self, readings: Sequence[Resolved], best: Ranked, profile: Profile) -> Answer:
        return Answer(
            outcome=Outcome.ANSWERED,
            verdict=Verdict.DEPENDS,
            citations=tuple(dict.fromkeys(section for shown in readings for section in shown.citations[:2])),
            entry=best.entry.id,
            confidence=round(best.probability, 4),
            clarify=tuple(shown.entry.id for shown in readings),
            text=self._composer.clarify(readings, profile),
        )

    def _settled(self, reading: Resolved | None, confidence: float, cohort: Cohort, text: str | None = None) -> Answer:
        profile = self._profile(cohort)
        if reading is None:
            return self._refused(self._base.refusals.not_in_profile, cohort, confidence)
        related = [name for name in reading.entry.neighbours if name in self._base.entries and self.read(name, cohort)][:RELATED]
        return Answer(
            outcome=Outcome.ANSWERED,
            verdict=reading.verdict,
            citations=reading.citations,
            entry=reading.entry.id,
            confidence=round(confidence, 4),
            related=tuple(related),
            text=text or self._composer.answered(reading, profile, cohort, [self._base.entries[name] for name in related]),
        )

    def _refused(self, reason: str, cohort: Cohort, confidence: float) -> Answer:
        text = self._composer.refused(reason, self._profile(cohort), cohort)
        return Answer(outcome=Outcome.OUT_OF_SCOPE, text=text, confidence=round(confidence, 4))

    def _urgency(self, shown: str, likelihood: float) -> float:
        """How likely anybody is at risk now: of a long text, in the piece that says so most."""
        if len(shown) <= LONG * 0.7:
            return likelihood
        return max(likelihood, float(self._heads.gate([self._encoder.encode(piece) for piece in _windows(shown)])[:, 2].max()))

    def _profile(self, cohort: Cohort) -> Profile:
        return self._base.profiles[cohort.profile]


def _outside(out_of_scope: float, in_scope: float, nearest: float) -> float:
    """How likely a question lies outside: the gate's opinion, and how near the nearest known question is."""
    odds = (out_of_scope + 1e-6) / (in_scope + 1e-6) * math.exp(NEARNESS * (USUAL - nearest))
    return odds / (1 + odds)


def _windows(text: str) -> list[str]:
    """Overlapping pieces of a long text, for what must not be missed anywhere in it."""
    return [text[start : start + WINDOW] for start in range(0, len(text), WINDOW // 2)]
