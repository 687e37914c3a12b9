"""Every platform there is, each with what its people see beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from bots.playground.delivery import PlaygroundPlatform
from bots.playground.room import PLATFORM, Room
from bots.recording import RecordingPlatform
from bots.slack.delivery import SlackWorkspace
from core.cohort import Cohort
from core.engine import PracticumEngine
from core.ports import Letter, Nudge, Platform, Post, Reply, Whisper
from tests.slack.building import client
from tests.slack.state import User
from tests.slack.workspace import Workspace
from tests.teams.activities import ANA, BEN, BOT, CHANNEL, PEOPLE, team_update
from tests.teams.cohort import NAME, world


@dataclass
class Side:
    """A platform with two people in a channel; `shown` is what one of them alone was shown, `posted` what everybody was."""

    platform: Platform
    name: str
    channel: str
    ana: str
    ben: str
    shown: Callable[[str], list[str]]
    posted: Callable[[], list[str]]
    ids: Callable[[int], str] = str  # of messages


@asynccontextmanager
async def recording(_: PracticumEngine) -> AsyncIterator[Side]:
    platform = RecordingPlatform()
    platform.names, platform.channels = {"ana": "Ana", "ben": "Ben"}, {"c": ("ana", "ben")}

    def shown(person: str) -> list[str]:
        found = []
        for action in platform.delivered:
            match action:
                case Letter() if action.person == person:
                    found.append(action.card.plain)
                case Reply() if action.to.author == person:
                    found.append(action.answer.text)
                case Nudge() | Whisper() if action.to.author == person:
                    found.append(action.text)
        return found

    def posted() -> list[str]:
        return [action.card.plain for action in platform.delivered if isinstance(action, Post)]

    yield Side(platform, "test:T", "c", "ana", "ben", shown, posted)


@asynccontextmanager
async def playground(engine: PracticumEngine) -> AsyncIterator[Side]:
    roster = [{"name": "Ana"}, {"name": "Ben"}]
    room = Room(Cohort.model_validate({"name": "Winter", "profile": "mru", "timezone": "UTC", "roster": roster}))

    def shown(person: str) -> list[str]:
        return ["\n".join(line["text"] for line in w["card"]["lines"]) for w in room.seen_by(person)["whispers"]]

    def posted() -> list[str]:
        return [message.text for message in room.messages.values()]

    yield Side(PlaygroundPlatform(room, engine.base), PLATFORM, "cohort", "ana", "ben", shown, posted)


@asynccontextmanager
async def slack(engine: PracticumEngine) -> AsyncIterator[Side]:
    async with Workspace() as ws:
        people = ana, ben = ws.user("Ana Lopez"), ws.user("Ben Okafor")
        channel, bot = ws.channel("practicum", [*people, ws.bot]), ws.bot
        platform = SlackWorkspace(
            client(ws), engine.base, team=ws.home_team.id, bot=bot.id, bot_id=bot.bot_id, url="https://x.slack.com"
        )

        def shown(person: str) -> list[str]:
            user: User = next(user for user in people if user.id == person)
            return [told.text for told in sorted([*ws.ephemerals(user), *ws.dms(user)], key=lambda told: told.ts)]

        def posted() -> list[str]:
            return [message.text for message in ws.said(channel)]

        yield Side(platform, platform.name, channel.id, ana.id, ben.id, shown, posted, lambda n: f"1700000000.{n:06}")


@asynccontextmanager
async def teams(engine: PracticumEngine) -> AsyncIterator[Side]:
    async with world(engine) as here:
        await here.send(team_update(membersAdded=[{"id": BOT}]))
        async with asyncio.timeout(10):
            while not all(map(here.microsoft.told, PEOPLE)):  # welcomes go out by themselves
                await asyncio.sleep(0.02)
        people = {str(person["aadObjectId"]): person for person in (ANA, BEN)}
        before = {name: len(here.microsoft.told(person)) for name, person in people.items()}
        posts = len(here.microsoft.posts())

        def shown(person: str) -> list[str]:
            return here.microsoft.told(people[person])[before[person] :]

        def posted() -> list[str]:
            return [str(post.get("summary") or post.get("text")) for post in here.microsoft.posts()[posts:]]

        ana, ben = people
        yield Side(here.tenant, NAME, CHANNEL, ana, ben, shown, posted, lambda n: str(1_700_000_000_000 + n))


SIDES: dict[str, Callable[[PracticumEngine], AbstractAsyncContextManager[Side]]] = {
    "recording": recording,
    "playground": playground,
    "slack": slack,
    "teams": teams,
}
