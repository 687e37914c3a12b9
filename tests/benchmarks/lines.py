"""What people write in a channel: invented here, for speed alone; nothing in it says how well anything is recognised.

Risky lines hold an identifier or name somebody, so that manners never hold their nudge back.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a line ought to lead to: nothing, an answer, or a nudge."""

    EVERYDAY = "everyday"
    QUESTION = "question"
    RISKY = "risky"


SHARES = {Kind.EVERYDAY: 60, Kind.QUESTION: 10, Kind.RISKY: 30}  # of a hundred lines
TEXTS = {
    Kind.EVERYDAY: (
        "what room is seminar in today?",
        "running five minutes late, save me a seat please",
        "the bus was packed again this morning",
        "does anybody have the reading list for week six?",
        "thanks everyone, that was a good class",
        "is the essay due on Friday or on Monday?",
        "coffee after the lecture?",
        "I finally handed in my learning contract",
        "the library closes at nine tonight",
        "good luck with your midterms everyone",
        "can somebody share the link to the timesheet form",
        "I loved the chapter on systems theory",
        "my laptop died in the middle of my notes, ugh",
        "we moved the study group to Thursday at four",
        "who else is going to the careers fair?",
        "reminder that the hours log closes at the end of the month",
        "I am so tired this week, but it is nearly reading break",
        "the parking app is down, you can pay at the desk",
    ),
    Kind.QUESTION: (
        "can I accept a friend request from a former client?",
        "may I post a picture of my desk at the agency?",
        "what do I do if a client finds my private profile?",
        "am I allowed to look up a client online?",
        "is it fine to talk about a case in our group chat without names?",
        "who do I ask before I post about my placement?",
    ),
    Kind.RISKY: (
        "my client Perpetua Quindlemann relapsed again, her cell is 403-555-0134",
        "my client Zebulon Harkwright missed his intake, his phone is 403-555-0187",
        "drove Ottoline Vasquart home after her session, she lives at 1420 Maple Street",
        "can somebody call my client back for me? it is 587-555-0119, ask for Bartholomew",
        "my client's email is perpetua.q@mail.example and she is back on methadone",
        "intake today: Thaddeus Wimberley, born 12 March 1998, schizophrenia, new to our shelter",
        "my client Philomena Grackle told me in session that she cuts herself",
        "our new resident Cornelius Padmore just got out of jail, call him at 403-555-0162",
        "my client Leocadia Brunswick lost custody of both her kids yesterday",
        "I added my client Ignatius Fernsby on Instagram, his number is 825-555-0143",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message to be."""

    kind: Kind
    text: str


def lines(seed: int = 8) -> Iterator[Line]:
    """Lines without end, the same for the same seed, in their shares."""
    rng = random.Random(seed)
    kinds, weights = list(SHARES), list(SHARES.values())
    while True:
        kind = rng.choices(kinds, weights)[0]
        yield Line(kind, rng.choice(TEXTS[kind]))
