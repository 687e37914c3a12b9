"""Slack's events, commands, buttons and forms → dispatcher and desk; it translates, and decides nothing.

Bolt runs a listener before it answers, so that an event is acknowledged when its work is done; what is not acknowledged Slack
delivers again.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bots import log
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.press import Press, Say, Shown, Wrong, troubled
from bots.slack import inbound, render
from bots.slack.behind import MOMENT, Behind, window
from bots.slack.delivery import SlackWorkspace
from bots.slack.files import filled
from bots.slack.showing import PAGE, Showing
from bots.welcoming import Welcoming
from core.cards import Card
from core.errors import InputError, PracticumBotError
from core.ports import Happened
from core.speech import answers, nudges
from core.storage.store import Store
from core.text import plain

COMMAND = "/ethics"
ASK_SHORTCUT, CHECK_SHORTCUT = "ask_about_this", "check_my_draft"
CHANNELS = frozenset({"channel", "group"})  # kinds of conversations that can belong to a cohort
REFRESHED = 0.5  # seconds that a Home tab may take before an acknowledgement, and an acknowledgement before what follows it
Body = dict[str, Any]
Find = Callable[[str], Awaitable[SlackWorkspace]]


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Whose messages are read beside members': guests', and those of other workspaces in channels shared with them."""

    guests: bool = True
    shared: bool = False


class SlackApp:
    """Registers everything that the manifest subscribes to."""

    def __init__(
        self,
        bolt: AsyncApp,
        find: Find,
        dispatcher: Dispatcher,
        desk: Desk,
        welcoming: Welcoming,
        store: Store,
        outsiders: Outsiders,
    ) -> None:
        """`find` gives the workspace of a team id, and raises InputError where the bot is not installed."""
        self._find = find
        self._outsiders = outsiders
        self._dispatcher = dispatcher
        self._desk = desk
        self._welcoming = welcoming
        self._store = store
        self._behind = Behind()
        self._showing = Showing(desk)
        for kind in ("message", "app_mention"):
            bolt.event(kind)(self._message)
        bolt.event("member_joined_channel")(self._joined)
        bolt.event("member_left_channel")(self._left)
        bolt.event("app_home_opened")(self._opened)
        for kind in ("app_uninstalled", "tokens_revoked"):
            bolt.event(kind)(self._uninstalled)
        bolt.event(re.compile(".*"))(_nothing)  # whatever else is subscribed to is acknowledged
        bolt.command(COMMAND)(self._command)
        bolt.shortcut(ASK_SHORTCUT)(self._shortcut)
        bolt.shortcut(CHECK_SHORTCUT)(self._shortcut)
        bolt.action(re.compile(".*"))(self._pressed)
        bolt.view(re.compile(".*"))(self._sent)
        bolt.view_closed(re.compile(".*"))(_acknowledged)
        bolt.error(_refused)

    async def _message(self, body: Body) -> None:
        self._dispatcher.room(inbound.platform(body))
        workspace = await self._workspace(body)
        event = inbound.event(body, workspace.bot)
        if event is None:
            return
        direct = event.message.channel.startswith("D")
        if not direct and not await self._wanted(workspace, event.message.author, body):
            return
        kind = body["event"].get("channel_type")
        if kind == "mpim" and not event.message.to_bot:
            return  # between a few people, who may ask but didn't
        if kind in CHANNELS and await self._store.place(workspace.name, event.message.channel) is None:
            await self._welcoming.adopted(workspace.name, event.message.channel, workspace, datetime.now(UTC))
        if event.happened is not Happened.DELETED and (thread := inbound.thread_of(body)):
            event = inbound.event(body, workspace.bot, await workspace.first(*thread)) or event
        await self._dispatcher.take(event, workspace)

    async def _wanted(self, workspace: SlackWorkspace, person: str, body: Body) -> bool:
        """Whether the bot reads what somebody writes: guests, and people of other workspaces in shared channels, by setting."""
        if inbound.teams(body) - {workspace.team, body.get("enterprise_id")}:
            return self._outsiders.shared
        if self._outsiders.guests:
            return True
        known = await workspace.known(person)
        return known is None or not known.guest

    async def _joined(self, body: Body) -> None:
        workspace, event = await self._workspace(body), body["event"]
        name, channel, person, now = workspace.name, str(event["channel"]), str(event["user"]), datetime.now(UTC)
        if person == workspace.bot:
            await self._welcoming.invited(name, channel, event.get("inviter"), workspace, now)
        elif not await workspace.foreign(person):
            await self._welcoming.joined(name, channel, person, workspace, now)

    async def _left(self, body: Body) -> None:
        workspace, event = await self._workspace(body), body["event"]
        if event["user"] != workspace.bot:
            await self._welcoming.left(workspace.name, str(event["channel"]), str(event["user"]), workspace)

    async def _opened(self, body: Body) -> None:
        if body["event"].get("tab") == "home":
            await self._showing.home(await self._workspace(body), str(body["event"]["user"]))

    async def _uninstalled(self, body: Body) -> None:
        if body["event"]["type"] == "app_uninstalled" or (body["event"].get("tokens") or {}).get("bot"):
            name = inbound.platform(body)
            gone = await self._store.forget_platform(name)
            log.event("uninstalled", platform=name, count=sum(gone.values()))

    async def _command(self, ack: AsyncAck, body: Body) -> None:
        workspace, person, channel = await self._workspace(body), str(body["user_id"]), str(body.get("channel_id") or "")

        async def late(shown: Card | None) -> None:
            if shown:
                await workspace.whisper(person, channel, "", shown)

        shown = await self._behind.soon(self._commanded(workspace, body, person, channel), late)
        await ack(**(_whispered(shown) if shown else {}))

    async def _commanded(self, workspace: SlackWorkspace, body: Body, person: str, channel: str) -> Card | None:
        """What is said to a command; None where it is answered otherwise."""
        text = str(body.get("text") or "").strip()
        word, _, rest = text.partition(" ")
        try:
            if word.casefold() in {"", "help"} and not rest:
                return answers.help_card(command=COMMAND)
            if word.casefold() == "check" and rest:
                return await self._desk.checked(workspace.name, person, rest)
            if word.casefold() == "check":
                await workspace.open(str(body["trigger_id"]), render.view(nudges.draft_form(), channel))
            else:
                await self._dispatcher.take(inbound.question(body, text, channel, str(body["trigger_id"])), workspace)
        except PracticumBotError as error:
            log.failed("command", error, platform=workspace.name)
            return troubled(error)
        return None

    async def _shortcut(self, ack: AsyncAck, body: Body) -> None:
        workspace = await self._workspace(body)
        if body.get("callback_id") == CHECK_SHORTCUT:
            form = nudges.draft_form()
        else:
            form = answers.ask_form(about=plain(str((body.get("message") or {}).get("text") or "")[: 2 * answers.FORM]).text)
        await workspace.open(str(body["trigger_id"]), render.view(form, *inbound.place(body)))
        await ack()

    async def _pressed(self, ack: AsyncAck, body: Body) -> None:
        press = inbound.press(body)
        if press.do != "open":  # a link, which Slack has opened already
            await self._behind.soon(self._answered(press, body, await self._workspace(body)))
        await ack()

    async def _answered(self, press: Press, body: Body, workspace: SlackWorkspace) -> None:
        try:
            if press.do == PAGE:
                await self._showing.home(workspace, press.person, inbound.number(press.value))
            else:
                await self._showing.show(await self._desk.press(press, workspace), press, body, workspace)
        except PracticumBotError as error:
            log.failed("press", error, platform=workspace.name, kind=press.kind)
            await self._showing.show(Say(troubled(error)), press, body, workspace)

    async def _sent(self, ack: AsyncAck, body: Body) -> None:
        workspace, press = await self._workspace(body), inbound.press(body)
        _, channel, thread = inbound.origin(body["view"])
        files, closing = workspace.reads_files, press.do == "ask.send"  # the answer comes where answers come

        async def late(shown: Shown | None) -> None:
            await asyncio.sleep(REFRESHED)
            if not closing:
                await workspace.update(str(body["view"]["id"]), window(shown or Say(MOMENT), channel, thread, files))
            elif isinstance(shown, Say):
                await workspace.whisper(press.person, channel, thread, shown.card)

        shown = await self._behind.soon(self._worked_on(press, body, workspace), late)
        if isinstance(shown, Wrong):
            await ack(response_action="errors", errors=dict(shown.faults))
        elif closing and shown is None:
            await ack()
        else:
            await ack(response_action="update", view=window(shown or Say(MOMENT), channel, thread, files))
        if press.do.endswith(".save"):
            await self._behind.soon(self._showing.refreshed(workspace, press.person), within=REFRESHED)

    async def _worked_on(self, press: Press, body: Body, workspace: SlackWorkspace) -> Shown | None:
        """What follows a form; None after a question, which is answered by itself."""
        try:
            if press.do != "ask.send":
                whole = await filled(press, body["view"], workspace.text)
                return whole if isinstance(whole, Wrong) else await self._desk.press(whole, workspace)
            _, channel, thread = inbound.origin(body["view"])
            asked = inbound.question(body, press.inputs.get("question", ""), channel or press.person, press.id, thread)
            await self._dispatcher.take(asked, workspace)
        except PracticumBotError as error:
            log.failed("form", error, platform=workspace.name, kind=press.kind)
            return Say(troubled(error))
        return None

    async def _workspace(self, body: Body) -> SlackWorkspace:
        return await self._find(inbound.platform(body).removeprefix("slack:"))


async def _nothing(body: Body) -> None:
    """Acknowledged, and deliberately left alone."""


async def _acknowledged(ack: AsyncAck) -> None:
    await ack()


async def _refused(error: Exception, body: Mapping[str, Any]) -> BoltResponse:
    """Not done: Slack is to deliver it again, unless it will never be readable."""
    kind = str((body.get("event") or {}).get("type") or body.get("type") or "command")
    log.failed("refused", error, kind=kind)
    return BoltResponse(status=400 if isinstance(error, InputError) else 503, body="")


def _whispered(shown: Card) -> dict[str, Any]:
    (part,) = render.messages(shown)[:1]
    return {"response_type": "ephemeral", **part}
