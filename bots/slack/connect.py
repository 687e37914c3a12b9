"""Slack in one process: by Socket Mode or HTTP, for one workspace or for all that installed the bot."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bots import log
from bots.metrics import Metrics
from bots.settings import Settings, missing, variable
from bots.slack.calling import TIMEOUT, new_client
from bots.slack.delivery import SlackWorkspace
from bots.slack.installations import Installations, States
from bots.slack.tokens import Tokens
from core.errors import DeliveryError, Fault, InputError, PracticumBotError, SettingsError, UninstalledError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Keys
from core.ports import Platform
from core.storage.store import Store

EVENTS = "/slack/events"
INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
SCOPES = (  # each is explained in the README
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "users:read",
)
REFUSALS = frozenset(  # of a token, whenever it is tried
    "account_inactive invalid_auth missing_scope not_allowed_token_type not_authed token_expired token_revoked".split()
)


class Slack:
    """Bolt's app with its doors, and the workspaces behind it."""

    def __init__(self, settings: Settings, base: KnowledgeBase, store: Store, keys: Keys, metrics: Metrics) -> None:
        """Raises SettingsError when what is set can't work together."""
        _check(settings)
        self._settings = settings
        self._base = base
        self._metrics = metrics
        self._connections: ClientSession | None = None  # kept open from call to call
        self._installations = Installations(store, settings.token_keys.split(",")) if settings.slack_client_id else None
        self._tokens = self._renewing(self._installations, store, keys) if self._installations else None
        self._workspaces: dict[str, tuple[int, SlackWorkspace]] = {}  # with the second that each was installed in
        self._finding = asyncio.Lock()
        self._socket: AsyncSocketModeHandler | None = None
        quiet = logging.getLogger("slack_bolt")
        oauth = None
        if self._installations:
            oauth = AsyncOAuthSettings(
                client_id=settings.slack_client_id,
                client_secret=settings.slack_client_secret,
                scopes=SCOPES,
                install_path=INSTALL,
                redirect_uri_path=REDIRECT,
                installation_store=self._installations,
                state_store=States(store, keys),
                logger=quiet,
            )
        self.bolt = AsyncApp(
            logger=quiet,
            process_before_response=True,
            signing_secret=settings.slack_signing_secret or None,
            request_verification_enabled=bool(settings.slack_signing_secret),
            client=self._client(None if oauth else settings.slack_bot_token),
            authorize=_Authorize(self.find),
            oauth_settings=oauth,
        )
        self.bolt.use(self._counted)

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What is served by HTTP; nothing in Socket Mode alone."""
        served = [web.post(EVENTS, self._handle)] if self._settings.slack_signing_secret else []
        if self._installations:
            served += [web.get(INSTALL, self._install), web.get(REDIRECT, self._installed)]
        return served

    @property
    def ready(self) -> bool:
        """Whether events can reach us."""
        if self._socket is None:
            return bool(self._settings.slack_signing_secret)
        client = self._socket.client
        return client.current_session is not None and not client.current_session.closed

    async def start(self) -> None:
        """Connect by Socket Mode, where that is configured; Slack's library keeps trying, and keeps the connection.

        Raises SettingsError where Slack does not take a token.
        """
        if not self._installations:
            await _let_in("slack_bot_token", self.bolt.client.auth_test())
        if self._settings.slack_app_token:
            await _let_in("slack_app_token", self.bolt.client.apps_connections_open(app_token=self._settings.slack_app_token))
            self._socket = _Socket(self.bolt, self._settings.slack_app_token, logger=self.bolt.logger)
            await self._socket.connect_async()  # type: ignore[no-untyped-call]  # Slack's
        log.event("started", kind="slack socket" if self._socket else "slack http")

    async def stop(self) -> None:
        """Take no more events."""
        if self._socket:
            await self._socket.close_async()  # type: ignore[no-untyped-call]  # Slack's
        if self._connections:
            await self._connections.close()

    async def find(self, team: str) -> SlackWorkspace:
        """A workspace by its id. Raises UninstalledError where the bot isn't in it, and DeliveryError."""
        async with self._finding:
            if self._connections is None:
                self._connections = ClientSession(timeout=ClientTimeout(total=TIMEOUT), cookie_jar=DummyCookieJar())
            bot = await self._tokens.bot(team) if self._tokens else None
            if self._tokens and bot is None:
                self._workspaces.pop(team, None)
                raise UninstalledError(f"the bot is not installed in slack:{team}")
            token, installed = (bot.bot_token, int(bot.installed_at)) if bot else (self._settings.slack_bot_token, 0)
            before, known = self._workspaces.get(team, (None, None))
            if known is None or before != installed:
                known = await self._workspace(self._client(token))
            elif known.token != token:
                known.renew(token)
            if known.team != team:
                raise UninstalledError(f"the bot is not installed in slack:{team}")
            self._workspaces[team] = installed, known
            return known

    async def platform(self, name: str) -> Platform | None:
        """A workspace by a platform's name, for what the bot says of its own accord; None where it isn't Slack's, or is gone."""
        kind, _, team = name.partition(":")
        if kind != "slack":
            return None
        try:
            return await self.find(team)
        except InputError:
            return None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await to_aiohttp_response(await self.bolt.async_dispatch(await to_bolt_request(request)))
        except web.HTTPException:
            raise
        except PracticumBotError as error:
            log.failed("refused", error)
            return web.Response(status=400 if isinstance(error, InputError) else 503)
        except Exception as error:  # before any listener of ours: Bolt itself could not read it
            log.failed("unreadable", error)
            return web.Response(status=400)

    async def _counted(self, req: AsyncBoltRequest, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002  # as Bolt calls it
        if req.headers.get("x-slack-retry-num", ["0"])[0] != "0":
            self._metrics.redelivered("slack")
        return await next()

    async def _install(self, request: web.Request) -> web.StreamResponse:
        assert self.bolt.oauth_flow
        return await to_aiohttp_response(await self.bolt.oauth_flow.handle_installation(await to_bolt_request(request)))

    async def _installed(self, request: web.Request) -> web.StreamResponse:
        assert self.bolt.oauth_flow
        return await to_aiohttp_response(await self.bolt.oauth_flow.handle_callback(await to_bolt_request(request)))

    async def _workspace(self, client: AsyncWebClient) -> SlackWorkspace:
        try:
            answer = await client.auth_test()
        except (SlackClientError, ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"Slack can't be reached for auth_test: {type(error).__name__}") from None
        who = answer.data
        assert isinstance(who, dict)
        team, ids = who["team_id"], {"bot": who["user_id"], "bot_id": who.get("bot_id", ""), "url": who.get("url", "")}
        lacking = _lacking(answer.headers.get("x-oauth-scopes") or "")
        if lacking:
            cure = "add them under OAuth & Permissions of the app, and install it again"
            log.event("scopes missing", level=logging.ERROR, platform=f"slack:{team}", reason=f"{', '.join(lacking)}: {cure}")
        return SlackWorkspace(client, self._base, team=team, reads_files="files:read" not in lacking, **ids)

    def _client(self, token: str | None) -> AsyncWebClient:
        return new_client(token, self._settings.slack_api_url, self._metrics, self._connections)

    def _renewing(self, installations: Installations, store: Store, keys: Keys) -> Tokens:
        app = {"client_id": self._settings.slack_client_id, "client_secret": self._settings.slack_client_secret}
        return Tokens(installations, store, keys, AsyncTokenRotator(client=self._client(None), **app))


class _Socket(AsyncSocketModeHandler):
    """Says what could not be worked on, as the door for HTTP does; what is not acknowledged Slack delivers again."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # Slack's
        try:
            await super().handle(client, req)
        except PracticumBotError as error:
            log.failed("refused", error)
        except Exception as error:  # before any listener of ours: Bolt itself could not read it
            log.failed("unreadable", error)


class _Authorize(AsyncAuthorize):
    """What Bolt asks before each event: the same way to a token that works as for what the bot says of its own accord."""

    def __init__(self, find: Callable[[str], Awaitable[SlackWorkspace]]) -> None:
        self._find = find

    async def __call__(self, *, team_id: str | None, **_: Any) -> AuthorizeResult:
        workspace = await self._find(team_id or "")
        return AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_token=workspace.token, bot_user_id=workspace.bot, bot_id=workspace.bot_id
        )


def _lacking(granted: str) -> list[str]:
    """The scopes that were not granted, as far as Slack says which ones were."""
    return sorted(set(SCOPES) - {scope.strip() for scope in granted.split(",")}) if granted else []


async def _let_in(setting: str, asking: Awaitable[object]) -> None:
    """Ask for what a token is enough for. Raises SettingsError where it is not; a Slack out of reach is waited for."""
    try:
        await asking
    except SlackApiError as error:
        word = error.response.get("error") if isinstance(error.response.data, dict) else None
        if word in REFUSALS:
            reason = f"is not taken by Slack ({word}); copy it anew from the app's pages"
            raise SettingsError([Fault(Path(variable(setting)), 0, reason)]) from None
    except (SlackClientError, ClientError, TimeoutError, OSError) as error:
        log.failed("connecting", error)


def _check(settings: Settings) -> None:
    faults = []
    if settings.slack_client_id:
        needed = {
            "slack_client_secret": "is needed beside SLACK_CLIENT_ID; it stands under Basic Information of the app",
            "slack_signing_secret": "is needed beside SLACK_CLIENT_ID: installing works by HTTP alone",
            "token_keys": "is needed beside SLACK_CLIENT_ID, to encrypt tokens; `openssl rand -base64 32 | tr +/ -_` makes one",
        }
        faults += [missing(name, cure) for name, cure in needed.items() if not getattr(settings, name)]
    elif not settings.slack_bot_token:
        faults.append(missing("slack_bot_token", "is needed to run slack; it stands under OAuth & Permissions of the app"))
    if not settings.slack_app_token and not settings.slack_signing_secret:
        faults.append(missing("slack_app_token", "is needed for Socket Mode, or SLACK_SIGNING_SECRET for events by HTTP"))
    if faults:
        raise SettingsError(faults)
