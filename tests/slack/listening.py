"""A small Bolt app at either door, and an app that answers as a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from tests.slack.building import MODAL, Json, button, client, plain, section
from tests.slack.workspace import Workspace

FIELD: Json = {"type": "input", "block_id": "words", "label": plain("Your words"), "element": {"type": "plain_text_input"}}
FORM: Json = {**MODAL, "submit": plain("Go"), "callback_id": "form", "notify_on_close": True, "blocks": [FIELD]}


class Heard:
    """A Bolt app that writes down what it hears and answers a little."""

    def __init__(self, ws: Workspace) -> None:
        self.app = AsyncApp(signing_secret=ws.signing_secret, client=client(ws))
        self.events: list[Json] = []
        self.bodies: list[Json] = []
        app = self.app
        app.event({"type": "message"})(self._event)
        for kind in (
            "app_mention",
            "member_joined_channel",
            "file_shared",
            "app_home_opened",
            "app_uninstalled",
            "tokens_revoked",
        ):
            app.event(kind)(self._event)
        app.command("/ethics")(self._command)
        app.action("why")(self._why)
        app.action("pick")(self._body)
        app.shortcut("check")(self._shortcut)
        app.view("form")(self._submitted)
        app.view_closed("form")(self._body)

    async def _event(self, body: Json) -> None:
        self.events.append(body)

    async def _body(self, ack: Any, body: Json) -> None:
        await ack()
        self.bodies.append(body)

    async def _command(self, ack: Any, body: Json, respond: Any) -> None:
        await ack("one moment")
        self.bodies.append(body)
        await respond(text="the answer", blocks=[section("the answer"), button()])

    async def _why(self, ack: Any, body: Json, respond: Any) -> None:
        await ack()
        self.bodies.append(body)
        await respond(text="because", replace_original=True)

    async def _shortcut(self, ack: Any, body: Json, client: Any) -> None:
        await ack()
        self.bodies.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def _submitted(self, ack: Any, body: Json) -> None:
        words = body["view"]["state"]["values"]["words"]
        value = next(iter(words.values()))["value"]
        self.bodies.append(body)
        if value == "wrong":
            await ack(response_action="errors", errors={"words": "not these"})
        elif value == "more":
            await ack(response_action="update", view={**FORM, "title": plain("Once more")})
        else:
            await ack()

    def kinds(self) -> list[str]:
        return [body["event"].get("subtype") or body["event"]["type"] for body in self.events]


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a port of this machine; yields the address, ending in a slash."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@asynccontextmanager
async def by_http(ws: Workspace) -> AsyncIterator[Heard]:
    heard = Heard(ws)
    async with serving(heard.app.web_app(path="/slack/events")) as url:
        await ws.http.subscribe(f"{url}slack/events")
        yield heard


@asynccontextmanager
async def by_socket(ws: Workspace) -> AsyncIterator[Heard]:
    heard = Heard(ws)
    handler = AsyncSocketModeHandler(heard.app, ws.app_token, ping_interval=0.2)
    await handler.connect_async()
    await ws.socket.connected()
    yield heard
    await handler.close_async()


@asynccontextmanager
async def stubborn(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """An app of a few lines; yields its address."""
    app = web.Application()
    app.router.add_post("/", answer)
    async with serving(app) as url:
        yield url
