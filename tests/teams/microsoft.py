"""Microsoft's side on this machine, in the test's own event loop: the connector that bots call, and the issuer of tokens."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.teams.activities import APP, CHANNEL, ISSUER, PEOPLE, SERVICE, TEAM, Json, private


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    body: Json
    headers: dict[str, str]
    query: dict[str, str]


@dataclass
class Refusal:
    pattern: str
    status: int
    times: int
    retry_after: str


@dataclass
class Microsoft:
    """Records every call; refuses those it is told to."""

    calls: list[Call] = field(default_factory=list)
    roster: list[Json] = field(default_factory=lambda: list(PEOPLE))
    strangers: set[str] = field(default_factory=set)  # accounts that no conversation can be opened with
    keys: list[Json] = field(default_factory=list)
    letters: asyncio.Event = field(default_factory=asyncio.Event)  # cleared, what is written to people waits
    url: str = ""
    key_fetches: int = 0
    _refusals: list[Refusal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.letters.set()

    def refuse(self, pattern: str, status: int, times: int = 1, retry_after: str = "") -> None:
        """Answer the next calls whose method and path match with an error."""
        self._refusals.append(Refusal(pattern, status, times, retry_after))

    def made(self, pattern: str) -> list[Call]:
        return [call for call in self.calls if re.search(pattern, f"{call.method} {call.path}")]

    def told(self, person: Json) -> list[str]:
        """What one person was told in their own conversation, in order."""
        conversation = f"conversations/{private(person)}/activities"
        return [call.body["summary"] for call in self.calls if conversation in call.path and call.body.get("summary")]

    def cards(self, person: Json) -> list[tuple[str, Json]]:
        """Ids and contents of the cards that stand in somebody's conversation; changed ones as they are now."""
        shown: dict[str, Json] = {}
        for number, call in enumerate(self.calls):
            if f"conversations/{private(person)}/activities" in call.path and call.body.get("attachments"):
                name = call.body["id"] if call.method == "PUT" else f"m{number}"
                shown[name] = call.body["attachments"][0]["content"]
        return list(shown.items())

    def posts(self) -> list[Json]:
        """What was said in channels."""
        begun = [call.body["activity"] for call in self.calls if call.path == "/v3/conversations" and call.body.get("isGroup")]
        return begun + [call.body for call in self.calls if call.method == "POST" and f"/{CHANNEL};" in call.path]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/openid", self._openid)
        app.router.add_get("/keys", self._keys)
        app.router.add_route("*", "/v3/{tail:.*}", self._api)
        return app

    async def _openid(self, _: web.Request) -> web.Response:
        self.key_fetches += 1
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": self.keys})

    async def _api(self, request: web.Request) -> web.Response:
        if "/conversations/a:" in request.path and request.method == "POST":
            await self.letters.wait()
        text = await request.text()
        call = Call(request.method, request.path, json.loads(text) if text else {}, dict(request.headers), dict(request.query))
        number = len(self.calls)
        self.calls.append(call)
        for refusal in self._refusals:
            if refusal.times and re.search(refusal.pattern, f"{call.method} {call.path}"):
                refusal.times -= 1
                headers = {"Retry-After": refusal.retry_after} if refusal.retry_after else {}
                return web.json_response({"error": {"code": "x"}}, status=refusal.status, headers=headers)
        return self._answer(request, call, number)

    def _answer(self, request: web.Request, call: Call, number: int) -> web.Response:
        if call.path.endswith("/pagedmembers"):
            start = int(request.query.get("continuationToken", "0"))
            page: Json = {"members": self.roster[start : start + 2]}
            if start + 2 < len(self.roster):
                page["continuationToken"] = str(start + 2)
            return web.json_response(page)
        if "/members/" in call.path:
            name = call.path.rpartition("/")[2]
            found = [person for person in self.roster if name in {person["id"], person["aadObjectId"]}]
            return web.json_response(found[0] if found else {}, status=200 if found else 404)
        if call.path.startswith("/v3/teams/"):
            return web.json_response({"conversations": [{"id": TEAM, "name": None}, {"id": CHANNEL, "name": "ethics"}]})
        if call.path == "/v3/conversations" and not call.body.get("isGroup"):
            account = call.body["members"][0]["id"]
            person = next((p for p in self.roster if account in {p["id"], p["aadObjectId"]}), None)
            if person is None or person["id"] in self.strangers:
                return web.json_response({"error": {"code": "ForbiddenOperationException"}}, status=403)
            return web.json_response({"id": private(person)}, status=201)
        if call.path == "/v3/conversations":
            return web.json_response({"id": f"{CHANNEL};messageid=m{number}", "activityId": f"m{number}"}, status=201)
        if call.method == "PUT":
            return web.Response(status=200)
        return web.json_response({"id": f"m{number}"}, status=201)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Microsoft"]:
        server = TestServer(self.app())
        await server.start_server()
        self.url = str(server.make_url("")).rstrip("/")
        try:
            yield self
        finally:
            await server.close()


class Issuer:
    """Signs tokens as the channel does."""

    def __init__(self, name: str = "k1") -> None:
        self.name = name
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public(self) -> Json:
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {**shown, "kid": self.name, "endorsements": ["msteams"]}

    def token(self, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        own = {"iss": ISSUER, "aud": APP, "serviceurl": SERVICE, "nbf": now - 10, "exp": now + 3600, **claims}
        key: Any = self.key if algorithm == "RS256" else "x" * 40
        return jwt.encode({k: v for k, v in own.items() if v is not None}, key, algorithm=algorithm, headers={"kid": self.name})


@asynccontextmanager
async def serving(routes: Any) -> AsyncIterator[Callable[..., Any]]:
    """A server with these routes; gives a function that posts to `/api/messages` and tells the status and the answer."""
    app = web.Application()
    app.add_routes(routes)
    server = TestServer(app)
    await server.start_server()
    try:
        async with ClientSession() as session:

            async def post(body: Any, token: str | None = None, raw: bytes | None = None) -> tuple[int, Any]:
                headers = {"content-type": "application/json"} | ({"Authorization": token} if token else {})
                data = raw if raw is not None else json.dumps(body).encode()
                async with session.post(server.make_url("/api/messages"), data=data, headers=headers) as answer:
                    text = await answer.text()
                    return answer.status, json.loads(text) if text.startswith("{") else text

            yield post
    finally:
        await server.close()
