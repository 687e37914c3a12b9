"""Text as a person sees it, with every character's place in what the platform sent.

Markup of chat platforms, HTML, invisible and bidirectional characters are taken out; what stays keeps its place in
the original, so that a finding points at the words the author wrote.
"""

import html
import re
import unicodedata
from dataclasses import dataclass, field

MAX_CHARACTERS = 40_000  # longer texts are read up to here; Slack itself cuts at this length

_TAGS = (
    r"p|div|span|b|i|u|em|strong|a|br|ul|ol|li|blockquote|code|pre|at|h[1-6]|table|tr|td|th|img|emoji|attachment|s|strike|"
    r"sub|sup|hr|font"
)
_MARKUP = re.compile(
    rf"""(?P<at><at\b[^<>]*>(?P<at_name>[^<>]{{0,200}})</at>)        # Teams mention
      | (?P<user><[@!](?:subteam\^)?[A-Za-z0-9^]+(?:\|(?P<user_name>[^<>|]{{0,200}}))?>)  # Slack mention
      | (?P<channel><\#[A-Z0-9]+(?:\|(?P<channel_name>[^<>|]{{0,200}}))?>)  # Slack channel
      | (?P<link><(?P<url>(?:https?|mailto|tel):[^<>|\s]{{1,2000}})(?:\|(?P<label>[^<>]{{0,2000}}))?>)  # Slack link
      | (?P<tag></?(?i:{_TAGS})(?:\s[^<>=]{{1,40}}=[^<>]{{0,2000}})?\s?/?>)  # HTML; any other <words> are the author's
      | (?P<entity>&(?:[A-Za-z]{{2,8}}|\#[0-9]{{1,6}}|\#x[0-9A-Fa-f]{{1,6}});)
    """,
    re.VERBOSE,
)
_BREAKING_TAGS = re.compile(r"</?(?:p|div|br|li|ul|ol|tr|h[1-6]|blockquote)\b", re.IGNORECASE)
_KEEP_CONTROL = "\n\t"
_SAME = re.compile(r"[\n\t\x20-\x7e]+")  # characters that folding leaves as they are
_HYPHENS = dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")


@dataclass(frozen=True, slots=True)
class Plain:
    """Readable text; its character i stands in the original from `offsets[i]` to `ends[i]`."""

    text: str = field(repr=False)
    offsets: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """A span of the readable text as a span of the original."""
        if start >= end or not self.offsets:
            return 0, 0
        last = len(self.offsets) - 1
        return self.offsets[min(start, last)], self.ends[min(end - 1, last)]


def plain(text: str) -> Plain:
    """What a reader sees of `text`, which may be plain, Slack mrkdwn or Teams HTML."""
    out: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    source = text[:MAX_CHARACTERS]

    def replace(characters: str, start: int, end: int) -> None:
        """Characters that stand for everything from `start` to `end`."""
        for folded in map(_folded, characters):
            out.extend(folded)
            offsets.extend([start] * len(folded))
            ends.extend([end] * len(folded))

    def add(start: int, end: int) -> None:
        """Characters that stand for themselves."""
        while start < end:
            same = _SAME.match(source, start, end)
            if same is None:
                replace(source[start], start, start + 1)
                start += 1
                continue
            out.extend(same[0])
            offsets.extend(range(start, same.end()))
            ends.extend(range(start + 1, same.end() + 1))
            start = same.end()

    position = 0
    for match in _MARKUP.finditer(source):
        add(position, match.start())
        position = match.end()
        kind = match.lastgroup
        if match["at"] is not None:
            replace("@", match.start(), match.start("at_name"))
            add(*match.span("at_name"))
        elif match["user"] is not None:
            if match["user_name"]:
                replace("@", match.start(), match.start("user_name"))
                add(*match.span("user_name"))
            else:
                replace("@someone", *match.span())
        elif match["channel"] is not None:
            named = bool(match["channel_name"])
            replace("#", match.start(), match.start("channel_name") if named else match.end())
            if named:
                add(*match.span("channel_name"))
        elif match["link"] is not None:
            shown = "label" if match["label"] else "url"
            add(match.end(shown) - len(match[shown].removeprefix("mailto:").removeprefix("tel:")), match.end(shown))
        elif match["tag"] is not None:
            if _BREAKING_TAGS.match(match["tag"]):
                replace("\n", *match.span())
        elif match["entity"] is not None:
            replace(html.unescape(match["entity"]), *match.span())
        else:  # pragma: no cover
            raise AssertionError(kind)
    add(position, len(source))
    return Plain("".join(out[:MAX_CHARACTERS]), tuple(offsets[:MAX_CHARACTERS]), tuple(ends[:MAX_CHARACTERS]))


def _folded(character: str) -> str:
    """The character in its plainest form, every dash a hyphen; nothing where a reader would see nothing."""
    category = unicodedata.category(character)
    if category in {"Cf", "Cs", "Co", "Cn"} or (category == "Cc" and character not in _KEEP_CONTROL):
        return ""
    return unicodedata.normalize("NFKC", character).translate(_HYPHENS)


def readable(text: str) -> bool:
    """Whether there is anything in it that could be read as words."""
    return sum(character.isalpha() for character in text) >= 2
