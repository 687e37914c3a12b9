"""Rules across the files of the knowledge base; each broken one is a fault with file and line."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from core.errors import Fault
from core.kb.fingerprints import FILE, SHINGLE, fingerprints, of_the_sources
from core.kb.profiles import situation_key, tighten_place
from core.kb.schema import VERDICT_OF_STANCE, Entry, KnowledgeBase, Record, Stance, strictness
from core.kb.words import words
from core.vocabulary import Category, Tier

MIN_PHRASINGS = 8
MAX_WORDS = 120
REVIEW_EVERY = timedelta(days=365)
_VERDICT_FIRST = re.compile(r"(?:yes|no|it depends)\b[,.:;!]", re.IGNORECASE)


def check(base: KnowledgeBase, root: Path, today: date) -> Iterator[Fault]:
    """Every fault in a base whose files parsed; `today` decides which reviews are stale."""
    entries = [*base.entries.values(), *(entry for profile in base.profiles.values() for entry in profile.entries)]
    for entry in entries:
        yield from _entry(base, entry, today)
        yield from _references(base, entry, base.entries.keys() if entry.id in base.entries else {known.id for known in entries})
    yield from _situations(base, entries)
    yield from _phrasings(base, entries)
    yield from _leads(base, root)
    yield from _the_rest(base, root)
    yield from _copied(base, entries, root)


def _at(base: KnowledgeBase, name: str, message: str, *, warning: bool = False) -> Fault:
    origin = base.origins[name]
    return Fault(origin.path, origin.line, f"{name}: {message}", warning)


def _entry(base: KnowledgeBase, entry: Entry, today: date) -> Iterator[Fault]:
    """What is wrong with an entry by itself."""
    expected = VERDICT_OF_STANCE[entry.stance]
    if entry.verdict is not expected:
        yield _at(base, entry.id, f"the stance {entry.stance} goes with the verdict {expected}, not {entry.verdict}")
    if len(entry.phrasings) < MIN_PHRASINGS:
        yield _at(base, entry.id, f"has {len(entry.phrasings)} phrasings; write at least {MIN_PHRASINGS}")
    if entry.answer.words > MAX_WORDS:
        yield _at(base, entry.id, f"the answer has {entry.answer.words} words; keep it to {MAX_WORDS}")
    if _VERDICT_FIRST.match(entry.answer.rule):
        yield _at(
            base, entry.id, "the rule begins with the verdict, which the bot puts in front by itself; begin with the reason"
        )
    if entry.reviewed and entry.reviewed > today:
        yield _at(base, entry.id, f"was reviewed on {entry.reviewed}, which is in the future")
    elif entry.reviewed and today - entry.reviewed > REVIEW_EVERY:
        yield _at(base, entry.id, f"was last reviewed on {entry.reviewed}, over a year ago; review it", warning=True)


def _references(base: KnowledgeBase, entry: Entry, names: Collection[str]) -> Iterator[Fault]:
    """What an entry names wrongly: sections, sources, neighbours (one of `names`), words of the vocabulary."""

    def fault(message: str) -> Fault:
        return _at(base, entry.id, message)

    for section in entry.citations:
        if section not in base.sections:
            yield fault(f"cites the unknown section {section}; `practicum-bot kb show` knows the ids")
    if len(set(entry.citations)) < len(entry.citations):
        yield fault("cites a section twice")
    cited = {section.partition("/")[0] for section in entry.citations}
    lead = entry.citations[0].partition("/")[0]
    for differs in entry.differs:
        if differs.source not in cited:
            yield fault(f"says that {differs.source} differs, but cites nothing of it; add the section")
        if differs.source == lead:
            yield fault("the lead citation's own source can't differ from the verdict; lead with the source that decides")
        if differs.verdict is entry.verdict:
            yield fault(f"{differs.source} has the same verdict; remove it from `differs`")
        if strictness(entry.stance, differs.verdict) > strictness(entry.stance, entry.verdict):
            yield fault(f"{differs.source} is stricter than the verdict: the stricter rule wins, or the two don't disagree")
    for neighbour in entry.neighbours:
        if neighbour not in names or neighbour == entry.id:
            yield fault(f"names the unknown neighbour {neighbour}")
    for kind, used in (
        ("acts", [entry.situation.act]),
        ("parties", [entry.situation.actor, entry.situation.target]),
        ("objects", [entry.situation.object] if entry.situation.object else []),
        ("conditions", list(entry.situation.conditions)),
    ):
        for word in used:
            if word not in base.vocabulary.get(kind, ()):
                yield fault(f"'{word}' is not among the {kind} of vocabulary.yaml; use one of them or add it there")


def _situations(base: KnowledgeBase, entries: Sequence[Entry]) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        kind = entry.stance if entry.stance in {Stance.OPEN, Stance.DODGE, Stance.NOT_REQUIRED, Stance.MAY_KEEP} else "act"
        key = (kind, *situation_key(entry.situation))
        other = seen.setdefault(key, entry)
        if other.verdict is not entry.verdict:
            yield _at(
                base,
                entry.id,
                f"is `{entry.verdict}`, and {other.id} is `{other.verdict}` for the same situation; tell them apart",
            )


def _phrasings(base: KnowledgeBase, entries: Sequence[Entry]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for entry in entries:
        own = [" ".join(words(phrasing)) or phrasing for phrasing in entry.phrasings]
        for phrasing, key in zip(entry.phrasings, own, strict=True):
            other = seen.setdefault(key, entry.id)
            if other != entry.id:
                yield _at(base, entry.id, f"shares a phrasing with {other}: “{phrasing}”")
        if len(set(own)) < len(own):
            yield _at(base, entry.id, "has one phrasing twice")


def _leads(base: KnowledgeBase, root: Path) -> Iterator[Fault]:
    led = {entry.citations[0] for entry in base.entries.values()}
    for section in base.sections:
        if section not in led and section not in base.unled:
            yield _at(base, section, "leads no entry; write one, or give the reason in unled.yaml")
        if section in led and section in base.unled:
            yield _at(base, section, "leads an entry and stands in unled.yaml; remove it there")
    for section in base.unled:
        if section not in base.sections:
            yield Fault(root / "unled.yaml", 0, f"names the unknown section {section}")


def _the_rest(base: KnowledgeBase, root: Path) -> Iterator[Fault]:
    for section in base.sections.values():
        if section.source not in base.sources:
            yield _at(base, section.id, f"belongs to the unknown source {section.source}")
    for prompt in base.prompts.values():
        for citation in prompt.citations:
            if citation not in base.sections:
                yield _at(base, prompt.id, f"cites the unknown section {citation}")
    for key, wording in base.nudges.items():
        for citation in wording.citations:
            if citation not in base.sections:
                yield _at(base, " ".join(key), f"cites the unknown section {citation}")
    for category in Category:
        if (category, Tier.HARD) not in base.nudges:
            yield Fault(root / "nudges.yaml", 0, f"has no wording for {category} in the hard tier; add one")


def _copied(base: KnowledgeBase, entries: Sequence[Entry], root: Path) -> Iterator[Fault]:
    try:
        known = of_the_sources(root)
    except OSError:
        yield Fault(root / FILE, 0, "is missing, so copied sentences can't be found; restore it")
        return
    records: list[tuple[str, Record]] = [
        *((entry.id, entry) for entry in entries),
        *((section.id, section) for section in base.sections.values()),
        *((prompt.id, prompt) for prompt in base.prompts.values()),
        *((" ".join(key), wording) for key, wording in base.nudges.items()),
        *((f"regions.{name}", region) for name, region in base.urgent.items()),
        ("refusals", base.refusals),
        *(
            (tighten_place(profile, index), line)
            for profile in base.profiles.values()
            for index, line in enumerate(profile.tighten)
        ),
    ]
    for name, record in records:
        for text in _texts(record.model_dump()):
            if any(row in known for row, _, _ in fingerprints(text)):
                yield _at(base, name, f"has {SHINGLE} words in a row in common with a source; say it in your own: “{text[:80]}”")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _texts(child)
