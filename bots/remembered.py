"""What a process remembers for a while, never more than so much of it."""

from collections import OrderedDict
from typing import Generic, TypeVar

REMEMBERED = 5_000  # the oldest go first

NameT = TypeVar("NameT")
ValueT = TypeVar("ValueT")


class Remembered(Generic[NameT, ValueT]):
    """The latest values by name."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._kept: OrderedDict[NameT, ValueT] = OrderedDict()

    def keep(self, name: NameT, value: ValueT) -> None:
        """Remember it, as the latest."""
        self._kept[name] = value
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, name: NameT) -> ValueT | None:
        """What is remembered of it."""
        return self._kept.get(name)

    def pop(self, name: NameT) -> ValueT | None:
        """The same, and forgotten."""
        return self._kept.pop(name, None)
