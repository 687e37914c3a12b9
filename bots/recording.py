"""A platform that only remembers what it was to deliver: for tests, and for trying things out."""

from core.errors import DeliveryError
from core.ports import Action


class RecordingPlatform:
    """Implements Platform; `delivered` holds every action, in order."""

    def __init__(self) -> None:
        self.delivered: list[Action] = []
        self.failing = 0  # deliveries that will be refused from now on

    async def deliver(self, action: Action) -> None:
        if self.failing:
            self.failing -= 1
            raise DeliveryError("refused, as it was asked to")
        self.delivered.append(action)
