"""A platform that only remembers what it was to deliver: for tests, and for trying things out."""

from core.errors import DeliveryError
from core.ports import Action, Post


class RecordingPlatform:
    """Implements Platform; `delivered` holds every action, in order."""

    def __init__(self) -> None:
        self.delivered: list[Action] = []
        self.failing = 0  # deliveries that will be refused from now on

    async def deliver(self, action: Action) -> str | None:
        if self.failing:
            self.failing -= 1
            raise DeliveryError("refused, as it was asked to")
        self.delivered.append(action)
        return str(len(self.delivered))

    async def find(self, post: Post) -> str | None:
        same = (number for number, action in enumerate(self.delivered, 1) if isinstance(action, Post) and action == post)
        return str(next(same, "")) or None
