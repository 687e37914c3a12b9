"""The whole bot on Teams in the test's own event loop, with Microsoft's side beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bots.coordinating import Coordinating
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.metrics import Metrics
from bots.settings import Settings
from bots.teams.app import TeamsApp
from bots.teams.connect import Teams
from bots.teams.delivery import TeamsTenant
from bots.welcoming import Welcoming
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.nudging.records import Keys
from core.storage.memory import MemoryStore
from tests.teams.activities import TENANT, Json, in_private, pressed, team_update
from tests.teams.microsoft import Microsoft, serving

NAME = f"teams:{TENANT}"


@dataclass
class World:
    post: Any
    microsoft: Microsoft
    store: MemoryStore
    teams: Teams
    welcoming: Welcoming
    metrics: Metrics

    async def send(self, body: Json) -> tuple[int, Any]:
        """An activity, called back at this machine; its answer once everybody is welcomed whom it brought."""
        answered = await self.hand_over(body)
        await self.welcoming.settled()
        return answered

    async def hand_over(self, body: Json) -> tuple[int, Any]:
        """The same as soon as it is answered."""
        answered: tuple[int, Any] = await self.post({**body, "serviceUrl": self.microsoft.url})
        return answered

    def counted(self, name: str) -> float:
        """A number of Teams' as an operator sees it."""
        lines = self.metrics.text({}).decode().splitlines()
        return float(
            next(line.split()[-1] for line in lines if line.startswith(f'practicum_bot_{name}_total{{platform="teams"}}'))
        )

    @property
    def tenant(self) -> TeamsTenant:
        return self.teams.find(TENANT)

    def button(self, person: Json, label: str) -> tuple[str, Json]:
        """The id of the latest card with a button of that name, and what the button carries."""
        for name, content in reversed(self.microsoft.cards(person)):
            for block in content["body"]:
                for action in block.get("actions", []):
                    if action["title"] == label:
                        return name, action["data"]
        raise AssertionError(f"no button {label}: {self.microsoft.cards(person)}")

    async def press(self, person: Json, label: str, **inputs: str) -> None:
        """Press the latest button of that name, with the fields of its form."""
        name, data = self.button(person, label)
        assert (await self.send(pressed(person, data, name, **inputs)))[0] == 200


@asynccontextmanager
async def world(engine: PracticumEngine, *, cohort: bool = True, targeted: bool = False) -> AsyncIterator[World]:
    """With a cohort, it is the only one there is, and the bot is in the team."""
    base, store, metrics = engine.base, MemoryStore(), Metrics()
    async with Microsoft().running() as microsoft:
        teams = Teams(Settings(teams_anonymous=True, teams_targeted=targeted), base, store, metrics)
        dispatcher = Dispatcher(engine, store, Keys(b"secret" * 4), default_cohort(), metrics=metrics, budget=20)
        welcoming = Welcoming(base, store, dispatcher.marker)
        desk = Desk(engine, dispatcher, store, Coordinating(base, store, welcoming))
        teams.serve(TeamsApp(teams.find, dispatcher, desk, welcoming, store))
        await teams.start()
        try:
            async with serving(teams.routes) as post:
                here = World(post, microsoft, store, teams, welcoming, metrics)
                if cohort:
                    await store.put_cohort(default_cohort())
                    await here.send(team_update(membersAdded=[{"id": in_private()["recipient"]["id"]}]))
                yield here
        finally:
            await welcoming.settled()
            await teams.stop()
