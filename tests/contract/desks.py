"""A desk with all behind it on any store: people press, and what they are shown is what tests look at."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bots.coordinating import Coordinating
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.press import Instead, Press, Say, Shown
from bots.recording import RecordingPlatform
from bots.welcoming import Welcoming
from core.answer import Answer, Finding
from core.cards import Button, Card, Form
from core.cohort import Cohort, default_cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys, NudgeRecord
from core.ports import Letter, Message, Post
from core.speech.values import pack
from core.storage.store import Member, Role, Store
from core.vocabulary import Category, Outcome, Tier, Verdict

NOON = datetime(2027, 1, 13, 12, tzinfo=UTC)
P = "test:T"


class Scripted:
    """An engine that finds `secret`, and answers every entry with its name."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.base = base

    def handle(self, message: Message, cohort: Cohort, channel: object) -> list[object]:
        return []

    def settle(self, entry: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        if entry not in self.base.entries:
            raise InputError("unknown entry")
        return Answer(
            outcome=Outcome.ANSWERED,
            verdict=Verdict.NO,
            entry=entry,
            text=f"No. Rule of {entry}.\nAsk: your supervisor.\nSources: The policy.\nYou could ask next: another?",
            related=tuple(self.base.entries)[1:3],
        )

    def scan(self, text: str, cohort: Cohort) -> list[Finding]:
        at = text.find("secret")
        kind = Category.CLIENT_IDENTITY
        return [Finding(category=kind, tier=Tier.HARD, start=at, end=at + 6, score=0.9, why="", citations=(), rule="r")][
            : at >= 0
        ]


class Office:
    """One process; `people` are in the channel `c` of no cohort yet."""

    def __init__(self, store: Store, base: KnowledgeBase) -> None:
        self.store, self.base, self.now, self._number = store, base, NOON, 0
        self.platform = RecordingPlatform()
        self.platform.names = {"coo": "Cora Coordinator", "ana": "Ana Alvarez", "bo": "Bo Berg", "ins": "Ines Instructor"}
        self.platform.channels = {"c": ("coo", "ana", "bo")}
        self.keys = Keys(b"0123456789abcdef")
        self.dispatcher = Dispatcher(Scripted(base), store, self.keys, default_cohort(), now=lambda: self.now)  # type: ignore[arg-type]
        self.welcoming = Welcoming(base, store, self.dispatcher.marker)
        self.desk = Desk(Scripted(base), self.dispatcher, store, Coordinating(base, store, self.welcoming))

    async def press(self, person: str, do: str, value: str = "", platform: str = P, **inputs: str) -> Shown:
        self._number += 1
        press = Press(platform=platform, id=str(self._number), person=person, do=do, at=self.now, value=value, inputs=inputs)
        shown = await self.desk.press(press, self.platform)
        await self.welcoming.settled()
        return shown

    async def send(self, person: str, form: Form, **changed: str) -> Shown:
        """A form as it was opened, but for what is changed."""
        given = {field.name: field.value for field in form.fields} | changed
        return await self.press(person, form.do, form.value, **given)

    async def cohort(self, name: str = "Winter", **more: object) -> Cohort:
        """A cohort with `coo` as its coordinator, and no channels."""
        kept = Cohort.model_validate({"name": name, "profile": "mru", "timezone": "America/Edmonton", **more})
        await self.store.put_cohort(kept)
        await self.join("coo", name, Role.COORDINATOR)
        return kept

    async def join(self, person: str, cohort: str = "Winter", role: Role = Role.STUDENT, platform: str = P) -> None:
        await self.store.join(Member(platform=platform, person=person, cohort=cohort, role=role, joined_at=self.now))

    async def member(self, person: str, cohort: str = "Winter") -> Member:
        return next(m for m in await self.store.members(cohort) if m.person == person)

    async def nudged(self, person: str, message: str = "m1", cohort: str = "Winter") -> None:
        """A nudge that reached its author."""
        key = self.keys.key
        record = NudgeRecord(
            id=key("nudge", message),
            at=self.now,
            cohort=cohort,
            channel=key("channel", P, "c"),
            thread=key("thread", P, "c", ""),
            author=key("author", P, person),
            message=key("message", P, "c", message),
            category=Category.CASE_DETAILS,
            tier=Tier.SOFT,
            band=0.9,
            rule="classifier",
            delivered_at=self.now,
        )
        await self.store.add_nudge(record)

    def posts(self) -> list[str]:
        return [action.channel for action in self.platform.delivered if isinstance(action, Post)]

    def letters(self) -> list[str]:
        return [action.person for action in self.platform.delivered if isinstance(action, Letter)]

    async def kept(self) -> object:
        """All that a person could have changed."""
        names = await self.store.cohort_names()
        return [
            (
                await self.store.cohort(name),
                await self.store.shadow(name),
                await self.store.places(name),
                await self.store.members(name),
                await self.store.nudges_in(name, NOON.replace(year=2000)),
                await self.store.answers_counted(name),
            )
            for name in names
        ]


def ran(store: Store, base: KnowledgeBase, work: Callable[[Office], Awaitable[None]]) -> None:
    async def run() -> None:
        await work(Office(store, base))
        await store.close()

    asyncio.run(run())


def form(shown: Shown) -> Form:
    assert isinstance(shown, Form)
    return shown


def shown_card(shown: Shown) -> Card:
    assert isinstance(shown, Say | Instead)
    return shown.card


def said(shown: Shown) -> str:
    return shown_card(shown).plain


def labelled(card: Card, label: str) -> Button:
    return next(button for button in card.buttons if button.label == label)


def reference(message: str = "m1") -> str:
    return pack("c", message, "")


def by_hand(base: KnowledgeBase, **changed: str) -> KnowledgeBase:
    """The base with another version or text of the policy in brief."""
    profile = base.profiles["mru"]
    brief = profile.brief
    if text := changed.pop("text", ""):
        brief = (brief[0].model_copy(update={"text": text}), *brief[1:])
    return replace(base, profiles={**base.profiles, "mru": profile.model_copy(update={**changed, "brief": brief})})
