"""Who is in a tenant's teams: rosters, asked for rarely, as every call counts against Teams' limits."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bots.remembered import Remembered
from bots.teams import inbound
from bots.teams.connector import Connector
from bots.teams.reaching import Reaching
from core.errors import UnreachableError
from core.ports import Known
from core.storage.store import Holder

FRESH = 600.0  # seconds for which a roster is taken as it was
TEAMS = 500  # rosters remembered
GENERAL = "General"  # a team's first channel, to which Teams gives no name


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody of a roster."""

    known: Known
    account: str  # Teams' own id
    address: str  # of their account, as for e-mail


class Rosters:
    """People by channel and by id."""

    def __init__(self, connector: Connector, reaching: Reaching) -> None:
        self._connector = connector
        self._reaching = reaching
        self._teams: Remembered[str, tuple[float, Mapping[str, Met]]] = Remembered(TEAMS)
        self._people: Remembered[str, tuple[float, Met | None]] = Remembered()

    async def people(self, channel: str) -> Sequence[Known]:
        """Everybody in a channel; a standard channel has the people of its team."""
        return [met.known for met in (await self._team(await self._reaching.team_of(channel))).values()]

    async def person(self, person: str) -> Met | None:
        """Somebody, by their own conversation with the bot or by the rosters of its teams; None who is in none of them."""
        kept = self._people.get(person)
        if kept and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        own = await self._reaching.reference(Holder.PERSON, person)
        places = [(own.service, own.conversation)] if own and own.conversation else []
        places += [(team.service, team.name) for team in await self._reaching.teams()]
        for service, conversation in places:
            try:
                found = await self._connector.member(service, conversation, (own and own.account) or person)
            except UnreachableError:
                continue
            if met := self._met(found):
                return met
        self._people.keep(person, (time.monotonic(), None))
        return None

    def remembered(self, person: str) -> Met | None:
        """Somebody, if a roster named them lately."""
        kept = self._people.get(person)
        return kept[1] if kept else None

    def changed(self, team: str, *people: str) -> None:
        """People came into a team or left it."""
        self._teams.pop(team)
        for person in people:
            self._people.pop(person)

    async def channels(self, person: str) -> list[tuple[str, str]]:
        """The channels of all teams that somebody is in: id and name."""
        found: list[tuple[str, str]] = []
        for team in await self._reaching.teams():
            if person not in await self._team(team.name):
                continue
            for channel in await self._connector.channels(team.service, team.name):
                name = str(channel.get("id"))
                await self._reaching.keep(Holder.CHANNEL, name, service=team.service, conversation=team.name)
                found.append((name, str(channel.get("name") or GENERAL)))
        return found

    async def _team(self, team: str) -> Mapping[str, Met]:
        kept = self._teams.get(team)
        if kept and time.monotonic() - kept[0] < FRESH:
            return kept[1]
        service = await self._reaching.service(Holder.TEAM, team)
        found = [self._met(member) async for member in self._connector.members(service, team)]
        roster = {met.known.person: met for met in found if met}
        self._teams.keep(team, (time.monotonic(), roster))
        return roster

    def _met(self, member: Mapping[str, Any]) -> Met | None:
        person = inbound.identity(member)
        if not person:
            return None
        role = str(member.get("userRole") or member.get("role") or "")
        known = Known(person, str(member.get("name") or person), role in {"guest", "anonymous"})
        address = str(member.get("userPrincipalName") or member.get("email") or "")
        met = Met(known, str(member.get("id") or person), address)
        self._people.keep(person, (time.monotonic(), met))
        return met
