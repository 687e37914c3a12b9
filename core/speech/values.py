"""What a button carries and gets back: ids alone, packed into one short string."""

import json

from core.errors import InputError


def pack(*parts: str) -> str:
    """Several ids as one value."""
    return json.dumps(parts, separators=(",", ":"))


def unpack(value: str, count: int) -> list[str]:
    """The `count` ids of a value. Raises InputError for what was never packed."""
    try:
        parts = json.loads(value)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        raise InputError("this button is of another version; ask anew")
    return parts
