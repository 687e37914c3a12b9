"""Workspaces that installed the bot by themselves: their tokens encrypted in our database, and OAuth's one-time states."""

import json
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from logging import Logger, getLogger
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from core.errors import StoreError
from core.nudging.records import Keys
from core.storage.store import Claim, Store

STATE_SECONDS = 600


class Installations(AsyncInstallationStore):
    """One row for a workspace; the newest key encrypts, every key decrypts, so that keys can be changed without a gap."""

    def __init__(self, store: Store, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, the newest first. Raises ValueError for what is no such key."""
        self._store = store
        self._vault = MultiFernet([Fernet(key) for key in keys])

    @property
    def logger(self) -> Logger:
        """Silent, as all of Slack's libraries here."""
        return getLogger("slack_bolt")

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation."""
        if installation.team_id:
            await self._keep(installation.team_id, {"installation": _plain(installation.to_dict())})

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a token that was renewed."""
        if bot.team_id:
            kept = await self._kept(bot.team_id) or {}
            await self._keep(bot.team_id, {**kept, "bot": _plain(bot.to_dict())})

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """How the bot is installed in a workspace."""
        kept = await self._kept(team_id or "")
        if kept is None:
            return None
        return Bot(**_read(kept["bot"])) if "bot" in kept else Installation(**_read(kept["installation"])).to_bot()

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The installation itself, with the token renewed since."""
        kept = await self._kept(team_id or "")
        if kept is None or "installation" not in kept:
            return None
        installation = Installation(**_read(kept["installation"]))
        if "bot" in kept:
            bot = Bot(**_read(kept["bot"]))
            installation.bot_token, installation.bot_refresh_token = bot.bot_token, bot.bot_refresh_token
            installation.bot_token_expires_at = bot.bot_token_expires_at
        return installation

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The workspace no longer has the bot."""
        await self._store.forget_platform(f"slack:{team_id}")

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """The same: there is one installation for a workspace."""
        await self._store.forget_platform(f"slack:{team_id}")

    async def _keep(self, team: str, data: dict[str, Any]) -> None:
        await self._store.put_installation(f"slack:{team}", self._vault.encrypt(json.dumps(data).encode()).decode())

    async def _kept(self, team: str) -> dict[str, Any] | None:
        secret = await self._store.installation(f"slack:{team}")
        if secret is None:
            return None
        try:
            data: dict[str, Any] = json.loads(self._vault.decrypt(secret.encode()))
        except InvalidToken as error:
            raise StoreError(
                f"the tokens of slack:{team} were encrypted with another key; add it to PRACTICUM_BOT_TOKEN_KEYS or install anew"
            ) from error
        return data


class States(AsyncOAuthStateStore):
    """States that say by themselves who made them and when; each is good once."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    @property
    def logger(self) -> Logger:
        """Silent, as all of Slack's libraries here."""
        return getLogger("slack_bolt")

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state."""
        begun = f"{int(time.time())}.{secrets.token_urlsafe(16)}"
        return f"{begun}.{self._keys.key('oauth', begun)}"

    async def async_consume(self, state: str) -> bool:
        """Whether a state is ours, fresh and unused."""
        begun, _, signed = state.rpartition(".")
        made = begun.partition(".")[0]
        if not secrets.compare_digest(signed, self._keys.key("oauth", begun)) or not made.isdecimal():
            return False
        if time.time() - int(made) > STATE_SECONDS:
            return False
        name, now = self._keys.key("state", begun), datetime.now(UTC)
        taken = await self._store.claim(name, "oauth", now, timedelta(seconds=2 * STATE_SECONDS))
        return taken is Claim.TAKEN


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """What JSON can hold: times as the models take them, expiries in whole seconds."""
    times = {name: value.timestamp() for name, value in data.items() if isinstance(value, datetime)}
    return {**data, **{name: int(value) if name.endswith("expires_at") else value for name, value in times.items()}}


def _read(data: dict[str, Any]) -> dict[str, Any]:
    """What the models' constructors take: they put further values of their own into the dictionary they give out."""
    return {name: value for name, value in data.items() if value is not None}
