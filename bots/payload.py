"""What platforms send, before anything about it is believed."""

from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]


def part(value: object) -> Payload:
    """A part of a payload that should be an object; an empty one where it isn't."""
    return value if isinstance(value, Mapping) else {}
