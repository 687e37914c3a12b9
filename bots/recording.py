"""A platform that only remembers what it was to deliver: for tests, and for trying things out."""

from collections.abc import Sequence

from core.errors import DeliveryError
from core.ports import Action, Known, Letter, Post


class RecordingPlatform:
    """Implements Platform; `delivered` holds every action, in order."""

    lasting = True

    def __init__(self) -> None:
        self.delivered: list[Action] = []
        self.failing = 0  # deliveries that will be refused from now on
        self.names: dict[str, str] = {}  # people by id
        self.channels: dict[str, tuple[str, ...]] = {}  # who is in them
        self.rulers: frozenset[str] = frozenset()
        self.hidden: frozenset[str] = frozenset()  # channels that only who is in them can see

    async def deliver(self, action: Action) -> str | None:
        if self.failing:
            self.failing -= 1
            raise DeliveryError("refused, as it was asked to")
        self.delivered.append(action)
        return str(len(self.delivered))

    async def find(self, sent: Post | Letter) -> str | None:
        same = (number for number, action in enumerate(self.delivered, 1) if sent.marker and action == sent)
        return str(next(same, "")) or None

    async def people(self, channel: str) -> Sequence[Known]:
        return [Known(person, self.names[person]) for person in self.channels.get(channel, ())]

    async def known(self, person: str) -> Known | None:
        return Known(person, self.names[person]) if person in self.names else None

    async def rules(self, person: str) -> bool:
        return person in self.rulers

    async def sees(self, person: str, channel: str) -> bool:
        return channel not in self.hidden or person in self.channels.get(channel, ())

    def address(self, person: str) -> str:
        return f"https://chat.example/{person}"
