"""The cohort's own names: students, staff and agencies, found in a text by look-up, however long the roster."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.cohort import Cohort

_LETTERS = r"(?:[^\W_]|[\u0300-\u036f])+"  # with their combining marks
_TOKEN = re.compile(rf"{_LETTERS}(?:[-'’]{_LETTERS})*")
_SAME = str.maketrans("’øłđħı", "'oldhi")  # what NFKD leaves as it is
_OPENERS = " \t\"'“‘«([*_>-•"  # may stand between the end of a sentence and the next one's first word
_STOPS = ".!?…:;\n"
_WORD_NAMES = frozenset(  # given names and surnames that are ordinary words: they need their capital, inside a sentence
    """
    grace will hope chase may mark faith joy june april august rose lily dawn ray rich bill sky summer autumn art pat sue
    frank drew grant miles reed wade dean jack harmony christian sunny angel king prince love precious destiny heaven star ivy
    violet jade ruby pearl daisy olive iris hazel holly ginger penny honor justice patience charity felicity pierce rob don
    gene guy lane cliff clay dale forest glen heath brook river stone west north young black white green brown long short hill
    wood major minor price rush sage trinity true winter wolf max victor page robin
    """.split()
)


class Role(StrEnum):
    """What a name is in this cohort."""

    CLASSMATE = "classmate"
    STAFF = "staff"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class Mention:
    """A known name in a text."""

    role: Role
    start: int
    end: int


class People:
    """Known names of one cohort, by their first word."""

    def __init__(self, cohort: Cohort) -> None:
        self._names: dict[str, set[tuple[tuple[str, ...], Role]]] = defaultdict(set)
        for person in cohort.roster:
            self._add_person(person.name, person.aliases, Role.CLASSMATE)
        for member in cohort.staff:
            self._add_person(member.name, member.aliases, Role.STAFF)
        for agency in cohort.agencies:
            self._add(agency, Role.AGENCY)

    def mentions(self, text: str) -> list[Mention]:
        """Every known name, the longest where several start at one word. A name that is a word needs a capital."""
        tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]
        folded = [_fold(token) for token, _, _ in tokens]
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            fitting = [
                (words, role)
                for words, role in self._names.get(folded[at], ())
                if tuple(folded[at : at + len(words)]) == words and self._is_name(words, text, tokens[at][1])
            ]
            if not fitting:
                at += 1
                continue
            words, role = max(fitting, key=lambda item: (len(item[0]), item[1]))
            found.append(Mention(role, tokens[at][1], tokens[at + len(words) - 1][2]))
            at += len(words)
        return found

    @staticmethod
    def _is_name(words: tuple[str, ...], text: str, start: int) -> bool:
        return len(words) > 1 or words[0] not in _WORD_NAMES or (text[start].isupper() and not _opens(text, start))

    def _add_person(self, name: str, aliases: Iterable[str], role: Role) -> None:
        for known in (name, *aliases):
            self._add(known, role)
        given = _TOKEN.findall(name)
        if len(given) > 1 and len(given[0]) > 1:
            self._add(given[0], role)

    def _add(self, name: str, role: Role) -> None:
        words = tuple(map(_fold, _TOKEN.findall(name)))
        if words:
            self._names[words[0]].add((words, role))


def _opens(text: str, start: int) -> bool:
    """Whether a sentence starts here, so that a capital says nothing."""
    before = text[max(0, start - 12) : start].rstrip(_OPENERS)
    return not before or before[-1] in _STOPS


def _fold(word: str) -> str:
    """Lower case, without accents or a possessive."""
    letters = unicodedata.normalize("NFKD", word.casefold()).translate(_SAME)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).removesuffix("'s")
