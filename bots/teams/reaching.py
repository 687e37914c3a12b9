"""Where people, channels and teams of a tenant are reached, and how somebody is written to alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bots.teams.connector import Connector
from core.errors import DeliveryError, UnreachableError
from core.storage.store import Holder, Reference, Store

Activity = Mapping[str, Any]


class Reaching:
    """References of one tenant: kept as Teams sends them, and forgotten by the store with members who leave."""

    def __init__(self, connector: Connector, store: Store, *, tenant: str, bot: str) -> None:
        """`bot` is our app id."""
        self.name = f"teams:{tenant}"
        self._tenant = tenant
        self._bot = {"id": f"28:{bot}"} if bot else {}
        self._connector = connector
        self._store = store

    async def reference(self, holder: Holder, name: str) -> Reference | None:
        """What is kept of somebody or something."""
        return await self._store.reference(self.name, holder, name)

    async def teams(self) -> list[Reference]:
        """The teams that the bot is in."""
        return list(await self._store.references(self.name, Holder.TEAM))

    async def channels_of(self, team: str) -> list[str]:
        """The channels of a team that anything was heard of."""
        return [kept.name for kept in await self._store.references(self.name, Holder.CHANNEL) if kept.conversation == team]

    async def team_of(self, channel: str) -> str:
        """The team of a channel; its own id where that isn't known, which Teams takes as well."""
        kept = await self.reference(Holder.CHANNEL, channel)
        return (kept and kept.conversation) or channel

    async def service(self, holder: Holder, name: str) -> str:
        """The address to call for somebody or something. Raises DeliveryError."""
        for kind, own in ((holder, name), (Holder.TENANT, self._tenant)):
            kept = await self.reference(kind, own)
            if kept and kept.service:
                return kept.service
        raise DeliveryError("Teams has sent nothing yet, so there is no address to call; say something to the bot once")

    async def keep(self, holder: Holder, name: str, **values: str) -> bool:
        """Keep where somebody or something is reached, where that is news; True when nothing was kept before."""
        old = await self.reference(holder, name)
        new = replace(old or Reference(platform=self.name, holder=holder, name=name), **values)  # type: ignore[arg-type]
        if holder is Holder.PERSON and new.conversation:
            new = replace(new, unreachable=False)
        return new != old and await self._store.put_reference(new)

    async def drop(self, holder: Holder, name: str) -> None:
        """Forget it."""
        await self._store.drop_reference(self.name, holder, name)

    async def begin(self, channel: str, activity: Activity) -> str:
        """A new thread in a channel; the id of its first message."""
        about = {"isGroup": True, "bot": self._bot, "tenantId": self._tenant, "activity": activity}
        data = {"tenant": {"id": self._tenant}, "channel": {"id": channel}}
        begun = await self._connector.open(await self.service(Holder.CHANNEL, channel), {**about, "channelData": data})
        return str(begun.get("activityId") or str(begun.get("id") or "").rpartition("messageid=")[2])

    async def reply(self, channel: str, thread: str, activity: Activity) -> str:
        """An answer in a thread of a channel."""
        service = await self.service(Holder.CHANNEL, channel)
        return await self._connector.send(service, f"{channel};messageid={thread}", self._signed(activity))

    async def whisper(self, channel: str, thread: str, account: str, activity: Activity) -> str:
        """Something in a thread of a channel that one account alone is shown."""
        service = await self.service(Holder.CHANNEL, channel)
        told = self._signed({**activity, "recipient": {"id": account, "isTargeted": True}})
        return await self._connector.send(service, f"{channel};messageid={thread}", told, targeted=True)

    async def say(self, person: str, activity: Activity, account: str = "") -> tuple[str, str]:
        """Something for one person: the conversation and the message's id.

        The conversation is opened, with `account`, where there is none or Teams lost it. Raises UnreachableError.
        """
        own = await self.reference(Holder.PERSON, person)
        try:
            if own and own.conversation and not own.unreachable:
                try:
                    return own.conversation, await self._connector.send(own.service, own.conversation, self._signed(activity))
                except UnreachableError:
                    pass  # opened anew
            service, conversation = await self._opened(person, own, account)
            name = await self._connector.send(service, conversation, self._signed(activity))
        except UnreachableError:
            known = await self.reference(Holder.PERSON, person) or Reference(
                platform=self.name, holder=Holder.PERSON, name=person
            )
            await self._store.put_reference(replace(known, unreachable=True))
            raise
        await self.keep(Holder.PERSON, person, service=service, conversation=conversation)
        return conversation, name

    async def change(self, person: str, name: str, activity: Activity) -> bool:
        """Put something in the place of a message to one person; False where it can't be found."""
        own = await self.reference(Holder.PERSON, person)
        if own is None or not own.conversation or not name:
            return False
        try:
            await self._connector.update(own.service, own.conversation, name, self._signed(activity))
        except UnreachableError:
            return False
        return True

    async def typing(self, person: str) -> None:
        """Show somebody that an answer is on its way, where they have a conversation."""
        own = await self.reference(Holder.PERSON, person)
        if own and own.conversation:
            await self._connector.send(own.service, own.conversation, self._signed({"type": "typing"}))

    async def _opened(self, person: str, own: Reference | None, account: str) -> tuple[str, str]:
        service = own.service if own and own.service else await self.service(Holder.PERSON, person)
        who = {"id": (own and own.account) or account or person}
        begun = await self._connector.open(
            service,
            {
                "isGroup": False,
                "bot": self._bot,
                "members": [who],
                "tenantId": self._tenant,
                "channelData": {"tenant": {"id": self._tenant}},
            },
        )
        return service, str(begun.get("id") or "")

    def _signed(self, activity: Activity) -> dict[str, Any]:
        return {**activity, "from": self._bot} if self._bot else dict(activity)
