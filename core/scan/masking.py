"""Blanks out what looks like a person's number but is a link, code, or a meeting's, order's or room's number."""

import re

_CODE = r"```.*?```|`[^`\n]{1,400}`"
_LINK = r"(?:https?://|www\.)[^\s<>]{1,2000}"
_NUMBERED = (
    r"(?:meeting|zoom|webinar|conference|order|tracking|ticket|invoice|confirmation|reference|booking|reservation|transaction|"
    r"isbn|issn|doi|pmid|crn|course|flight|model|serial|receipt|po|room|bus|route|locker|error|code|passcode|password|pin|access\scode|"
    r"commit|port|version|build|pid|log)"
    r"\s?(?:id|i\.d\.|number|num|no|nr|code|#|line)?[\s:#.=]{0,3}(?:is\s)?[\w-]*\d[\d\s-]{1,20}\d"
)
_MASK = re.compile(rf"{_CODE}|{_LINK}|\b{_NUMBERED}", re.IGNORECASE | re.DOTALL)


def masked(text: str) -> str:
    """The text with such parts blanked; every character stays in its place."""
    return _MASK.sub(lambda match: " " * len(match[0]), text)
