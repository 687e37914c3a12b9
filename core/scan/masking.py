"""Blanks out what looks like a person's number but is a link, code, or a meeting's, order's or room's number."""

import re

_PHONE = r"(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{1,3}[2-9]\d{2}[ .-]{1,3}\d{4}(?!\d)"  # with separators, as people's are
_CODE = rf"```.*?```|`(?!\s*\+?[\d() .-]{{7,20}}`|[^`\n]{{0,40}}?{_PHONE})[^`\n]{{1,400}}`"
_LINK = r"(?:https?://|www\.)(?!wa\.me/)[^\s<>]{1,2000}"
_SURE = r"(?:zoom\s(?:meeting|room|code|link)|isbn|issn|doi|pmid|crn|passcode|password)"
_THING = (  # needs a label before what could be a phone number
    r"(?:meeting|zoom|conference|order|ticket|confirmation|reference|booking|reservation|transaction|course|flight|model|serial|"
    r"receipt|po|room|bus|route|locker|error|(?:access\s)?code|port|version|build|log|webinar|invoice|tracking|pin|pid|commit)"
)
_LABEL = r"(?: ?(?:id|i\.d\.|number|num\.?|no\.?|nr\.?|code|#)[ :#=]{0,3}(?:is )?| ?[:#=] ?)"
_DIGITS = rf"[\w-]{{0,20}}\d(?:(?!{_PHONE})[\d -]){{1,20}}(?!{_PHONE})\d"
_NUMBERED = rf"(?:(?:{_SURE} ?{_LABEL}?|{_THING}{_LABEL})(?:{_PHONE}|{_DIGITS})|{_THING} (?!{_PHONE}){_DIGITS})"
_MASK = re.compile(rf"{_CODE}|{_LINK}|\b{_NUMBERED}", re.IGNORECASE | re.DOTALL)


def masked(text: str) -> str:
    """The text with such parts blanked; every character stays in its place."""
    return _MASK.sub(lambda match: " " * len(match[0]), text)
