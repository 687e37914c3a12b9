"""Questions in their conversation: a follow-up is read with what was asked before it.

What was asked is kept in memory alone, leaned on for minutes, dropped at the next question by anybody after them, and kept for
a bounded number of conversations.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from core.answer import Answer
from core.cohort import Cohort
from core.qa.ask import LONG, Asker
from core.text import plain
from core.vocabulary import Outcome

KEPT_SECONDS = 15 * 60
KEPT = 10_000  # conversations at once
ELLIPTIC = 5  # words, up to which a question that doesn't stand by itself leans on the one before
LONGEST = 25  # words of a follow-up
SURE = 8  # words, from which on a question that certainly lies outside by itself does so in a conversation too
CERTAIN = 0.95  # how likely that must be
ALARMING = 0.7  # how likely somebody must be at risk, for a few words to count as that whatever was asked before
SHORT, STANDS = 13, 0.7  # words, up to which a question leans if no known question is as near as this cosine

_LEAD = r"^\W*(?:(?:and|but|ok|okay|so|then|hmm+|well|oh|right|thanks|thank\s+you|gotcha)\b\W*)*"
_WHY = re.compile(
    _LEAD
    + r"(?:why|why\s+not|how\s+come|says\s+who|why(?:\s+is|'s)\s+that|why\s+is\s+it|what(?:'s|\s+is)\s+the\s+reason(?:ing)?|"
    r"where\s+does\s+it\s+say\s+(?:that|so)|which\s+(?:rule|policy|section)(?:\s+says\s+(?:that|so))?|on\s+what\s+grounds)\W*$",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    _LEAD + r"(?:i\s+meant?\s+|it'?s\s+)?(?:the\s+|option\s+|number\s+|no\.?\s*|\#)*"
    r"(?:(?P<a>1|one|1st|first)|(?P<b>2|two|2nd|second)|(?P<c>3|three|3rd|third|last))(?:\s+one)?\W*$",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    _LEAD + r"(?:what\s+(?:about|if)|how\s+about|(?:only\s+|even\s+)?if\b|even\s+(?:when|though|after|with)|not\s+even|unless|"
    r"same\s+(?:for|with|goes|thing|if)|or\s+(?:on|in|with|for|to|if|a|an|the|my|her|his|their)\b|"
    r"(?:does|would|is|will)\s+(?:that|this|it)\s+(?:still|also|even|count|apply|go|change|include|matter|the\s+same|different|"
    r"be\s+(?:different|ok|okay|better|the\s+same)|ok(?:ay)?\s+(?:if|when)|better\s+if))",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"\b(?:(?:an?)?other|different|new|next|separate|unrelated|second|one\s+more)\s+(?:\w+\s+){0,2}?(?:question|q|thing|one|topic|matter|issue)\b|"
    r"\b(?:unrelated|not\s+related|off\s+topic|something\s+else|quite\s+apart|apart\s+from\s+that|changing\s+(?:the\s+)?(?:topic|subject)|btw)\b",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"^\W*(?:and|but|or|on|in|with|for|to|from|without|after|before|her|his|their|its|my|a|an|the)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What was last asked in a conversation, as it was understood, and the answer."""

    question: str = field(repr=False)
    answer: Answer = field(repr=False)
    at: float  # seconds of the clock


class Conversations:
    """Asks with the memory of each conversation's last question."""

    def __init__(self, asker: Asker, clock: Callable[[], float] = time.monotonic) -> None:
        self._asker = asker
        self._clock = clock
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._lock = threading.Lock()  # questions are answered in several threads

    def ask(self, text: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        """The answer to a question; `conversation` names the thread or direct conversation that it stands in."""
        before = self._last(conversation)
        question = plain(text).text.strip()
        if before and before.answer.entry and _WHY.match(question):
            return self._keep(conversation, before.question, self._asker.reasons(before.answer.entry, cohort))
        if before and (chosen := _chosen(question, before.answer.clarify)):
            return self._keep(conversation, before.question, self._asker.about(chosen, cohort))
        if before and self._leans(question, cohort):
            answer = self._asker.ask(text, cohort, before.question)
            return self._keep(conversation, f"{before.question} {question}", answer)
        return self._keep(conversation, question, self._asker.ask(text, cohort))

    def settle(self, entry: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        """The answer of an entry that was chosen from those offered; a follow-up may lean on it."""
        before = self._last(conversation)
        return self._keep(conversation, before.question if before else "", self._asker.about(entry, cohort))

    def _leans(self, question: str, cohort: Cohort) -> bool:
        """Whether a question leans on the one before it: its words say so, or it makes no sense to us by itself."""
        words = len(question.split())
        if words > LONGEST or _ANEW.search(question):
            return False  # it is read alone
        alone = self._asker.consider(question, cohort)
        if alone.outcome is Outcome.URGENT and alone.urgency >= ALARMING:
            return False  # however short: missing somebody at risk costs most
        if follows(question) or alone.outcome is Outcome.URGENT:
            return True
        if alone.outcome is Outcome.OUT_OF_SCOPE:
            return words < SURE or alone.out_of_scope < CERTAIN
        return words <= SHORT and alone.ranked[0].nearest < STANDS

    def _last(self, conversation: str | None) -> Turn | None:
        turn = self._turns.get(conversation) if conversation else None
        return turn if turn and self._clock() - turn.at < KEPT_SECONDS else None

    def _keep(self, conversation: str | None, question: str, answer: Answer) -> Answer:
        if conversation:
            now = self._clock()
            with self._lock:
                self._turns[conversation] = Turn(question[-LONG:], answer, now)
                self._turns.move_to_end(conversation)
                while len(self._turns) > KEPT or now - next(iter(self._turns.values())).at >= KEPT_SECONDS:
                    self._turns.popitem(last=False)
        return answer


def follows(text: str) -> bool:
    """Whether a question leans on the one before it: "what about her sister?", "and if they ask first?", "on LinkedIn?"."""
    words = len(text.split())
    if words > LONGEST:
        return False
    return bool(_FOLLOWS.match(text)) or (words <= ELLIPTIC and bool(_LEANS.match(text)))


def _chosen(text: str, choices: tuple[str, ...]) -> str | None:
    """Which of the readings offered is meant by "2" or "the second one"."""
    match = _CHOICE.match(text) if choices else None
    if match is None:
        return None
    number = next(index for index, name in enumerate("abc") if match[name])
    return choices[number] if number < len(choices) else None
