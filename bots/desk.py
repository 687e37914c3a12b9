"""What happens when somebody presses a button or sends a form: the same on every platform, told to them alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bots.coordinating import Coordinating
from bots.dispatch import Dispatcher
from bots.press import Instead, Press, Say, Shown, Wrong
from core.cards import Card, Home, card
from core.engine import PracticumEngine
from core.errors import InputError
from core.kb.versions import policy_version
from core.nudging.records import Feedback
from core.ports import Event, Happened, Message, Platform, Post
from core.speech import answers, nudges, privacy, welcome
from core.speech.values import unpack
from core.storage.store import Member, Role, Store

_FORMS: Mapping[str, Callable[[], Shown]] = {
    "ask.open": answers.ask_form,
    "draft.open": nudges.draft_form,
    "mine.delete": lambda: Say(privacy.confirm_card()),
}
Handler = Callable[[Press, Platform], Awaitable[Shown]]


class Desk:
    """Answers presses; one for a process."""

    def __init__(self, engine: PracticumEngine, dispatcher: Dispatcher, store: Store, coordinating: Coordinating) -> None:
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
        memberships = await self._store.memberships(name, person)
        cohort = await self._dispatcher.cohort_of(name, person)
        cards = [answers.help_card(command="/ethics" if name.startswith("slack:") else "")]
        for member in memberships:
            own = await self._store.cohort(member.cohort)
            cards += (
                [welcome.status_card(own, self._base.profiles[own.profile], member)]
                if own and member.role is Role.STUDENT
                else []
            )
        if not memberships:
            cards.append(Card(welcome.brief_lines(self._base.profiles[cohort.profile])))
        until = await self._dispatcher.paused(name, person)
        cards.append(nudges.pausing_card(until.astimezone(cohort.zone) if until and until > now else None))
        return Home((*cards, *await self._coordinating.cards(platform, name, person, now)))

    async def _choose(self, press: Press, _: Platform) -> Shown:
        return Instead(await self._settled(press))

    async def _next(self, press: Press, _: Platform) -> Shown:
        return Say(await self._settled(press))

    async def _settled(self, press: Press) -> Card:
        entry, channel, thread = unpack(press.value, 3)
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        conversation = _message(press, channel, "", thread).conversation
        answer = await asyncio.to_thread(self._engine.settle, entry, cohort, conversation)
        return answers.answer_card(self._base, answer, channel, thread)

    async def _helpful(self, press: Press, _: Platform) -> Shown:
        return await self._counted(press, unpack(press.value, 1)[0], "helpful")

    async def _unhelpful(self, press: Press, _: Platform) -> Shown:
        return Say(answers.because_card(unpack(press.value, 1)[0]))

    async def _because(self, press: Press, _: Platform) -> Shown:
        entry, code = unpack(press.value, 2)
        if code not in answers.BECAUSE:
            raise InputError("this button is of another version; ask anew")
        await self._counted(press, entry, code)
        return Instead(answers.thanks_card())

    async def _counted(self, press: Press, entry: str, code: str) -> Shown:
        cohort = await self._dispatcher.cohort_of(press.platform, press.person)
        if entry in self._base.entries:
            await self._store.count_answer(cohort.name, entry, code)
        return Say(answers.thanks_card())

    async def _coordinator(self, press: Press, platform: Platform) -> Shown:
        (entry,) = unpack(press.value, 1)
        cohort = await self._dispatcher.cohort_of(press.platform, press.person)
        members = await self._store.members(cohort.name)
        here = [m.person for m in members if m.role is Role.COORDINATOR and m.platform == press.platform]
        section = self._base.entries[entry].citations[0] if entry in self._base.entries else ""
        return Say(answers.coordinator_card(cohort, section, platform.address(here[0]) if here else ""))

    async def _share(self, press: Press, _: Platform) -> Shown:
        unpack(press.value, 3)
        return answers.share_form(press.value)

    async def _shared(self, press: Press, platform: Platform) -> Shown:
        entry, channel, thread = unpack(press.value, 3)
        about = press.inputs.get("about", "").strip()
        cohort = await self._dispatcher.cohort_of(press.platform, press.person, channel)
        findings = await asyncio.to_thread(self._engine.scan, about, cohort) if about else []
        if findings:
            return Wrong({"about": "This may say too much about somebody. Put it in more general words, or leave it out."})
        answer = await asyncio.to_thread(self._engine.settle, entry, cohort)
        known = await platform.known(press.person)
        shared = answers.shared_card(answer, known.name if known else "Somebody", about)
        marker = self._dispatcher.marker("share", press.platform, press.id)
        await platform.deliver(Post(channel=channel, card=shared, marker=marker, thread=thread or None))
        return Say(card("Shared with the channel."))

    async def _checked(self, press: Press, _: Platform) -> Shown:
        return Say(await self.checked(press.platform, press.person, press.inputs.get("draft", "")))

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
            raise InputError("this button is of another version")
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
        return Say(privacy.mine_card(self._base, cohort.zone, kept, await self._memberships(press)))

    async def _export(self, press: Press, _: Platform) -> Shown:
        kept = await self._dispatcher.kept(press.platform, press.person)
        return Say(privacy.export_card(kept, await self._memberships(press)))

    async def _deleted(self, press: Press, _: Platform) -> Shown:
        deleted = await self._dispatcher.forget(press.platform, press.person)
        for member in await self._memberships(press):
            if member.acknowledged:
                deleted += 1
                await self._store.acknowledge(press.platform, press.person, member.cohort, None, press.at)
        return Instead(privacy.deleted_card(deleted))

    async def _acknowledge(self, press: Press, _: Platform) -> Shown:
        name, number = unpack(press.value, 2)
        cohort = await self._store.cohort(name)
        if cohort is None or name not in {member.cohort for member in await self._memberships(press)}:
            raise InputError("you are not in this cohort any more; there is nothing to acknowledge")
        profile = self._base.profiles[cohort.profile]
        version = policy_version(profile)
        if number != version.number:  # the policy changed since the card was sent
            return Instead(welcome.welcome_card(cohort, profile, again=True))
        await self._store.acknowledge(press.platform, press.person, name, version.recorded, press.at)
        return Instead(welcome.acknowledged_card(cohort, profile, press.at.astimezone(cohort.zone)))

    async def _memberships(self, press: Press) -> list[Member]:
        return list(await self._store.memberships(press.platform, press.person))


def _message(press: Press, channel: str, name: str, thread: str) -> Message:
    return Message(id=name, author=press.person, channel=channel, sent_at=press.at, to_bot=False, thread=thread or None, text="")


def _nudged(press: Press, channel: str, name: str, thread: str) -> Event:
    return Event(platform=press.platform, id=press.id, happened=Happened.POSTED, message=_message(press, channel, name, thread))
