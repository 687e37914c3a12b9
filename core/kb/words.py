"""Texts compared word by word, whatever their case and punctuation."""

import re

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(_WORD.findall(text.casefold().replace("’", "'")))
