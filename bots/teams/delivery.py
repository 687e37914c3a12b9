"""A Teams tenant as a Platform: posts go to channels, everything else to somebody's own conversation with the bot.

Who can't be written to raises UnreachableError and is kept as such, for the coordinator's count; nothing that is for one person
alone is ever said in a channel instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from bots.remembered import Remembered
from bots.teams import inbound
from bots.teams.connector import Connector
from bots.teams.reaching import Reaching
from bots.teams.render import Options, activities, form_activity
from bots.teams.rosters import Rosters
from core.cards import Card, Form, Input, card
from core.errors import DeliveryError
from core.kb.schema import KnowledgeBase
from core.ports import Action, Known, Letter, Nudge, Post, Reply, Whisper, Withdrawal
from core.speech.answers import reply_card
from core.speech.nudges import closed_card, nudge_card
from core.storage.store import Store

LINKS = "https://teams.microsoft.com/l"
FORMS = 500  # that wait to be filled in, at most


class TeamsTenant:
    """Implements Platform for one tenant."""

    lasting = True

    def __init__(
        self, connector: Connector, base: KnowledgeBase, store: Store, *, tenant: str, bot: str, targeted: bool = False
    ) -> None:
        """`bot` is our app id; `targeted` answers who asked in a channel there, for their eyes alone."""
        self.tenant = tenant
        self.reaching = Reaching(connector, store, tenant=tenant, bot=bot)
        self.rosters = Rosters(connector, self.reaching)
        self.name = self.reaching.name
        self._base = base
        self._targeted = targeted
        self._nudges: Remembered[tuple[str, str], str] = Remembered()  # ids of nudges, by channel and message
        self._posted: Remembered[str, str] = Remembered()  # ids of posts and letters, by marker
        self._forms: Remembered[str, tuple[Form, str, str]] = Remembered(FORMS)  # by id, with where each was opened

    async def deliver(self, action: Action) -> str | None:
        """Send it where it belongs."""
        match action:
            case Post():
                return await self._post(action)
            case Letter():
                return await self._letter(action)
            case Withdrawal():
                await self._close(action)
                return None
            case Reply():
                return await self._reply(action)
            case Nudge():
                channel = action.to.channel if inbound.shared(action.to.channel) else ""
                name = await self.write(action.to.author, nudge_card(action, self._link(action)), channel, action.to.thread or "")
                self._nudges.keep((action.to.channel, action.to.id), name)
                return name
            case Whisper():
                return await self.write(action.to.author, card(*action.text.split("\n")))

    async def find(self, sent: Post | Letter) -> str | None:
        """What this process sent.

        Teams keeps no marks that could be looked for, so that after a crash between sending and recording it is sent twice.
        """
        return self._posted.get(sent.marker)

    async def people(self, channel: str) -> Sequence[Known]:
        """Everybody in a channel, as its roster has them."""
        return await self.rosters.people(channel)

    async def known(self, person: str) -> Known | None:
        """Somebody, as a roster has them."""
        met = await self.rosters.person(person)
        return met.known if met else None

    async def rules(self, person: str) -> bool:  # noqa: ARG002  # as Platform has it
        """Never: a bot is not told who owns a team. Who adds it to one is asked to set up the cohort instead."""
        return False

    async def sees(self, person: str, channel: str) -> bool:
        """Whether a form lists a channel for somebody: those of their own teams."""
        return channel in dict(await self.rosters.channels(person))

    def address(self, person: str) -> str:
        """Opens a chat with somebody."""
        met = self.rosters.remembered(person)
        return f"{LINKS}/chat/0/0?{urlencode({'users': (met and met.address) or person})}"

    async def write(self, person: str, shown: Card, channel: str = "", thread: str = "") -> str:
        """Something for one person, about `channel` and `thread`; the id of the last message. Raises UnreachableError."""
        name = ""
        for activity in activities(shown, channel, thread):
            name = await self.say(person, activity)
        return name

    async def say(self, person: str, activity: Mapping[str, Any]) -> str:
        """The same for what is no single card."""
        met = self.rosters.remembered(person)
        return (await self.reaching.say(person, activity, met.account if met else ""))[1]

    async def ask(self, person: str, form: Form, channel: str = "", thread: str = "") -> str:
        """A form for one person; `channel` and `thread` are what it was opened for."""
        name = await self.say(person, form_activity(form, channel, thread, await self.options(person, form)))
        self._forms.keep(name, (form, channel, thread))
        return name

    def asked(self, name: str) -> bool:
        """Whether a message is a form of ours that waits to be filled in."""
        return self._forms.get(name) is not None

    async def correct(self, person: str, name: str, given: Mapping[str, str], faults: Mapping[str, str]) -> None:
        """Show a form again with all that was put in, and what is wrong with it."""
        kept = self._forms.get(name)
        if kept is None:  # sent before a restart; it still stands there as it was filled in
            await self.write(person, card(*faults.values()))
            return
        form, channel, thread = kept
        again = form_activity(form, channel, thread, await self.options(person, form, given, faults))
        if not await self.reaching.change(person, name, again):
            self._forms.pop(name)
            self._forms.keep(await self.say(person, again), kept)

    async def replace(self, person: str, name: str, shown: Card) -> None:
        """Show a card in the place of a message to one person, or behind it where that can't be."""
        self._forms.pop(name)
        first, *rest = activities(shown)
        if not await self.reaching.change(person, name, first):
            rest = [first, *rest]
        for activity in rest:
            await self.say(person, activity)

    async def options(
        self, person: str, form: Form, given: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None
    ) -> Options:
        """What somebody can choose in a form."""
        chooses = any(field.input is Input.CHANNELS for field in form.fields)
        return Options(await self.rosters.channels(person) if chooses else (), given, faults)

    async def _reply(self, reply: Reply) -> str:
        message = reply.to
        channel, thread = message.channel if inbound.shared(message.channel) else "", message.thread or ""
        shown = reply_card(self._base, reply, shared=bool(channel))
        met = await self.rosters.person(message.author) if self._targeted and channel else None
        if met:
            try:
                for activity in activities(shown, channel, thread):
                    name = await self.reaching.whisper(channel, thread or message.id, met.account, activity)
                return name
            except DeliveryError:
                pass  # it is a preview, which a tenant may not have: told in the person's own chat
        return await self.write(message.author, shown, channel, thread)

    async def _close(self, action: Withdrawal) -> None:
        message = action.to
        await self.replace(message.author, self._nudges.pop((message.channel, message.id)) or "", closed_card())

    async def _letter(self, letter: Letter) -> str:
        if known := letter.marker and self._posted.get(letter.marker):
            return known
        name = await self.write(letter.person, letter.card)
        if letter.marker:
            self._posted.keep(letter.marker, name)
        return name

    async def _post(self, post: Post) -> str:
        if known := self._posted.get(post.marker):
            return known
        first, *rest = activities(post.card)
        reaching = self.reaching
        name = await (reaching.reply(post.channel, post.thread, first) if post.thread else reaching.begin(post.channel, first))
        self._posted.keep(post.marker, name)
        for further in rest:
            await reaching.reply(post.channel, post.thread or name, further)
        return name

    def _link(self, nudge: Nudge) -> str:
        message = nudge.to
        if not inbound.shared(message.channel):
            return ""
        where = urlencode({"tenantId": self.tenant, "parentMessageId": message.thread or message.id})
        return f"{LINKS}/message/{quote(message.channel, safe='')}/{quote(message.id, safe='')}?{where}"
