"""A Slack workspace as a Platform: what is decided is posted, whispered or written; Slack's refusals become DeliveryError."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.remembered import REMEMBERED, Remembered
from bots.slack.render import messages
from core.cards import Card, card
from core.errors import DeliveryError, UnreachableError
from core.kb.schema import KnowledgeBase
from core.ports import Action, Known, Letter, Nudge, Post, Reply, Whisper, Withdrawal
from core.speech.answers import reply_card
from core.speech.nudges import closed_card, nudge_card

MARKER = "practicum_bot_post"  # the type of our posts' metadata
LOOKED_BACK = 100  # messages of a channel, for a post that may be there
FRESH = 600.0  # seconds for which a name, or what a thread began with, is taken as it was, and kept at all
PACE = 1.0  # seconds between posts of ours in one channel, as Slack asks
WAITING = 50  # posts that may wait for their turn in a channel
TIMEOUT = 10  # seconds for a call
PAGE = 200  # members at a time
AT_ONCE = 10  # people asked for at a time
CHANGED = 4_000  # characters of the text of a message that is changed
SHARED = ("C", "G")  # what the ids of channels, private channels and conversations of several begin with
GONE = frozenset(  # of people and conversations, however often it is tried
    "cannot_dm_bot channel_not_found is_archived not_in_channel user_disabled user_not_found user_not_in_channel "
    "user_not_visible users_not_found".split()
)
Respond = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _User:
    known: Known | None = None
    rules: bool = False
    foreign: bool = False


class SlackWorkspace:
    """Implements Platform for one workspace."""

    lasting = True

    def __init__(self, client: AsyncWebClient, base: KnowledgeBase, *, team: str, bot: str, bot_id: str, url: str) -> None:
        """`bot` is our user's id, `url` the workspace's address."""
        self.name = f"slack:{team}"
        self.team = team
        self.bot = bot
        self.bot_id = bot_id
        self.token = client.token or ""
        self._client = client
        self._base = base
        self._url = url.rstrip("/")
        self._direct: Remembered[str, tuple[str, str]] = Remembered()  # by message: where its nudge stands
        self._people: Remembered[str, tuple[float, _User]] = Remembered()
        self._firsts: Remembered[tuple[str, str], str] = Remembered()  # of threads, in memory, for minutes
        self._pace: dict[str, tuple[asyncio.Lock, float, int]] = {}

    async def deliver(self, action: Action) -> str | None:
        """Send it where it belongs."""
        match action:
            case Post():
                return await self._post(action)
            case Letter():
                return await self.write(action.person, action.card)
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

    async def find(self, post: Post) -> str | None:
        """A post of ours by its metadata, among the channel's or thread's latest."""
        options = {"channel": post.channel, "limit": LOOKED_BACK, "include_all_metadata": True}
        if post.thread:
            found = await self._call("conversations_replies", ts=post.thread, **options)
        else:
            found = await self._call("conversations_history", **options)
        for message in found.get("messages", []):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if message.get("bot_id") and payload.get("marker") == post.marker:
                return str(message["ts"])
        return None

    async def people(self, channel: str) -> Sequence[Known]:
        """Everybody in a channel who is no bot, and of no other organisation."""
        found: list[Known] = []
        cursor = ""
        while True:
            page = await self._call("conversations_members", channel=channel, limit=PAGE, cursor=cursor)
            members = page.get("members", [])
            for start in range(0, len(members), AT_ONCE):
                users = await asyncio.gather(*map(self._user, members[start : start + AT_ONCE]))
                found += [user.known for user in users if user.known and not user.foreign]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found

    async def known(self, person: str) -> Known | None:
        """Somebody, if they are a person and still there."""
        return (await self._user(person)).known

    async def rules(self, person: str) -> bool:
        """Whether somebody is an admin or owner of the workspace."""
        return (await self._user(person)).rules

    async def foreign(self, person: str) -> bool:
        """Whether somebody is of another organisation, and here in a shared channel alone."""
        return (await self._user(person)).foreign

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

    async def write(self, person: str, card: Card) -> str:
        """A direct message; the id under which it can be changed."""
        opened = await self._call("conversations_open", users=person)
        channel = str(opened["channel"]["id"])
        return f"{channel}:{await self._say(channel, card)}"

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
        try:
            said = await AsyncWebhookClient(url, timeout=TIMEOUT).send_dict({"replace_original": True, **messages(shown)[0]})
        except (SlackClientError, ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"Slack can't be reached for a reply: {type(error).__name__}") from None
        if said.status_code != 200:
            raise DeliveryError(f"Slack refused a reply: {said.status_code}")

    async def whisper(self, person: str, channel: str, thread: str, card: Card) -> str:
        """Something for one person alone, in a channel if Slack can show it there, else as a direct message."""
        if channel.startswith(SHARED) and await self._present(person):
            try:
                where = {"channel": channel, "user": person, **({"thread_ts": thread} if thread else {})}
                for part in messages(card):
                    shown = await self._call("chat_postEphemeral", **where, **part)
                return str(shown.get("message_ts", ""))
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
        metadata = {"event_type": MARKER, "event_payload": {"marker": post.marker}}
        return await self._say(post.channel, post.card, post.thread or "", metadata=metadata)

    async def _say(self, channel: str, card: Card, thread: str = "", **more: Any) -> str:
        first = ""
        for part in messages(card):
            await self._turn(channel)
            where = {"channel": channel, **({"thread_ts": thread} if thread else {})}
            sent = await self._call("chat_postMessage", **where, **part, **more, unfurl_links=False, unfurl_media=False)
            first = first or str(sent["ts"])
        return first

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

    async def _present(self, person: str) -> bool:
        try:
            return bool((await self._call("users_getPresence", user=person)).get("presence") != "away")
        except DeliveryError:
            return True  # it is a hint

    async def _user(self, person: str) -> _User:
        kept = self._people.get(person)
        if kept and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        try:
            user = (await self._call("users_info", user=person)).get("user") or {}
        except UnreachableError:  # who can't be seen from here is nobody here
            return _User()
        profile = user.get("profile") or {}
        shown = profile.get("real_name") or user.get("real_name") or profile.get("display_name") or user.get("name") or person
        guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger"))
        gone = user.get("deleted") or user.get("is_bot") or person == "USLACKBOT"
        known = None if gone else Known(person, str(shown), guest)
        rules = bool(user.get("is_admin") or user.get("is_owner")) and known is not None
        teams = {user.get("team_id") or self.team, *((user.get("enterprise_user") or {}).get("teams") or [])}
        foreign = bool(user.get("is_stranger")) or self.team not in teams
        found = _User(known, rules and not foreign, foreign)
        self._people.keep(person, (time.monotonic(), found))
        return found

    def _link(self, nudge: Nudge) -> str:
        message = nudge.to
        if message.channel.startswith("D") or not self._url:
            return ""
        thread = f"?thread_ts={message.thread}&cid={message.channel}" if message.thread else ""
        return f"{self._url}/archives/{message.channel}/p{message.id.replace('.', '')}{thread}"

    async def _call(self, method: str, **arguments: Any) -> Any:
        """One call of Slack's Web API. Raises DeliveryError with Slack's own word for what is wrong."""
        try:
            return (await getattr(self._client, method)(**arguments)).data
        except SlackApiError as error:
            word = error.response.get("error", "unknown") if isinstance(error.response.data, dict) else error.response.status_code
            kind = UnreachableError if word in GONE else DeliveryError
            raise kind(f"Slack refused {method}: {word}") from None  # the error itself quotes what was sent
        except (SlackClientError, ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"Slack can't be reached for {method}: {type(error).__name__}") from None
