"""Whether a question is surely in another language than English, which the knowledge base is written in."""

import re
from collections.abc import Collection
from functools import cached_property

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_WORDS = 3
FAMILIAR = 0.5  # share of words the knowledge base uses too, from which a text counts as English without a closer look
SURE = 0.8
# Written on Canadian and US campuses; a closed list keeps chat slang from being taken for a rare language.
_LANGUAGES = "en fr es pt de it nl pl uk ru ar fa ur hi pa zh ja ko vi tl so tr".split()
_WORD = re.compile(r"[^\W\d_]+")


class Languages:
    """Tells English from other languages; loads its model only for a text with few familiar words."""

    def __init__(self, familiar: Collection[str]) -> None:
        """`familiar`: words of the knowledge base, lower case."""
        self._familiar = familiar

    def foreign(self, text: str) -> str | None:
        """The ISO 639-1 code of a text surely not in English, else None."""
        words = _WORD.findall(text.casefold())
        if not words or ("".join(words).isascii() and len(words) < MIN_WORDS):
            return None
        if sum(word in self._familiar for word in words) >= FAMILIAR * len(words):
            return None
        code, likelihood = self._identifier.classify(text)
        return str(code) if code != "en" and likelihood >= SURE else None

    @cached_property
    def _identifier(self) -> LanguageIdentifier:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        identifier.set_languages(_LANGUAGES)
        return identifier
