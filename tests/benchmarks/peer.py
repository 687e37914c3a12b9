"""A lean Slack: the few methods that reading a message needs, and when each word to somebody arrived.

The strict workspace of `tests/slack` checks and keeps everything, which would be what is measured.
"""

import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

TEAM, BOT, APP = "T0LOAD", "U0BOT", "A0LOAD"
SECRET, TOKEN = "signing-secret-of-the-load", "xoxb-load"
ANSWERS: dict[str, dict[str, Any]] = {
    "auth.test": {"team_id": TEAM, "user_id": BOT, "bot_id": "B0BOT", "url": "https://load.slack.example/"},
    "users.getPresence": {"presence": "active"},
    "conversations.members": {"members": [], "response_metadata": {"next_cursor": ""}},
    "chat.postEphemeral": {"message_ts": "1700000000.000001"},
}


class Peer:
    """Answers at once and counts; each author writes one message, so that an author names it."""

    def __init__(self) -> None:
        self.nudged: defaultdict[str, list[float]] = defaultdict(list)  # by author: when, as time.monotonic() says
        self.answered: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()  # methods that are not played
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """The bot's variables."""
        return {"SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": f"{self.url}/api/"}

    async def handle(self, request: web.Request) -> web.Response:
        """One call of the Web API."""
        arrived, method = time.monotonic(), request.match_info["method"]
        if method == "chat.postEphemeral":
            self._shown(await request.text(), arrived)
        elif method not in ANSWERS:
            self.unknown[method] += 1
            return web.json_response({"ok": False, "error": "unknown_method"})
        return web.json_response({"ok": True, **ANSWERS[method]})

    def _shown(self, body: str, arrived: float) -> None:
        """What one person sees: a nudge, an answer or the bot's introduction, told apart by their buttons."""
        author = _field(body, "user")
        if "nudge.why" in body:
            self.nudged[author].append(arrived)
        elif "reply." in body:
            self.answered[author] += 1


def _field(body: str, name: str) -> str:
    """A field of a form or of JSON, without reading the whole."""
    _, _, rest = body.partition(f"{name}=") if not body.startswith("{") else body.partition(f'"{name}": "')
    return rest.partition('"' if body.startswith("{") else "&")[0]


@asynccontextmanager
async def playing() -> AsyncIterator[Peer]:
    """A peer on a port of this machine."""
    peer = Peer()
    async with served({"/api/{method}": peer.handle}) as peer.url:
        yield peer


@asynccontextmanager
async def served(handlers: dict[str, Callable[[web.Request], Any]]) -> AsyncIterator[str]:
    """Handlers of POST and GET on a port of this machine; yields the address."""
    app = web.Application(client_max_size=1024**2)
    for path, handler in handlers.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
