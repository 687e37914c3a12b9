"""The tokens of workspaces that installed the bot, renewed before they end, whatever needs them: an event or the calendar.

Where an app rotates its tokens, each lasts for twelve hours, and what renews it works once. So one process at a time renews, and
keeps the new pair before anybody uses it; until then the old token, which has hours left, serves.
"""

import time
from datetime import UTC, datetime

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bots import log
from bots.alone import Alone
from bots.slack.installations import Installations
from core.errors import DeliveryError
from core.nudging.records import Keys
from core.storage.store import Store

AHEAD = 120  # minutes before its end that a token is renewed
AGAIN = 60.0  # seconds between tries of one that Slack did not renew


class Tokens:
    """One for a process; replicas share the work through the store."""

    def __init__(self, installations: Installations, store: Store, keys: Keys, rotator: AsyncTokenRotator) -> None:
        self._installations = installations
        self._alone = Alone(store, lambda *names: keys.key("marker", *names))
        self._rotator = rotator
        self._tried: dict[str, float] = {}

    async def bot(self, team: str) -> Bot | None:
        """How the bot is installed in a workspace, with a token that works; None where it isn't.

        Raises DeliveryError where its token ended and was not renewed.
        """
        bot = await self._kept(team)
        if bot and _ends_within(bot, AHEAD) and time.monotonic() - self._tried.get(team, -AGAIN) >= AGAIN:
            async with self._alone.turn(datetime.now(UTC), "token", team) as ours:
                bot = await self._kept(team) if ours else bot  # another process may just have renewed it
                if ours and bot and _ends_within(bot, AHEAD):
                    bot = await self._renewed(team, bot)
        if bot and _ends_within(bot, 0):
            raise DeliveryError(f"the token of slack:{team} ended, and is not renewed; if that goes on, install the app anew")
        return bot

    async def _renewed(self, team: str, bot: Bot) -> Bot:
        """The same with a new token; with the old one where Slack gives no new one, for as long as that lasts."""
        try:
            new = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=AHEAD)
        except (SlackTokenRotationError, SlackClientError, ClientError, TimeoutError, OSError) as error:
            self._tried[team] = time.monotonic()
            log.failed("renewing", DeliveryError(f"Slack didn't renew the token: {_word(error)}"), platform=f"slack:{team}")
            return bot
        if new is None:
            return bot
        await self._installations.async_save_bot(new)
        self._tried.pop(team, None)
        log.event("renewed", platform=f"slack:{team}")
        return new

    async def _kept(self, team: str) -> Bot | None:
        return await self._installations.async_find_bot(enterprise_id=None, team_id=team)


def _ends_within(bot: Bot, minutes: float) -> bool:
    return bot.bot_token_expires_at is not None and bot.bot_token_expires_at <= time.time() + minutes * 60


def _word(error: Exception) -> str:
    """Slack's own word for it, or the kind of error; the error's text could quote a token."""
    cause = getattr(error, "api_error", error)
    answer = cause.response.data if isinstance(cause, SlackApiError) else None
    return str(answer.get("error")) if isinstance(answer, dict) else type(error).__name__
