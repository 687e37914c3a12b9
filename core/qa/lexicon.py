"""Words as the lexical ranker counts them: lower case, slang spelt out, platforms of a kind alike."""

import re
from collections.abc import Mapping

_WORD = re.compile(r"\w+(?:'\w+)?")
_SUFFIXES = ("ings", "ing", "ed", "es", "s")


class Lexicon:
    """Splits text into terms, with the thesaurus applied."""

    def __init__(self, thesaurus: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """`thesaurus`: group → standard term → its variants; see `policy_kb/thesaurus.yaml`."""
        self._terms = {
            " ".join(variant.casefold().split()): term.replace(" ", "_")
            for group in thesaurus.values()
            for term, variants in group.items()
            for variant in variants
        }
        phrases = sorted((variant for variant in self._terms if " " in variant), key=len, reverse=True)
        pattern = "|".join(re.escape(phrase).replace(r"\ ", r"[\s-]+") for phrase in phrases)
        self._phrases = re.compile(rf"\b(?:{pattern})\b") if phrases else None

    def terms(self, text: str) -> list[str]:
        """The terms of a text, in order, repeated as they occur."""
        lowered = text.casefold().replace("’", "'")
        if self._phrases:
            lowered = self._phrases.sub(lambda match: self._terms[" ".join(re.split(r"[\s-]+", match[0]))], lowered)
        words = (word.removesuffix("'s") for word in _WORD.findall(lowered))
        return [self._terms.get(word) or _stem(word) for word in words]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word
