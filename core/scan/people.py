"""The cohort's own names: students, staff and agencies, found in a text by look-up, however long the roster."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from nicknames import NickNamer

from core.cohort import Cohort

_LETTERS = r"(?:[^\W_]|[\u0300-\u036f])+"  # with their combining marks
_TOKEN = re.compile(rf"{_LETTERS}(?:[-'’]{_LETTERS})*")
_SAME = str.maketrans("’øłđħı", "'oldhi")  # what NFKD leaves as it is
_INITIALS = re.compile(r"(?<![\w.])(\w)\. ?(\w)\.(?!\w)")
_LONG_ENOUGH = 5  # letters of a name that is known with a slip in it
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
    """Known names of one cohort, by their first word; also by nickname, by initials, and with one slip of the keyboard."""

    def __init__(self, cohort: Cohort) -> None:
        self._names: dict[str, set[tuple[tuple[str, ...], Role]]] = defaultdict(set)
        self._misspelt: dict[str, set[str]] = defaultdict(set)  # a given name with a letter left out → the name
        self._initials: dict[tuple[str, str], Role] = {}
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
                for words, role in self._starting(folded[at], text, tokens[at][1])
                if tuple(folded[at : at + len(words)]) == words and self._is_name(words, text, tokens[at][1])
            ]
            if not fitting:
                at += 1
                continue
            words, role = max(fitting, key=lambda item: (len(item[0]), item[1]))
            found.append(Mention(role, tokens[at][1], tokens[at + len(words) - 1][2]))
            at += len(words)
        initials = ((self._initials.get((m[1].casefold(), m[2].casefold())), m.span()) for m in _INITIALS.finditer(text))
        found += [Mention(known, *place) for known, place in initials if known]
        return sorted(found, key=lambda mention: mention.start)

    def _starting(self, word: str, text: str, start: int) -> Iterable[tuple[tuple[str, ...], Role]]:
        """The names that start with a word; with a slip in it, only where the text has a capital, inside a sentence."""
        if known := self._names.get(word):
            return known
        if len(word) < _LONG_ENOUGH or not text[start].isupper() or _opens(text, start):
            return ()
        meant = {name for less in (word, *_less_one(word)) for name in self._misspelt.get(less, ())}
        return {((word,), role) for name in meant for words, role in self._names[name] if len(words) == 1}

    @staticmethod
    def _is_name(words: tuple[str, ...], text: str, start: int) -> bool:
        return len(words) > 1 or words[0] not in _WORD_NAMES or (text[start].isupper() and not _opens(text, start))

    def _add_person(self, name: str, aliases: Iterable[str], role: Role) -> None:
        for known in (name, *aliases):
            self._add(known, role)
        given = _TOKEN.findall(name)
        if len(given) < 2 or len(given[0]) < 2:
            return
        self._add(given[0], role)
        first = _fold(given[0])
        for nickname in _nicknames().nicknames_of(first):
            self._add(nickname, role)
        if len(first) >= _LONG_ENOUGH and first not in _WORD_NAMES:
            for less in (first, *_less_one(first)):
                self._misspelt[less].add(first)
        self._initials[(first[0], _fold(given[-1])[0])] = role

    def _add(self, name: str, role: Role) -> None:
        words = tuple(map(_fold, _TOKEN.findall(name)))
        if words:
            self._names[words[0]].add((words, role))


@cache
def _nicknames() -> NickNamer:
    """The same for every cohort: a table of a megabyte."""
    return NickNamer()


def _less_one(word: str) -> set[str]:
    """A word with each of its letters but the first left out."""
    return {word[:at] + word[at + 1 :] for at in range(1, len(word))}


def _opens(text: str, start: int) -> bool:
    """Whether a sentence starts here, so that a capital says nothing."""
    before = text[max(0, start - 12) : start].rstrip(_OPENERS)
    return not before or before[-1] in _STOPS


def _fold(word: str) -> str:
    """Lower case, without accents or a possessive."""
    letters = unicodedata.normalize("NFKD", word.casefold()).translate(_SAME)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).removesuffix("'s")
