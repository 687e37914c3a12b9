"""Who is who in a Slack workspace, and who can see what; asked anew every ten minutes."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.remembered import Remembered
from bots.slack import calling
from core.errors import DeliveryError, UnreachableError
from core.ports import Known

FRESH = 600.0  # seconds for which somebody's name and rights are taken as they were
PAGE = 200  # members at a time
AT_ONCE = 10  # people asked for at a time


@dataclass(frozen=True, slots=True)
class _User:
    known: Known | None = None
    rules: bool = False
    foreign: bool = False


class People:
    """Those of one workspace, as Slack tells of them. Everything raises DeliveryError alone."""

    def __init__(self, client: AsyncWebClient, team: str) -> None:
        self._client = client
        self._team = team
        self._met: Remembered[str, tuple[float, _User]] = Remembered()

    async def inside(self, channel: str) -> Sequence[Known]:
        """Everybody in a channel who is no bot, and of no other organisation."""
        found: list[Known] = []
        async for members in self._members(channel):
            for start in range(0, len(members), AT_ONCE):
                users = await asyncio.gather(*map(self._user, members[start : start + AT_ONCE]))
                found += [user.known for user in users if user.known and not user.foreign]
        return found

    async def known(self, person: str) -> Known | None:
        """Somebody, if they are a person and still there."""
        return (await self._user(person)).known

    async def rules(self, person: str) -> bool:
        """Whether somebody is an admin or owner of the workspace."""
        return (await self._user(person)).rules

    async def foreign(self, person: str) -> bool:
        """Whether somebody is of another organisation, and here in a shared channel alone."""
        return (await self._user(person)).foreign

    async def sees(self, person: str, channel: str) -> bool:
        """Slack's menus list private channels only to who is in them; one that the bot is in no more is nobody's."""
        try:
            if not (await self._call("conversations_info", channel=channel))["channel"].get("is_private"):
                return True
            return any([person in members async for members in self._members(channel)])
        except UnreachableError:
            return True

    async def present(self, person: str) -> bool:
        """Whether somebody would see what is shown for a moment; it is a hint."""
        try:
            return bool((await self._call("users_getPresence", user=person)).get("presence") != "away")
        except DeliveryError:
            return True

    async def _members(self, channel: str) -> AsyncIterator[list[str]]:
        """Who is in a channel by their ids, page by page."""
        cursor = ""
        while True:
            page = await self._call("conversations_members", channel=channel, limit=PAGE, cursor=cursor)
            yield page.get("members", [])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _user(self, person: str) -> _User:
        kept = self._met.get(person)
        if kept and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        try:
            user = (await self._call("users_info", user=person)).get("user") or {}
        except UnreachableError:  # who can't be seen from here is nobody here
            return _User()
        profile = user.get("profile") or {}
        shown = profile.get("real_name") or user.get("real_name") or profile.get("display_name") or user.get("name") or person
        guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger"))
        gone = user.get("deleted") or user.get("is_bot") or person == "USLACKBOT"
        known = None if gone else Known(person, str(shown), guest)
        rules = bool(user.get("is_admin") or user.get("is_owner")) and known is not None
        teams = {user.get("team_id") or self._team, *((user.get("enterprise_user") or {}).get("teams") or [])}
        foreign = bool(user.get("is_stranger")) or self._team not in teams
        found = _User(known, rules and not foreign, foreign)
        self._met.keep(person, (time.monotonic(), found))
        return found

    async def _call(self, method: str, **arguments: Any) -> Any:
        return await calling.call(self._client, method, **arguments)
