"""Who may send activities: the channel's token checked by Microsoft's SDK, one tenant, and calls back to Microsoft alone.

Whatever the SDK makes of a bad token, the answer is 401; of a body that is no activity, 400; of another tenant, 403.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from botbuilder.integration.aiohttp import ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticationConstants, ChannelValidation, PasswordServiceClientCredentialFactory
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor, _OpenIdMetadata

from bots import log
from bots.payload import Payload, part
from bots.teams import inbound
from core.errors import DeliveryError, InputError

CHANNEL = "msteams"
HOSTS = frozenset({"smba.trafficmanager.net"})  # in that domain anybody can have a name
DOMAINS = (".botframework.com", ".teams.microsoft.com", ".teams.microsoft.us", ".botframework.azure.us")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
ALGORITHM = "RS256"
KEYS_LAST = 24 * 3600.0  # seconds for which Microsoft's keys are taken as they were
ANEW_AFTER = 60.0  # seconds between looks for a key that isn't among them, so that made-up ones cause no flood
TIMEOUT = ClientTimeout(total=5)


class Keys(_OpenIdMetadata):  # type: ignore[misc]  # the SDK has no types
    """Microsoft's keys in place of the SDK's own keeper, which waits on the event loop and never looks for a new one."""

    def __init__(self, url: str, session: Callable[[], ClientSession]) -> None:
        super().__init__(url)
        self._session = session
        self._fetched = self._looked = float("-inf")
        self._fetching = asyncio.Lock()

    async def get(self, key_id: str) -> Any:
        """The key of that name, looked for anew where it isn't known; None where there is none. Raises DeliveryError."""
        async with self._fetching:
            now = time.monotonic()
            unknown = not any(key.get("kid") == key_id for key in self.keys)
            if now - self._fetched > KEYS_LAST or (unknown and now - self._looked > ANEW_AFTER):
                self._looked = now
                await self._fetch()
        return self._find(key_id) if any(key.get("kid") == key_id for key in self.keys) else None

    async def _fetch(self) -> None:
        try:
            async with self._session().get(self.url, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                place = (await answer.json(content_type=None))["jwks_uri"]
            async with self._session().get(place, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                self.keys = list((await answer.json(content_type=None))["keys"])
        except (ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as error:
            raise DeliveryError(f"Microsoft's keys can't be fetched: {type(error).__name__}") from None
        self._fetched = time.monotonic()


class Door:
    """Lets activities in; one for a process."""

    def __init__(self, app_id: str, tenant: str, session: Callable[[], ClientSession]) -> None:
        """Without an `app_id` everybody is let in: for a process that serves its own machine alone."""
        self._app_id = app_id
        self._tenant = tenant
        factory = PasswordServiceClientCredentialFactory(app_id)  # knows the audience; fetches no token
        self._sdk = ConfigurationBotFrameworkAuthentication(object(), credentials_factory=factory)
        url = ChannelValidation.open_id_metadata_endpoint or AuthenticationConstants.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL
        if app_id:
            JwtTokenExtractor.metadataCache[url] = Keys(url, session)

    async def admit(self, request: web.Request) -> Payload:
        """The activity of a request. Raises aiohttp's 400, 401 and 403, and DeliveryError where keys can't be had."""
        header = request.headers.get("Authorization", "")
        if self._app_id and not _plausible(header):  # before anything is read of a body
            raise web.HTTPUnauthorized
        body = await _activity(request)
        if self._app_id:
            await self._authenticated(body, header)
        self._placed(body)
        return body

    async def _authenticated(self, body: Payload, header: str) -> None:
        activity = Activity(channel_id=body["channelId"], service_url=body["serviceUrl"])
        try:
            claims = (await self._sdk.authenticate_request(activity, header)).claims_identity.claims
        except DeliveryError:
            raise
        except Exception as error:  # the SDK raises whatever comes: of jwt, of its own, IndexError
            log.failed("unauthorized", error)
            raise web.HTTPUnauthorized from None
        if claims.get("tid", self._tenant) != self._tenant:
            raise web.HTTPForbidden

    def _placed(self, body: Payload) -> None:
        """One tenant, and an address to call back that is Microsoft's."""
        try:
            tenant = inbound.tenant(body)
        except InputError:
            raise web.HTTPBadRequest from None
        if (self._tenant and tenant != self._tenant) or not allowed(body["serviceUrl"], anonymous=not self._app_id):
            log.event("forbidden", kind="activity")
            raise web.HTTPForbidden


def allowed(url: str, *, anonymous: bool) -> bool:
    """Whether an address is Microsoft's, or, where everybody on this machine is let in, this machine's."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if anonymous:
        return parts.scheme in {"http", "https"} and host in LOOPBACK
    return (
        parts.scheme == "https" and port in {None, 443} and (host in HOSTS or host.endswith(DOMAINS)) and "@" not in parts.netloc
    )


def _plausible(header: str) -> bool:
    """Whether it is a token of the channel at all, by what it says of itself; anything else needs no key."""
    kind, _, token = header.partition(" ")
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError):
        return False
    return kind == "Bearer" and algorithm == ALGORITHM and issuer == AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER


async def _activity(request: web.Request) -> Payload:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    named = part(body)
    if not all(isinstance(named.get(name), str) and named[name] for name in ("type", "channelId", "serviceUrl")):
        raise web.HTTPBadRequest
    if named["channelId"] != CHANNEL:
        raise web.HTTPBadRequest
    return named
