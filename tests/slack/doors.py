"""How the workspace reaches the app: signed HTTP requests or Socket Mode, with Slack's acknowledgements and retries."""

import asyncio
import hashlib
import hmac
import io
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack.state import Json

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace

EVENTS, INTERACTIVE, SLASH = "events_api", "interactive", "slash_commands"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand something over."""

    retry: int
    ok: bool
    reason: str = ""  # http_timeout, http_error or connection_failed, as in x-slack-retry-reason
    status: int | None = None
    body: Any = None  # what the acknowledgement carried
    again: bool = True


@dataclass(eq=False, slots=True)
class Delivery:
    """Something on its way to the app."""

    kind: str
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)
    acks: int = 0
    tried: asyncio.Event = field(default_factory=asyncio.Event)  # the first attempt is over
    over: asyncio.Event = field(default_factory=asyncio.Event)  # acknowledged, or given up

    @property
    def acked(self) -> bool:
        return self.acks > 0

    @property
    def response(self) -> Any:
        """What the app answered with its acknowledgement."""
        return next((a.body for a in self.attempts if a.ok), None)

    @property
    def event(self) -> Json:
        event: Json = self.payload.get("event", {})
        return event


def signature(secret: str, stamp: str, body: str) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()


class HttpDoor:
    """Posts to the app's Request URL."""

    def __init__(self, ws: "Workspace") -> None:
        self._ws = ws
        self.url = ""

    async def subscribe(self, url: str, *, within: float = 60) -> None:
        """Slack's check of a new Request URL: it must give back the challenge. Waits until somebody listens there."""
        challenge = self._ws.state.new_id("challenge")
        payload = {"type": "url_verification", "token": self._ws.verification_token, "challenge": challenge}
        self.url = url
        ends = time.monotonic() + within
        while (attempt := await self.post(json.dumps(payload), "application/json")).reason == "connection_failed":
            assert time.monotonic() < ends, f"nobody listens at {url}"
            await asyncio.sleep(0.05)
        given = attempt.body.get("challenge") if isinstance(attempt.body, dict) else attempt.body
        if not attempt.ok or given != challenge:
            self.url = ""
            raise AssertionError(f"the Request URL didn't give the challenge back: {attempt}")

    async def send(self, delivery: Delivery, retry: int, reason: str) -> Attempt:
        headers = {"x-slack-retry-num": str(retry), "x-slack-retry-reason": reason} if retry else {}
        if delivery.kind == EVENTS:
            return await self.post(json.dumps(delivery.payload), "application/json", headers, retry)
        form = delivery.payload if delivery.kind == SLASH else {"payload": json.dumps(delivery.payload)}
        return await self.post(urlencode(form), "application/x-www-form-urlencoded", headers, retry)

    async def post(
        self, body: str, content_type: str, more: dict[str, str] | None = None, retry: int = 0, *, at: float = 0, secret: str = ""
    ) -> Attempt:
        """One signed request; `at` and `secret` sign it for another time or with another secret."""
        stamp = str(int(at or time.time()))
        headers = {"content-type": content_type, "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)", **(more or {})}
        headers |= {
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature(secret or self._ws.signing_secret, stamp, body),
        }
        limit = aiohttp.ClientTimeout(total=self._ws.ack_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self.url, data=io.BytesIO(body.encode()), headers=headers, allow_redirects=False) as answer,
            ):
                text = await answer.text()
                parsed = json.loads(text) if answer.content_type == "application/json" and text else text
                ok = 200 <= answer.status < 300
                again = answer.headers.get("x-slack-no-retry") != "1"
                return Attempt(retry, ok, "" if ok else "http_error", answer.status, parsed, again)
        except TimeoutError:
            return Attempt(retry, ok=False, reason="http_timeout")
        except aiohttp.ClientError:
            return Attempt(retry, ok=False, reason="connection_failed")


class SocketDoor:
    """Socket Mode: the app connects, envelopes go to one of its connections."""

    def __init__(self, ws: "Workspace") -> None:
        self._ws = ws
        self._tickets: set[str] = set()
        self._waiting: dict[str, tuple[Delivery, asyncio.Future[Any]]] = {}
        self.connections: list[web.WebSocketResponse] = []
        self.leaving: list[web.WebSocketResponse] = []
        self.ever = 0  # connections so far
        self.acks = 0
        self._turn = 0

    def new_url(self) -> str:
        ticket = self._ws.state.new_id("link")
        self._tickets.add(ticket)
        return f"{self._ws.url.replace('http', 'ws', 1)}/link/?ticket={ticket}"

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="a link works once")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections.append(socket)
        self.ever += 1
        info = {"app_id": self._ws.app_id}
        await socket.send_json({"type": "hello", "num_connections": len(self.connections), "connection_info": info})
        try:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.TEXT:
                    self._acknowledged(message.json())
        finally:
            for group in (self.connections, self.leaving):
                if socket in group:
                    group.remove(socket)
        return socket

    def _acknowledged(self, answer: Json) -> None:
        delivery, waiting = self._waiting.get(answer.get("envelope_id", ""), (None, None))
        if delivery is None or waiting is None:
            self._ws.problem("an envelope was acknowledged that was never sent")
            return
        self.acks += 1
        delivery.acks += 1
        if not waiting.done():
            waiting.set_result(answer.get("payload"))

    async def send(self, delivery: Delivery, retry: int, reason: str) -> Attempt:
        if not self.connections:
            return Attempt(retry, ok=False, reason="connection_failed")
        self._turn += 1
        socket = self.connections[self._turn % len(self.connections)]
        envelope_id = self._ws.state.new_id("envelope-")
        answered = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (delivery, answered)
        envelope: Json = {"envelope_id": envelope_id, "type": delivery.kind, "payload": delivery.payload}
        envelope["accepts_response_payload"] = delivery.kind != EVENTS
        if delivery.kind == EVENTS:
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        try:
            await socket.send_json(envelope)
            return Attempt(retry, ok=True, body=await asyncio.wait_for(answered, self._ws.ack_seconds))
        except TimeoutError:
            return Attempt(retry, ok=False, reason="timeout")
        except (ConnectionError, aiohttp.ClientError):
            return Attempt(retry, ok=False, reason="connection_failed")

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to be replaced, as Slack does every few hours; waits for the new ones."""
        old, before = list(self.connections), self.ever
        self.leaving += old
        self.connections.clear()
        for socket in old:
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "emulator"}})
        await self._ws.until(lambda: self.ever >= before + len(old), "the app didn't connect anew")

    async def break_off(self) -> None:
        """End every connection without notice."""
        for socket in [*self.connections, *self.leaving]:
            await socket.close(code=1011)

    async def connected(self, within: float = 60) -> None:
        """Wait for the app."""
        await self._ws.until(lambda: bool(self.connections), "the app didn't connect", within=within)


class Doors:
    """Hands deliveries over, again where Slack would."""

    def __init__(self, ws: "Workspace") -> None:
        self._ws = ws
        self.deliveries: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> bool:
        return bool(self._ws.http.url or self._ws.socket.ever)

    def start(self, kind: str, payload: Json) -> Delivery:
        """Begin to deliver; `tried` and `over` of the delivery tell how far it is."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        task = asyncio.get_running_loop().create_task(self._run(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def _run(self, delivery: Delivery) -> None:
        door = self._ws.http if self._ws.http.url else self._ws.socket
        reason = ""
        delays = self._ws.retry_delays if delivery.kind == EVENTS else ()
        try:
            for retry, delay in enumerate((0.0, *delays)):
                await asyncio.sleep(delay)
                if retry and delivery.acked:  # acknowledged late, in time for no further try
                    break
                attempt = await door.send(delivery, retry, reason)
                delivery.attempts.append(attempt)
                delivery.tried.set()
                if attempt.ok and door is self._ws.http:
                    delivery.acks += 1
                if attempt.ok or not attempt.again:
                    break
                reason = attempt.reason
        finally:
            delivery.tried.set()
            delivery.over.set()

    async def settled(self) -> None:
        """Wait until nothing is under way, retries included."""
        while pending := [d for d in self.deliveries if not d.over.is_set()]:
            await asyncio.gather(*(d.over.wait() for d in pending))

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
