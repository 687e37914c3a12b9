"""A Slack workspace as a Platform: what is decided is posted, whispered or written; Slack's refusals become DeliveryError.

What becomes of a call whose answer is lost stands in `calling`.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.payload import Payload
from bots.remembered import REMEMBERED, Remembered
from bots.slack import calling, files
from bots.slack.people import People
from bots.slack.render import messages
from core.cards import Card, card
from core.errors import DeliveryError, LostError, UnreachableError
from core.kb.schema import KnowledgeBase
from core.ports import Action, Known, Letter, Nudge, Post, Reply, Whisper, Withdrawal
from core.speech.answers import reply_card
from core.speech.nudges import closed_card, nudge_card

MARKER = "practicum_bot_post"  # the type of our posts' metadata
LOOKED_BACK = 100  # messages of a channel, for a post that may be there
FRESH = 600.0  # seconds for which what a thread began with is taken as it was, and kept at all
PACE = 1.0  # seconds between posts of ours in one channel, as Slack asks
WAITING = 50  # posts that may wait for their turn in a channel
CHANGED = 4_000  # characters of the text of a message that is changed
SHARED = ("C", "G")  # what the ids of channels, private channels and conversations of several begin with
Place = tuple[str, str, int]  # channel and thread of a message, and what its words add up to


class SlackWorkspace:
    """Implements Platform for one workspace."""

    lasting = True

    def __init__(
        self, client: AsyncWebClient, base: KnowledgeBase, *, team: str, bot: str, bot_id: str, url: str, reads_files: bool = True
    ) -> None:
        """`bot` is our user's id, `url` the workspace's address, `reads_files` whether files can be read there."""
        self.name = f"slack:{team}"
        self.team = team
        self.bot = bot
        self.bot_id = bot_id
        self.reads_files = reads_files
        self._client = client
        self._base = base
        self._url = url.rstrip("/")
        self._direct: Remembered[str, tuple[str, str]] = Remembered()  # by message: where its nudge stands
        self._people = People(client, team)
        self._firsts: Remembered[tuple[str, str], str] = Remembered()  # of threads, in memory, for minutes
        self._lost: Remembered[Place, str] = Remembered()  # markers of messages that may have been posted
        self._pace: dict[str, tuple[asyncio.Lock, float, int]] = {}

    @property
    def token(self) -> str:
        """What the bot is known by."""
        return self._client.token or ""

    def renew(self, token: str) -> None:
        """Go on with another token; what is remembered stays."""
        self._client.token = token

    async def deliver(self, action: Action) -> str | None:
        """Send it where it belongs."""
        match action:
            case Post():
                return await self._post(action)
            case Letter():
                return await self.write(action.person, action.card, action.marker)
            case Withdrawal():
                await self._close(action)
                return None
            case Reply():
                shared = action.to.channel.startswith(SHARED)
                return await self._whisper(action, reply_card(self._base, action, shared=shared))
            case Nudge():
                return await self._whisper(action, nudge_card(action, self._link(action)))
            case Whisper():
                return await self._whisper(action, card(*action.text.split("\n")))

    async def find(self, sent: Post | Letter) -> str | None:
        """Something of ours by its metadata, among the latest of its channel, thread or direct messages."""
        if isinstance(sent, Post):
            return await self._found(sent.channel, sent.thread or "", sent.marker)
        if not sent.marker:
            return None
        channel = await self._direct_with(sent.person)
        ts = await self._found(channel, "", sent.marker)
        return ts and f"{channel}:{ts}"

    async def people(self, channel: str) -> Sequence[Known]:
        """Everybody in a channel who is no bot, and of no other organisation."""
        return await self._people.inside(channel)

    async def known(self, person: str) -> Known | None:
        """Somebody, if they are a person and still there."""
        return await self._people.known(person)

    async def rules(self, person: str) -> bool:
        """Whether somebody is an admin or owner of the workspace."""
        return await self._people.rules(person)

    async def foreign(self, person: str) -> bool:
        """Whether somebody is of another organisation, and here in a shared channel alone."""
        return await self._people.foreign(person)

    async def sees(self, person: str, channel: str) -> bool:
        """Whether Slack's menus list a channel to somebody."""
        return await self._people.sees(person, channel)

    def address(self, person: str) -> str:
        """Opens a direct message in Slack's own program."""
        return f"slack://user?team={self.team}&id={person}"

    async def first(self, channel: str, thread: str) -> str | None:
        """The text of a thread's first message; None where Slack won't say."""
        kept = self._firsts.get((channel, thread))
        if kept is not None:
            return kept or None
        try:
            found = await self._call("conversations_replies", channel=channel, ts=thread, limit=1)
        except DeliveryError:
            return None
        text = next((str(message.get("text", "")) for message in found.get("messages", [])), "")
        self._firsts.keep((channel, thread), text)
        asyncio.get_running_loop().call_later(FRESH, self._firsts.pop, (channel, thread))
        return text or None

    async def write(self, person: str, card: Card, marker: str = "") -> str:
        """A direct message; the id under which it can be changed."""
        channel = await self._direct_with(person)
        return f"{channel}:{await self._say(channel, card, marker=marker)}"

    async def publish(self, person: str, view: dict[str, Any]) -> None:
        """Show somebody their Home tab."""
        await self._call("views_publish", user_id=person, view=view)

    async def open(self, trigger: str, view: dict[str, Any], *, push: bool = False) -> None:
        """Open a window, on top of another or by itself."""
        await self._call("views_push" if push else "views_open", trigger_id=trigger, view=view)

    async def update(self, view_id: str, view: dict[str, Any]) -> None:
        """Show something else in a window."""
        await self._call("views_update", view_id=view_id, view=view)

    async def change(self, channel: str, ts: str, shown: Card) -> None:
        """Show another card in the place of a message of ours."""
        part = messages(shown)[0]
        await self._call("chat_update", channel=channel, ts=ts, **part | {"text": part["text"][:CHANGED]})

    async def respond(self, url: str, shown: Card) -> None:
        """Show another card in the place of one that only one person sees, by the address that came with their press."""
        await calling.respond(url, {"replace_original": True, **messages(shown)[0]})

    async def text(self, file: Payload) -> str:
        """The text of a file that was put into a form. Raises InputError with what its owner can do about it."""
        return await files.text(file, self.token, self._client.base_url)

    async def whisper(self, person: str, channel: str, thread: str, card: Card) -> str:
        """Something for one person alone, in a channel if Slack can show it there, else as a direct message."""
        if channel.startswith(SHARED) and await self._people.present(person):
            try:
                where = {"channel": channel, "user": person, **({"thread_ts": thread} if thread else {})}
                for part in messages(card):
                    shown = await self._call("chat_postEphemeral", **where, **part)
                return str(shown.get("message_ts", ""))
            except LostError:
                raise  # it may stand there already
            except DeliveryError:
                pass  # not a member, archived, a thread without replies: the person is told all the same
        if channel.startswith("D"):
            with contextlib.suppress(UnreachableError):  # two other people's conversation, which a command was given in
                return f"{channel}:{await self._say(channel, card, thread)}"
        return await self.write(person, card)

    async def _whisper(self, action: Reply | Nudge | Whisper, card: Card) -> str:
        message = action.to
        shown = await self.whisper(message.author, message.channel, message.thread or "", card)
        channel, _, ts = shown.partition(":")
        if ts and isinstance(action, Nudge):
            self._direct.keep(f"{message.channel}:{message.id}", (channel, ts))
        return shown

    async def _close(self, action: Withdrawal) -> None:
        message = action.to
        if known := self._direct.pop(f"{message.channel}:{message.id}"):
            (part,) = messages(closed_card())
            await self._call("chat_update", channel=known[0], ts=known[1], **part)
        else:  # what only its author sees can't be changed in Slack, only followed by a word
            await self.whisper(message.author, message.channel, await self._standing(action), closed_card())

    async def _standing(self, action: Withdrawal) -> str:
        """The message's thread, as long as anybody answers in it: in one without answers Slack shows nothing."""
        channel, thread = action.to.channel, action.to.thread or ""
        if not thread or channel.startswith("D"):
            return thread
        try:
            found = await self._call("conversations_replies", channel=channel, ts=thread, limit=2)
        except DeliveryError:
            return ""
        return thread if any(message.get("ts") != thread for message in found.get("messages", [])) else ""

    async def _post(self, post: Post) -> str:
        return await self._say(post.channel, post.card, post.thread or "", post.marker)

    async def _direct_with(self, person: str) -> str:
        """The id of the direct messages with somebody."""
        return str((await self._call("conversations_open", users=person))["channel"]["id"])

    async def _say(self, channel: str, card: Card, thread: str = "", marker: str = "") -> str:
        """Post each part of a card, once as far as that can be seen; the first one's time."""
        first = ""
        for number, part in enumerate(messages(card)):
            place = channel, thread, hash(part["text"])
            own = f"{marker}:{number}" if marker and number else marker
            known = self._lost.pop(place)
            ts = await self._found(channel, thread, known) if known else None
            ts = ts or await self._posted(place, part, known or own or uuid.uuid4().hex)
            first = first or ts
        return first

    async def _posted(self, place: Place, part: dict[str, Any], marker: str, *, again: bool = False) -> str:
        """Post one message; where the answer is lost and it isn't there, once more."""
        channel, thread, _ = place
        await self._turn(channel)
        metadata = {"event_type": MARKER, "event_payload": {"marker": marker}}
        where = {"channel": channel, **({"thread_ts": thread} if thread else {})}
        began = time.monotonic()
        try:
            sent = await self._call(
                "chat_postMessage", **where, **part, metadata=metadata, unfurl_links=False, unfurl_media=False
            )
            return str(sent["ts"])
        except LostError:
            self._lost.keep(place, marker)
            if again or time.monotonic() - began > calling.QUICK:
                raise
        ts = await self._found(channel, thread, marker) or await self._posted(place, part, marker, again=True)
        self._lost.pop(place)
        return ts

    async def _found(self, channel: str, thread: str, marker: str) -> str | None:
        options = {"channel": channel, "limit": LOOKED_BACK, "include_all_metadata": True}
        if thread:
            found = await self._call("conversations_replies", ts=thread, **options)
        else:
            found = await self._call("conversations_history", **options)
        for message in found.get("messages", []):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if message.get("bot_id") and payload.get("marker") == marker:
                return str(message["ts"])
        return None

    async def _turn(self, channel: str) -> None:
        """Wait until another post may go into a channel. Raises DeliveryError when too many wait."""
        lock, last, waiting = self._pace.get(channel, (asyncio.Lock(), 0.0, 0))
        if waiting >= WAITING:
            raise DeliveryError("Slack: too many posts wait for this channel")
        self._pace[channel] = lock, last, waiting + 1
        try:
            async with lock:
                await asyncio.sleep(max(0.0, self._pace[channel][1] + PACE - time.monotonic()))
                self._pace[channel] = lock, time.monotonic(), self._pace[channel][2]
        finally:
            lock, last, waiting = self._pace[channel]
            self._pace[channel] = lock, last, waiting - 1
            if len(self._pace) > REMEMBERED:
                over = time.monotonic() - PACE
                self._pace = {name: own for name, own in self._pace.items() if own[2] or own[1] > over}

    def _link(self, nudge: Nudge) -> str:
        message = nudge.to
        if message.channel.startswith("D") or not self._url:
            return ""
        thread = f"?thread_ts={message.thread}&cid={message.channel}" if message.thread else ""
        return f"{self._url}/archives/{message.channel}/p{message.id.replace('.', '')}{thread}"

    async def _call(self, method: str, **arguments: Any) -> Any:
        return await calling.call(self._client, method, **arguments)
