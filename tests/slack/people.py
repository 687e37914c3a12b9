"""What people do in channels: write, edit, delete, join, share; each act sends the events that Slack sends for it."""

import asyncio
import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from tests.slack import payloads
from tests.slack.api import RefusedError
from tests.slack.blocks import message_errors, too_long
from tests.slack.doors import EVENTS, Delivery
from tests.slack.methods_chat import message_json
from tests.slack.state import Channel, Ephemeral, Installation, Json, Message, ResponseUrl, User, View, fill_block_ids

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace

HISTORY_SCOPE = {"channel": "channels:history", "group": "groups:history", "im": "im:history", "mpim": "mpim:history"}
LIST_SCOPE = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}
FAREWELLS = ("app_uninstalled", "tokens_revoked")


class People:
    """The acts of people; mixed into Workspace."""

    @property
    def _ws(self) -> "Workspace":
        return cast("Workspace", self)

    def emit(self, event: Json, channel: Channel | None, app: Installation) -> Delivery | None:
        """Send one event, where the app is subscribed, allowed and there to hear of it."""
        kind = event["type"]
        needed = {"app_mention": "app_mentions:read", "file_shared": "files:read"}.get(kind, "")
        if channel:
            needed = {"message": HISTORY_SCOPE, "member_joined_channel": LIST_SCOPE}.get(kind, {}).get(channel.kind, needed)
        allowed = kind in self._ws.subscriptions and (not needed or needed in app.scopes)
        if not allowed or (app.revoked and kind not in FAREWELLS) or not self._ws.doors.open:
            return None
        return self._ws.doors.start(EVENTS, payloads.envelope(self._ws, app, event, channel))

    def emit_in(self, channel: Channel, event: Json) -> list[Delivery]:
        """Send an event to every installation whose bot is in the channel."""
        apps = [app for app in self._ws.state.installations if app.bot in channel.members]
        return [sent for app in apps if (sent := self.emit(event, channel, app))]

    async def sent(self, deliveries: Sequence[Delivery | None]) -> None:
        """Wait until each was tried once: acknowledged, or failed and left to the retries."""
        await asyncio.gather(*(d.tried.wait() for d in deliveries if d))

    def told(self, message: Message) -> list[Delivery]:
        """Send a new message's events: the message, and a mention in addition to it."""
        event = payloads.posted(self._ws, message)
        deliveries = self.emit_in(message.channel, event)
        for app in self._ws.state.installations:
            named = app.bot.mention in message.text and message.user != app.bot.id
            if named and message.channel.kind != "im" and app.bot in message.channel.members:
                kept = {k: v for k, v in event.items() if k not in ("channel_type", "subtype", "root")}
                if mention := self.emit({**kept, "type": "app_mention"}, message.channel, app):
                    deliveries.append(mention)
        return deliveries

    async def post(
        self, user: User, channel: Channel, text: str, *, thread: str = "", raw: bool = False,
        files: Sequence[tuple[str, str]] = (), broadcast: bool = False, me: bool = False,
    ) -> str:  # fmt: skip
        """Write as a person; returns the ts once the app was told. Files are pairs of name and mimetype.

        The text is what somebody types: Slack's escaping and links are added, unless `raw`.
        """
        assert user in channel.members, f"{user.real_name} isn't in the channel"
        assert not channel.archived, "the channel is archived"
        wire = text if raw else payloads.typed(text)
        kept = [self._file(user, name, mimetype) for name, mimetype in files]
        subtype = "thread_broadcast" if broadcast else "me_message" if me else "file_share" if files else ""
        more: dict[str, Any] = {"subtype": subtype, "thread_ts": thread, "files": kept}
        more |= {"blocks": payloads.rich_text(self._ws, text), "client_msg_id": self._ws.state.new_id("client-")}
        message = self._ws.state.add(channel, user, wire, **more)
        deliveries = self.told(message)
        for file in kept:
            shared = {"type": "file_shared", "file_id": file["id"], "user_id": user.id, "file": {"id": file["id"]}}
            deliveries += self.emit_in(channel, {**shared, "channel_id": channel.id, "event_ts": message.ts})
        await self.sent(deliveries)
        return message.ts

    def _file(self, user: User, name: str, mimetype: str) -> Json:
        id_ = self._ws.state.new_id("F")
        kind = mimetype.rpartition("/")[2]
        return {"id": id_, "name": name, "title": name, "mimetype": mimetype, "filetype": kind, "user": user.id, "mode": "hosted"}

    async def dm(self, user: User, text: str, **more: Any) -> str:
        """Write to the bot directly."""
        return await self.post(user, self._ws.state.dm(user, self._ws.installation(user.team).bot), text, **more)

    async def other_bot(self, channel: Channel, text: str, *, classic: bool = True) -> str:
        """A message of some other app: with subtype `bot_message` and no user, or as apps post today."""
        bot = self._ws.state.new_user("Weather App", channel.team, is_bot=True, bot_id=self._ws.state.new_id("B"))
        message = self._ws.state.add(channel, bot, text, subtype="bot_message" if classic else "")
        event = payloads.posted(self._ws, message)
        if classic:
            event = {**{k: v for k, v in event.items() if k != "user"}, "username": "Weather App"}
        await self.sent(self.emit_in(channel, event))
        return message.ts

    async def edit(self, user: User, channel: Channel, ts: str, text: str, *, raw: bool = False) -> None:
        message = channel.messages[ts]
        assert message.user == user.id, "only one's own messages can be edited"
        wire = text if raw else payloads.typed(text)
        await self.sent(self.change(message, wire, payloads.rich_text(self._ws, text), None))

    def change(self, message: Message, text: str, blocks: list[Json], metadata: Json | None) -> list[Delivery]:
        """Put new content into a message and send `message_changed`."""
        previous = copy.deepcopy(message_json(message))
        message.text, message.blocks, message.metadata = text, blocks, metadata
        message.edited = {"user": message.user, "ts": self._ws.state.new_ts()}
        message.keep_version()
        return self.emit_in(message.channel, payloads.changed(self._ws, message, previous))

    async def unfurl(self, channel: Channel, ts: str, title: str = "A page") -> None:
        """A preview appears under a link: `message_changed` although nobody edited anything."""
        message = channel.messages[ts]
        previous = copy.deepcopy(message_json(message))
        message.attachments = [{"id": 1, "title": title, "from_url": "https://example.org/", "fallback": title}]
        await self.sent(self.emit_in(channel, payloads.changed(self._ws, message, previous)))

    async def delete(self, user: User, channel: Channel, ts: str) -> None:
        message = channel.messages[ts]
        assert user.is_admin or message.user == user.id, "only one's own messages can be deleted"
        await self.sent(self.drop(message))

    def drop(self, message: Message) -> list[Delivery]:
        """Delete a message and send the event."""
        previous = copy.deepcopy(message_json(message))
        message.deleted = True
        return self.emit_in(message.channel, payloads.removed(self._ws, message, previous))

    async def join(self, user: User, channel: Channel, *, inviter: User | None = None) -> None:
        await self.sent(self.joined(channel, user, inviter))

    def joined(self, channel: Channel, user: User, inviter: User | None = None) -> list[Delivery]:
        """Put somebody into a channel: `member_joined_channel`, and the line that says so."""
        channel.members.append(user)
        event = {"type": "member_joined_channel", "user": user.id, "channel": channel.id, "team": user.team.id}
        event |= {"channel_type": "C" if channel.kind == "channel" else "G", "event_ts": self._ws.state.new_ts()}
        if inviter:
            event["inviter"] = inviter.id
        deliveries = self.emit_in(channel, event)
        line = self._ws.state.add(channel, user, f"{user.mention} has joined the channel", subtype="channel_join")
        return deliveries + self.emit_in(channel, payloads.posted(self._ws, line))

    async def leave(self, user: User, channel: Channel) -> None:
        apps = [app for app in self._ws.state.installations if app.bot in channel.members]
        channel.members.remove(user)
        event = {"type": "member_left_channel", "user": user.id, "channel": channel.id, "team": user.team.id}
        event |= {"channel_type": "C" if channel.kind == "channel" else "G", "event_ts": self._ws.state.new_ts()}
        await self.sent([self.emit(event, channel, app) for app in apps])

    async def archive(self, user: User, channel: Channel) -> None:
        channel.archived = True
        event = {"type": "channel_archive", "channel": channel.id, "user": user.id, "event_ts": self._ws.state.new_ts()}
        await self.sent(self.emit_in(channel, event))

    async def open_home(self, user: User) -> View | None:
        """Open the Home tab; returns what was published there before."""
        app = self._ws.installation(user.team)
        view = self._ws.state.homes.get(user.id)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": self._ws.state.dm(user, app.bot).id, "tab": "home"}
        event["event_ts"] = self._ws.state.new_ts()
        if view:
            event["view"] = payloads.view_payload(self._ws, view)
        await self.sent([self.emit(event, None, app)])
        return view

    async def uninstall(self, app: Installation | None = None) -> None:
        """Remove the app from a workspace: its token ends, and both events say so."""
        gone = app or self._ws.installation()
        gone.revoked = True
        revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [gone.bot.id]}, "event_ts": self._ws.state.new_ts()}
        removed = {"type": "app_uninstalled", "event_ts": self._ws.state.new_ts()}
        await self.sent([self.emit(event, None, gone) for event in (revoked, removed)])

    def revoke(self, app: Installation) -> None:
        """The app gave its token back itself."""
        app.revoked = True

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Send the very same event (or click) once more, as Slack does after an acknowledgement it didn't see."""
        again = self._ws.doors.start(delivery.kind, delivery.payload)
        await self.sent([again])
        return again

    def respond(self, url: ResponseUrl, body: Json) -> None:
        """What a post to a response_url does."""
        original, ws = url.original, self._ws
        if body.get("delete_original"):
            self._remove(original)
            return
        if original is not None and "replace_original" not in body:
            ws.problem("response_url: say replace_original true or false, Slack's default differs by kind of message")
        text, blocks = str(body.get("text") or ""), body.get("blocks") or []
        if errors := message_errors(blocks):
            ws.problem(f"response_url: {errors}")
            raise RefusedError("invalid_blocks")
        if too_long(blocks) or not (text or blocks):
            raise RefusedError("msg_blocks_too_long" if blocks else "no_text")
        if blocks and not text:
            ws.problem("response_url: blocks without top-level text, so screen readers have nothing to say")
        blocks = fill_block_ids(blocks, ws.state.ids)
        bot = ws.installation(url.user.team).bot
        if body.get("replace_original") and isinstance(original, Ephemeral):
            original.text, original.blocks = text, blocks
            original.keep_version()
        elif body.get("replace_original") and isinstance(original, Message) and original.user == bot.id:
            self.change(original, text, blocks, original.metadata)
        elif body.get("replace_original"):
            raise RefusedError("cannot_update_message")
        elif body.get("response_type") == "in_channel":
            self.told(ws.state.add(url.channel, bot, text, blocks=blocks, thread_ts=str(body.get("thread_ts") or "")))
        else:
            ws.state.add_ephemeral(url.channel, url.user, text, blocks, str(body.get("thread_ts") or ""))

    def _remove(self, original: Message | Ephemeral | None) -> None:
        if isinstance(original, Ephemeral):
            original.deleted = True
        elif original is not None and original.bot_id:
            self.drop(original)
        else:
            raise RefusedError("message_not_found")
