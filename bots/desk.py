"""What happens when somebody presses a button or sends a form: the same on every platform, told to them alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bots import log
from bots.coordinating import Coordinating
from bots.dispatch import Dispatcher
from bots.press import Instead, Press, Say, Shown, Wrong
from core.cards import Card, Home, card
from core.errors import ForbiddenError, InputError, UnreachableError
from core.kb.versions import policy_version
from core.nudging.records import Feedback
from core.ports import Answering, Event, Happened, Message, Platform, Post
from core.speech import answers, nudges, privacy, welcome
from core.speech.values import OLD, unpack
from core.storage.store import Member, Role, Store

_FORMS: Mapping[str, Callable[[], Shown]] = {
    "ask.open": answers.ask_form,
    "draft.open": nudges.draft_form,
    "mine.delete": lambda: Say(privacy.confirm_card()),
}
WAYS = 3  # coordinators to write to
UNKNOWN = card(
    "If you coordinate a cohort: I can't show it to you, because I may not see who is who here. Please ask whoever installed me "
    "to install me again with every permission that I ask for. My log says which one is missing."
)
EMPTY = "Please write or paste your draft here."
Handler = Callable[[Press, Platform], Awaitable[Shown]]


class Desk:
    """Answers presses; one for a process."""

    def __init__(self, engine: Answering, dispatcher: Dispatcher, store: Store, coordinating: Coordinating) -> None:
        self._engine = engine
        self._base = engine.base
        self._dispatcher = dispatcher
        self._store = store
        self._coordinating = coordinating
        self._does: Mapping[str, Handler] = {
            "reply.choose": self._choose,
            "reply.next": self._next,
            "reply.helpful": self._helpful,
            "reply.unhelpful": self._unhelpful,
            "reply.because": self._because,
            "reply.coordinator": self._coordinator,
            "reply.share": self._share,
            "reply.shared": self._shared,
            "draft.send": self._checked,
            "nudge.why": self._why,
            "nudge.judge": self._judge,
            "nudge.judged": self._judged,
            "pause.begin": self._pause,
            "pause.end": self._pause_end,
            "mine.show": self._mine,
            "mine.export": self._export,
            "mine.deleted": self._deleted,
            "policy.acknowledge": self._acknowledge,
        }

    async def press(self, press: Press, platform: Platform) -> Shown:
        """What the person is shown next. Raises InputError for what nobody can do, StoreError and DeliveryError."""
        if form := _FORMS.get(press.do):
            return form()
        if handler := self._does.get(press.do):
            return await handler(press, platform)
        return await self._coordinating.press(press, platform)

    async def home(self, platform: Platform, name: str, person: str, now: datetime) -> Home:
        """Somebody's own page; `name` is the platform's."""
        first, *rest = await self.own(name, person, now)
        try:
            return Home((first, *await self._coordinating.cards(platform, name, person, now), *rest))
        except ForbiddenError as error:  # what needs no permission is shown all the same
            log.failed("home", error, platform=name)
            return Home((first, UNKNOWN, *rest))

    async def own(self, name: str, person: str, now: datetime) -> list[Card]:
        """What concerns somebody alone: help first, the policy in brief, the acknowledgement, and their pause."""
        memberships = await self._store.memberships(name, person)
        cohort = await self._dispatcher.cohort_of(name, person)
        cards = [answers.help_card(command="/ethics" if name.startswith("slack:") else "")]
        studies = [member for member in memberships if member.role is Role.STUDENT]
        theirs = [(await self._store.cohort(member.cohort), member) for member in studies]
        cards += [welcome.status_card(own, self._base.profiles[own.profile], member) for own, member in theirs if own]
        if not studies:
            cards.append(Card(welcome.brief_lines(self._base.profiles[cohort.profile])))
        until = (await self._dispatcher.person(name, person)).paused_until
        cards.append(nudges.pausing_card(until.astimezone(cohort.zone) if until and until > now else None))
        return cards

    async def _choose(self, press: Press, _: Platform) -> Shown:
        return Instead(await self._settled(press))

    async def _next(self, press: Press, _: Platform) -> Shown:
        return Say(await self._settled(press))

    async def _settled(self, press: Press) -> Card:
        entry, channel, thread = unpack(press.value, 3)
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        conversation = _message(press, channel, "", thread).conversation
        answer = await asyncio.to_thread(self._engine.settle, entry, cohort, conversation)
        shared = await self._store.place(press.platform, channel) is not None
        return answers.answer_card(self._base, answer, channel, thread, shared=shared)

    async def _helpful(self, press: Press, _: Platform) -> Shown:
        entry, channel = unpack(press.value, 2)
        return Say(await self._counted(press, entry, channel, "helpful"))

    async def _unhelpful(self, press: Press, _: Platform) -> Shown:
        return Say(answers.because_card(*unpack(press.value, 2)))

    async def _because(self, press: Press, _: Platform) -> Shown:
        entry, channel, code = unpack(press.value, 3)
        if code not in answers.BECAUSE:
            raise InputError(OLD)
        return Instead(await self._counted(press, entry, channel, code))

    async def _counted(self, press: Press, entry: str, channel: str, code: str) -> Card:
        """Count what an answer was worth, once for each person: a number is to say how many people stand behind it."""
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        if entry not in self._base.entries and all(entry != own.id for own in self._base.profiles[cohort.profile].entries):
            raise InputError(OLD)
        if await self._dispatcher.first(press.platform, press.person, cohort.name, entry):
            await self._store.count_answer(cohort.name, entry, code)
        return answers.thanks_card()

    async def _coordinator(self, press: Press, platform: Platform) -> Shown:
        entry, channel = unpack(press.value, 2)
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        ways = []
        for member in await self._store.members(cohort.name):
            here = member.role is Role.COORDINATOR and member.platform == press.platform and member.person != press.person
            known = await platform.known(member.person) if here else None
            if known and (address := platform.address(known.person)):
                ways.append((known.name, address))
        return Say(answers.coordinator_card(cohort, self._place(entry), ways[:WAYS]))

    def _place(self, entry: str) -> str:
        """Where in a policy an entry's answer stands, in words."""
        if entry not in self._base.entries:
            return ""
        section = self._base.sections[self._base.entries[entry].citations[0]]
        return f"{self._base.sources[section.source].title}, {section.place}"

    async def _share(self, press: Press, _: Platform) -> Shown:
        unpack(press.value, 3)
        return answers.share_form(press.value)

    async def _shared(self, press: Press, platform: Platform) -> Shown:
        entry, channel, thread = unpack(press.value, 3)
        about = " ".join(press.inputs.get("about", "").split())
        if not channel:
            raise InputError(OLD)
        if len(about) > answers.ABOUT:
            return Wrong({"about": f"Please use at most {answers.ABOUT} characters."})
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        findings = await asyncio.to_thread(self._engine.scan, about, cohort) if about else ()
        if findings:
            return Wrong({"about": "This may say too much about somebody. Please use more general words, or leave it out."})
        answer = await asyncio.to_thread(self._engine.settle, entry, cohort)
        known = await platform.known(press.person)
        shared = answers.shared_card(answer, known.name if known else "Somebody", about)
        marker = self._dispatcher.marker("share", press.platform, press.id)
        if await self._dispatcher.first(press.platform, press.person, "share", press.id):
            try:
                await platform.deliver(Post(channel=channel, card=shared, marker=marker, thread=thread or None))
            except UnreachableError:
                return Say(card("I can't post in that channel. Please invite me there, then share the answer again."))
        return Say(card("The answer is in the channel now."))

    async def _checked(self, press: Press, _: Platform) -> Shown:
        draft = press.inputs.get("draft", "")
        return Say(await self.checked(press.platform, press.person, draft)) if draft.strip() else Wrong({"draft": EMPTY})

    async def checked(self, platform: str, person: str, draft: str) -> Card:
        """What somebody may want to change in a draft, before they post it."""
        cohort = await self._dispatcher.cohort_of(platform, person)
        return nudges.draft_card(self._base, await asyncio.to_thread(self._engine.scan, draft, cohort))

    async def _why(self, press: Press, _: Platform) -> Shown:
        record = await self._dispatcher.why(_nudged(press, *unpack(press.value, 3)))
        return Say(nudges.why_card(self._base, record) if record else nudges.gone_card())

    async def _judge(self, press: Press, _: Platform) -> Shown:
        record = await self._dispatcher.why(_nudged(press, *unpack(press.value, 3)))
        return Instead(nudges.judge_card(press.value) if record and not record.closed_at else nudges.gone_card())

    async def _judged(self, press: Press, _: Platform) -> Shown:
        value, code = unpack(press.value, 2)
        if code not in set(Feedback):
            raise InputError(OLD)
        closed = await self._dispatcher.judge(_nudged(press, *unpack(value, 3)), Feedback(code))
        return Instead(nudges.judged_card() if closed else nudges.gone_card())

    async def _pause(self, press: Press, _: Platform) -> Shown:
        until = await self._dispatcher.pause(press.platform, press.person)
        cohort = await self._dispatcher.cohort_of(press.platform, press.person)
        return Say(nudges.paused_card(until.astimezone(cohort.zone)))

    async def _pause_end(self, press: Press, _: Platform) -> Shown:
        await self._dispatcher.pause(press.platform, press.person, end=True)
        return Say(card("Gentle nudges are on again."))

    async def _mine(self, press: Press, _: Platform) -> Shown:
        cohort = await self._dispatcher.cohort_of(press.platform, press.person)
        kept = await self._dispatcher.kept(press.platform, press.person)
        person = await self._dispatcher.person(press.platform, press.person)
        return Say(privacy.mine_card(self._base, cohort.zone, kept, await self._memberships(press), person))

    async def _export(self, press: Press, _: Platform) -> Shown:
        kept = await self._dispatcher.kept(press.platform, press.person)
        person = await self._dispatcher.person(press.platform, press.person)
        return Say(privacy.export_card(kept, await self._memberships(press), person))

    async def _deleted(self, press: Press, _: Platform) -> Shown:
        deleted = await self._dispatcher.forget(press.platform, press.person)
        members = await self._memberships(press)
        for member in members:
            if member.acknowledged:
                deleted += 1
                await self._store.acknowledge(press.platform, press.person, member.cohort, None, press.at)
        return Instead(privacy.deleted_card(deleted, members))

    async def _acknowledge(self, press: Press, _: Platform) -> Shown:
        name, shown = unpack(press.value, 2)
        cohort = await self._store.cohort(name)
        member = next((member for member in await self._memberships(press) if member.cohort == name), None)
        if cohort is None or member is None:
            raise InputError("you are not in this cohort any more, so there is nothing to acknowledge")
        profile = self._base.profiles[cohort.profile]
        version = policy_version(profile)
        if shown != version.recorded:  # the policy changed since the card was sent
            return Instead(welcome.welcome_card(cohort, profile, changed=True))
        at = member.acknowledged_at if member.acknowledged == shown else None
        if at is None:
            await self._store.acknowledge(press.platform, press.person, name, shown, press.at)
        return Instead(welcome.acknowledged_card(cohort, profile, (at or press.at).astimezone(cohort.zone)))

    async def _memberships(self, press: Press) -> list[Member]:
        return list(await self._store.memberships(press.platform, press.person))


def _message(press: Press, channel: str, name: str, thread: str) -> Message:
    return Message(id=name, author=press.person, channel=channel, sent_at=press.at, to_bot=False, thread=thread or None, text="")


def _nudged(press: Press, channel: str, name: str, thread: str) -> Event:
    message = _message(press, channel, name, thread)
    return Event(platform=press.platform, id=press.id, happened=Happened.POSTED, at=press.at, message=message)
