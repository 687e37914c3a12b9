"""The Web API's server: tokens, scopes, rate limits, injected faults, a record of every call, and response_urls."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.slack.state import Installation, Json

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace


class RefusedError(Exception):
    """An answer `ok: false`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the app made it, and what it got."""

    method: str
    args: Json
    token: str
    status: int
    answer: Json
    at: float  # time.monotonic()

    @property
    def error(self) -> str:
        return str(self.answer.get("error", ""))


@dataclass(slots=True)
class Fault:
    """What happens instead of the next calls of a method."""

    method: str
    times: int = 1
    status: int = 200
    error: str = ""
    retry_after: int | None = None
    delay: float = 0  # seconds before anything happens
    hang_up: bool = False  # the connection breaks instead of an answer
    done_first: bool = False  # the call takes effect before it goes wrong


@dataclass(frozen=True, slots=True)
class Asked:
    """One call on its way through a method."""

    ws: "Workspace"
    method: str
    args: Json
    installation: Installation | None

    @property
    def app(self) -> Installation:
        assert self.installation is not None
        return self.installation

    def needs(self, *scopes: str) -> None:
        """Refuse where the token has none of these scopes."""
        if scopes and not self.app.scopes & set(scopes):
            provided = ",".join(sorted(self.app.scopes))
            raise RefusedError("missing_scope", needed=scopes[0], provided=provided)

    def required(self, name: str) -> str:
        value = self.args.get(name)
        if value in (None, ""):
            raise RefusedError("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return str(value)

    def flag(self, name: str) -> bool:
        return str(self.args.get(name, "")).lower() in ("1", "true")


Method = Callable[[Asked], Json]


@dataclass(frozen=True, slots=True)
class Known:
    run: Method
    scopes: tuple[str, ...]  # one of them is enough
    json: bool  # takes a JSON body
    token: str  # bot, app, or "" for none


METHODS: dict[str, Known] = {}


def method(name: str, *scopes: str, json: bool = False, token: str = "bot") -> Callable[[Method], Method]:
    """Register a function as a Web API method."""

    def keep(run: Method) -> Method:
        METHODS[name] = Known(run, scopes, json, token)
        return run

    return keep


def parsed(value: Any) -> Any:
    """A form's value as JSON where it is JSON (blocks, view, metadata)."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            raise RefusedError("invalid_json") from None
    return value


@dataclass
class Api:
    """Answers `/api/METHOD`."""

    ws: "Workspace"
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    last_post: dict[str, float] = field(default_factory=dict)  # by channel

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        token = ""
        args: Json = {}
        try:
            args, token = await self._read(request, METHODS.get(name))
            refused = None
        except RefusedError as refusal:
            refused = refusal.answer
        fault = next((f for f in self.faults if f.method in (name, "*") and f.times > 0), None)
        if fault:
            fault.times -= 1
        status, answer, headers = 200, refused or {}, {"x-slack-req-id": self.ws.state.new_id("R")}
        if refused is None and (fault is None or fault.done_first):
            status, answer, more = self._answer(name, args, token)
            headers |= more
        if fault:
            await asyncio.sleep(fault.delay)
            if fault.status != 200 or fault.error:
                status, answer = fault.status, {"ok": False, "error": fault.error or "internal_error"}
            elif not fault.done_first and not fault.hang_up and refused is None:  # only late
                status, answer, more = self._answer(name, args, token)
                headers |= more
            if fault.retry_after is not None:
                headers["Retry-After"] = str(fault.retry_after)
        self.calls.append(Call(name, args, token, status, answer, time.monotonic()))
        if fault and fault.hang_up:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)
        if status >= 500:
            return web.Response(status=status, text="Internal Server Error", headers=headers)
        return web.json_response(answer, status=status, headers=headers)

    async def _read(self, request: web.Request, known: Known | None) -> tuple[Json, str]:
        """Arguments out of query, form and JSON, and the token."""
        args: Json = dict(request.query)
        if request.content_type == "application/json":
            body = json.loads(await request.text() or "{}")
            if known and known.json:
                args |= body
            elif body:
                self.ws.problem(f"{request.path} takes no JSON body: Slack would not see these arguments")
        elif request.method == "POST":
            args |= dict(await request.post())
        args = {name: value for name, value in args.items() if value is not None}
        given = args.pop("token", "")
        kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":  # oauth.v2.access
            args["client_id"], _, args["client_secret"] = base64.b64decode(bearer).decode().partition(":")
            bearer = ""
        token = bearer or str(given)
        for name in ("blocks", "view", "metadata", "attachments"):
            if name in args:
                args[name] = parsed(args[name])
        return args, token

    def _answer(self, name: str, args: Json, token: str) -> tuple[int, Json, dict[str, str]]:
        known = METHODS.get(name)
        headers: dict[str, str] = {}
        if known is None:
            self.ws.problem(f"{name} is not emulated")
            return 200, {"ok": False, "error": "unknown_method"}, headers
        try:
            asked = Asked(self.ws, name, args, self._who(token, known.token))
            if asked.installation:
                headers["x-oauth-scopes"] = ",".join(sorted(asked.installation.scopes))
                headers["x-accepted-oauth-scopes"] = ",".join(known.scopes)
                asked.needs(*known.scopes)
            if name == "chat.postMessage" and (wait := self._too_fast(args)):
                return 429, {"ok": False, "error": "ratelimited"}, headers | {"Retry-After": str(wait)}
            return 200, {"ok": True, **known.run(asked)}, headers
        except RefusedError as refusal:
            return 200, refusal.answer, headers

    def _who(self, token: str, kind: str) -> Installation | None:
        if not kind:
            return None
        if not token:
            raise RefusedError("not_authed")
        if kind == "app":
            if token != self.ws.app_token:
                raise RefusedError("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
            return None
        for installation in self.ws.state.installations:
            if (ends_at := installation.end_of(token)) is not None:
                if installation.revoked:
                    raise RefusedError("token_revoked")
                if ends_at and time.time() >= ends_at:
                    raise RefusedError("token_expired")
                return installation
        raise RefusedError("not_allowed_token_type" if token == self.ws.app_token else "invalid_auth")

    def _too_fast(self, args: Json) -> int:
        """Seconds to wait, where a message a second is all a channel takes."""
        if not self.ws.one_a_second:
            return 0
        now, channel = time.monotonic(), str(args.get("channel"))
        if now - self.last_post.get(channel, now - 9) < 1:
            return 1
        self.last_post[channel] = now
        return 0

    async def file(self, request: web.Request) -> web.Response:
        """What somebody uploaded; who may not read it is shown a page to log in, with a 200."""
        path, token = request.path, request.headers.get("Authorization", "").removeprefix("Bearer ")
        owner, content = self.ws.state.files[path]
        apps = (app for app in self.ws.state.installations if app.token == token and not app.revoked)
        allowed = any(app.team is owner.team and "files:read" in app.scopes for app in apps)
        self.calls.append(Call("file", {"path": path}, token, 200, {"ok": allowed}, time.monotonic()))
        if not allowed:
            return web.Response(text="<html><title>Sign in</title></html>", content_type="text/html")
        return web.Response(body=content, content_type="text/plain")

    async def respond(self, request: web.Request) -> web.Response:
        """A response_url: five uses in half an hour."""
        body: Json = await request.json()
        url = self.ws.state.response_urls.get(request.match_info["secret"])
        error = ""
        if url is None or url.uses >= 5:
            error = "used_url"
        elif time.monotonic() - url.at > self.ws.response_url_seconds:
            error = "expired_url"
        else:
            url.uses += 1
            try:
                self.ws.respond(url, body)
            except RefusedError as refusal:
                error = str(refusal.answer["error"])
        answer = {"ok": not error, **({"error": error} if error else {})}
        self.calls.append(Call("response_url", body, "", 404 if error else 200, answer, time.monotonic()))
        return web.json_response(answer, status=404) if error else web.Response(text="ok")
