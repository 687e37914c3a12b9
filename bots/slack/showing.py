"""Where in Slack something is shown: in a window, on the Home tab, in the place of another card, or beside it."""

from datetime import UTC, datetime
from typing import Any

from bots import log
from bots.desk import Desk
from bots.press import Instead, Press, Say, Shown, Wrong
from bots.slack import inbound, render
from bots.slack.delivery import SlackWorkspace
from core.cards import Card
from core.errors import DeliveryError, InputError, PracticumBotError

PAGE = "home.page"  # a button that turns a page of the Home tab
Body = dict[str, Any]


class Showing:
    """Shows what the desk says."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def home(self, workspace: SlackWorkspace, person: str, page: int = 0) -> None:
        """Somebody's Home tab, from one of its pages on."""
        shown = await self._desk.home(workspace, workspace.name, person, datetime.now(UTC))
        await workspace.publish(person, render.home(shown, page))

    async def refreshed(self, workspace: SlackWorkspace, person: str, page: int = 0) -> None:
        """The Home tab anew, after something that is done whether or not it can be shown there."""
        try:
            await self.home(workspace, person, page)
        except PracticumBotError as error:
            log.failed("home", error, platform=workspace.name)

    async def show(self, shown: Shown, press: Press, body: Body, workspace: SlackWorkspace) -> None:
        """What a press leads to: in place, beside it, or in a window."""
        view = body.get("view") or {}
        modal, page = view.get("type") == "modal", view.get("type") == "home"
        channel, thread = inbound.origin(view)[1:] if modal else inbound.place(body)
        if isinstance(shown, Wrong):
            raise InputError("; ".join(shown.faults.values()))
        if not isinstance(shown, Instead | Say):
            form = render.view(shown, channel, thread, files=workspace.reads_files)
            await self._opened(workspace, body, form, view if modal else {})
            return
        if (modal or page) and not render.fits(shown.card):  # the window says where it is
            await workspace.write(press.person, shown.card)
        if modal:
            await workspace.update(str(view["id"]), render.modal(shown.card, channel, thread))
        elif page:
            await self._window(workspace, body, shown.card, press)
        elif isinstance(shown, Instead):
            await self._replaced(workspace, body, shown.card, press.person)
        else:
            await workspace.whisper(press.person, channel, thread, shown.card)
        if page:
            await self.refreshed(workspace, press.person, inbound.page(view))

    async def _window(self, workspace: SlackWorkspace, body: Body, shown: Card, press: Press) -> None:
        try:
            await workspace.open(str(body["trigger_id"]), render.modal(shown))
        except DeliveryError as error:  # a window has to open within three seconds
            log.failed("window", error, platform=workspace.name, kind=press.kind)
            if render.fits(shown):
                await workspace.write(press.person, shown)

    async def _opened(self, workspace: SlackWorkspace, body: Body, form: Body, below: Body) -> None:
        """A form in a window: on top of the one it was asked for in or, where three stand there already, in its place."""
        try:
            await workspace.open(str(body["trigger_id"]), form, push=bool(below))
        except DeliveryError:
            if not below:
                raise
            await workspace.update(str(below["id"]), form)

    async def _replaced(self, workspace: SlackWorkspace, body: Body, shown: Card, person: str) -> None:
        """A card in the place of another: by the press's own address where only its author sees it, else by changing it."""
        container = body.get("container") or {}
        try:
            if container.get("is_ephemeral") or not container.get("message_ts"):
                await workspace.respond(str(body.get("response_url") or ""), shown)
            else:
                await workspace.change(str(container["channel_id"]), str(container["message_ts"]), shown)
        except DeliveryError as error:  # it is gone, or too old
            log.failed("replacing", error, platform=workspace.name)
            await workspace.whisper(person, *inbound.place(body), shown)
