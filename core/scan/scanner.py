"""Message → findings: identifiers by rule, stories and acts by the classifier, names by the cohort."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.answer import Finding
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.scan.analyzer import Analyzer
from core.scan.classify import Classifier, Reading
from core.scan.people import Mention, People, Role
from core.scan.quotes import Quotes
from core.scan.reading import File
from core.text import Plain, plain
from core.vocabulary import Category, Tier

COHORTS_KEPT = 64  # rosters prepared at once
_NAMED = {Category.CLASSMATE_INFO: Role.CLASSMATE, Category.COLLEAGUE_INFO: Role.STAFF}
_NAMEABLE = {Category.CLIENT_IDENTITY, *_NAMED}
_SOFT = {Category.CASE_DETAILS, Category.LOCATION, Category.CLASS_CONTENT}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which likelihood a message is looked at twice, nudged, and a further category named; see the model card."""

    first: float = 0.0
    nudge: float = 0.5
    category: float = 0.5


class Scanner:
    """Scans messages of any cohort; rosters are prepared once per cohort object."""

    def __init__(
        self, base: KnowledgeBase, analyzer: Analyzer, classifier: Classifier, quotes: Quotes, thresholds: Thresholds
    ) -> None:
        self._base = base
        self._quotes = quotes
        self._analyzer = analyzer
        self._classifier = classifier
        self._thresholds = thresholds
        self._people: dict[int, tuple[Cohort, People]] = {}  # a cohort's names, kept while the cohort object is

    def scan(
        self, text: str, cohort: Cohort, parent: str | None = None, files: Sequence[File] = (), before: str | None = None
    ) -> list[Finding]:
        """Findings in the order of their place; an empty list means that nothing needs to be said.

        `parent` is the thread's first message, `before` what the author wrote in the two minutes before.
        """
        shown = plain(text)
        if not any(character.isalnum() for character in shown.text) and not files:
            return []
        found = [
            self._finding(span.category, Tier.HARD, shown, (span.start, span.end), span.score, span.rule)
            for span in self._analyzer.identifiers(shown.text)
        ]
        reading = self._read(shown.text, plain(parent).text if parent else None, files, plain(before).text if before else None)
        if reading:
            known = self._known(cohort).mentions(shown.text)
            found += self._stories(shown, reading, known, files, {finding.category for finding in found})
        return sorted(found, key=lambda finding: (finding.start, finding.end, finding.category))

    def _read(self, text: str, parent: str | None, files: Sequence[File], before: str | None) -> Reading | None:
        """The message's own words as they stand, or together with those before them; None where they call for no nudge."""
        own = self._quotes.blanked(text)
        reading = self._classifier.read(own, parent, files)
        if reading and reading.likelihood >= self._thresholds.nudge:
            return reading
        if not before:
            return None
        before = self._quotes.blanked(before)
        alone = self._classifier.read(before, parent, ())
        if alone and alone.likelihood >= self._thresholds.nudge:
            return None  # those before were nudged for by themselves
        reading = self._classifier.read(f"{before}\n{own}", parent, files)
        if not reading or reading.likelihood < self._thresholds.nudge:
            return None
        behind = reading.moved(-len(before) - 1)
        return behind if behind.span[1] > 0 else replace(behind, span=(0, len(own)))

    def _known(self, cohort: Cohort) -> People:
        kept = self._people.get(id(cohort))
        if kept is None or kept[0] is not cohort:
            if len(self._people) >= COHORTS_KEPT:
                self._people.clear()
            kept = self._people[id(cohort)] = (cohort, People(cohort))
        return kept[1]

    def _stories(
        self, shown: Plain, reading: Reading, known: Sequence[Mention], files: Sequence[File], already: set[Category]
    ) -> list[Finding]:
        categories = self._categories(reading)
        strangers = self._strangers(shown.text, reading, known) if _NAMEABLE & set(categories) else []
        own = [m for m in known if m.role is not Role.AGENCY and m.start < reading.span[1] and m.end > reading.span[0]]
        if Category.CLIENT_IDENTITY in categories and own and not strangers and Category.CLIENT_IDENTITY not in already:
            # the only names among the words that matter are the cohort's own: it isn't a client's
            other = Category.CLASSMATE_INFO if own[0].role is Role.CLASSMATE else Category.COLLEAGUE_INFO
            categories = list(dict.fromkeys(other if c is Category.CLIENT_IDENTITY else c for c in categories))
        media = Category.CLIENT_MEDIA in categories or any(file.kind != "document" for file in files)
        named = [mention.role for mention in known]
        if strangers:  # a name nobody knows is a classmate's or a colleague's where the message is about one
            named += [Role.CLASSMATE, Role.STAFF]
        found = []
        for category in categories:
            if category in already:
                continue
            span = strangers[0] if category is Category.CLIENT_IDENTITY and strangers else reading.span
            tier = self._tier(category, categories, named, media)
            found.append(self._finding(category, tier, shown, span, reading.likelihood, "classifier"))
        return found

    def _categories(self, reading: Reading) -> list[Category]:
        ordered = sorted(reading.categories, key=lambda category: -reading.categories[category])
        return [c for n, c in enumerate(ordered) if n == 0 or reading.categories[c] >= self._thresholds.category]

    def _strangers(self, text: str, reading: Reading, known: Sequence[Mention]) -> list[tuple[int, int]]:
        """Names in the piece that belong to nobody of the cohort."""
        persons = [(reading.start + a, reading.start + b) for a, b in self._analyzer.persons(text[reading.start : reading.end])]
        return [(a, b) for a, b in persons if not any(a < mention.end and b > mention.start for mention in known)]

    def _tier(self, category: Category, categories: Sequence[Category], named: Sequence[Role], media: bool) -> Tier:
        """Hard where somebody can be identified, is named, or is shown, or where the author meets a client; soft else."""
        if role := _NAMED.get(category):
            return Tier.HARD if role in named else Tier.SOFT
        if category in _SOFT:
            return Tier.HARD if media or Category.CLIENT_IDENTITY in categories else Tier.SOFT
        return Tier.HARD

    def _finding(self, category: Category, tier: Tier, shown: Plain, span: tuple[int, int], score: float, rule: str) -> Finding:
        wording = self._base.nudges.get((category, tier)) or self._base.nudges[(category, Tier.HARD)]
        start, end = shown.original(*span)
        return Finding(
            category=category,
            tier=tier,
            start=start,
            end=end,
            score=round(score, 4),
            why=wording.why,
            citations=wording.citations,
            rule=rule,
        )
