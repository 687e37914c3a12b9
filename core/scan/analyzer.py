"""Presidio as the span engine: built once, from recognizers.yaml; the only file that imports its engine."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import yaml
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, pattern_recognizer
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import CaSinRecognizer, SpacyRecognizer
from spacy.language import Language

from core.errors import ModelError
from core.scan.masking import masked
from core.scan.recognizers.birth_date import BirthDateRecognizer
from core.scan.recognizers.client_name import ClientNameRecognizer
from core.scan.recognizers.email import ChatEmailRecognizer
from core.scan.recognizers.health_card import HealthCardRecognizer
from core.scan.recognizers.identity_number import IdentityNumberRecognizer
from core.scan.recognizers.phone import ChatPhoneRecognizer
from core.scan.recognizers.street_address import StreetAddressRecognizer
from core.vocabulary import Category

_CLASSES: Mapping[str, type[Any]] = {
    recognizer.__name__: recognizer
    for recognizer in (
        BirthDateRecognizer,
        CaSinRecognizer,
        ChatEmailRecognizer,
        ChatPhoneRecognizer,
        ClientNameRecognizer,
        HealthCardRecognizer,
        IdentityNumberRecognizer,
        StreetAddressRecognizer,
    )
}
REGEX_TIMEOUT_SECONDS = 2  # Presidio's own default is a minute
_LANGUAGE = "en"
_LONG_RUN = re.compile(r"\S{300,}")  # the tokenizer takes quadratic time on these
_CLAUSE_BREAK = re.compile(r"[,;!?\n]|\.\s")
_SENTENCE_BREAK = re.compile(r"[;!?\n]|\.\s")
_PUBLIC_REACH = 25  # characters from which a public cue still says whose a number is
_BEHIND = 15  # what stands before a number counts for more than what follows it


@dataclass(frozen=True, slots=True)
class Span:
    """Something found by a rule, in characters of the readable text."""

    entity: str
    category: Category
    start: int
    end: int
    score: float
    rule: str


@dataclass(frozen=True, slots=True)
class Rules:
    """recognizers.yaml: per entity its category, threshold and what a text must hold, and the cues around a number."""

    categories: Mapping[str, Category]
    thresholds: Mapping[str, float]
    needs: Mapping[str, re.Pattern[str]]
    names: tuple[str, ...]
    public_cues: tuple[str, ...]
    personal_cues: tuple[str, ...]
    contact_cues: tuple[str, ...]


def read_rules(path: Path) -> Rules:
    """The shipped rules, cross-checked with the classes. Raises ModelError when the two disagree."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = data["recognizers"]
    named, known = {row["name"] for row in rows}, set(_CLASSES)
    if named != known:
        raise ModelError(f"{path}: names {sorted(named - known)} without a class, lacks {sorted(known - named)}")
    return Rules(
        categories={row["entity"]: Category(row["category"]) for row in rows},
        thresholds={row["entity"]: float(row["threshold"]) for row in rows},
        needs={row["entity"]: re.compile(row["needs"], re.IGNORECASE) for row in rows},
        names=tuple(row["name"] for row in rows),
        public_cues=tuple(data["public_cues"]),
        personal_cues=tuple(data["personal_cues"]),
        contact_cues=tuple(data["contact_cues"]),
    )


class Analyzer:
    """Finds identifiers by rule, and names by spaCy when asked."""

    def __init__(self, rules: Rules, spacy_model: str) -> None:
        """Load the spaCy model. Raises ModelError when it isn't installed."""
        logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # its info lines name entities
        pattern_recognizer.REGEX_TIMEOUT_SECONDS = REGEX_TIMEOUT_SECONDS
        if not spacy.util.is_package(spacy_model) and not Path(spacy_model).is_dir():
            raise ModelError(f"the spaCy model '{spacy_model}' is not installed; install it or set PRACTICUM_BOT_SPACY_MODEL")
        self._rules = rules
        self._public_cue = _any_of(rules.public_cues)
        self._personal_cue = _any_of((*rules.personal_cues, *rules.contact_cues))
        self._contact_cue = _any_of(rules.contact_cues)
        self._nlp = SpacyNlpEngine(
            models=[{"lang_code": _LANGUAGE, "model_name": spacy_model}],
            ner_model_configuration=NerModelConfiguration(labels_to_ignore=[]),
        )
        self._nlp.load()
        self._tokenizer: Language = self._nlp.nlp[_LANGUAGE]  # type: ignore[index]  # None only before load()
        registry = RecognizerRegistry(supported_languages=[_LANGUAGE])
        for name in rules.names:
            registry.add_recognizer(_CLASSES[name]())
        registry.add_recognizer(SpacyRecognizer(supported_language=_LANGUAGE, supported_entities=["PERSON"]))
        self._engine = AnalyzerEngine(
            registry=registry,
            nlp_engine=self._nlp,
            supported_languages=[_LANGUAGE],
            context_aware_enhancer=LemmaContextAwareEnhancer(context_matching_mode="whole_word"),
        )

    def identifiers(self, text: str) -> list[Span]:
        """Identifiers and contact details; without the language model, so that it costs little."""
        visible = masked(text)
        possible = [entity for entity, needed in self._rules.needs.items() if needed.search(visible)]
        if not possible:
            return []
        tokens = self._tokenizer.make_doc(_LONG_RUN.sub(lambda run: " " * len(run[0]), visible))
        words = [token.lower_ for token in tokens]
        artifacts = NlpArtifacts([], tokens, [token.idx for token in tokens], words, self._nlp, _LANGUAGE)
        results = self._engine.analyze(visible, _LANGUAGE, entities=possible, nlp_artifacts=artifacts)
        spans = [
            Span(
                result.entity_type,
                self._rules.categories[result.entity_type],
                result.start,
                result.end,
                float(result.score),
                str(result.recognition_metadata["recognizer_name"]),
            )
            for result in results
            if result.score >= self._rules.thresholds[result.entity_type]
        ]
        return sorted(
            (span for span in spans if not self._public(visible, span)), key=lambda span: (span.start, span.end, span.entity)
        )

    def persons(self, text: str) -> list[tuple[int, int]]:
        """Where names of people stand, as far as the language model sees them."""
        results = self._engine.analyze(text, _LANGUAGE, entities=["PERSON"])
        return sorted((result.start, result.end) for result in results)

    def _public(self, text: str, span: Span) -> bool:
        """Whether a number or address is an office's or a public one: the nearer cue decides, unless the author is in it."""
        if span.entity not in {"PHONE_NUMBER", "STREET_ADDRESS", "EMAIL_ADDRESS"}:
            return False
        found = text[span.start : span.end]
        if span.entity == "PHONE_NUMBER" and _toll_free(found):
            return True
        if span.entity == "EMAIL_ADDRESS" and _shared_mailbox(found.partition("@")[0].casefold()):
            return True
        before, after = text[max(0, span.start - 70) : span.start], text[span.end : span.end + 30]
        public = _nearest(before, after, self._public_cue)
        if public > _PUBLIC_REACH or public >= _nearest(before, after, self._personal_cue):
            return False
        clause = _CLAUSE_BREAK.split(before)[-1], _SENTENCE_BREAK.split(after)[0]
        return not any(self._contact_cue.search(part) for part in clause)


_SHARED_MAILBOXES = {
    "info",
    "contact",
    "office",
    "reception",
    "help",
    "support",
    "admin",
    "intake",
    "hello",
    "noreply",
    "no-reply",
    "registrar",
    "library",
    "socialwork",
    "field",
    "practicum",
    "desk",
    "team",
    "hr",
    "pantry",
    "clinic",
    "admissions",
    "bookings",
}


def _shared_mailbox(name: str) -> bool:
    """Whether the part before the @ names an office rather than a person."""
    parts = re.split(r"[._+-]+", name)
    return all(part in _SHARED_MAILBOXES or part.startswith(("noreply", "swpracticum", "helpdesk")) for part in parts)


def _toll_free(found: str) -> bool:
    digits = "".join(filter(str.isdigit, found)).removeprefix("1")
    return digits[:3] in {"800", "833", "844", "855", "866", "877", "888"}


def _any_of(cues: Sequence[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(cue) for cue in sorted(cues, key=len, reverse=True)).replace("'", "['’]")
    return re.compile(rf"(?<![\w'’/])(?<![^\W\d]-)(?:{words})(?:['’]s)?(?![\w'’/]|-[^\W\d])", re.IGNORECASE)


def _nearest(before: str, after: str, cue: re.Pattern[str]) -> int:
    """Characters between the span and the nearest cue; a large number when there is none."""
    distances = [len(before) - match.end() for match in cue.finditer(before)][-1:]
    distances += [match.start() + _BEHIND for match in cue.finditer(after)][:1]
    return min(distances, default=10_000)


def all_recognizers() -> list[EntityRecognizer]:
    """A fresh instance of each recognizer, for tests that walk them."""
    return [recognizer() for recognizer in _CLASSES.values()]
