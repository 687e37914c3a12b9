"""What every platform has to do, whichever it is: one table of cases over all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
import pytest_socket

from bots.dispatch import Dispatcher
from core.cards import Button, Card, Kind, Line, card
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.errors import DeliveryError
from core.nudging.records import Keys
from core.ports import Event, Happened, Letter, Message, Post
from core.storage.memory import MemoryStore
from core.text import MAX_CHARACTERS
from tests.contract.sides import SIDES, Side

RISKY = "call my client's mom at 403 555 0139"
WORD = "0139"
FINE = "who brings snacks to seminar?"
QUESTION = "can I accept a friend request from a former client?"
LONGEST = 60.0


@dataclass
class Day:
    """A dispatcher in front of one platform; started anew it has the same store."""

    side: Side
    engine: PracticumEngine
    store: MemoryStore = field(default_factory=MemoryStore)
    number: int = 0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.dispatcher = Dispatcher(self.engine, self.store, Keys(b"secret" * 4), default_cohort(), budget=30)

    async def send(
        self, text: str, number: int, happened: Happened = Happened.POSTED, *, name: str = "", asked: bool = False, who: str = ""
    ) -> None:
        message = Message(
            id=self.side.ids(number), author=who or self.side.ana, channel=self.side.channel, sent_at=datetime.now(UTC),
            to_bot=asked, text=text,
        )  # fmt: skip
        event = Event(
            platform=self.side.name,
            id=name or f"{happened}-{number}-{len(text)}",
            happened=happened,
            at=datetime.now(UTC),
            message=message,
        )
        await self.dispatcher.take(event, self.side.platform)

    def private(self) -> int:
        return len(self.side.shown(self.side.ana))

    def post(self, text: str = "This week's prompt", marker: str = "m1") -> Post:
        return Post(channel=self.side.channel, card=card(text), marker=marker)


async def answers_once(day: Day) -> None:
    for name in ("e1", "e1", "e2"):
        await day.send(QUESTION, 1, name=name, asked=True)
    day.start()  # another process, on the same store
    await day.send(QUESTION, 1, name="e1", asked=True)
    assert [text.count("mru/boundaries-3") > 0 for text in day.side.shown(day.side.ana)] == [True]
    assert (day.side.shown(day.side.ben), day.side.posted()) == ([], [])


async def whispers_to_the_author_alone(day: Day) -> None:
    await day.send(RISKY, 1)
    told = day.side.shown(day.side.ana)
    assert len(told) == 2  # who speaks, and the nudge
    assert not any(WORD in text for text in told)
    assert (day.side.shown(day.side.ben), day.side.posted()) == ([], [])


async def refuses_whom_it_cannot_whisper_to(day: Day) -> None:
    if day.side.name == "test:T":
        day.side.platform.failing = 1  # type: ignore[attr-defined]
    with pytest.raises(DeliveryError):
        await day.side.platform.deliver(Letter("somebody-unknown", card("a private word")))
    assert (day.side.shown(day.side.ana), day.side.shown(day.side.ben), day.side.posted()) == ([], [], [])


async def keeps_order(day: Day) -> None:
    words = [f"word {number} of four" for number in range(4)]
    for word in words:
        await day.side.platform.deliver(Letter(day.side.ana, card(word)))
    found = day.side.shown(day.side.ana)
    assert [next(w for w in words if w in text) for text in found] == words


async def survives_empty_and_huge(day: Day) -> None:
    for number, text in enumerate(("", " ", "\0", "🙂" * 100, f"{FINE} " * (MAX_CHARACTERS // len(FINE))), 1):
        await day.send(text, number)
    assert (day.private(), day.side.posted()) == (0, [])
    lines = tuple(Line(f"line {number} " + "x" * 3_500, kind) for number, kind in enumerate([*Kind] * 2))
    buttons = tuple(Button(f"Button {number}", "ask.open") for number in range(7))
    await day.side.platform.deliver(Letter(day.side.ana, Card(lines, buttons)))
    whole = "\n".join(day.side.shown(day.side.ana))
    assert [f"line {number} " in whole for number in range(len(lines))] == [True] * len(lines)


async def an_edit_settles_a_nudge(day: Day) -> None:
    await day.send(RISKY, 1)
    before = day.private()
    await day.send(FINE, 1, Happened.EDITED, name="e1")
    await day.send(FINE, 1, Happened.EDITED, name="e1")
    assert day.private() - before in {0, 1}  # changed in place, or followed by a word
    again = day.private()
    await day.send(f"{RISKY} again", 1, Happened.EDITED)
    assert (day.private(), day.side.posted()) == (again, [])  # one nudge a message


async def a_deletion_settles_a_nudge(day: Day) -> None:
    await day.send(RISKY, 1)
    before = day.private()
    for name in ("d1", "d2"):
        await day.send(RISKY, 1, Happened.DELETED, name=name)
    assert day.private() - before in {0, 1}
    assert (day.side.shown(day.side.ben), day.side.posted()) == ([], [])


async def a_post_is_found_again(day: Day) -> None:
    platform, post = day.side.platform, day.post()
    assert await platform.find(post) is None
    sent = await platform.deliver(post)
    assert (sent is not None, await platform.find(post)) == (True, sent)
    assert await platform.find(day.post(marker="m2")) is None
    assert [post.card.plain in text for text in day.side.posted()] == [True]


async def a_letter_is_found_again(day: Day) -> None:
    platform, letter = day.side.platform, Letter(day.side.ana, card("For you alone"), "m1")
    assert await platform.find(letter) is None
    sent = await platform.deliver(letter)
    assert (sent is not None, await platform.find(letter)) == (True, sent)
    for other in (replace(letter, marker="m2"), replace(letter, marker="")):
        await platform.deliver(replace(other, card=card("something else")))
    assert await platform.find(letter) == sent
    assert await platform.find(Letter(day.side.ben, letter.card, "m3")) is None
    assert ["For you alone" in text for text in day.side.shown(day.side.ana)] == [True, False, False]
    assert (day.side.shown(day.side.ben), day.side.posted()) == ([], [])


async def a_reply_stands_in_its_thread(day: Day) -> None:
    first = await day.side.platform.deliver(day.post())
    follow = Post(channel=day.side.channel, card=card("And now?"), marker="m2", thread=first)
    await day.side.platform.deliver(follow)
    assert ["And now?" in text for text in day.side.posted()] == [False, True]


async def knows_its_people(day: Day) -> None:
    platform = day.side.platform
    assert {day.side.ana, day.side.ben} <= {known.person for known in await platform.people(day.side.channel)}
    known = await platform.known(day.side.ana)
    assert (known is not None and known.name.startswith("Ana"), await platform.rules(day.side.ana)) == (True, False)
    assert isinstance(platform.address(day.side.ana), str)


async def lets_people_choose_the_channels_they_are_in(day: Day) -> None:
    assert await day.side.platform.sees(day.side.ana, day.side.channel)


CASES: list[Callable[[Day], Awaitable[None]]] = [
    answers_once,
    whispers_to_the_author_alone,
    lets_people_choose_the_channels_they_are_in,
    refuses_whom_it_cannot_whisper_to,
    keeps_order,
    survives_empty_and_huge,
    an_edit_settles_a_nudge,
    a_deletion_settles_a_nudge,
    a_post_is_found_again,
    a_letter_is_found_again,
    a_reply_stands_in_its_thread,
    knows_its_people,
]


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_platform(engine: PracticumEngine, name: str, case: Callable[[Day], Awaitable[None]]) -> None:
    if name in {"slack", "teams"}:
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)

    async def run() -> None:
        async with SIDES[name](engine) as side:
            await asyncio.wait_for(case(Day(side, engine)), LONGEST)
        await asyncio.sleep(0.05)  # connections that were closed come to their end

    asyncio.run(run())
