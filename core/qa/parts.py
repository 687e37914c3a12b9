"""A message with several questions → the questions, only where its own words say that another one begins."""

import re

MAX_PARTS = 3
MIN_WORDS = 4  # of a part; a shorter one leans on what stands before it
_ANOTHER = re.compile(
    r"""(?<=[?!.\n])\s*
        (?:and\s+|oh\s+and\s+|oh\s+|btw\s+|so\s+|ok(?:ay)?\s+)*
        (?: (?: also | plus | second(?:ly)? | third(?:ly)? | separately | unrelated
          | another\s+(?:thing|question|one) | one\s+more(?:\s+(?:thing|question))?
          | (?:different|new|next|other)\s+question | question\s+(?:2|two) | while\s+i'?m\s+at\s+it )\b
          | [23][.)] )
        [\s,:;.)-]*""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\s*(?:1[.)]|first(?:ly)?[,:]|question\s+(?:1|one)\b)[\s,:;-]*", re.IGNORECASE)


_ASKS = re.compile(
    r"^\W*(?:can|may|should|do|does|did|is|are|am|what|how|who|when|where|why|which|must|would|will|could)\b|\?", re.IGNORECASE
)


def parts(text: str) -> list[str]:
    """Two or three questions in order, or nothing where the message is to be read as one."""
    found = [_NUMBERED.sub("", part).strip() for part in _ANOTHER.split(text)]
    if not 2 <= len(found) <= MAX_PARTS or any(len(part.split()) < MIN_WORDS for part in found):
        return []
    return found if all("?" in part for part in found[:-1]) and _ASKS.search(found[-1]) else []
