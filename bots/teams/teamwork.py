"""Who and what comes and goes: teams, channels, people and the bot itself. Teams says each of it more than once."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bots import log
from bots.payload import Payload, part
from bots.remembered import Remembered
from bots.teams import inbound
from bots.teams.delivery import TeamsTenant
from bots.welcoming import Welcoming
from core.errors import UnreachableError
from core.storage.store import Holder, Store

ENDED = frozenset({"teamDeleted", "teamHardDeleted"})


class Teamwork:
    """Keeps references fresh, and welcomes; one for a process."""

    def __init__(self, welcoming: Welcoming, store: Store) -> None:
        self._welcoming = welcoming
        self._store = store
        self._mute: Remembered[tuple[str, str], bool] = Remembered()  # channels that the bot can't post in

    async def remember(self, body: Payload, tenant: TeamsTenant) -> bool:
        """Keep where this came from; True when it is a person's or a team's first."""
        reaching, service = tenant.reaching, str(body["serviceUrl"])
        await reaching.keep(Holder.TENANT, tenant.tenant, service=service)
        if not part(body.get("conversation")).get("id"):
            return False
        (channel, _), person, team = inbound.place(body), inbound.person(body), inbound.team(body)
        if inbound.personal(body):
            account = str(part(body.get("from")).get("id") or "")
            new = {"service": service, "conversation": channel, "account": account}
            return bool(person) and await reaching.keep(Holder.PERSON, person, **new)
        if not team:
            return False
        await reaching.keep(Holder.CHANNEL, channel, service=service, conversation=team)
        return await reaching.keep(Holder.TEAM, team, service=service)

    async def update(self, body: Payload, tenant: TeamsTenant) -> bool:
        """Somebody or something came or went; True when a person is to be greeted with their own page."""
        own, team = str(part(body.get("recipient")).get("id") or ""), inbound.team(body)
        added, removed = list(_accounts(body, "membersAdded")), list(_accounts(body, "membersRemoved"))
        action, event = str(body.get("action") or ""), str(part(body.get("channelData")).get("eventType") or "")
        if action.startswith("remove") or any(account.get("id") == own for account in removed) or event in ENDED:
            await self._gone(body, team, tenant)
            return False
        new = await self.remember(body, tenant)
        if event == "channelDeleted":
            await self._channel_gone(body, tenant)
            return False
        came = action.startswith("add") or any(account.get("id") == own for account in added)
        if inbound.personal(body):
            return new and came and bool(inbound.person(body))
        if not team:
            return False
        if came and new:
            await self._invited(body, team, tenant)
        await self._people(team, added, removed, own, tenant)
        return False

    async def _invited(self, body: Payload, team: str, tenant: TeamsTenant) -> None:
        """The bot is in a team for the first time."""
        channel, _ = inbound.place(body)
        inviter = inbound.person(body) or None
        try:
            await self._welcoming.invited(tenant.name, channel, inviter, tenant, datetime.now(UTC))
        except UnreachableError:
            raise
        except BaseException:  # delivered again, it is the first time again
            await tenant.reaching.drop(Holder.TEAM, team)
            raise

    async def adopt(self, body: Payload, tenant: TeamsTenant) -> None:
        """The only cohort takes in a channel of a team that it didn't know; tried again with the next message where it fails."""
        channel, _ = inbound.place(body)
        if not inbound.team(body) or self._mute.get((tenant.name, channel)):
            return
        known = await self._store.place(tenant.name, channel)
        if known and known.introduced_at:
            return
        try:
            await self._welcoming.invited(tenant.name, channel, None, tenant, datetime.now(UTC))
        except UnreachableError as error:  # the bot can't post there, as in private channels, so that nobody could be told
            self._mute.keep((tenant.name, channel), True)
            log.failed("unreached", error, platform=tenant.name)

    async def _people(self, team: str, added: list[Payload], removed: list[Payload], own: str, tenant: TeamsTenant) -> None:
        came = any(inbound.identity(account) and account.get("id") != own for account in added)
        left = [person for account in removed if (person := await _identity(account, tenant))]
        if not came and not left:
            return
        tenant.rosters.changed(team, *left)
        for channel in await tenant.reaching.channels_of(team):
            if came:
                await tenant.people(channel)  # while Teams waits: refused, it is delivered again
                await self._welcoming.came(tenant.name, channel, tenant, datetime.now(UTC))
            for person in left:
                await self._welcoming.left(tenant.name, channel, person, tenant)

    async def _gone(self, body: Payload, team: str, tenant: TeamsTenant) -> None:
        """The bot is no longer in a team, or in somebody's chats."""
        if inbound.personal(body):
            await tenant.reaching.drop(Holder.PERSON, inbound.person(body))
        elif team:
            for channel in await tenant.reaching.channels_of(team):
                await tenant.reaching.drop(Holder.CHANNEL, channel)
            await tenant.reaching.drop(Holder.TEAM, team)

    async def _channel_gone(self, body: Payload, tenant: TeamsTenant) -> None:
        channel = part(part(body.get("channelData")).get("channel")).get("id")
        if isinstance(channel, str):
            await tenant.reaching.drop(Holder.CHANNEL, channel)
            await self._store.drop_place(tenant.name, channel)


def _accounts(body: Payload, name: str) -> Iterator[Payload]:
    given = body.get(name)
    yield from map(part, given if isinstance(given, list) else [])


async def _identity(account: Payload, tenant: TeamsTenant) -> str:
    """Somebody by the id that the rest of the product knows, also where Teams gives its own alone; empty for bots."""
    person = inbound.identity(account)
    if not person or person != account.get("id"):
        return person
    met = await tenant.rosters.person(person)
    return met.known.person if met else person
