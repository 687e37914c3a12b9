"""A scripted day in a cohort, so that a newcomer sees everything once: nobody in it exists."""

import uuid

from bots.playground.room import COHORT, SEMINAR, Posted, Room, now

_DAY = (  # whose turn it is, by their place in the roster; channel; text
    (0, COHORT, "Morning everyone! Whose turn is it to bring snacks to seminar?"),
    (1, COHORT, "Mine. Amina, can you send the slides around before noon?"),
    (0, COHORT, "@ethics can I accept a friend request from a former client?"),
    (1, COHORT, "rough afternoon. my 3pm no-showed again because she's back in detox and her mom has the kids"),
    (2, COHORT, "I watched that film about the foster brothers again last night, cried at the court scene"),
    (2, SEMINAR, "one of my tuesday kids finally told me why he never takes his coat off"),
    (0, COHORT, "if anybody needs me over the weekend, 403 555 0139"),
)


def steps(room: Room) -> list[Posted]:
    """The day's messages, each new."""
    students = [person.id for person in room.people.values() if person.role == "student"]
    return [
        Posted(id=uuid.uuid4().hex, channel=channel, author=students[turn % len(students)], at=now(), text=text)
        for turn, channel, text in _DAY
        if students
    ]
