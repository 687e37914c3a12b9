"""Slack in one process: by Socket Mode or HTTP, for one workspace or for all that installed the bot."""

import asyncio
import logging
from collections.abc import Sequence

from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bots import log
from bots.settings import Settings, missing
from bots.slack.delivery import TIMEOUT, SlackWorkspace
from bots.slack.installations import Installations, States
from core.errors import DeliveryError, InputError, SettingsError
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
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "users:read",
)
RETRIES = 2  # of a call that Slack refused for now


class Slack:
    """Bolt's app with its doors, and the workspaces behind it."""

    def __init__(self, settings: Settings, base: KnowledgeBase, store: Store, keys: Keys) -> None:
        """Raises SettingsError when what is set can't work together."""
        _check(settings)
        self._settings = settings
        self._base = base
        self._installations = Installations(store, settings.token_keys.split(",")) if settings.slack_client_id else None
        self._workspaces: dict[str, SlackWorkspace] = {}
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
            authorize=None if oauth else self._authorize,
            oauth_settings=oauth,
        )

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What is served by HTTP; nothing in Socket Mode alone."""
        served = [web.post(EVENTS, self._handle)] if self._settings.slack_signing_secret else []
        if self._installations:
            served += [web.get(INSTALL, self._handle), web.get(REDIRECT, self._handle)]
        return served

    @property
    def ready(self) -> bool:
        """Whether events can reach us."""
        if self._socket is None:
            return bool(self._settings.slack_signing_secret)
        client = self._socket.client
        return client.current_session is not None and not client.current_session.closed

    async def start(self) -> None:
        """Connect by Socket Mode, where that is configured; Slack's library keeps the connection from then on."""
        if self._settings.slack_app_token:
            self._socket = AsyncSocketModeHandler(self.bolt, self._settings.slack_app_token, logger=self.bolt.logger)
            await self._socket.connect_async()  # type: ignore[no-untyped-call]  # Slack's
        log.event("started", kind="slack socket" if self._socket else "slack http")

    async def stop(self) -> None:
        """Take no more events."""
        if self._socket:
            await self._socket.close_async()  # type: ignore[no-untyped-call]  # Slack's

    async def find(self, team: str) -> SlackWorkspace:
        """A workspace by its id. Raises InputError where the bot is not installed, DeliveryError where Slack can't be reached."""
        async with self._finding:
            known = self._workspaces.get(team)
            if self._installations:
                bot = await self._installations.async_find_bot(enterprise_id=None, team_id=team)
                if bot is None:
                    self._workspaces.pop(team, None)
                    raise InputError(f"the bot is not installed in slack:{team}")
                if known is None or known.token != bot.bot_token:
                    known = await self._workspace(self._client(bot.bot_token))
            elif known is None:
                known = await self._workspace(self._client(self._settings.slack_bot_token))
            if known.team != team:
                raise InputError(f"the bot is not installed in slack:{team}")
            self._workspaces[team] = known
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
        return await to_aiohttp_response(await self.bolt.async_dispatch(await to_bolt_request(request)))

    async def _authorize(self, team_id: str | None = None) -> AuthorizeResult:
        workspace = await self.find(team_id or "")
        return AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_token=workspace.token, bot_user_id=workspace.bot, bot_id=workspace.bot_id
        )

    async def _workspace(self, client: AsyncWebClient) -> SlackWorkspace:
        try:
            who = (await client.auth_test()).data
        except (SlackClientError, ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"Slack can't be reached for auth_test: {type(error).__name__}") from None
        assert isinstance(who, dict)
        return SlackWorkspace(
            client, self._base, team=who["team_id"], bot=who["user_id"], bot_id=who.get("bot_id", ""), url=who.get("url", "")
        )

    def _client(self, token: str | None) -> AsyncWebClient:
        waiting = [AsyncRateLimitErrorRetryHandler(max_retry_count=RETRIES)]
        return AsyncWebClient(token=token, base_url=self._settings.slack_api_url, timeout=TIMEOUT, retry_handlers=[*waiting])


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
