"""Calls of the channel's REST API (v3), with what Teams asks of its callers: one token, and patience when it is busy.

Microsoft's SDK gives the token. Its client is not used: it repeats calls on its own account, without regard to Retry-After.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout
from botbuilder.integration.aiohttp import ConfigurationServiceClientCredentialFactory
from botframework.connector.auth import AuthenticationConstants

from bots.metrics import Metrics
from bots.settings import Settings
from core.errors import DeliveryError, UnreachableError

BUSY = frozenset({412, 429, 502, 504})  # what Microsoft says is to be tried again
TRIES = 4
PATIENCE = 8.0  # seconds over all tries, of the 15 that Teams waits for a turn
FIRST_WAIT = 0.5  # seconds; doubled each time
TIMEOUT = ClientTimeout(total=10)
GONE, REFUSED = 404, 403
PAGE = 500  # members at a time


class Tokens(Protocol):
    """What calls are signed with."""

    async def token(self) -> str:
        """A token for the channel; empty where calls go unsigned. Raises DeliveryError."""
        ...


class Unsigned:
    """Tokens for a process that serves its own machine alone."""

    async def token(self) -> str:
        """No token."""
        return ""


class SdkTokens:
    """The SDK's credentials, made once, so that their library keeps the token; asked in a thread, so that nobody waits."""

    def __init__(self, settings: Settings) -> None:
        self._app_id = settings.microsoft_app_id
        self._factory = ConfigurationServiceClientCredentialFactory(_Configuration(settings))
        self._credentials: Any = None
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """A token, fetched when there is none or it runs out. Raises DeliveryError."""
        async with self._asking:
            if self._credentials is None:
                scope = AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
                login = AuthenticationConstants.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX
                self._credentials = await self._factory.create_credentials(self._app_id, scope, login, True)
            try:
                async with asyncio.timeout(TIMEOUT.total):
                    return str(await asyncio.to_thread(self._credentials.get_access_token))
            except Exception as error:  # of MSAL, of requests, or the SDK's KeyError for a refusal
                raise DeliveryError(f"Microsoft gives no token: {type(error).__name__}; check MICROSOFT_APP_PASSWORD") from None


class _Configuration:
    """Settings under the names that the SDK reads."""

    def __init__(self, settings: Settings) -> None:
        self.APP_ID = settings.microsoft_app_id
        self.APP_PASSWORD = settings.microsoft_app_password
        self.APP_TYPE = settings.microsoft_app_type
        self.APP_TENANTID = settings.microsoft_app_tenant_id


class Connector:
    """The channel's API; one for a process."""

    def __init__(self, tokens: Tokens, metrics: Metrics) -> None:
        self._tokens = tokens
        self._metrics = metrics
        self._session: ClientSession | None = None
        self._closed = False

    def session(self) -> ClientSession:
        """The connections; opened when first needed. Raises DeliveryError once they are given back."""
        if self._closed:
            raise DeliveryError("this process is stopping, and calls Teams no more")
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT)
        return self._session

    async def close(self) -> None:
        """Give the connections back."""
        self._closed = True
        if self._session:
            await self._session.close()

    async def open(self, service: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Begin a conversation, or a thread in a channel."""
        return await self._call("POST", service, "conversations", json=parameters)

    async def send(self, service: str, conversation: str, activity: Mapping[str, Any], *, targeted: bool = False) -> str:
        """Say something in a conversation, `targeted` to its recipient's eyes alone; its id."""
        path, how = f"conversations/{quote(conversation, safe='')}/activities", {"isTargetedActivity": "true"} if targeted else {}
        said = await self._call("POST", service, path, json=activity, params=how)
        return str(said.get("id") or "")

    async def update(self, service: str, conversation: str, name: str, activity: Mapping[str, Any]) -> None:
        """Put something else in the place of what was said."""
        path = f"conversations/{quote(conversation, safe='')}/activities/{quote(name, safe='')}"
        await self._call("PUT", service, path, json={**activity, "id": name})

    async def members(self, service: str, conversation: str) -> AsyncIterator[dict[str, Any]]:
        """Everybody in a conversation."""
        path, page = f"conversations/{quote(conversation, safe='')}/pagedmembers", {"pageSize": str(PAGE)}
        while True:
            found = await self._call("GET", service, path, params=page)
            for member in found.get("members") or []:
                yield member
            if not found.get("continuationToken"):
                return
            page = {"pageSize": str(PAGE), "continuationToken": str(found["continuationToken"])}

    async def member(self, service: str, conversation: str, person: str) -> dict[str, Any]:
        """Somebody in a conversation. Raises UnreachableError for who isn't there."""
        path = f"conversations/{quote(conversation, safe='')}/members/{quote(person, safe='')}"
        return await self._call("GET", service, path)

    async def channels(self, service: str, team: str) -> list[dict[str, Any]]:
        """The channels of a team."""
        return list((await self._call("GET", service, f"teams/{quote(team, safe='')}/conversations")).get("conversations") or [])

    async def _call(self, method: str, service: str, path: str, **more: Any) -> dict[str, Any]:
        """One call, tried again while Teams is busy. Raises UnreachableError for 403 and 404, else DeliveryError."""
        what = f"{method} {path.partition('/')[0]}"
        until = time.monotonic() + PATIENCE
        for number in range(TRIES):
            token = await self._tokens.token()
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            try:
                url = f"{service.rstrip('/')}/v3/{path}"
                async with self.session().request(method, url, headers=headers, allow_redirects=False, **more) as answer:
                    if answer.status < 300:
                        raw = await answer.read()
                        found = json.loads(raw) if raw else None
                        return found if isinstance(found, dict) else {}
                    status, asked = answer.status, answer.headers.get("Retry-After", "")
            except (ClientError, TimeoutError, OSError, ValueError) as error:  # Teams may have taken it: not again
                raise DeliveryError(f"Teams can't be reached for {what}: {type(error).__name__}") from None
            if status in {GONE, REFUSED}:
                raise UnreachableError(f"Teams refused {what}: {status}")
            wait = _wait(number, asked)
            if status not in BUSY or number == TRIES - 1 or time.monotonic() + wait > until:
                raise DeliveryError(f"Teams refused {what}: {status}")
            self._metrics.retried("teams")
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")


def _wait(number: int, asked: str) -> float:
    """Seconds until the next try: what Teams asks for or twice the last, and up to half more, so that not all come at once."""
    least = float(asked) if asked.replace(".", "", 1).isdigit() else FIRST_WAIT * 2.0**number
    return least * random.uniform(1.0, 1.5)
