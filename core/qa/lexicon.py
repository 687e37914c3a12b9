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
            tuple(_words(variant)): term.replace(" ", "_")
            for group in thesaurus.values()
            for term, variants in group.items()
            for variant in variants
        }
        self._longest: dict[str, int] = {}  # words in the longest variant, by its first word
        for variant in self._terms:
            self._longest[variant[0]] = max(self._longest.get(variant[0], 1), len(variant))

    def terms(self, text: str) -> list[str]:
        """The terms of a text, in order, repeated as they occur; of several variants in one place, the longest."""
        words = _words(text)
        found: list[str] = []
        at = 0
        while at < len(words):
            for length in range(self._longest.get(words[at], 0), 0, -1):
                if term := self._terms.get(tuple(words[at : at + length])):
                    found.append(term)
                    at += length
                    break
            else:
                found.append(_stem(words[at]))
                at += 1
        return found


def _words(text: str) -> list[str]:
    return [word.removesuffix("'s") for word in _WORD.findall(text.casefold().replace("’", "'"))]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word
