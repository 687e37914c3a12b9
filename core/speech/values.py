"""What a button carries and gets back: ids alone, packed into one short string."""

import json

from core.errors import InputError

OLD = "this button is from an older message; please start again"


def pack(*parts: str) -> str:
    """Several ids as one value."""
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def unpack(value: str, count: int) -> list[str]:
    """The `count` ids of a value. Raises InputError for what was never packed."""
    try:
        parts = json.loads(value)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        raise InputError(OLD)
    return parts
